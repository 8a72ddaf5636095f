/* A turn: gathered in memory, written and synced by one transaction, all of it or nothing. */

#include "store/internal.h"

#include "util/mem.h"

#include <assert.h>
#include <inttypes.h>

/* Doublings that one commit tries: a thousandfold and more, so a turn that is still refused after
 * them does not lack room. */
enum { GROW_TRIES = 12 };

static void
forget(struct turn *t)
{
	t->open = false;
	t->failed = 0;
	t->n_facts = t->n_rows = 0;
	buf_clear(&t->bytes);
}

int
store_begin(struct store *s)
{
	assert(!s->turn.open && !s->reading);
	if (s->failed)
		return s->failed;
	/* Ahead of need, since a turn that finds the map full is written twice. */
	s->failed = env_make_room(s);
	if (s->failed)
		return s->failed;
	s->turn.open = true;
	s->turn.head = s->state.head;
	memcpy(s->turn.chain, s->state.chain, HASH);
	return 0;
}

void
store_fact(struct store *s, uint64_t number, struct str bytes, struct store_link *links,
	   size_t n_links, struct str note)
{
	struct turn *t = &s->turn;
	assert(t->open && n_links <= STORE_STREAMS);
	if (t->failed)
		return;
	if (number != t->head + 1) {
		t->failed = store_fail(s, STORE_E_CORRUPT,
				       "fact %" PRIu64 " was put where %" PRIu64 " was due", number,
				       t->head + 1);
		return;
	}
	for (size_t i = 0; i < n_links; i++)
		links[i].prev = heads_move(&s->heads, links[i].stream, number);
	size_t at = t->bytes.len;
	journal_encode(&t->bytes, t->chain,
		       &(struct store_record){number, bytes, note, links, n_links});
	t->facts = mem_grow(t->facts, t->n_facts, &t->cap_facts, sizeof *t->facts);
	t->facts[t->n_facts++] = (struct put_fact){at, t->bytes.len - at};
	t->head = number;
}

/* Writes the turn in one transaction. LMDB's codes. */
static int
write_turn(struct store *s, struct state *next, bool checkpoint)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc)
		return rc;
	rc = journal_write(s, txn);
	if (rc == 0)
		rc = rows_write(s, txn, next);
	if (rc == 0 && checkpoint)
		rc = heads_write(s, txn, next);
	if (rc == 0 && store_trims(s))
		rc = journal_trim(s, txn, next);
	if (rc == 0)
		rc = meta_put_state(s, txn, next);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Writes the turn, growing the map as it needs. */
static int
write_growing(struct store *s, const struct state *next, bool checkpoint, struct state *ret)
{
	for (unsigned tries = 0;; tries++) {
		*ret = *next;
		int rc = write_turn(s, ret, checkpoint);
		if (rc == 0)
			return 0;
		if (rc != MDB_MAP_FULL || tries == GROW_TRIES)
			return env_fail(s, rc, "writing a turn");
		rc = env_grow(s);
		if (rc)
			return rc;
	}
}

int
store_commit(struct store *s, uint64_t digest)
{
	struct turn *t = &s->turn;
	assert(!s->reading);
	if (s->failed)
		return s->failed;
	assert(t->open);
	if (!t->failed && t->n_facts == 0 && t->n_rows == 0 && digest == s->state.digest &&
	    !store_trims(s)) {
		forget(t); /* every command of the turn was refused: nothing to sync */
		return 0;
	}
	struct state next = s->state, written;
	next.head = t->head;
	next.digest = digest;
	memcpy(next.chain, t->chain, HASH);
	bool checkpoint = heads_due(s);
	int rc = t->failed;
	rows_sort(t);
	if (rc == 0)
		rc = write_growing(s, &next, checkpoint, &written);
	if (rc) {
		store_abort(s);
		return s->failed = rc;
	}
	s->trimmed =
	    written.first > s->state.first || (t->n_facts + t->n_rows > 0 && space_is_short(s));
	s->state = written;
	if (checkpoint)
		heads_written(&s->heads);
	heads_commit(&s->heads);
	forget(t);
	return 0;
}

void
store_abort(struct store *s)
{
	heads_abort(&s->heads);
	forget(&s->turn);
}
