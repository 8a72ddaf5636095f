#include "daemon/turn.h"

#include "daemon/channel.h"
#include "daemon/delivery.h"
#include "daemon/publish.h"
#include "daemon/replies.h"
#include "proto/proto.h"
#include "store/store.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)STORE_EPOCH == (int)PROTO_EPOCH, "an epoch is an epoch");
static_assert((int)STORE_STREAMS <= (int)CHANNEL_MAX_STREAMS, "a fact fits a frame");

/* The body stands in the turn's buffer, which moves as it grows: a place, not a pointer. */
struct turn_fact {
	uint64_t number;
	enum fact_kind kind;
	struct about about;
	size_t body_at, body_len; /* body_len 0: nothing to publish */
	size_t note_len;	  /* the note follows the body; 0: none */
	size_t n_links;
	struct store_link links[STORE_STREAMS];
};

/* What is told of a turn. */
struct told_facts {
	struct buf bodies;
	struct turn_fact *facts;
	size_t n, cap;
};

struct turn {
	struct market *market;
	struct store *store;
	struct replies *replies;
	struct subscriptions *subscriptions;
	bool begun, settle;
	struct told_facts open, sealed; /* of the turn that is gathered, and of the one before */
	size_t bytes;			/* of the facts themselves */
	int failed;			/* a STORE_E_* code: the turn could not be begun */
};

struct turn *
turn_new(const struct turn_parts *parts)
{
	struct turn *t = mem_zalloc(sizeof(*t));

	t->market = parts->market;
	t->store = parts->store;
	t->replies = parts->replies;
	t->subscriptions = parts->subscriptions;
	return t;
}

void
turn_free(struct turn *t)
{
	if (!t)
		return;
	buf_free(&t->open.bodies);
	buf_free(&t->sealed.bodies);
	free(t->open.facts);
	free(t->sealed.facts);
	free(t);
}

static void
begin(struct turn *t)
{
	if (!t->begun)
		t->failed = store_begin(t->store);
	t->begun = true;
}

static struct str
note_of(const struct told_facts *t, const struct turn_fact *f)
{
	if (f->note_len == 0)
		return STR_NONE;
	return (struct str){(const char *)t->bodies.data + f->body_at + f->body_len,
			    (uint32_t)f->note_len};
}

void
turn_emit(void *turn, const struct fact *f, struct str bytes)
{
	struct turn *t = turn;
	struct told_facts *open = &t->open;
	uint64_t streams[MAX_STREAMS];

	begin(t);
	open->facts = mem_grow(open->facts, open->n, &open->cap, sizeof(*open->facts));
	struct turn_fact *kept = &open->facts[open->n++];
	*kept =
	    (struct turn_fact){.number = f->number, .kind = f->kind, .body_at = open->bodies.len};
	t->bytes += bytes.len;
	if (publish_body(t->market, f, &open->bodies))
		kept->body_len = open->bodies.len - kept->body_at;
	about_fact(t->market, f, &kept->about);
	size_t note_at = open->bodies.len;
	subscriptions_judge(t->subscriptions, f, &kept->about, &open->bodies);
	kept->note_len = open->bodies.len - note_at;
	kept->n_links = market_streams(t->market, f, streams);
	for (size_t i = 0; i < kept->n_links; i++)
		kept->links[i].stream = streams[i];
	if (!t->failed)
		store_fact(t->store, f->number, bytes, kept->links, kept->n_links,
			   note_of(open, kept));
}

size_t
turn_facts(const struct turn *t)
{
	return t->open.n;
}

size_t
turn_bytes(const struct turn *t)
{
	return t->bytes + t->open.bodies.len;
}

enum { FACT_COST = 12288 };

uint64_t
turn_cost(const struct turn *t)
{
	return 2 * (uint64_t)turn_bytes(t) + (uint64_t)t->open.n * FACT_COST +
	       2 * replies_unstored(t->replies) + subscriptions_unstored(t->subscriptions);
}

static void
put_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	store_row(arg, table, key, bytes, checksum);
}

static void
put_reply(void *arg, uint64_t number, struct str bytes)
{
	store_aside(arg, ASIDE_REPLIES, number, bytes);
}

static void
put_subscription(void *arg, bool views, uint64_t key, struct str bytes)
{
	store_aside(arg, views ? ASIDE_VIEWS : ASIDE_SUBSCRIPTIONS, key, bytes);
}

static bool
has_work(const struct turn *t)
{
	return t->open.n > 0 || replies_changed(t->replies) || store_trims(t->store) ||
	       subscriptions_must_store(t->subscriptions) ||
	       (t->settle && subscriptions_could_store(t->subscriptions));
}

void
turn_settle(struct turn *t)
{
	t->settle = true;
}

static void
seal(struct turn *t)
{
	struct told_facts emptied = t->sealed;
	t->sealed = t->open;
	t->open = emptied;
	t->bytes = 0;
}

static int
store(struct turn *t, int (*commit)(struct store *s, uint64_t digest))
{
	if (!has_work(t))
		return 0;
	begin(t);
	if (t->failed)
		return t->failed;
	if (t->open.n > 0)
		market_flush(t->market, put_row, t->store);
	replies_flush(t->replies, put_reply, t->store);
	subscriptions_flush(t->subscriptions, t->settle, put_subscription, t->store);
	t->begun = t->settle = false;
	int rc = commit(t->store, market_digest(t->market));
	if (rc == 0)
		seal(t);
	return rc;
}

int
turn_commit(struct turn *t)
{
	return store(t, store_commit);
}

int
turn_hand_over(struct turn *t)
{
	return store(t, store_hand_over);
}

int
turn_finish(struct turn *t)
{
	int rc = store_finish(t->store);
	if (rc == 0)
		market_kept(t->market);
	return rc;
}

/* Names the fact's streams, in room that `names` has. */
static void
name_streams(const struct turn *t, const struct turn_fact *f, struct buf *names,
	     struct channel_fact *ret)
{
	size_t ends[STORE_STREAMS], at = 0;

	buf_clear(names);
	for (size_t i = 0; i < f->n_links; i++) {
		market_stream_name(t->market, f->links[i].stream, names);
		ends[i] = names->len;
	}
	for (size_t i = 0; i < f->n_links; at = ends[i++])
		ret->streams[i] = (struct channel_stream){
		    .name = {(const char *)names->data + at, (uint32_t)(ends[i] - at)},
		    .prev = f->links[i].prev};
	ret->n_streams = f->n_links;
}

void
turn_publish(const struct turn *t, struct buf *out)
{
	struct channel_fact said = {
	    .epoch = {(const char *)store_epoch(t->store), STORE_EPOCH},
	};
	struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < t->sealed.n; i++) {
		const struct turn_fact *f = &t->sealed.facts[i];
		if (f->body_len == 0 || f->n_links == 0)
			continue;
		said.number = f->number;
		said.kind = str_of(fact_kind_name(f->kind));
		said.body = (struct str){(const char *)t->sealed.bodies.data + f->body_at,
					 (uint32_t)f->body_len};
		name_streams(t, f, &names, &said);
		channel_put_fact(out, &said);
	}
	buf_free(&names);
}

void
turn_deliver(const struct turn *t, struct delivery *d)
{
	const struct told_facts *open = &t->open;
	delivery_turn(d);
	for (size_t i = 0; i < open->n; i++) {
		const struct turn_fact *f = &open->facts[i];
		struct recent_fact recent = {
		    .number = f->number, .about = f->about, .note = note_of(open, f)};
		if (f->body_len > 0)
			recent.body = (struct str){(const char *)open->bodies.data + f->body_at,
						   (uint32_t)f->body_len};
		delivery_keep(d, &recent);
	}
}

void
turn_clear(struct turn *t)
{
	buf_clear(&t->sealed.bodies);
	t->sealed.n = 0;
}
