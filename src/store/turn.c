/* A turn: gathered in memory, written and synced by one transaction, all of it or nothing. */

#include "store/internal.h"

#include "util/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

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

void
turn_done(struct turn *t)
{
	buf_free(&t->bytes);
	free(t->facts);
	free(t->rows);
}

int
store_begin(struct store *s)
{
	assert(!s->turn.open && !s->reading);
	if (s->failed)
		return s->failed;
	const struct state *before = &s->state;
	if (writer_has_turn(s))
		before = &s->next;
	else /* ahead of need, since a turn that finds the map full is written twice */
		s->failed = env_make_room(s);
	if (s->failed)
		return s->failed;
	s->turn.open = true;
	s->turn.head = before->head;
	memcpy(s->turn.chain, before->chain, HASH);
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
	size_t at = journal_encode(&t->bytes, t->chain,
				   &(struct store_record){number, bytes, note, links, n_links});
	t->facts = mem_grow(t->facts, t->n_facts, &t->cap_facts, sizeof *t->facts);
	t->facts[t->n_facts++] = (struct put_fact){at, t->bytes.len - at};
	t->head = number;
}

/* Writes the turn in one transaction. LMDB's codes. */
static int
write_once(struct store *s, const struct turn *t, struct state *next, struct chores chores)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc)
		return rc;
	rc = journal_write(s, txn, t);
	if (rc == 0)
		rc = rows_write(s, txn, t, next);
	if (rc == 0 && chores.checkpoint)
		rc = heads_write(s, txn, next);
	if (rc == 0 && chores.trim)
		rc = journal_trim(s, txn, next);
	if (rc == 0)
		rc = meta_put_state(s, txn, next);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

int
turn_write(struct store *s, const struct turn *t, const struct state *next, struct chores chores,
	   struct state *ret)
{
	for (unsigned tries = 0;; tries++) {
		*ret = *next;
		int rc = write_once(s, t, ret, chores);
		if (rc == 0)
			return 0;
		if (rc != MDB_MAP_FULL || tries == GROW_TRIES)
			return env_fail(s, rc, "writing a turn");
		rc = env_grow(s);
		if (rc)
			return rc;
	}
}

void
turn_adopt(struct store *s, struct turn *t, const struct state *written)
{
	if (written->heads_at > s->state.heads_at)
		heads_written(&s->heads);
	s->trimmed =
	    written->first > s->state.first || (t->n_facts + t->n_rows > 0 && space_is_short(s));
	s->state = *written;
	forget(t);
}

/* Every command of the turn was refused: nothing to sync. */
static bool
changes_nothing(const struct store *s, uint64_t digest)
{
	const struct turn *t = &s->turn;
	return !t->failed && t->n_facts == 0 && t->n_rows == 0 && digest == s->state.digest &&
	       !store_trims(s);
}

static struct state
state_with_turn(const struct store *s, uint64_t digest)
{
	struct state next = s->state;
	next.head = s->turn.head;
	next.digest = digest;
	memcpy(next.chain, s->turn.chain, HASH);
	return next;
}

/* Nothing is put into the turn any more; returns the state with it. The heads are those with the
 * turn from here on: if it is not stored, that is the end. */
static struct state
make_ready(struct store *s, struct turn *t, uint64_t digest)
{
	env_close_view(s);
	rows_sort(t);
	heads_commit(&s->heads);
	return state_with_turn(s, digest);
}

int
store_commit(struct store *s, uint64_t digest)
{
	struct turn *t = &s->turn;
	assert(!s->reading);
	int rc = store_finish(s);
	if (rc)
		return rc;
	assert(t->open);
	if (changes_nothing(s, digest)) {
		forget(t);
		return 0;
	}
	struct state written;
	rc = t->failed;
	if (rc == 0) {
		struct chores chores = {heads_due(s), store_trims(s)};
		struct state next = make_ready(s, t, digest);
		rc = turn_write(s, t, &next, chores, &written);
	}
	if (rc) {
		store_abort(s);
		return s->failed = rc;
	}
	turn_adopt(s, t, &written);
	return 0;
}

int
store_hand_over(struct store *s, uint64_t digest)
{
	int rc = store_finish(s);
	if (rc || !s->writer.there || store_trims(s) || s->turn.failed ||
	    changes_nothing(s, digest))
		return store_commit(s, digest);
	assert(s->turn.open && !s->reading);
	struct turn idle = s->writing;
	s->next = make_ready(s, &s->turn, digest);
	s->writing = s->turn;
	s->turn = idle;
	writer_ask(s, (struct chores){.checkpoint = heads_due(s)});
	return 0;
}

void
store_abort(struct store *s)
{
	heads_abort(&s->heads);
	forget(&s->turn);
}
