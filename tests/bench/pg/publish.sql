-- Needs that are matched as they are inserted, against layout C: the best 20 are kept, and one notification says how many
-- match in all.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE TABLE published (
  id bigint PRIMARY KEY, process int, material int, quantity int, deadline int, budget int, certificates int, value int,
  region int, x int, y int, z int, reach2 bigint, size int, reach bigint
);
CREATE TABLE told (need bigint, offer int, score bigint, PRIMARY KEY (need, offer));

CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  total bigint;
BEGIN
  WITH best AS (
    SELECT id, count(*) OVER () AS matches, (
        3 * (1000000 * (NEW.deadline - lead)::int8 / NEW.deadline) + 5 * (1000000 * (NEW.budget - price)::int8 / NEW.budget)
        + CASE WHEN NEW.reach = 0 THEN 0 ELSE 2 * (1000000 * (NEW.reach - least(NEW.reach, floor(sqrt((
            (x - NEW.x)::int8 * (x - NEW.x) + (y - NEW.y)::int8 * (y - NEW.y) + (z - NEW.z)::int8 * (z - NEW.z)
          )::float8))::int8)) / NEW.reach) END
      ) / CASE WHEN NEW.reach = 0 THEN 8 ELSE 10 END / 1000 AS score
    FROM offers_c
    WHERE process = NEW.process::int2 AND material = NEW.material::int2
      AND certificates & NEW.certificates = NEW.certificates AND size >> NEW.size & 1 = 1
      AND (NEW.region < 64 AND region0 >> NEW.region & 1 = 1 OR NEW.region >= 64 AND region1 >> (NEW.region - 64) & 1 = 1)
      AND batch_min <= NEW.quantity AND batch_max >= NEW.quantity
      AND lead <= NEW.deadline AND price <= NEW.budget AND least_order <= NEW.value
      AND (x - NEW.x)::int8 * (x - NEW.x) + (y - NEW.y)::int8 * (y - NEW.y) + (z - NEW.z)::int8 * (z - NEW.z) <= NEW.reach2
    ORDER BY score DESC, id
    LIMIT 20
  ), kept AS (
    INSERT INTO told SELECT NEW.id, id, score FROM best
  )
  SELECT coalesce(max(matches), 0) INTO total FROM best;
  PERFORM pg_notify('told', NEW.id || ' ' || total);
  RETURN NEW;
END $$;
CREATE TRIGGER tell BEFORE INSERT ON published FOR EACH ROW EXECUTE FUNCTION tell();
