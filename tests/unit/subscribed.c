#include "subscribed.h"

#include "json.h"
#include "util/mem.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const uint8_t EPOCH[SUBSCRIPTION_EPOCH] = "epoch 1........",
	      OTHER[SUBSCRIPTION_EPOCH] = "epoch 2........";

const char need[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": {\"to\": 100}}}";
const char cheap[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": 10}}";
const char to_dear[] = "{\"fields\": {\"price\": 90}}",
	   to_dearer[] = "{\"fields\": {\"price\": 95}}",
	   to_cheap[] = "{\"fields\": {\"price\": 10}}",
	   to_other[] = "{\"fields\": {\"kind\": \"y\"}}";
const char offers[] = "{\"exchange\": \"parts\", \"side\": \"offer\"}";
const char kind_x[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\"}}";

/* The offer's price decides the score: 0 costs 1000 points, 100 none. */
static const char exchange[] =
    "exchange: parts\n" TITLE "\nneed: {" TITLE "}\noffer: {" TITLE "}\nfields:\n"
    "  kind: {type: keyword, " TITLE "}\n"
    "  price: {type: money, " TITLE
    ", currency: RUB, need: {weight: 1, better: lower, span: 100}}\n";

/* A line of the log. */
static void
log_note(struct world *w, enum fact_kind kind, struct str note)
{
	char number[16];
	assert_int_equal(mp_check(note, 1, 64, NULL), MP_OK);
	struct mp in = mp_of(note);
	uint32_t n = mp_get_array(&in);
	assert_true(n > 0);
	buf_put(&w->log, fact_kind_name(kind), strlen(fact_kind_name(kind)));
	for (uint32_t i = 0; i < n; i++) {
		int len = snprintf(number, sizeof number, " %u", (unsigned)mp_get_uint(&in));
		buf_put(&w->log, number, (size_t)len);
	}
	buf_put(&w->log, "\n", 1);
}

static void
judge(void *arg, const struct fact *f, struct str bytes)
{
	struct world *w = arg;
	struct buf note = BUF_EMPTY;
	struct about a;
	w->head = f->number;
	about_fact(w->trade.market, f, &a);
	subscriptions_judge(w->s, f, &a, &note);
	if (note.len > 0)
		log_note(w, f->kind, buf_str(&note));
	if (w->keep)
		w->keep(w->keep_arg, f, bytes, &a, note.len ? buf_str(&note) : STR_NONE);
	buf_free(&note);
}

int
subscribed_setup(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	w->trade = (struct trade){.market = market_new(), .emit = judge, .arg = w};
	w->s = subscriptions_new(w->trade.market);
	trade_define(&w->trade, exchange);
	trade_enlist(&w->trade, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\"}");
	trade_enlist(&w->trade, "b", "{\"name\": \"b\", \"kind\": \"legal_entity\"}");
	*state = w;
	return 0;
}

int
subscribed_teardown(void **state)
{
	struct world *w = *state;
	subscriptions_free(w->s);
	market_free(w->trade.market);
	buf_free(&w->log);
	free(w);
	return 0;
}

void
assert_noted(struct world *w, const char *lines)
{
	buf_put(&w->log, "", 1);
	assert_string_equal((const char *)w->log.data, lines);
	buf_clear(&w->log);
}

/* A filter written in JSON; its conditions, those of a need, behind it. */
static void
write_filter(struct world *w, const char *json, const char *conditions, struct filter *ret)
{
	struct buf written = BUF_EMPTY, bytes = BUF_EMPTY, body = BUF_EMPTY;
	json_to_mp(json, &written);
	struct mp in = mp_of(buf_str(&written));
	uint32_t n = mp_get_map(&in);
	mp_put_map(&bytes, n + (conditions != NULL));
	buf_put(&bytes, in.at, (size_t)(in.end - in.at));
	if (conditions) {
		trade_write(searches_exchange(subscriptions_searches(w->s), 0, NEED), NEED,
			    conditions, true, &body);
		mp_put_text(&bytes, "body");
		mp_put_raw(&bytes, buf_str(&body));
	}
	assert_true(filter_decode(buf_str(&bytes), ret));
	buf_free(&written);
	buf_free(&bytes);
	buf_free(&body);
}

struct subscription *
subscribe(struct world *w, const char *client, const char *name, const char *json,
	  const char *conditions, bool with_state)
{
	struct filter filter;
	struct beginning b = {.at = {with_state ? 0 : STATE_DONE, w->head},
			      .head = w->head,
			      .now_ms = 1000,
			      .ack_timeout_ms = ACK_TIMEOUT_MS,
			      .epoch = EPOCH};
	write_filter(w, json, conditions, &filter);
	return subscriptions_add(w->s, str_of(client), str_of(name), &filter, &b);
}
