/* Durable subscriptions from the inside: whom a fact is noted for, and how many there may be. */

#include "subscribed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- what passes ---- */

static void
a_match_is_told_from_coming_into_view_to_leaving_it(void **state)
{
	struct world *w = *state;
	subscribe(w, "c", "good", "{\"min_score\": 500}", NULL, false);
	subscribe(w, "c", "all", "{}", NULL, false);
	subscribe(w, "c", "ends", "{\"kinds\": [\"match.ended\"], \"min_score\": 500}", NULL,
		  false);
	trade_publish(&w->trade, "a", NEED, need);
	buf_clear(&w->log);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1\nmatch.made 1\n");
	trade_revise(&w->trade, offer, to_dear); /* it was in view */
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_revise(&w->trade, offer, to_dearer);
	assert_noted(w, "listing.revised 1\n");
	trade_revise(&w->trade, offer, to_cheap);
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_withdraw(&w->trade, offer);
	assert_noted(w, "listing.withdrawn 1\nmatch.ended 1 3\n");
}

static void
conditions_are_about_listings_and_matches(void **state)
{
	struct world *w = *state;
	static const char cheap_x[] =
	    "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": {\"to\": 50}}}";
	subscribe(w, "c", "cheap", offers, cheap_x, false);
	struct subscription *gone = subscribe(w, "c", "gone", offers, cheap_x, false);
	trade_publish(&w->trade, "a", NEED, need);
	assert_noted(w, "");
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1 2\nmatch.made 1 2\n");
	trade_publish(&w->trade, "b", OFFER, "{\"title\": \"t\", \"fields\": {\"kind\": \"z\"}}");
	assert_noted(w, "");
	struct about a = {.kind = FACT_LISTING_OPENED, .listing = {0, offer->number}};
	assert_true(subscription_passes_now(w->s, gone, &a));
	a.listing[OFFER] = 0, a.listing[NEED] = 1;
	assert_false(subscription_passes_now(w->s, gone, &a));
	subscriptions_remove(w->s, gone);
	trade_revise(&w->trade, offer, to_dear);
	assert_noted(w, "match.changed 1\n");
	trade_revise(&w->trade, offer, to_dearer);
	assert_noted(w, "");
	trade_revise(&w->trade, offer, to_cheap);
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_revise(&w->trade, offer, to_other);
	assert_noted(w, "match.ended 1\n");
}

/* What stood when it began is in the view of one that begins with the state, and of no other. */
static void
the_state_is_in_view_from_the_beginning(void **state)
{
	struct world *w = *state;
	static const char picky[] = "{\"min_score\": 500}";
	const struct about a = {.kind = FACT_MATCH_MADE, .listing = {1, 2}};
	struct told told;
	trade_publish(&w->trade, "a", NEED, need);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	subscribe(w, "c", "before", picky, NULL, true);
	struct subscription *later = subscribe(w, "c", "later", picky, NULL, false);
	struct subscription *second = subscribe(w, "c", "second", picky, NULL, true);
	assert_true(market_told_at(w->trade.market, 0, &told) && told.score == 900);
	subscribe(w, "c", "good enough", "{\"min_score\": 900}", NULL, true);
	subscribe(w, "c", "better", "{\"min_score\": 901}", NULL, true);
	subscribe(w, "c", "offers", offers, kind_x, true);
	subscribe(w, "c", "offers too", offers, kind_x, true);
	subscribe(w, "c", "needs", "{\"exchange\": \"parts\", \"side\": \"need\"}", kind_x, true);
	assert_true(second->seeding);
	assert_false(subscription_passes_now(w->s, second, &a));
	assert_false(subscriptions_seed(w->s, 1));
	assert_false(second->seeding);
	assert_true(subscription_passes_now(w->s, second, &a));
	assert_false(subscription_passes_now(w->s, later, &a));
	trade_withdraw(&w->trade, offer);
	assert_noted(w, "listing.withdrawn 1 2 3 4 5 6 7\nmatch.ended 1 3 4 6 7 8\n");
}

/* What is told is looked through in shares, and for all who have begun at once. */
static void
the_state_comes_into_view_in_shares(void **state)
{
	struct world *w = *state;
	static const char picky[] = "{\"min_score\": 500}",
			  scored[] = "{\"kinds\": [\"match.ended\"], \"min_score\": 500}";
	const struct listing *offer[5];
	trade_publish(&w->trade, "a", NEED, need);
	for (int i = 0; i < 5; i++)
		offer[i] = trade_publish(&w->trade, "b", OFFER, cheap);
	struct subscription *first = subscribe(w, "c", "first", picky, NULL, true);
	assert_true(subscriptions_seed(w->s, 3));
	subscribe(w, "c", "second", scored, NULL, true);
	struct subscription *gone = subscribe(w, "c", "gone", picky, NULL, true);
	assert_noted(w, "");
	trade_withdraw(&w->trade, offer[0]); /* the first has it in view, the others not yet */
	assert_noted(w, "listing.withdrawn 1 3\nmatch.ended 1\n");
	subscriptions_remove(w->s, gone);
	assert_true(subscriptions_seed(w->s, 2));
	assert_false(first->seeding); /* once around */
	trade_withdraw(&w->trade, offer[3]);
	trade_withdraw(&w->trade, offer[1]); /* which the second comes to last */
	assert_noted(w, "listing.withdrawn 1\nmatch.ended 1 2\n"
			"listing.withdrawn 1\nmatch.ended 1\n");
	trade_publish(&w->trade, "b", OFFER, cheap); /* judged as it is made, whoever is where */
	assert_false(subscriptions_seed(w->s, 100));
	assert_true(subscriptions_unstored(w->s) > 0);
	trade_withdraw(&w->trade, offer[2]);
	assert_noted(w, "listing.opened 1\nmatch.made 1\nlisting.withdrawn 1\nmatch.ended 1 2\n");
}

static void
a_note_says_what_a_picky_one_lets_through(void **state)
{
	struct world *w = *state;
	const struct about made = {.kind = FACT_MATCH_MADE, .score = 900};
	struct subscription *all =
	    subscribe(w, "c", "all", "{\"kinds\": [\"match.made\"]}", NULL, false);
	struct subscription *picky = subscribe(w, "c", "n", "{\"min_score\": 1}", NULL, false);
	const uint32_t ids[] = {1, picky->number, 4};
	assert_true(subscription_passes(w->s, all, &made, NULL, 0));
	assert_true(subscription_passes_now(w->s, all, &made));
	assert_false(subscription_passes(w->s, picky, &made, NULL, 0));
	assert_false(subscription_passes(w->s, picky, &made, ids, 1));
	assert_true(subscription_passes(w->s, picky, &made, ids, 2));
	assert_true(subscription_passes(w->s, picky, &made, ids, 3));
}

/* Each is told once, in the order of their numbers, whichever side its conditions are about. */
static void
those_that_pass_are_told_in_order(void **state)
{
	struct world *w = *state;
	subscribe(w, "c", "offers", offers, kind_x, false);
	struct subscription *gone = subscribe(w, "c", "gone", "{\"min_score\": 500}", NULL, false);
	subscribe(w, "c", "good", "{\"min_score\": 500}", NULL, false);
	subscribe(w, "c", "needs", "{\"exchange\": \"parts\", \"side\": \"need\"}", kind_x, false);
	subscribe(w, "c", "offers too", offers, kind_x, false);
	subscriptions_remove(w->s, gone);
	trade_publish(&w->trade, "a", NEED, need);
	assert_noted(w, "listing.opened 3 4\n");
	trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1 3 5\nmatch.made 1 3 4 5\n");
}

static void
a_changed_exchange_may_leave_conditions_behind(void **state)
{
	struct world *w = *state;
	static const char price_5[] = "{\"title\": \"t\", \"fields\": {\"price\": 5}}";
	struct subscription *kind = subscribe(w, "c", "kind", offers, kind_x, false);
	struct subscription *price = subscribe(w, "c", "price", offers, price_5, false);
	assert_false(kind->misfit || price->misfit);
	trade_define(&w->trade,
		     "exchange: parts\n" TITLE "\nneed: {" TITLE "}\noffer: {" TITLE "}\nfields:\n"
		     "  kind: {type: keyword, " TITLE "}\n");
	assert_false(kind->misfit);
	assert_true(price->misfit);
	trade_publish(&w->trade, "b", OFFER, kind_x);
	assert_noted(w, "listing.opened 1\n");
}

/* ---- who there is ---- */

static void
a_name_is_its_clients(void **state)
{
	struct world *w = *state;
	struct subscription *first = subscribe(w, "c", "x", "{}", NULL, false);
	struct subscription *other = subscribe(w, "d", "x", "{}", NULL, false);
	struct subscription *third = subscribe(w, "c", "y", "{}", NULL, false);
	assert_ptr_equal(subscriptions_find(w->s, STR("c"), STR("x")), first);
	assert_ptr_equal(subscriptions_find(w->s, STR("d"), STR("x")), other);
	assert_null(subscriptions_find(w->s, STR("d"), STR("y")));
	assert_null(subscriptions_find(w->s, STR("cx"), STR("")));
	assert_memory_equal(first->epoch, EPOCH, SUBSCRIPTION_EPOCH);
	assert_ptr_equal(subscriptions_own(w->s, STR("c")), first);
	assert_ptr_equal(first->own_next, third);
	assert_null(third->own_next);
	assert_ptr_equal(subscriptions_all(w->s), first);
	assert_ptr_equal(first->next, other);
	assert_int_equal(subscriptions_count(w->s), 3);
	subscriptions_remove(w->s, other);
	assert_null(subscriptions_own(w->s, STR("d")));
	assert_null(subscriptions_find(w->s, STR("d"), STR("x")));
	assert_int_equal(subscriptions_count(w->s), 2);
	assert_int_equal(subscribe(w, "d", "x", "{}", NULL, false)->number,
			 4); /* no number twice */
}

static void
there_is_room_for_so_many(void **state)
{
	struct world *w = *state;
	char client[16], name[16];
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_ENOUGH);
	for (unsigned i = 0; i < SUBSCRIPTIONS_MAX; i++) {
		unsigned c = i / SUBSCRIPTIONS_CLIENT_MAX;
		snprintf(client, sizeof client, "c%u", c);
		snprintf(name, sizeof name, "n%u", i);
		assert_int_equal(subscriptions_room(w->s, str_of(client)), ROOM_ENOUGH);
		subscribe(w, client, name, "{}", NULL, false);
	}
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_CLIENT_FULL);
	assert_int_equal(subscriptions_room(w->s, STR("new")), ROOM_FULL);
	subscriptions_remove(w->s, subscriptions_own(w->s, STR("c0")));
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_ENOUGH);
	assert_int_equal(subscriptions_room(w->s, STR("c1")), ROOM_CLIENT_FULL);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, subscribed_setup, subscribed_teardown)
	const struct CMUnitTest tests[] = {
	    STORY(a_match_is_told_from_coming_into_view_to_leaving_it),
	    STORY(conditions_are_about_listings_and_matches),
	    STORY(the_state_is_in_view_from_the_beginning),
	    STORY(the_state_comes_into_view_in_shares),
	    STORY(a_note_says_what_a_picky_one_lets_through),
	    STORY(those_that_pass_are_told_in_order),
	    STORY(a_changed_exchange_may_leave_conditions_behind),
	    STORY(a_name_is_its_clients),
	    STORY(there_is_room_for_so_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
