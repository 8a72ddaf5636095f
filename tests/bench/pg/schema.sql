-- The generated offers and needs in PostgreSQL. psql -v offers=FILE -v needs=FILE -f schema.sql DATABASE, with files of
-- `bench copy`. NULL in a set stands for any.
--
-- Three layouts of the offers: A, arrays as one would write them first; B, a key for each pair of process and material;
-- C, a row for each pair with everything else in the index. And the needs, for offers that ask.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION intarray;

CREATE TABLE offers_a (
  id int, process int[] NOT NULL, material int[] NOT NULL, certificates int[] NOT NULL, region int[], size int[],
  batch_min int NOT NULL, batch_max int NOT NULL, lead int NOT NULL, price int NOT NULL, least_order int NOT NULL,
  x int NOT NULL, y int NOT NULL, z int NOT NULL
) WITH (autovacuum_enabled = off);
COPY offers_a FROM :'offers';
ALTER TABLE offers_a ADD PRIMARY KEY (id);
CREATE INDEX ON offers_a USING gin (process gin__int_ops, material gin__int_ops);
VACUUM (FREEZE, ANALYZE) offers_a;

-- Bit i stands for value i; NULL gives every bit.
CREATE FUNCTION bits(set int[], first int, behind int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN set IS NULL THEN -1
    ELSE coalesce((SELECT bit_or(1::bigint << (v - first)) FROM unnest(set) v WHERE v >= first AND v < behind), 0) END
$$;

CREATE TABLE offers_b WITH (autovacuum_enabled = off) AS
  SELECT id, ARRAY(SELECT 64 * p + m FROM unnest(process) p, unnest(material) m) AS pairs,
    batch_min, batch_max, lead, price, least_order, x, y, z,
    bits(certificates, 0, 32)::int AS certificates, bits(size, 0, 32)::int AS size,
    bits(region, 0, 64) AS region0, bits(region, 64, 128) AS region1
  FROM offers_a;
ALTER TABLE offers_b ADD PRIMARY KEY (id);
CREATE INDEX ON offers_b USING gin (pairs gin__int_ops);
VACUUM (FREEZE, ANALYZE) offers_b;

CREATE TABLE offers_c WITH (autovacuum_enabled = off) AS
  SELECT (pair / 64)::int2 AS process, (pair % 64)::int2 AS material, id, batch_min, batch_max, lead, price, least_order,
    x, y, z, certificates, size, region0, region1
  FROM offers_b, unnest(pairs) pair;
CREATE INDEX ON offers_c (process, material, lead)
  INCLUDE (id, batch_min, batch_max, price, least_order, x, y, z, certificates, size, region0, region1);
VACUUM (FREEZE, ANALYZE) offers_c;

CREATE TABLE needs_c (
  id int, process int2 NOT NULL, material int2 NOT NULL, certificates int NOT NULL, region int NOT NULL, size int NOT NULL,
  quantity int NOT NULL, deadline int NOT NULL, budget int NOT NULL, value int NOT NULL,
  x int NOT NULL, y int NOT NULL, z int NOT NULL, reach bigint NOT NULL, reach2 bigint NOT NULL
) WITH (autovacuum_enabled = off);
COPY needs_c FROM :'needs';
CREATE INDEX ON needs_c (process, material, deadline)
  INCLUDE (id, certificates, region, size, quantity, budget, value, x, y, z, reach, reach2);
VACUUM (FREEZE, ANALYZE) needs_c;
