#include "daemon/cycle.h"

#include "daemon/delivery.h"
#include "daemon/log.h"
#include "daemon/retention.h"
#include "daemon/turn.h"
#include "proto/proto.h"
#include "store/store.h"
#include "util/mem.h"

#include <stdlib.h>
#include <utlist.h>

enum {
	TURN_BYTES_MAX = 16 << 20, /* of facts; the turn is closed beyond */
	TURN_MS_MAX = 50,     /* spent on requests; likewise. What a turn holds decides no fact */
	BEHIND_PAUSE_MS = 10, /* between turns while a gateway has much to read */
	IDLE_MS = 60000,      /* the longest pause towards a deadline */
	BUDGET_SHARES = 3,    /* for two turns, and what the last command goes beyond */
	SEED_STEP = 64,	      /* looks at told pairs, before it is seen whether the turn is full */
	HOUSEKEEPING_BEATS = 10, /* heartbeats between looks at what may go */
};

struct cycle {
	struct cycle_parts parts;
	struct session *sessions; /* utlist; owned */
	unsigned n_sessions;
	struct delivery *delivery;
	struct buf frames; /* what is published of a turn */
	uint64_t budget;   /* what a turn may take of the disk, in bytes */
	uint64_t share;	   /* of that, before any: with it a turn is full, so another fits beside */
	uint64_t taken;	   /* requests, in the turn that is gathered */
	unsigned beats;
	bool more;     /* to be done at once */
	bool unserved; /* whoever fetches has more to look through */
	bool storing;  /* the turn before the one that is gathered waits for its commit */
	bool writable; /* there was room to store something */
	bool failed;
};

static void
deliver(void *arg, void *origin, struct str envelope, struct str reply)
{
	(void)arg;
	session_reply(origin, envelope, reply);
}

static bool
takes_more(void *arg, const void *origin)
{
	(void)arg;
	return !session_is_behind(origin);
}

struct cycle *
cycle_new(const struct cycle_parts *parts)
{
	static const struct delivery_outlet outlet = {deliver, takes_more, NULL};
	struct cycle *c = mem_zalloc(sizeof *c);
	c->parts = *parts;
	c->delivery =
	    delivery_new(parts->market, parts->dispatch->journal, parts->subscriptions, &outlet);
	parts->dispatch->delivery = c->delivery;
	return c;
}

void
cycle_free(struct cycle *c)
{
	struct session *each, *next;
	if (!c)
		return;
	c->parts.dispatch->delivery = NULL;
	delivery_free(c->delivery);
	DL_FOREACH_SAFE(c->sessions, each, next)
	session_free(each);
	buf_free(&c->frames);
	free(c);
}

void
cycle_add(struct cycle *c, struct session *s)
{
	DL_APPEND(c->sessions, s);
	c->n_sessions++;
}

struct session *
cycle_sessions(const struct cycle *c)
{
	return c->sessions;
}

unsigned
cycle_count(const struct cycle *c)
{
	return c->n_sessions;
}

/* ---- the turn ---- */

/* What one session's share of a turn may hold, and how long it may take. */
struct turn_bound {
	const struct turn *turn;
	uint64_t budget;
	int64_t end_ms;
	int64_t (*monotonic_ms)(void);
};

/* A request may take long where a match looks at many listings: replies, heartbeat and watchdog
 * must not wait for a thousand of them. */
static bool
turn_is_full(const void *arg)
{
	const struct turn_bound *bound = arg;
	return turn_bytes(bound->turn) > TURN_BYTES_MAX || turn_cost(bound->turn) > bound->budget ||
	       bound->monotonic_ms() > bound->end_ms;
}

static struct turn_bound
bound_of(const struct cycle *c, int64_t ms)
{
	uint64_t bytes = c->share < c->budget ? c->share : c->budget;
	return (struct turn_bound){c->parts.turn, bytes, c->parts.monotonic_ms() + ms,
				   c->parts.monotonic_ms};
}

/* Each session has its share of the turn, so that one busy gateway does not starve the others. */
static bool
gather(struct cycle *c, int64_t now_ms)
{
	uint64_t most = c->parts.options->max_commands,
		 left = most > c->taken ? most - c->taken : 0;
	uint64_t share = c->n_sessions ? left / c->n_sessions : 0;
	int64_t ms = TURN_MS_MAX / (c->n_sessions ? c->n_sessions : 1);
	bool more = false;
	struct session *each;

	DL_FOREACH(c->sessions, each)
	{
		struct turn_bound bound = bound_of(c, ms);
		struct session_work work = {c->parts.dispatch, now_ms, share ? share : 1,
					    turn_is_full, &bound};
		uint64_t may = work.requests;
		more = session_take(each, &work) || more;
		c->taken += may - work.requests;
	}
	if (c->sessions) { /* what a turn may hold in all is used up by whoever comes first */
		each = c->sessions;
		DL_DELETE(c->sessions, each);
		DL_APPEND(c->sessions, each);
	}
	return more;
}

static bool
work_waits(const struct cycle *c, int64_t now_ms)
{
	return c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH &&
	       (market_queue(c->parts.market) > 0 ||
		market_next_deadline_ms(c->parts.market) <= now_ms);
}

static void
tick(struct cycle *c, int64_t now_ms)
{
	const struct command command = {.kind = COMMAND_TICK, .clock_ms = now_ms, .a_share = true};
	struct refusal refusal;

	dispatch_command(c->parts.dispatch, &command, &refusal);
}

/* Deadlines come before requests. At a midnight at which thousands are due they take several
 * turns, so that none of these is longer, or takes more room, than others. Returns whether some are
 * still due. */
static bool
meet_deadlines(struct cycle *c, int64_t now_ms)
{
	struct turn_bound bound = bound_of(c, TURN_MS_MAX);
	if (c->parts.dispatch->room != DISPATCH_ROOM_ENOUGH)
		return false;
	while (market_next_deadline_ms(c->parts.market) <= now_ms) {
		if (turn_is_full(&bound))
			return true;
		tick(c, now_ms);
	}
	return false;
}

/* What was told already comes into view of new subscriptions. Returns whether more is to do. */
static bool
seed(struct cycle *c)
{
	struct turn_bound bound = bound_of(c, TURN_MS_MAX);
	uint32_t left = c->parts.seed_looks;
	bool more = c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH;
	while (more && left > 0 && !turn_is_full(&bound)) {
		uint32_t step = left < SEED_STEP ? left : SEED_STEP;
		more = subscriptions_seed(c->parts.subscriptions, step);
		left -= step;
	}
	return more;
}

/* Answers, and what is published of the facts. */
static void
publish(struct cycle *c)
{
	struct session *each;

	buf_clear(&c->frames);
	turn_publish(c->parts.turn, &c->frames);
	DL_FOREACH(c->sessions, each)
	session_release(each, buf_str(&c->frames));
	turn_clear(c->parts.turn);
}

static void
reap(struct cycle *c)
{
	struct session *each, *next;

	DL_FOREACH_SAFE(c->sessions, each, next)
	{
		if (!each->doomed)
			continue;
		DL_DELETE(c->sessions, each);
		c->n_sessions--;
		delivery_forget(c->delivery, each);
		session_free(each);
	}
}

static bool
somebody_is_behind(const struct cycle *c)
{
	const struct session *each;

	DL_FOREACH(c->sessions, each)
	if (session_is_behind(each))
		return true;
	return false;
}

/* How long until then; INT64_MAX for never. */
static int64_t
until_ms(int64_t then, int64_t now)
{
	return then == INT64_MAX ? then : then > now ? then - now : 0;
}

static bool
fail(const struct cycle *c)
{
	log_write(LOG_ID_STORE_FAILED,
		  LOG_FIELDS({"head", .number = (int64_t)store_head(c->parts.store)}),
		  "the turn could not be stored, and is not answered: %s",
		  store_message(c->parts.store));
	return false;
}

/* Looks for room. Where there is none beyond the reserve, work that waits goes on waiting. */
static bool
find_room(struct cycle *c)
{
	static const enum dispatch_room rooms[] = {
	    [STORE_ROOM_ENOUGH] = DISPATCH_ROOM_ENOUGH,
	    [STORE_ROOM_RESERVE] = DISPATCH_ROOM_RESERVE,
	    [STORE_ROOM_NONE] = DISPATCH_ROOM_NONE,
	};
	enum store_room room;
	if (store_room(c->parts.store, &room, &c->budget) != 0)
		return false;
	c->share = c->budget / BUDGET_SHARES;
	enum dispatch_room before = c->parts.dispatch->room, now = rooms[room];
	c->parts.dispatch->room = now;
	if (now == DISPATCH_ROOM_ENOUGH && before != now)
		log_write(LOG_ID_STORAGE_ROOM, LOG_NONE, "there is room again");
	else if (now > before)
		log_write(LOG_ID_STORAGE_FULL,
			  LOG_FIELDS({"room", now == DISPATCH_ROOM_NONE ? "none" : "reserve"}),
			  "there is no room on the disk, or in storage-limit");
	return true;
}

/* The turn that was closed is stored, or that is awaited: what it answers and tells goes out. */
static bool
finish(struct cycle *c)
{
	c->storing = false;
	if (turn_finish(c->parts.turn) != 0)
		return false;
	publish(c);
	c->more = c->more || (c->writable && store_trims(c->parts.store));
	reap(c);
	return true;
}

/*
 * Whether the turn is to be stored beside the next one. Not where nobody else asks, for another
 * thread takes time to wake; nor where the next would not find as much room as this one takes.
 */
static bool
goes_beside(const struct cycle *c)
{
	return c->taken > 1 && c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH &&
	       turn_cost(c->parts.turn) <= c->budget / 2;
}

/* Whoever fetches is given what the turn has, too: what is said in it waits for its commit. */
static bool
close_turn(struct cycle *c)
{
	struct turn *turn = c->parts.turn;
	struct session *each;
	if (subscriptions_count(c->parts.subscriptions) > 0) /* others read the journal */
		turn_deliver(turn, c->delivery);
	c->unserved = delivery_run(c->delivery, c->parts.dispatch->monotonic_ms);
	/* Facts that are there must be stored, or be the end; they may come from outside a turn. */
	c->writable = c->parts.dispatch->room != DISPATCH_ROOM_NONE || turn_facts(turn) > 0 ||
		      store_can_trim(c->parts.store);
	bool beside = goes_beside(c);
	uint64_t cost = turn_cost(turn);
	if (c->writable && (beside ? turn_hand_over(turn) : turn_commit(turn)) != 0)
		return false;
	c->budget -= beside ? cost : 0; /* else room is looked for anew */
	c->taken = 0;
	DL_FOREACH(c->sessions, each)
	session_seal(each);
	c->storing = true;
	return !store_is_written(c->parts.store) || finish(c);
}

/* Gathers what is there. */
static void
gather_turn(struct cycle *c, int64_t now_ms)
{
	c->more = meet_deadlines(c, now_ms) || gather(c, now_ms);
	if (turn_facts(c->parts.turn) == 0 && work_waits(c, now_ms))
		tick(c, now_ms);
	c->more = seed(c) || c->more;
}

bool
cycle_run(struct cycle *c, int64_t now_ms)
{
	c->parts.dispatch->monotonic_ms = c->parts.monotonic_ms();
	if (c->failed || (!c->storing && !find_room(c)))
		return fail(c);
	gather_turn(c, now_ms);
	/* While the turn before is being stored, this one takes what else comes; not so if it is
	 * full, or if there is something that only a closed turn does. */
	if (c->storing && !store_is_written(c->parts.store) && cycle_pause_ms(c, now_ms) != 0)
		return true;
	if (c->storing && !(finish(c) && find_room(c)))
		return fail(c);
	return close_turn(c) || fail(c);
}

/* ---- between turns ---- */

/* Work that would outrun a reader waits for it a little; a wall clock that was set is noticed by
 * the heartbeat. */
int64_t
cycle_pause_ms(const struct cycle *c, int64_t now_ms)
{
	bool roomy = c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH;
	int64_t deadline =
	    roomy ? until_ms(market_next_deadline_ms(c->parts.market), now_ms) : INT64_MAX;
	int64_t fetch = until_ms(delivery_deadline_ms(c->delivery), c->parts.monotonic_ms());
	int64_t next = deadline < fetch ? deadline : fetch;

	if (somebody_is_behind(c))
		return BEHIND_PAUSE_MS;
	if (c->more || c->unserved || work_waits(c, now_ms))
		return 0;
	return next == INT64_MAX ? -1 : next < IDLE_MS ? next : IDLE_MS;
}

void
cycle_settle(struct cycle *c)
{
	if (c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH)
		turn_settle(c->parts.turn);
}

bool
cycle_beat(struct cycle *c, int64_t now_ms)
{
	uint8_t header[PROTO_FEED_HEADER];
	struct buf frame = BUF_EMPTY;
	struct session *each;
	bool roomy = c->parts.dispatch->room == DISPATCH_ROOM_ENOUGH;
	bool stored = c->storing; /* by what follows; the next turn may have begun */

	c->failed = c->storing && !finish(c);
	if (c->failed)
		return true;
	proto_feed_header(header, store_epoch(c->parts.store), store_head(c->parts.store), 0);
	channel_put_heartbeat(&frame, (struct str){(const char *)header, sizeof(header)});
	DL_FOREACH(c->sessions, each)
	session_send(each, buf_str(&frame));
	buf_free(&frame);
	if (c->beats++ % HOUSEKEEPING_BEATS == 0) {
		store_tidy(c->parts.store);
		retention_apply(c->parts.options, c->parts.store, c->parts.dispatch->journal,
				now_ms);
	}
	cycle_settle(c);
	return stored || !roomy || work_waits(c, now_ms) || store_trims(c->parts.store) ||
	       subscriptions_could_store(c->parts.subscriptions);
}
