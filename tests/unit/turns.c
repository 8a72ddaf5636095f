#include "turns.h"

#include "json.h"
#include "subscribed.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What is published expires after a day. */
static const char exchange[] = "exchange: parts\n" TITLE "\nneed: {" TITLE "}\noffer: {" TITLE "}\n"
			       "lifetime: {default_days: 1}\nfields:\n"
			       "  kind: {type: keyword, " TITLE "}\n"
			       "  price: {type: money, " TITLE
			       ", currency: RUB, need: {weight: 1, better: lower, span: 100}}\n";

/* ---- the world ---- */

int64_t clock_ms, look_ms;

static int64_t
monotonic(void)
{
	return clock_ms += look_ms;
}

static enum fate
meet_fate(void *arg)
{
	struct core *c = arg;
	c->commits++;
	c->said = the_wires[0].out.len;
	return c->fate;
}

static enum store_room
have_room(void *arg)
{
	return ((struct core *)arg)->room;
}

static void
not_needed(void *arg)
{
	(void)arg;
}

static void
forget_wire(struct wire *w)
{
	buf_free(&w->in);
	buf_free(&w->out);
	w->read = 0;
}

static void
open_cycle(struct core *c, uint32_t seed_looks)
{
	const struct cycle_parts parts = {&c->options, c->store,     c->trade.market,
					  c->turn,     &c->dispatch, c->subscriptions,
					  monotonic,   seed_looks};
	c->cycle = cycle_new(&parts);
}

void
store_turn(struct core *c)
{
	assert_int_equal(turn_commit(c->turn), 0);
	turn_clear(c->turn);
	c->commits = 0;
}

void
join(struct core *c, int wire)
{
	cycle_add(c->cycle, session_new(NULL, wire, 0, not_needed, NULL));
	channel_put_hello(&the_wires[wire].in, CHANNEL_GATEWAY);
	assert_true(cycle_run(c->cycle, c->now_ms));
	buf_clear(&the_wires[wire].out);
}

int
turns_setup(void **state)
{
	static const struct store_options none = {0};
	char message[STORE_MESSAGE];
	struct core *c = mem_zalloc(sizeof *c);
	clock_ms = 1000000, look_ms = 0;
	c->disk.fate = meet_fate, c->disk.room = have_room, c->disk.arg = c;
	the_disk = &c->disk;
	assert_int_equal(store_open(&none, &c->store, message), 0);
	c->options.max_commands = 1000;
	c->trade.market = market_new();
	c->replies = replies_new();
	c->subscriptions = subscriptions_new(c->trade.market);
	c->turn =
	    turn_new(&(struct turn_parts){c->trade.market, c->store, c->replies, c->subscriptions});
	journal_of_store(&c->journal, c->store);
	c->dispatch = (struct dispatch){.market = c->trade.market,
					.journal = &c->journal,
					.replies = c->replies,
					.subscriptions = c->subscriptions,
					.emit = turn_emit,
					.emit_arg = c->turn};
	c->trade.emit = turn_emit, c->trade.arg = c->turn;
	c->now_ms = 1000;
	trade_define(&c->trade, exchange);
	trade_enlist(&c->trade, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\"}");
	trade_enlist(&c->trade, "b", "{\"name\": \"b\", \"kind\": \"legal_entity\"}");
	store_turn(c);
	open_cycle(c, 1);
	join(c, 0);
	*state = c;
	return 0;
}

int
turns_teardown(void **state)
{
	struct core *c = *state;
	cycle_free(c->cycle);
	turn_free(c->turn);
	subscriptions_free(c->subscriptions);
	replies_free(c->replies);
	market_free(c->trade.market);
	store_close(c->store);
	disk_done(&c->disk);
	for (int i = 0; i < WIRES; i++)
		forget_wire(&the_wires[i]);
	free(c);
	return 0;
}

void
publish(struct core *c, enum side side, unsigned n)
{
	while (n-- > 0)
		trade_publish(&c->trade, side == NEED ? "a" : "b", side,
			      side == NEED ? need : cheap);
	store_turn(c);
}

/* ---- what is said ---- */

void
say_on(int wire, unsigned id, const char *cmd, const char *more)
{
	struct buf request = BUF_EMPTY;
	char json[400];
	snprintf(json, sizeof json, "{\"v\": 1, \"id\": %u, \"client\": \"me\", \"cmd\": \"%s\"%s}",
		 id, cmd, more);
	json_to_mp(json, &request);
	channel_put_request(&the_wires[wire].in, STR("envelope"), buf_str(&request));
	buf_free(&request);
}

void
say(unsigned id, const char *cmd, const char *more)
{
	say_on(0, id, cmd, more);
}

void
say_publish(unsigned id, const char *key)
{
	char more[200];
	snprintf(more, sizeof more,
		 ", \"listing\": \"a/%s\", \"exchange\": \"parts\", \"side\": \"need\", "
		 "\"title\": \"t\"",
		 key);
	say(id, "listing.publish", more);
}

static void
put_reply(struct str reply, struct buf *log)
{
	struct mp id = mp_find(mp_of(reply), STR("id")), ok = mp_find(mp_of(reply), STR("ok")),
		  rows = mp_find(mp_of(reply), STR("facts")),
		  error = mp_find(mp_of(reply), STR("error"));
	char line[100];
	int len = snprintf(line, sizeof line, "reply %" PRIu64, mp_get_uint(&id));
	buf_put(log, line, (size_t)len);
	if (!mp_get_bool(&ok)) {
		struct mp code = mp_find(error, STR("code"));
		struct str word = mp_get_str(&code);
		buf_put(log, " ", 1);
		buf_put(log, word.p, word.len);
	} else if (mp_peek(&rows) == MP_ARRAY) {
		len = snprintf(line, sizeof line, " of %u", mp_get_array(&rows));
		buf_put(log, line, (size_t)len);
	}
	buf_put(log, "\n", 1);
}

void
assert_heard_on(int wire, const char *lines)
{
	struct wire *w = &the_wires[wire];
	struct buf log = BUF_EMPTY;
	struct channel_frame f;
	enum channel_reason reason;
	size_t at = 0, size;
	while (at < w->out.len) {
		struct str rest = {(const char *)w->out.data + at, (uint32_t)(w->out.len - at)};
		assert_int_equal(channel_read(rest, &f, &size, &reason), 1);
		at += size;
		if (f.kind == CHANNEL_REPLY)
			put_reply(f.bytes, &log);
		if (f.kind != CHANNEL_FACT || f.fact.streams[0].name.p[0] != 'x')
			continue;
		buf_put(&log, f.fact.kind.p, f.fact.kind.len);
		buf_put(&log, "\n", 1);
	}
	buf_clear(&w->out);
	buf_put(&log, "", 1);
	assert_string_equal((const char *)log.data, lines);
	buf_free(&log);
}

void
assert_heard(const char *lines)
{
	assert_heard_on(0, lines);
}

bool
turn(struct core *c, const char *lines)
{
	assert_true(cycle_run(c->cycle, c->now_ms));
	assert_heard(lines);
	return cycle_pause_ms(c->cycle, c->now_ms) == 0;
}
