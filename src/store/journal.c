/*
 * Facts in LMDB, each chained to the one before.
 *
 * A record is: hash, number of links (1 byte), links (stream, prev), the fact's bytes. Its hash is
 * of the preceding record's hash (the epoch, for fact 1), the fact's number and all behind the
 * hash. So a record proves itself only in its place, and the last hash, kept in `state`, proves
 * that none is missing at the end.
 */

#include "store/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

enum { LINK_SIZE = 16, LEAST = HASH + 1 };

/* Before the first fact stands the epoch. */
static_assert((int)STORE_EPOCH == (int)HASH, "the epoch serves as a hash");

static void
hash_record(const uint8_t prev[HASH], uint64_t number, const uint8_t *rest, size_t len,
	    uint8_t ret[HASH])
{
	crypto_generichash_state h;
	uint64_t n = htole64(number);
	crypto_generichash_init(&h, NULL, 0, HASH);
	crypto_generichash_update(&h, prev, HASH);
	crypto_generichash_update(&h, (const uint8_t *)&n, sizeof n);
	crypto_generichash_update(&h, rest, len);
	crypto_generichash_final(&h, ret, HASH);
}

void
journal_encode(struct buf *out, uint8_t chain[HASH], uint64_t number, struct str bytes,
	       const struct store_link *links, size_t n_links)
{
	size_t at = out->len;
	uint8_t count = (uint8_t)n_links;
	buf_put(out, chain, HASH); /* its place, for now */
	buf_put(out, &count, 1);
	for (size_t i = 0; i < n_links; i++) {
		put_u64(out, links[i].stream);
		put_u64(out, links[i].prev);
	}
	buf_put(out, bytes.p, bytes.len);
	uint8_t *rest = out->data + at + HASH;
	hash_record(chain, number, rest, out->len - at - HASH, chain);
	memcpy(out->data + at, chain, HASH);
}

int
journal_write(struct store *s, MDB_txn *txn)
{
	struct turn *t = &s->turn;
	uint64_t number = s->state.head + 1;
	for (size_t i = 0; i < t->n_facts; i++, number++) {
		MDB_val key = key_of(&number),
			value = {t->facts[i].len, t->bytes.data + t->facts[i].at};
		int rc = mdb_put(txn, s->facts, &key, &value, MDB_APPEND);
		if (rc)
			return rc;
	}
	return 0;
}

/* Checks the record and hands it to `fact`; moves `chain` on. `*ret_more` as the function says. */
static int
visit(struct store *s, uint64_t number, MDB_val value, uint8_t chain[HASH], store_fact_fn fact,
      void *arg, bool *ret_more)
{
	const uint8_t *p = value.mv_data;
	struct store_link links[STORE_STREAMS];
	uint8_t hash[HASH];
	if (value.mv_size >= LEAST)
		hash_record(chain, number, p + HASH, value.mv_size - HASH, hash);
	if (value.mv_size < LEAST || memcmp(hash, p, HASH) != 0)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is damaged", number);
	if (number == s->state.head && memcmp(hash, s->state.chain, HASH) != 0)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is not the one committed",
				  number);
	size_t n_links = p[HASH], head = LEAST + n_links * LINK_SIZE;
	/* The hash is right, so it was written so: by a program that had other limits. */
	if (n_links > STORE_STREAMS || head > value.mv_size)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " has %zu links", number,
				  n_links);
	for (size_t i = 0; i < n_links; i++) {
		links[i].stream = get_u64(p + LEAST + i * LINK_SIZE);
		links[i].prev = get_u64(p + LEAST + i * LINK_SIZE + 8);
	}
	memcpy(chain, hash, HASH);
	struct str bytes = {(const char *)p + head, (uint32_t)(value.mv_size - head)};
	*ret_more = fact(arg, number, bytes, links, n_links);
	return 0;
}

/* Puts the walk before fact `from` and gives the hash that it follows on. */
static int
seek(struct store *s, struct walk *w, uint64_t from, uint8_t chain[HASH])
{
	if (from == 1) { /* where a walk begins anyhow */
		memcpy(chain, s->state.epoch, HASH);
		return 0;
	}
	w->begun = true;
	w->key = from - 1;
	MDB_val key = key_of(&w->key);
	int rc = mdb_cursor_get(w->cursor, &key, &w->value, MDB_SET);
	if (rc && rc != MDB_NOTFOUND)
		return env_fail(s, rc, "reading the journal");
	if (rc || w->value.mv_size < LEAST)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is missing", w->key);
	memcpy(chain, w->value.mv_data, HASH);
	return 0;
}

int
journal_walk(struct store *s, MDB_txn *txn, uint64_t from, uint64_t to, store_fact_fn fact,
	     void *arg)
{
	struct walk w = {0};
	uint8_t chain[HASH];
	int rc = mdb_cursor_open(txn, s->facts, &w.cursor);
	if (rc)
		return env_fail(s, rc, "reading the journal");
	rc = seek(s, &w, from, chain);
	bool more = true;
	for (uint64_t number = from; rc == 0 && more && number <= to; number++) {
		rc = env_next(&w);
		if (rc && rc != MDB_NOTFOUND)
			rc = env_fail(s, rc, "reading the journal");
		else if (rc || w.key != number)
			rc = store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is missing", number);
		else
			rc = visit(s, number, w.value, chain, fact, arg, &more);
	}
	mdb_cursor_close(w.cursor);
	return rc;
}

static bool
stop(void *arg, uint64_t number, struct str bytes, const struct store_link *links, size_t n_links)
{
	(void)arg, (void)number, (void)bytes, (void)links, (void)n_links;
	return false;
}

int
journal_check_end(struct store *s, MDB_txn *txn)
{
	MDB_stat stat;
	int rc = mdb_stat(txn, s->facts, &stat);
	if (rc)
		return env_fail(s, rc, "reading the journal");
	if (stat.ms_entries != s->state.head)
		return store_fail(s, STORE_E_CORRUPT,
				  "the journal has %zu facts, the store's record says %" PRIu64,
				  stat.ms_entries, s->state.head);
	if (s->state.head == 0)
		return 0;
	return journal_walk(s, txn, s->state.head, s->state.head, stop, NULL);
}

int
store_facts(struct store *s, uint64_t from, uint64_t limit, store_fact_fn fact, void *arg)
{
	if (s->failed)
		return s->failed;
	if (from == 0)
		from = 1;
	if (from > s->state.head || limit == 0)
		return 0;
	uint64_t left = s->state.head - from;
	uint64_t to = from + (limit - 1 < left ? limit - 1 : left);
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return env_fail(s, rc, "reading the journal");
	s->reading = true;
	rc = journal_walk(s, txn, from, to, fact, arg);
	s->reading = false;
	mdb_txn_abort(txn);
	return rc;
}
