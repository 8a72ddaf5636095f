/*
 * Facts in LMDB, each chained to the one before.
 *
 * A record is: hash, number of links (1 byte), links (stream, prev), the fact's bytes. Its hash is
 * of the preceding record's hash (the epoch, for fact 1), the fact's number and all behind the
 * hash. So a record proves itself only in its place, and the last hash, kept in `state`, proves
 * that none is missing at the end; the hash before the first kept, likewise, that none is missing
 * at the beginning.
 *
 * A note, where there is one, follows the fact's bytes: the note, its length (4 bytes), its
 * checksum (8). The top bit of the number of links says that it is there. Neither counts in the
 * hash.
 */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

enum { LINK_SIZE = 16, LEAST = HASH + 1, NOTED = 0x80, NOTE_TAIL = 4 + 8 };

/* Before the first fact stands the epoch. */
static_assert((int)STORE_EPOCH == (int)HASH, "the epoch serves as a hash");

/* `rest`: all behind the hash, the note excepted. */
static void
hash_record(const uint8_t prev[HASH], uint64_t number, const uint8_t *rest, size_t len,
	    uint8_t ret[HASH])
{
	crypto_generichash_state h;
	uint64_t n = htole64(number);
	uint8_t n_links = rest[0] & (uint8_t)~NOTED;
	crypto_generichash_init(&h, NULL, 0, HASH);
	crypto_generichash_update(&h, prev, HASH);
	crypto_generichash_update(&h, (const uint8_t *)&n, sizeof n);
	crypto_generichash_update(&h, &n_links, 1);
	crypto_generichash_update(&h, rest + 1, len - 1);
	crypto_generichash_final(&h, ret, HASH);
}

static void
put_note(struct buf *out, uint64_t number, struct str note)
{
	uint32_t len = htole32(note.len);
	buf_put(out, note.p, note.len);
	buf_put(out, &len, sizeof len);
	put_u64(out, XXH3_64bits_withSeed(note.p, note.len, number));
}

/* What hash_record takes bit by bit stands here in one piece, and is hashed at once: a seventh less
 * work. Then the hash takes the place of the number and of the end of the one before. */
size_t
journal_encode(struct buf *out, uint8_t chain[HASH], const struct store_record *fact)
{
	size_t hashed = out->len, at = hashed + sizeof fact->number;
	uint8_t count = (uint8_t)fact->n_links;
	buf_put(out, chain, HASH);
	put_u64(out, fact->number);
	buf_put(out, &count, 1);
	for (size_t i = 0; i < fact->n_links; i++) {
		put_u64(out, fact->links[i].stream);
		put_u64(out, fact->links[i].prev);
	}
	buf_put(out, fact->bytes.p, fact->bytes.len);
	crypto_generichash(chain, HASH, out->data + hashed, out->len - hashed, NULL, 0);
	memcpy(out->data + at, chain, HASH);
	if (fact->note.p) {
		out->data[at + HASH] |= NOTED;
		put_note(out, fact->number, fact->note);
	}
	return at;
}

int
journal_write(struct store *s, MDB_txn *txn, const struct turn *t)
{
	uint64_t number = s->state.head + 1;
	MDB_cursor *cursor; /* stays at the end, which each mdb_put would look for */
	int rc = mdb_cursor_open(txn, s->facts, &cursor);
	if (rc)
		return rc;
	for (size_t i = 0; i < t->n_facts && rc == 0; i++, number++) {
		MDB_val key = key_of(&number),
			value = {t->facts[i].len, t->bytes.data + t->facts[i].at};
		rc = mdb_cursor_put(cursor, &key, &value, MDB_APPEND);
	}
	mdb_cursor_close(cursor);
	return rc;
}

/* ---- trimming ---- */

int
journal_trim(struct store *s, MDB_txn *txn, struct state *next)
{
	struct walk w = {0};
	uint64_t upto = heads_spare(s);
	int rc = mdb_cursor_open(txn, s->facts, &w.cursor);
	for (unsigned i = 0; rc == 0 && i < STORE_TRIM_MAX && next->first < upto; i++) {
		rc = env_next(&w);
		if (rc == 0 && (w.key != next->first || w.value.mv_size < LEAST))
			rc = MDB_CORRUPTED;
		if (rc)
			break;
		memcpy(next->base, w.value.mv_data, HASH);
		next->first++;
		rc = mdb_cursor_del(w.cursor, 0);
		w.begun = false; /* what follows is the first again */
	}
	if (w.cursor)
		mdb_cursor_close(w.cursor);
	return rc;
}

void
store_trim(struct store *s, uint64_t first)
{
	if (first > s->state.head)
		first = s->state.head;
	if (first > s->trim_to)
		s->trim_to = first;
}

bool
store_trims(const struct store *s)
{
	return s->state.first < heads_spare(s) || s->trimmed;
}

/* ---- reading ---- */

/* Takes the note off the end of the record. False where it is damaged. */
static bool
split_note(const uint8_t *p, size_t *len, uint64_t number, struct str *ret)
{
	uint32_t n;
	*ret = STR_NONE;
	if (!(p[HASH] & NOTED))
		return true;
	if (*len < LEAST + NOTE_TAIL)
		return false;
	memcpy(&n, p + *len - NOTE_TAIL, sizeof n);
	n = le32toh(n);
	if (n > *len - LEAST - NOTE_TAIL)
		return false;
	const uint8_t *note = p + *len - NOTE_TAIL - n;
	if (XXH3_64bits_withSeed(note, n, number) != get_u64(p + *len - 8))
		return false;
	*ret = (struct str){(const char *)note, n};
	*len -= NOTE_TAIL + n;
	return true;
}

static int
damaged(struct store *s, uint64_t number)
{
	return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is damaged", number);
}

/* Checks the record and hands it to `fact`; moves `chain` on. `*ret_more` as the function says. */
static int
visit(struct store *s, uint64_t number, MDB_val value, uint8_t chain[HASH], store_fact_fn fact,
      void *arg, bool *ret_more)
{
	const uint8_t *p = value.mv_data;
	size_t len = value.mv_size;
	struct store_link links[STORE_STREAMS];
	struct store_record record = {.number = number, .links = links};
	uint8_t hash[HASH];
	if (len < LEAST || !split_note(p, &len, number, &record.note))
		return damaged(s, number);
	hash_record(chain, number, p + HASH, len - HASH, hash);
	if (memcmp(hash, p, HASH) != 0)
		return damaged(s, number);
	if (number == s->state.head && memcmp(hash, s->state.chain, HASH) != 0)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " is not the one committed",
				  number);
	record.n_links = p[HASH] & ~NOTED;
	size_t head = LEAST + record.n_links * LINK_SIZE;
	/* The hash is right, so it was written so: by a program that had other limits. */
	if (record.n_links > STORE_STREAMS || head > len)
		return store_fail(s, STORE_E_CORRUPT, "fact %" PRIu64 " has %zu links", number,
				  record.n_links);
	for (size_t i = 0; i < record.n_links; i++) {
		links[i].stream = get_u64(p + LEAST + i * LINK_SIZE);
		links[i].prev = get_u64(p + LEAST + i * LINK_SIZE + 8);
	}
	memcpy(chain, hash, HASH);
	record.bytes = (struct str){(const char *)p + head, (uint32_t)(len - head)};
	*ret_more = fact(arg, &record);
	return 0;
}

/* Puts the walk before fact `from` and gives the hash that it follows on. */
static int
seek(struct store *s, struct walk *w, uint64_t from, uint8_t chain[HASH])
{
	if (from == s->state.first) { /* where a walk begins anyhow */
		memcpy(chain, s->state.base, HASH);
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
stop(void *arg, const struct store_record *fact)
{
	(void)arg, (void)fact;
	return false;
}

int
journal_check_ends(struct store *s, MDB_txn *txn)
{
	const struct state *state = &s->state;
	MDB_stat stat;
	int rc = mdb_stat(txn, s->facts, &stat);
	if (rc)
		return env_fail(s, rc, "reading the journal");
	if (state->first == 0 || state->first > state->head + 1 ||
	    stat.ms_entries != state->head + 1 - state->first)
		return store_fail(s, STORE_E_CORRUPT,
				  "the journal has %zu facts, the store's record says %" PRIu64
				  " to %" PRIu64,
				  stat.ms_entries, state->first, state->head);
	if (stat.ms_entries == 0)
		return 0;
	rc = journal_walk(s, txn, state->head, state->head, stop, NULL);
	return rc ? rc : journal_walk(s, txn, state->first, state->first, stop, NULL);
}

int
store_facts(struct store *s, uint64_t from, uint64_t limit, store_fact_fn fact, void *arg)
{
	MDB_txn *txn;
	int rc = store_finish(s);
	rc = rc ? rc : env_read(s, &txn, "reading the journal");
	if (rc)
		return rc;
	if (from == 0)
		from = 1;
	if (from > s->state.head || limit == 0 || from < s->state.first) {
		mdb_txn_abort(txn);
		return from < s->state.first ? STORE_E_GONE : 0;
	}
	uint64_t left = s->state.head - from;
	uint64_t to = from + (limit - 1 < left ? limit - 1 : left);
	s->reading = true;
	rc = journal_walk(s, txn, from, to, fact, arg);
	s->reading = false;
	mdb_txn_abort(txn);
	return rc;
}

uint64_t
store_facts_size(struct store *s)
{
	MDB_txn *txn;
	MDB_stat stat = {0};
	if (store_finish(s) != 0 || mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_stat(txn, s->facts, &stat) != 0)
		stat = (MDB_stat){0};
	mdb_txn_abort(txn);
	return (uint64_t)stat.ms_psize *
	       (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages);
}
