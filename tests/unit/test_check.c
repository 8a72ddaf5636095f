/* The check of the index: one that is in order is not accused, and each way in which it can be wrong
 * is reported with the pair that it concerns. */

#include "core/state.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T "title: {ru: х, en: x}"

/* Told are the three best, of which the newcomer's count. */
static const char definition[] =
    "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\n"
    "max_matches: 3\nmade_for: newcomer\nfields:\n"
    "  material: {type: keyword, " T "}\n"
    "  price: {type: number, " T ", need: {reading: at_most, weight: 1, better: lower, span: 1000},"
    " offer: {reading: at_least}}\n";

enum { OFFERS = 24, SEEN = 8 };

/* A need of ann's that all of bob's offers meet, at ascending prices; every third has two variants,
 * of which the second is dearer. What carl, whom ann blocks, and dan offer does not meet it. */
struct world {
	struct trade trade;
	const struct listing *need, *offers[OFFERS];
};

static int
world_open(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	char json[200];
	w->trade.market = market_new();
	trade_define(&w->trade, definition);
	trade_enlist(&w->trade, "bob", "{\"name\": \"b\", \"kind\": \"person\"}");
	trade_enlist(&w->trade, "carl", "{\"name\": \"c\", \"kind\": \"person\"}");
	trade_enlist(&w->trade, "dan", "{\"name\": \"d\", \"kind\": \"person\"}");
	trade_enlist(&w->trade, "ann",
		     "{\"name\": \"a\", \"kind\": \"person\", \"blocks\": [\"carl\"]}");
	for (int i = 0; i < OFFERS; i++) {
		snprintf(json, sizeof json,
			 "{\"title\": \"t\", \"fields\": {\"material\": \"tin\", \"price\": %d}%s}",
			 100 + 10 * i, i % 3 == 2 ? ", \"variants\": [{}, {\"price\": 900}]" : "");
		w->offers[i] = trade_publish(&w->trade, "bob", OFFER, json);
	}
	trade_publish(&w->trade, "carl", OFFER,
		      "{\"title\": \"t\", \"fields\": {\"material\": \"tin\", \"price\": 50}}");
	trade_publish(&w->trade, "dan", OFFER,
		      "{\"title\": \"t\", \"fields\": {\"material\": \"zinc\", \"price\": 50}}");
	w->need = trade_publish(
	    &w->trade, "ann", NEED,
	    "{\"title\": \"t\", \"fields\": {\"material\": [\"tin\", \"lead\"], \"price\": 1000},"
	    "\"variants\": [{}, {\"material\": \"lead\"}]}");
	*state = w;
	return 0;
}

static int
world_close(void **state)
{
	struct world *w = *state;
	market_free(w->trade.market);
	free(w);
	return 0;
}

static struct lookup *
offers_lookup(const struct world *w)
{
	return w->trade.market->floors[0].lookup[OFFER];
}

/* ---- what is reported ---- */

struct seen {
	size_t n;
	struct divergence at[SEEN];
	uint64_t pairs;
	unsigned steps;
};

static void
see(void *arg, const struct divergence *d)
{
	struct seen *s = arg;
	if (s->n < SEEN)
		s->at[s->n] = *d;
	s->n++;
}

static struct seen
check_in_steps(const struct world *w, const struct listing *l, uint64_t work)
{
	struct seen s = {0};
	uint32_t from = 1;
	do {
		struct checked c = market_check(w->trade.market, l, from, work, see, &s);
		assert_true(c.next == 0 || c.next > from);
		from = c.next;
		s.pairs += c.pairs;
		s.steps++;
	} while (from > 0);
	return s;
}

/* The one divergence, which is this. */
static struct divergence
assert_only(struct seen s, enum divergence_kind kind, const struct listing *need,
	    const struct listing *offer)
{
	assert_int_equal(s.n, 1);
	assert_int_equal(s.at[0].kind, kind);
	assert_ptr_equal(s.at[0].need, need);
	assert_ptr_equal(s.at[0].offer, offer);
	return s.at[0];
}

/* ---- the tests ---- */

static void
test_an_index_in_order_is_not_accused(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	size_t matches;
	free(market_matches(m, w->need, &matches));
	assert_int_equal(matches, OFFERS); /* none of them carl's or dan's */
	assert_int_equal(w->need->n_told, 3);
	trade_revise(&w->trade, w->offers[4], "{\"fields\": {\"price\": 990}}");
	trade_withdraw(&w->trade, w->offers[0]);
	for (uint64_t work = 1; work < 200; work += 33) {
		for (uint32_t i = 1; i <= m->n_listings; i++) {
			const struct listing *l = market_listing_at(m, i);
			struct seen s = check_in_steps(w, l, work);
			assert_int_equal(s.n, 0);
			assert_int_equal(s.pairs, l->side == NEED ? OFFERS + 2 : 1);
		}
	}
}

static void
test_steps_end_behind_their_work(void **state)
{
	struct world *w = *state;
	struct checked c;
	struct seen s = {0};
	assert_int_equal(check_in_steps(w, w->need, 1000).steps, 1);
	/* To find its matches takes as long as looking at as many listings. */
	assert_in_range(check_in_steps(w, w->need, 1).steps, 3, 5);
	c = market_check(w->trade.market, w->offers[0], 1, 1, see, &s);
	assert_int_equal(c.next, 2);
	assert_int_equal(c.work, 1);
	assert_int_equal(c.pairs, 0);
}

static void
test_a_row_that_is_gone_is_missed(void **state)
{
	struct world *w = *state;
	const struct listing *gone = w->offers[10];
	lookup_remove(offers_lookup(w), gone->row);
	for (uint64_t work = 1; work < 200; work += 33) {
		struct divergence d =
		    assert_only(check_in_steps(w, w->need, work), DIVERGENCE_MISSED, w->need, gone);
		assert_false(d.said.match);
		assert_true(d.rule.match);
		assert_int_equal(d.rule.score, 400);
	}
	/* From the other side it is found: needs are in a lookup of their own. */
	assert_int_equal(check_in_steps(w, gone, 1000).n, 0);
}

static void
test_of_variants_all_must_be_gone(void **state)
{
	struct world *w = *state;
	const struct listing *gone = w->offers[11];
	assert_int_equal(gone->n_rows, 2);
	lookup_remove(offers_lookup(w), gone->row);
	assert_int_equal(check_in_steps(w, w->need, 1000).n, 0); /* its other variant is found */
	lookup_remove(offers_lookup(w), gone->row + 1);
	assert_only(check_in_steps(w, w->need, 1000), DIVERGENCE_MISSED, w->need, gone);
}

static void
test_a_row_that_stayed_is_extra(void **state)
{
	struct world *w = *state;
	const struct listing *stayed = w->offers[10];
	trade_withdraw(&w->trade, stayed);
	lookup_add(offers_lookup(w), stayed->row, stayed->participant, stayed->opening);
	struct divergence d =
	    assert_only(check_in_steps(w, w->need, 50), DIVERGENCE_EXTRA, w->need, stayed);
	assert_true(d.said.match);
	assert_false(d.rule.match);
}

static void
test_an_owner_gone_wrong_lets_blocked_ones_in(void **state)
{
	struct world *w = *state;
	const struct listing *blocked = market_listing_at(w->trade.market, OFFERS + 1); /* carl's */
	uint32_t other = w->offers[0]->participant;
	memcpy((lane *)lookup_lanes(offers_lookup(w), blocked->row), &other, sizeof other);
	struct seen s = check_in_steps(w, w->need, 1000);
	assert_only(s, DIVERGENCE_EXTRA, w->need, blocked);
}

static void
test_what_is_found_twice_is_extra(void **state)
{
	struct world *w = *state;
	const struct listing *twice = w->offers[11];
	uint32_t other = w->trade.market->openings;
	memcpy((lane *)lookup_lanes(offers_lookup(w), twice->row + 1) + 2, &other, sizeof other);
	struct divergence d =
	    assert_only(check_in_steps(w, w->need, 50), DIVERGENCE_EXTRA, w->need, twice);
	assert_true(d.said.match);
	assert_true(d.rule.match);
}

static void
test_the_best_that_is_passed_over_is_a_matter_of_rank(void **state)
{
	struct world *w = *state;
	const struct lookup *l = offers_lookup(w);
	const struct listing *best = w->offers[0], *worst = w->offers[22];
	trade_revise(&w->trade, w->need, "{\"variants\": null}"); /* else nothing is bounded */
	assert_int_equal(check_in_steps(w, w->need, 1000).n, 0);
	memcpy((lane *)lookup_lanes(l, best->row) + HEAD_LANES,
	       lookup_lanes(l, worst->row) + HEAD_LANES, (l->lanes.n - HEAD_LANES) * sizeof(lane));
	struct seen s = check_in_steps(w, w->need, 1000);
	assert_int_equal(s.n, 3); /* and so the places behind it are wrong */
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.at[i].kind, DIVERGENCE_RANK);
	assert_ptr_equal(s.at[0].offer, best);
	assert_true(s.at[0].rule.match);
}

static void
test_told_pairs_hold_unless_work_waits(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	struct told_pair *t = &m->told[w->need->told[2]];
	t->score--;
	struct divergence d = assert_only(check_in_steps(w, w->need, 50), DIVERGENCE_TOLD, w->need,
					  market_listing_at(m, t->offer));
	assert_int_equal(d.said.score + 1, d.rule.score);
	m->queue_units++; /* perhaps that pair is about to be told of */
	assert_int_equal(check_in_steps(w, w->need, 50).n, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
	const struct CMUnitTest tests[] = {
	    TEST(test_an_index_in_order_is_not_accused),
	    TEST(test_steps_end_behind_their_work),
	    TEST(test_a_row_that_is_gone_is_missed),
	    TEST(test_of_variants_all_must_be_gone),
	    TEST(test_a_row_that_stayed_is_extra),
	    TEST(test_an_owner_gone_wrong_lets_blocked_ones_in),
	    TEST(test_what_is_found_twice_is_extra),
	    TEST(test_the_best_that_is_passed_over_is_a_matter_of_rank),
	    TEST(test_told_pairs_hold_unless_work_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
