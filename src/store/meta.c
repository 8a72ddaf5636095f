/*
 * The two records that say what the rest is.
 *
 *   format  number (4 bytes), hash                     laid out so in every format, for ever
 *   state   epoch, head, chain, digest, heads_at, heads_sum, first, base, asides_sum, hash
 *           (to format 2, the first six)
 *
 * A hash is of the record's name and the bytes before it.
 */

#include "store/internal.h"

#include <sodium.h>

static const struct str format_name = STR("format"), state_name = STR("state");

enum { STATE_2_SIZE = STORE_EPOCH + HASH + 4 * 8, STATE_SIZE = STATE_2_SIZE + HASH + 2 * 8 };

static void
hash_record(struct str name, struct str bytes, uint8_t ret[HASH])
{
	crypto_generichash_state h;
	crypto_generichash_init(&h, NULL, 0, HASH);
	crypto_generichash_update(&h, (const uint8_t *)name.p, name.len);
	crypto_generichash_update(&h, (const uint8_t *)bytes.p, bytes.len);
	crypto_generichash_final(&h, ret, HASH);
}

static MDB_val
name_key(struct str name)
{
	return (MDB_val){name.len, (void *)name.p};
}

/* Puts the record with its hash behind it; empties the buffer. */
static int
put(struct store *s, MDB_txn *txn, struct str name, struct buf *b)
{
	uint8_t hash[HASH];
	hash_record(name, buf_str(b), hash);
	buf_put(b, hash, HASH);
	MDB_val key = name_key(name), value = {b->len, b->data};
	int rc = mdb_put(txn, s->meta, &key, &value, 0);
	buf_free(b);
	return rc;
}

int
meta_put_format(struct store *s, MDB_txn *txn)
{
	struct buf b = BUF_EMPTY;
	uint32_t format = htole32(FORMAT);
	buf_put(&b, &format, sizeof format);
	return put(s, txn, format_name, &b);
}

int
meta_put_state(struct store *s, MDB_txn *txn, const struct state *state)
{
	struct buf b = BUF_EMPTY;
	buf_put(&b, state->epoch, STORE_EPOCH);
	put_u64(&b, state->head);
	buf_put(&b, state->chain, HASH);
	put_u64(&b, state->digest);
	put_u64(&b, state->heads_at);
	put_u64(&b, state->heads_sum);
	put_u64(&b, state->first);
	buf_put(&b, state->base, HASH);
	put_u64(&b, state->asides_sum);
	return put(s, txn, state_name, &b);
}

/* Reads a record of `size` bytes and its hash. */
static int
get(struct store *s, MDB_txn *txn, struct str name, size_t size, const uint8_t **ret)
{
	MDB_val key = name_key(name), value;
	uint8_t hash[HASH];
	int rc = mdb_get(txn, s->meta, &key, &value);
	if (rc && rc != MDB_NOTFOUND)
		return env_fail(s, rc, "reading the store's description");
	if (rc == 0 && value.mv_size == size + HASH) {
		const uint8_t *p = value.mv_data;
		hash_record(name, (struct str){(const char *)p, (uint32_t)size}, hash);
		if (memcmp(hash, p + size, HASH) == 0) {
			*ret = p;
			return 0;
		}
	}
	return store_fail(s, STORE_E_CORRUPT, "the store's record of its %.*s is damaged",
			  STR_FMT(name));
}

static int
check_format(struct store *s, MDB_txn *txn, unsigned *ret)
{
	const uint8_t *p;
	int rc = get(s, txn, format_name, sizeof(uint32_t), &p);
	if (rc)
		return rc;
	uint32_t format;
	memcpy(&format, p, sizeof format);
	format = le32toh(format);
	if (format > FORMAT)
		return store_fail(s, STORE_E_FORMAT,
				  "the store has format %u, this matchd reads up to format %u",
				  (unsigned)format, (unsigned)FORMAT);
	if (format == 0)
		return store_fail(s, STORE_E_CORRUPT, "the store has format 0, which never was");
	if (format < FORMAT_OLDEST)
		return store_fail(s, STORE_E_FORMAT,
				  "the store has format %u, of before the first release, which "
				  "this matchd does not read: publish into a new directory",
				  (unsigned)format);
	*ret = format;
	return 0;
}

int
meta_load(struct store *s, MDB_txn *txn, unsigned *ret_format)
{
	int rc = mdb_dbi_open(txn, "meta", 0, &s->meta);
	if (rc == MDB_NOTFOUND)
		return store_fail(s, STORE_E_CORRUPT, DATA_FILE " holds no store of matchd");
	if (rc)
		return env_fail(s, rc, "opening the store's description");
	rc = check_format(s, txn, ret_format);
	const uint8_t *p;
	bool old = rc == 0 && *ret_format < 3;
	if (rc == 0)
		rc = get(s, txn, state_name, old ? STATE_2_SIZE : STATE_SIZE, &p);
	if (rc)
		return rc;
	struct state *state = &s->state;
	memcpy(state->epoch, p, STORE_EPOCH);
	p += STORE_EPOCH;
	state->head = get_u64(p);
	memcpy(state->chain, p + 8, HASH);
	p += 8 + HASH;
	state->digest = get_u64(p);
	state->heads_at = get_u64(p + 8);
	state->heads_sum = get_u64(p + 16);
	p += 24;
	if (old)
		return 0; /* upgrade() sets the rest */
	state->first = get_u64(p);
	memcpy(state->base, p + 8, HASH);
	state->asides_sum = get_u64(p + 8 + HASH);
	return 0;
}
