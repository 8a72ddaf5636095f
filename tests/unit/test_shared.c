/*
 * The same history gives the same facts with 0, 1 and 3 workers.
 *
 * The core has small spans here, so that a few thousand listings are found in many parts, and each
 * of them is shared. A user would lose what the digest promises: that replicas and replays agree,
 * whatever machines they run on.
 */

#include "../crash/random.h"
#include "core/rowset.h"
#include "trade.h"
#include "util/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T     "title: {ru: х, en: x}"
#define WORTH "better: lower, span: own, weight: 3"
enum { PARTICIPANTS = 20, STEPS = 4000, ASKED = 40, SEED = 7 };

/* Fields that select, compare by lanes, and leave doubts; `rule` is how many are told, and whom. */
static void
define(struct trade *t, const char *rule)
{
	char yaml[2048];
	snprintf(yaml, sizeof yaml,
		 "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\n%sfields:\n"
		 "  material: {type: keyword, " T "}\n"
		 "  tested: {type: keyword, relation: need_within_offer, demanded_by: need, " T
		 "}\n"
		 "  price: {type: money, currency: RUB, " T ", need: {reading: at_most, " WORTH
		 "}, offer: {weight: 1, better: higher, span: own}}\n"
		 "  pieces: {type: number, " T
		 ", need: {reading: at_least}, offer: {reading: at_most}}\n"
		 "  place: {type: geo, " T "}\n",
		 rule);
	trade_define(t, yaml);
}

static const char *
random_fields(struct chance *c, char json[1024])
{
	static const char *const materials[] = {"\"steel\"", "[\"steel\", \"tin\"]", "\"lead\"",
						"{\"none_of\": [\"tin\"]}",
						"{\"any_of\": [\"tin\"], \"veto\": [\"lead\"]}"};
	static const char *const tests[] = {"[\"a\"]", "[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]"};
	int at = snprintf(json, 1024, "{\"material\": %s", materials[chance_below(c, 5)]);
	if (chance_is(c, 1, 2))
		at += snprintf(json + at, 1024 - (size_t)at, ", \"tested\": %s",
			       tests[chance_below(c, 3)]);
	at += snprintf(json + at, 1024 - (size_t)at, ", \"price\": %d, \"pieces\": %d",
		       (int)(100 + chance_below(c, 900)), (int)(1 + chance_below(c, 500)));
	if (chance_is(c, 1, 3))
		at += snprintf(json + at, 1024 - (size_t)at,
			       ", \"place\": {\"lat\": %d, \"lon\": %d, \"radius_km\": %d}",
			       (int)(50 + chance_below(c, 8)), (int)(30 + chance_below(c, 8)),
			       (int)(100 + chance_below(c, 600)));
	snprintf(json + at, 1024 - (size_t)at, "}");
	return json;
}

/* Publishes, mostly; revises and withdraws what is there. */
static void
step(struct trade *t, struct chance *c)
{
	char fields[1024], other[1024], json[4096], who[8];
	uint64_t listings = market_count(t->market).listings;
	if (listings > 0 && chance_is(c, 1, 6)) {
		uint32_t number = 1 + (uint32_t)chance_below(c, listings);
		const struct listing *l = market_listing_at(t->market, number);
		snprintf(json, sizeof json, "{\"fields\": %s}", random_fields(c, fields));
		if (l->state == STATE_OPEN && chance_is(c, 1, 3))
			trade_withdraw(t, l);
		else if (l->state == STATE_OPEN)
			trade_revise(t, l, json);
		return;
	}
	snprintf(who, sizeof who, "p%d", (int)chance_below(c, PARTICIPANTS));
	int at = snprintf(json, sizeof json, "{\"title\": \"t\", \"fields\": %s",
			  random_fields(c, fields));
	if (chance_is(c, 1, 8))
		at += snprintf(json + at, sizeof json - (size_t)at, ", \"variants\": [{}, %s]",
			       random_fields(c, other));
	snprintf(json + at, sizeof json - (size_t)at, "}");
	trade_publish(t, who, chance_is(c, 1, 3) ? NEED : OFFER, json);
}

static void
keep(void *arg, const struct fact *f, struct str bytes)
{
	(void)f;
	buf_put(arg, bytes.p, bytes.len);
}

static void
forget(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg, (void)table, (void)key, (void)bytes, (void)checksum;
}

static void
put_matches(struct match *matches, size_t n, size_t total, struct buf *out)
{
	buf_put(out, &total, sizeof total);
	for (size_t i = 0; i < n; i++) {
		buf_put(out, &matches[i].counterpart->number, sizeof(uint32_t));
		buf_put(out, &matches[i].score, sizeof matches[i].score);
	}
	free(matches);
}

/* Reads find the same, in the same order; what they found is part of what is compared. */
static void
ask(const struct market *m, struct chance *c, struct buf *out)
{
	for (int i = 0; i < ASKED; i++) {
		uint32_t number = 1 + (uint32_t)chance_below(c, market_count(m).listings);
		const struct listing *l = market_listing_at(m, number);
		size_t n, total;
		struct match *all = market_matches(m, l, &n);
		put_matches(all, n, n, out);
		struct match *best = market_best_matches(m, l, 20, &n, &total);
		put_matches(best, n, total, out);
	}
}

/* Every fact and every answer, as bytes. */
static struct buf
live(const char *rule, unsigned n_workers, uint64_t *ret_digest)
{
	struct buf all = BUF_EMPTY;
	struct trade t = {.market = market_new(), .emit = keep, .arg = &all};
	struct chance c = {SEED};
	struct workers *workers;
	char who[8];
	assert_int_equal(workers_new(n_workers, 0, &workers), 0);
	market_share(t.market, workers);
	define(&t, rule);
	for (int i = 0; i < PARTICIPANTS; i++) {
		snprintf(who, sizeof who, "p%d", i);
		trade_enlist(&t, who, "{\"kind\": \"person\", \"name\": \"n\"}");
	}
	for (int i = 0; i < STEPS; i++)
		step(&t, &c);
	ask(t.market, &c, &all);
	market_flush(t.market, forget, NULL);
	*ret_digest = market_digest(t.market);
	assert_true(market_count(t.market).listings > 3 * SPAN_ROWS); /* so there are many spans */
	assert_true(market_count(t.market).told > 1000);
	market_free(t.market);
	workers_free(workers);
	return all;
}

static void
lives_agree(const char *rule)
{
	uint64_t digest, other_digest;
	struct buf alone = live(rule, 0, &digest);
	for (unsigned n = 1; n <= 3; n += 2) {
		struct buf shared = live(rule, n, &other_digest);
		assert_int_equal(shared.len, alone.len);
		assert_memory_equal(shared.data, alone.data, alone.len);
		assert_true(digest == other_digest);
		buf_free(&shared);
	}
	buf_free(&alone);
}

static void
the_same_facts_with_any_workers(void **state)
{
	(void)state;
	lives_agree("max_matches: 8\n");
}

static void
the_same_where_newcomers_are_told(void **state)
{
	(void)state;
	lives_agree("max_matches: 8\nmade_for: newcomer\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_facts_with_any_workers),
	    cmocka_unit_test(the_same_where_newcomers_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
