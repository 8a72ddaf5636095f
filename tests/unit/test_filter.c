/* Filters: which facts pass by what they are about, and which bytes are no filter. */

#include "daemon/filter.h"
#include "json.h"
#include "trade.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T "title: {ru: х, en: x}"
#define EXCHANGE(name)                                                                             \
	"exchange: " name "\n" T "\nneed: {" T "}\noffer: {" T                                     \
	"}\nfields:\n  kind: {type: keyword, " T "}\n"

static const char listing[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\"}}";

/* The facts that filters are asked about: need a/k1 and offer b/k2 of the first exchange. */
enum { OPENED, MADE, REGISTERED, REVISED, QUEUED, FACTS };
static const struct fact facts[FACTS] = {
    [OPENED] = {.kind = FACT_LISTING_OPENED, .listing = {.number = 2}},
    [MADE] = {.kind = FACT_MATCH_MADE, .match = {.need = 1, .offer = 2, .score = 700}},
    [REGISTERED] = {.kind = FACT_PARTICIPANT_REGISTERED, .participant = {.number = 2}},
    [REVISED] = {.kind = FACT_EXCHANGE_REVISED},
    [QUEUED] = {.kind = FACT_QUEUE_ADDED},
};

static const struct {
	const char *json;
	bool passes[FACTS];
} filters[] = {
    {"{}", {true, true, true, true, false}},
    {"{\"kinds\": [\"match.made\"]}", {false, true, false, false, false}},
    {"{\"kinds\": [\"exchange.revised\", \"listing.opened\", \"match.ended\"]}",
     {true, false, false, true, false}},
    {"{\"exchange\": \"parts\"}", {true, true, false, true, false}},
    {"{\"exchange\": \"other\"}", {false, false, false, false, false}},
    {"{\"side\": \"need\"}", {false, true, false, false, false}},
    {"{\"side\": \"offer\"}", {true, true, false, false, false}},
    {"{\"participant\": \"a\"}", {false, true, false, false, false}},
    {"{\"participant\": \"b\"}", {true, true, true, false, false}},
    {"{\"participant\": \"nobody\"}", {false, false, false, false, false}},
    {"{\"side\": \"offer\", \"participant\": \"a\"}", {false, false, false, false, false}},
    {"{\"side\": \"need\", \"participant\": \"a\"}", {false, true, false, false, false}},
    {"{\"listing\": \"a/k1\"}", {false, true, false, false, false}},
    {"{\"listing\": \"b/k2\"}", {true, true, false, false, false}},
    {"{\"side\": \"need\", \"listing\": \"b/k2\"}", {false, false, false, false, false}},
    {"{\"listing\": \"b/k3\"}", {false, false, false, false, false}},
};

static bool
decodes(const char *json, struct filter *ret)
{
	struct buf bytes = BUF_EMPTY;
	json_to_mp(json, &bytes);
	bool good = filter_decode(buf_str(&bytes), ret);
	buf_free(&bytes);
	return good;
}

static void
facts_pass_by_what_they_are_about(void **state)
{
	struct trade t = {.market = market_new()};
	struct filter f;
	struct about a;
	(void)state;
	trade_define(&t, EXCHANGE("parts"));
	trade_define(&t, EXCHANGE("other"));
	trade_enlist(&t, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\"}");
	trade_enlist(&t, "b", "{\"name\": \"b\", \"kind\": \"legal_entity\"}");
	trade_publish(&t, "a", NEED, listing);
	trade_publish(&t, "b", OFFER, listing);
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		assert_true(decodes(filters[i].json, &f));
		assert_false(filter_is_picky(&f));
		for (int k = 0; k < FACTS; k++) {
			struct fact fact = facts[k];
			if (k == REVISED)
				fact.definition = market_exchange_at(t.market, 0)->canonical;
			about_fact(t.market, &fact, &a);
			if ((filter_wants(&f, a.kind) && filter_covers(&f, t.market, &a)) !=
			    filters[i].passes[k])
				fail_msg("fact %d and %s", k, filters[i].json);
		}
		filter_done(&f);
	}
	about_fact(t.market, &facts[MADE], &a);
	assert_true(about_is_match(&a) && a.score == 700 && a.exchange == 0);
	assert_true(a.participant[NEED] == 1 && a.participant[OFFER] == 2);
	struct fact drafted = {.kind = FACT_LISTING_DRAFTED, .listing = {.number = 2}};
	about_fact(t.market, &drafted, &a);
	assert_true(a.listing[OFFER] == 2 && a.participant[NEED] == 0 && a.exchange == 0);
	market_free(t.market);
}

static void
what_is_read_is_what_was_written(void **state)
{
	struct filter f;
	(void)state;
	assert_true(decodes("{\"exchange\": \"parts\", \"side\": \"offer\", \"min_score\": 1000, "
			    "\"body\": {\"title\": \"\"}}",
			    &f));
	assert_true(str_eq(f.exchange, STR("parts")) && f.side == OFFER && f.min_score == 1000);
	assert_true(f.body.len > 1 && filter_is_picky(&f));
	filter_done(&f);
	assert_true(decodes("{\"min_score\": 1}", &f));
	assert_true(filter_is_picky(&f) && f.side == ANY_SIDE && !f.body.p);
	filter_done(&f);
	assert_int_equal(kind_number(STR("match.made")), FACT_MATCH_MADE);
	assert_int_equal(kind_number(STR("exchange.revised")), FACT_EXCHANGE_REVISED);
	assert_int_equal(kind_number(STR("match.ended")), FACT_MATCH_ENDED);
	assert_int_equal(kind_number(STR("queue.added")), 0);
	assert_int_equal(kind_number(STR("")), 0);
}

static void
other_bytes_are_no_filter(void **state)
{
	static const char *const bad[] = {
	    "1",
	    "[]",
	    "{\"unknown\": 1}",
	    "{\"side\": \"both\"}",
	    "{\"side\": 1}",
	    "{\"kinds\": [\"match.mad\"]}",
	    "{\"kinds\": \"match.made\"}",
	    "{\"min_score\": 1001}",
	    "{\"min_score\": \"1\"}",
	    "{\"exchange\": 1}",
	};
	struct filter f;
	struct buf bytes = BUF_EMPTY;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (decodes(bad[i], &f))
			fail_msg("%s", bad[i]);
	json_to_mp("{\"exchange\": \"parts\", \"side\": \"offer\", \"min_score\": 7}", &bytes);
	for (uint32_t len = 0; len < bytes.len; len++)
		assert_false(filter_decode((struct str){(const char *)bytes.data, len}, &f));
	buf_free(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_pass_by_what_they_are_about),
	    cmocka_unit_test(what_is_read_is_what_was_written),
	    cmocka_unit_test(other_bytes_are_no_filter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
