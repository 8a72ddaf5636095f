/* Time, network and chance, and the run of one seed (sim.h). */

#include "run.h"

#include "core/market.h"
#include "proto/proto.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MS = 40 };

enum {
	CALM_MS = 60000,    /* by then everybody must have everything */
	START_MS = 1000000, /* a clock does not begin at nothing */
};

enum event_kind {
	EVENT_TURN,
	EVENT_BEAT,
	EVENT_WAKE,
	EVENT_TO_CORE,
	EVENT_TO_ACTOR,
	EVENT_KILL,
	EVENT_START,
	EVENT_ROOM,
	EVENT_CLOCK
};

struct event_in_time {
	int64_t at_ms;
	uint64_t order;
	enum event_kind kind;
	unsigned actor;
	struct str bytes; /* owned */
};

void
sim_wrong(struct sim *s, const char *format, ...)
{
	va_list args;
	if (s->violation[0])
		return;
	va_start(args, format);
	vsnprintf(s->violation, sizeof s->violation, format, args);
	va_end(args);
}

bool
sim_chance(struct sim *s, uint64_t of, uint64_t in)
{
	bool hit = !s->calm && chance_is(&s->chance, of, in);
	s->faults += hit;
	return hit;
}

/* ---- the queue of events: a binary heap ---- */

static bool
before(const struct event_in_time *a, const struct event_in_time *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void
push(struct sim *s, int64_t delay_ms, enum event_kind kind, unsigned actor, struct str bytes)
{
	struct event_in_time e = {s->now_ms + delay_ms, s->order++, kind, actor, bytes};
	s->queue = mem_grow(s->queue, s->n_queue, &s->cap_queue, sizeof *s->queue);
	size_t at = s->n_queue++;
	for (; at > 0 && before(&e, &s->queue[(at - 1) / 2]); at = (at - 1) / 2)
		s->queue[at] = s->queue[(at - 1) / 2];
	s->queue[at] = e;
}

static struct event_in_time
pop(struct sim *s)
{
	struct event_in_time first = s->queue[0], last = s->queue[--s->n_queue];
	size_t at = 0, child;
	while ((child = 2 * at + 1) < s->n_queue) {
		if (child + 1 < s->n_queue && before(&s->queue[child + 1], &s->queue[child]))
			child++;
		if (!before(&s->queue[child], &last))
			break;
		s->queue[at] = s->queue[child];
		at = child;
	}
	s->queue[at] = last;
	return first;
}

void
sim_wake(struct sim *s, unsigned actor, int64_t delay_ms)
{
	push(s, delay_ms > 0 ? delay_ms : 1, EVENT_WAKE, actor, STR_NONE);
}

/* ---- the network ---- */

/* Loses it, repeats it, or lets it take its time, so that another may come first. */
static void
carry(struct sim *s, enum event_kind kind, unsigned actor, struct str bytes)
{
	int copies = sim_chance(s, 1, 20) ? 0 : sim_chance(s, 1, 25) ? 2 : 1;
	while (copies-- > 0) {
		int64_t delay = 1 + (int64_t)chance_below(&s->chance, 5);
		if (sim_chance(s, 1, 15))
			delay += (int64_t)chance_below(&s->chance, 800);
		push(s, delay, kind, actor, (struct str){mem_dup(bytes.p, bytes.len), bytes.len});
	}
}

void
sim_send(struct sim *s, unsigned actor, const struct buf *request)
{
	carry(s, EVENT_TO_CORE, actor, buf_str(request));
}

/* A gateway hands a request on; where the core is down it is gone. */
static void
arrive_at_core(struct sim *s, unsigned actor, struct str request)
{
	char name = (char)('A' + actor);
	if (!s->process)
		return;
	channel_put_request(&the_wires[actor % WIRES].in, (struct str){&name, 1}, request);
	push(s, 0, EVENT_TURN, 0, STR_NONE);
}

static void
arrive_at_actor(struct sim *s, unsigned actor, struct str reply)
{
	if (actor < PUBLISHERS)
		publisher_reply(s->publishers[actor], reply);
	else if (actor < PUBLISHERS + CONSUMERS)
		consumer_reply(s->consumers[actor - PUBLISHERS], reply);
	else
		follower_reply(s->followers[actor - PUBLISHERS - CONSUMERS], reply);
}

/* The feed comes in order, and is lossy. */
static void
spread(struct sim *s, size_t wire, const struct channel_fact *fact)
{
	for (size_t i = 0; i < FOLLOWERS; i++)
		for (size_t k = 0; i % WIRES == wire && k < fact->n_streams; k++)
			if (!sim_chance(s, 1, 15))
				follower_feed(s->followers[i], fact->streams[k].name, fact->number,
					      fact->streams[k].prev);
}

/* What the core has sent leaves the gateways: all of it, or where it died at that moment some. */
static void
pump(struct sim *s, bool died)
{
	for (size_t i = 0; i < WIRES; i++) {
		struct buf *out = &the_wires[i].out;
		size_t at = 0, size;
		struct channel_frame frame;
		enum channel_reason reason;
		while (at < out->len) {
			struct str rest = {(const char *)out->data + at, (uint32_t)(out->len - at)};
			if ((died && chance_is(&s->chance, 1, 8)) ||
			    channel_read(rest, &frame, &size, &reason) != 1)
				break;
			if (frame.kind == CHANNEL_REPLY && frame.bytes.len > 0)
				carry(s, EVENT_TO_ACTOR, (unsigned)(frame.envelope.p[0] - 'A'),
				      frame.bytes);
			else if (frame.kind == CHANNEL_FACT)
				spread(s, i, &frame.fact);
			at += size;
		}
		buf_clear(out);
	}
}

/* ---- the core lives and dies ---- */

static void
on_wake(void *arg)
{
	(void)arg; /* what arrives calls for a turn by itself */
}

static void
start(struct sim *s)
{
	if (s->process)
		return;
	s->process = process_start(&s->disk, START_MS + s->now_ms + s->wall_ms, on_wake, s);
	if (!s->process && s->disk.n_facts > 0 && s->calm)
		sim_wrong(s, "the core does not start from what is stored");
	push(s, s->process ? 0 : 50, s->process ? EVENT_TURN : EVENT_START, 0, STR_NONE);
}

static void
kill_process(struct sim *s)
{
	if (!s->process)
		return;
	process_kill(s->process);
	s->process = NULL;
	s->crashes++;
	push(s, 1 + (int64_t)chance_below(&s->chance, 300), EVENT_START, 0, STR_NONE);
}

static void
turn(struct sim *s)
{
	int64_t pause_ms;
	if (!s->process)
		return;
	bool lives = process_turn(s->process, START_MS + s->now_ms + s->wall_ms, &pause_ms);
	bool dies = lives && sim_chance(s, 1, 400);
	pump(s, dies || !lives);
	if (!lives || dies)
		kill_process(s);
	else if (pause_ms >= 0) /* or later, for others need the processor too */
		push(s, (pause_ms > 0 ? pause_ms : 1) + (sim_chance(s, 1, 5) ? BUSY_MS : 0),
		     EVENT_TURN, 0, STR_NONE);
}

static void
beat(struct sim *s)
{
	if (s->process && process_beat(s->process, START_MS + s->now_ms + s->wall_ms))
		push(s, 0, EVENT_TURN, 0, STR_NONE);
	pump(s, false);
	push(s, 1000, EVENT_BEAT, 0, STR_NONE);
}

static enum fate
commit_fate(void *arg)
{
	struct sim *s = arg;
	if (sim_chance(s, 1, 150))
		return FATE_LOST;
	return sim_chance(s, 1, 150) ? FATE_STORED_UNSEEN : FATE_STORED;
}

static bool
turn_is_stored(void *arg)
{
	struct sim *s = arg;
	return chance_is(&s->chance, 1, 3);
}

static enum store_room
disk_room(void *arg)
{
	struct sim *s = arg;
	return s->room;
}

/* ---- a run ---- */

static void
wake_actor(struct sim *s, unsigned actor)
{
	if (actor < PUBLISHERS)
		publisher_wake(s->publishers[actor]);
	else if (actor < PUBLISHERS + CONSUMERS)
		consumer_wake(s->consumers[actor - PUBLISHERS]);
	else
		follower_wake(s->followers[actor - PUBLISHERS - CONSUMERS]);
}

static void
happen(struct sim *s, const struct event_in_time *e)
{
	switch (e->kind) {
	case EVENT_TURN:
		turn(s);
		break;
	case EVENT_BEAT:
		beat(s);
		break;
	case EVENT_WAKE:
		wake_actor(s, e->actor);
		break;
	case EVENT_TO_CORE:
		arrive_at_core(s, e->actor, e->bytes);
		break;
	case EVENT_TO_ACTOR:
		arrive_at_actor(s, e->actor, e->bytes);
		break;
	case EVENT_KILL:
		kill_process(s);
		break;
	case EVENT_START:
		start(s);
		break;
	case EVENT_ROOM:
		s->room = (enum store_room)e->actor;
		break;
	case EVENT_CLOCK:
		s->wall_ms += (int64_t)chance_below(&s->chance, 1200000) - 600000;
		break;
	}
}

static void
plan(struct sim *s)
{
	for (unsigned i = 0; i < CRASHES; i++)
		push(s, (int64_t)chance_below(&s->chance, CHAOS_MS), EVENT_KILL, 0, STR_NONE);
	for (unsigned i = 0; i < 2; i++) {
		int64_t at = (int64_t)chance_below(&s->chance, CHAOS_MS - 2000);
		unsigned room = STORE_ROOM_RESERVE + (unsigned)chance_below(&s->chance, 2);
		push(s, at, EVENT_ROOM, room, STR_NONE);
		push(s, at + 1000, EVENT_ROOM, STORE_ROOM_ENOUGH, STR_NONE);
		push(s, (int64_t)chance_below(&s->chance, CHAOS_MS), EVENT_CLOCK, 0, STR_NONE);
	}
	push(s, 0, EVENT_START, 0, STR_NONE);
	push(s, 1000, EVENT_BEAT, 0, STR_NONE);
}

static bool
all_done(const struct sim *s)
{
	bool done = s->process && market_queue(process_market(s->process)) == 0;
	for (unsigned i = 0; done && i < PUBLISHERS; i++)
		done = publisher_is_done(s->publishers[i]);
	for (unsigned i = 0; done && i < FOLLOWERS; i++)
		done = follower_is_done(s->followers[i]);
	return done;
}

/* Nothing more for anybody for so long that whatever was due has come. */
static void
play(struct sim *s)
{
	int64_t quiet_since = 0;
	plan(s);
	while (s->n_queue > 0 && s->violation[0] == '\0') {
		struct event_in_time e = pop(s);
		s->now_ms = e.at_ms;
		if (!s->calm && s->now_ms > CHAOS_MS && s->crashes >= CRASHES - 1) {
			s->calm = true;
			s->room = STORE_ROOM_ENOUGH;
		}
		happen(s, &e);
		free((char *)e.bytes.p);
		if (!s->calm || !all_done(s))
			quiet_since = s->now_ms;
		if (s->now_ms - quiet_since > 10000)
			return;
		if (s->now_ms > CHAOS_MS + CALM_MS)
			sim_wrong(s, "it does not come to an end");
	}
}

static void
make(struct sim *s, uint64_t seed)
{
	*s = (struct sim){.seed = seed, .chance = chance_of(seed, 1, 0)};
	for (size_t i = 0; i < STORE_EPOCH; i++)
		s->disk.epoch[i] = (uint8_t)chance_next(&s->chance);
	s->disk.fate = commit_fate;
	s->disk.room = disk_room;
	s->disk.stored = turn_is_stored;
	s->disk.arg = s;
	for (unsigned i = 0; i < PUBLISHERS; i++)
		s->publishers[i] = publisher_new(s, i);
	for (unsigned i = 0; i < CONSUMERS; i++)
		s->consumers[i] = consumer_new(s, PUBLISHERS + i);
	for (unsigned i = 0; i < FOLLOWERS; i++)
		s->followers[i] = follower_new(s, PUBLISHERS + CONSUMERS + i);
}

static void
check(struct sim *s)
{
	for (unsigned i = 0; i < PUBLISHERS && !s->violation[0]; i++)
		publisher_check(s->publishers[i]);
	for (unsigned i = 0; i < CONSUMERS && !s->violation[0]; i++)
		truth_check(s->consumers[i]);
	for (unsigned i = 0; i < FOLLOWERS && !s->violation[0]; i++)
		follower_check(s->followers[i]);
}

static void
unmake(struct sim *s)
{
	process_kill(s->process);
	for (unsigned i = 0; i < PUBLISHERS; i++)
		publisher_free(s->publishers[i]);
	for (unsigned i = 0; i < CONSUMERS; i++)
		consumer_free(s->consumers[i]);
	for (unsigned i = 0; i < FOLLOWERS; i++)
		follower_free(s->followers[i]);
	for (size_t i = 0; i < s->n_queue; i++)
		free((char *)s->queue[i].bytes.p);
	free(s->queue);
	for (size_t i = 0; i < WIRES; i++) {
		buf_free(&the_wires[i].in);
		buf_free(&the_wires[i].out);
	}
	disk_done(&s->disk);
}

bool
run_seed(uint64_t seed, struct tally *tally)
{
	struct sim s;
	make(&s, seed);
	play(&s);
	if (s.violation[0] == '\0')
		check(&s);
	tally->runs++;
	tally->crashes += s.crashes;
	tally->least_crashes =
	    tally->runs == 1 || s.crashes < tally->least_crashes ? s.crashes : tally->least_crashes;
	tally->faults += s.faults + s.crashes;
	tally->checked += s.checked;
	tally->duplicates += s.duplicates;
	tally->facts += s.disk.n_facts;
	if (s.violation[0])
		fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, s.violation);
	bool right = s.violation[0] == '\0';
	tally->violations += !right;
	unmake(&s);
	return right;
}

/* ---- requests ---- */

void
put_request(struct buf *out, uint32_t pairs, const char *cmd, uint64_t id, const char *client,
	    const char *key)
{
	mp_put_map(out, 4u + pairs + (key != NULL));
	put_number(out, "v", PROTO_VERSION);
	put_number(out, "id", id);
	put_text(out, "cmd", cmd);
	put_text(out, "client", client);
	if (key)
		put_text(out, "key", key);
}

void
put_text(struct buf *out, const char *key, const char *value)
{
	mp_put_text(out, key);
	mp_put_text(out, value);
}

void
put_number(struct buf *out, const char *key, uint64_t value)
{
	mp_put_text(out, key);
	mp_put_uint(out, value);
}
