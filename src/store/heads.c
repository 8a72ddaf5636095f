/*
 * Where each stream is: its last fact's number.
 *
 * A turn's facts concern streams all over the key space, and writing their heads each time would
 * cost a page of the file for nearly each of them. But heads follow from the facts' links, so the
 * table is a checkpoint: it is written every CHECKPOINT facts, with those that moved, in key order,
 * and a start reads it and walks the facts after it. What a turn puts is as durable as with every
 * head written, since its facts are.
 *
 * `state` has the sum of the table's hashed entries, so that none is altered or lost unnoticed.
 */

#include "store/internal.h"
#include "util/hash.h"
#include "util/mem.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* Between a turn that now and then writes ten thousand heads, and a start that walks as many
 * facts: about 10 ms either way. */
enum { CHECKPOINT = 16384 };

/* What a checkpoint takes of the disk: a leaf of the table for each head that moved, or all leaves,
 * which are more than half full in the mean (90 to 110 heads) since none is ever taken out; the pages
 * above them, and the list of those that it gives back. */
enum { PAGE = 4096, LEAF_FEWEST = 64, PAGES_LISTED = 500, PAGES_MORE = 16 };

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct head {
	uint64_t stream;
	uint64_t number;  /* of the last committed fact; 0: none */
	uint64_t turn;	  /* of the last in the open turn; 0: none */
	uint64_t written; /* as in the table; 0: not there */
	UT_hash_handle hh;
};

static struct head *
find(const struct heads *h, uint64_t stream)
{
	struct head *found;
	HASH_FIND(hh, h->by_stream, &stream, sizeof stream, found);
	return found;
}

static struct head *
find_or_add(struct heads *h, uint64_t stream)
{
	struct head *head = find(h, stream);
	if (head)
		return head;
	head = mem_zalloc(sizeof *head);
	head->stream = stream;
	HASH_ADD(hh, h->by_stream, stream, sizeof head->stream, head);
	return head;
}

uint64_t
heads_find(const struct heads *h, uint64_t stream)
{
	const struct head *head = find(h, stream);
	return head ? head->number : 0;
}

uint64_t
heads_move(struct heads *h, uint64_t stream, uint64_t number)
{
	struct head *head = find_or_add(h, stream);
	uint64_t prev = head->turn;
	if (prev == 0) {
		prev = head->number;
		h->turned = mem_grow(h->turned, h->n_turned, &h->cap_turned, sizeof *h->turned);
		h->turned[h->n_turned++] = head;
	}
	assert(prev < number); /* a fact names each stream once */
	head->turn = number;
	return prev;
}

/* Takes a committed number over. */
static void
settle(struct heads *h, struct head *head, uint64_t number)
{
	if (head->number == head->written) {
		h->unwritten =
		    mem_grow(h->unwritten, h->n_unwritten, &h->cap_unwritten, sizeof *h->unwritten);
		h->unwritten[h->n_unwritten++] = head;
	}
	head->number = number;
}

void
heads_commit(struct heads *h)
{
	for (size_t i = 0; i < h->n_turned; i++) {
		struct head *head = h->turned[i];
		settle(h, head, head->turn);
		head->turn = 0;
	}
	h->n_turned = 0;
}

void
heads_abort(struct heads *h)
{
	for (size_t i = 0; i < h->n_turned; i++)
		h->turned[i]->turn = 0;
	h->n_turned = 0;
}

/* ---- the checkpoint ---- */

/* What an entry of the table adds to the sum: SipHash, keyed with the epoch. Hashing each entry as
 * the journal does would take longer than writing it. */
static uint64_t
weigh(const struct state *state, uint64_t stream, uint64_t number)
{
	static_assert(crypto_shorthash_KEYBYTES == STORE_EPOCH, "the epoch is the key");
	uint64_t entry[2] = {htole64(stream), htole64(number)};
	uint8_t hash[crypto_shorthash_BYTES];
	crypto_shorthash(hash, (const uint8_t *)entry, sizeof entry, state->epoch);
	return get_u64(hash);
}

static int
by_stream(const void *a, const void *b)
{
	uint64_t x = (*(struct head *const *)a)->stream, y = (*(struct head *const *)b)->stream;
	return (x > y) - (x < y);
}

/* Facts that are to go must not be needed to complete the table. */
bool
heads_due(const struct store *s)
{
	bool far = s->state.head - s->state.heads_at >= CHECKPOINT;
	return (far || s->trim_to > s->state.heads_at + 1) && !s->space.tight;
}

uint64_t
heads_spare(const struct store *s)
{
	return s->space.tight ? least(s->trim_to, s->state.heads_at + 1) : s->trim_to;
}

uint64_t
heads_cost(const struct store *s)
{
	const struct heads *h = &s->heads;
	uint64_t moved = h->n_unwritten + h->n_turned;
	uint64_t leaves = HASH_COUNT(h->by_stream) / LEAF_FEWEST + 1;
	uint64_t pages = least(moved, leaves) + least(moved, leaves / LEAF_FEWEST);
	return moved > 0 ? (PAGES_MORE + pages + pages / PAGES_LISTED) * PAGE : 0;
}

int
heads_write(struct store *s, MDB_txn *txn, struct state *next)
{
	struct heads *h = &s->heads;
	qsort(h->unwritten, h->n_unwritten, sizeof *h->unwritten, by_stream);
	next->heads_at = next->head;
	for (size_t i = 0; i < h->n_unwritten; i++) {
		struct head *head = h->unwritten[i];
		uint64_t number = htole64(head->number);
		MDB_val key = key_of(&head->stream), value = {sizeof number, &number};
		int rc = mdb_put(txn, s->stream_heads, &key, &value, 0);
		if (rc)
			return rc;
		next->heads_sum += weigh(next, head->stream, head->number);
		if (head->written)
			next->heads_sum -= weigh(next, head->stream, head->written);
	}
	return 0;
}

void
heads_written(struct heads *h)
{
	for (size_t i = 0; i < h->n_unwritten; i++)
		h->unwritten[i]->written = h->unwritten[i]->number;
	h->n_unwritten = 0;
}

/* ---- at start ---- */

int
heads_walk(struct store *s, MDB_txn *txn, head_fn head, void *arg)
{
	struct walk w = {0};
	uint64_t sum = 0;
	int rc = mdb_cursor_open(txn, s->stream_heads, &w.cursor);
	if (rc)
		return env_fail(s, rc, "reading the streams' heads");
	while ((rc = env_next(&w)) == 0 && w.value.mv_size == sizeof(uint64_t)) {
		uint64_t number = get_u64(w.value.mv_data);
		head(arg, w.key, number);
		sum += weigh(&s->state, w.key, number);
	}
	mdb_cursor_close(w.cursor);
	if (rc && rc != MDB_NOTFOUND)
		return env_fail(s, rc, "reading the streams' heads");
	if (rc == 0 || sum != s->state.heads_sum || s->state.heads_at > s->state.head)
		return store_fail(s, STORE_E_CORRUPT, "the table of streams' heads is damaged");
	return 0;
}

static void
take(void *arg, uint64_t stream, uint64_t number)
{
	struct head *head = find_or_add(arg, stream);
	head->number = head->written = number;
}

static bool
follow(void *arg, const struct store_record *fact)
{
	struct heads *h = arg;
	for (size_t i = 0; i < fact->n_links; i++)
		settle(h, find_or_add(h, fact->links[i].stream), fact->number);
	return true;
}

int
heads_load(struct store *s, MDB_txn *txn)
{
	int rc = heads_walk(s, txn, take, &s->heads);
	if (rc || s->state.heads_at == s->state.head)
		return rc;
	return journal_walk(s, txn, s->state.heads_at + 1, s->state.head, follow, &s->heads);
}

/* What the sum is made of, while it is made anew. */
struct rekeying {
	const struct state *state;
	uint64_t sum;
};

static void
add(void *arg, uint64_t stream, uint64_t number)
{
	struct rekeying *r = arg;
	r->sum += weigh(r->state, stream, number);
}

int
heads_rekey(struct store *s, MDB_txn *txn, struct state *next)
{
	struct rekeying r = {next, 0};
	int rc = heads_walk(s, txn, add, &r);
	next->heads_sum = r.sum;
	return rc;
}

void
heads_done(struct heads *h)
{
	struct head *head, *next;
	HASH_ITER(hh, h->by_stream, head, next)
	{
		HASH_DEL(h->by_stream, head);
		free(head);
	}
	free(h->turned);
	free(h->unwritten);
}
