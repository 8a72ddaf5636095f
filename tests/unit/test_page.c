/* What a subscription is given, a helping at a time: the state that stood when it began, then each
 * fact, from memory or from the journal. */

#include "delivered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char good[] = "{\"min_score\": 500}";
static const char matches[] = "{\"kinds\": [\"match.made\"]}";
static const char unmet[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"y\"}}";

static const struct listing *
publish(struct desk *d, enum side side)
{
	return trade_publish(&d->w->trade, side == NEED ? "a" : "b", side,
			     side == NEED ? need : cheap);
}

/* Of b, and without a match. */
static void
publish_unmet(struct desk *d)
{
	trade_publish(&d->w->trade, "b", OFFER, unmet);
}

/* All pairs come into view of those that wait for it. */
static void
seed(struct desk *d)
{
	while (subscriptions_seed(d->w->s, 100))
		;
}

static struct place_in
place_in_state(uint64_t state, uint64_t number)
{
	return (struct place_in){state, number};
}

/* ---- the state ---- */

static void
the_state_comes_first_then_facts(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	publish(d, OFFER);
	publish_unmet(d);
	fetch(d, all, 1, 100);
	assert_answered(d, "all 1: listing.opened 6/1, listing.opened 6/2, match.made 6/p6 (all), "
			   "listing.opened 7, match.made 8 (all), listing.opened 9\n");
	assert_int_equal(all->acked.state, 0);
	ask(d, all, (struct fetch_ask){.id = 2, .acks = true, .ack = place_of(9)});
	assert_true(all->acked.state == STATE_DONE && all->acked.number == 9);
}

static void
only_what_is_open_and_told_is_state(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	trade_withdraw(&d->w->trade, publish(d, OFFER));
	publish(d, OFFER);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	struct subscription *bs =
	    subscribe(d->w, "c", "bs", "{\"participant\": \"b\", \"kinds\": [\"listing.opened\"]}",
		      NULL, true);
	fetch(d, all, 1, 100);
	fetch(d, bs, 1, 100);
	assert_answered(d, "all 1: listing.opened 12/1, listing.opened 12/3, "
			   "match.made 12/p12 (all)\n"
			   "bs 1: listing.opened 12/3\n");
}

/* Row by row, and each answer gets lost once: nothing is left out. */
static void
the_state_goes_on_where_the_consumer_is(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	publish(d, OFFER);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	publish(d, OFFER);
	struct fetch_ask next = {.credit = 1, .places = true, .after = all->acked};
	for (int row = 0; row < 8; row++) {
		for (int times = 0; times < 2; times++) {
			next.id++;
			ask(d, all, next);
			run(d);
		}
		next.after = all->given;
	}
	assert_answered(d, "all 1: listing.opened 8/1\nall 2: listing.opened 8/1\n"
			   "all 3: listing.opened 8/2\nall 4: listing.opened 8/2\n"
			   "all 5: listing.opened 8/3\nall 6: listing.opened 8/3\n"
			   "all 7: match.made 8/p6 (all)\nall 8: match.made 8/p6 (all)\n"
			   "all 9: match.made 8/p8 (all)\nall 10: match.made 8/p8 (all)\n"
			   "all 11: listing.opened 9\nall 12: listing.opened 9\n"
			   "all 13: match.made 10 (all)\nall 14: match.made 10 (all)\n"
			   "all 15: empty\nall 16: empty\n");
}

static void
a_part_of_the_state_can_be_acknowledged(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	publish(d, OFFER);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	struct fetch_ask acks = {.id = 2, .acks = true, .ack = place_in_state(2, 8)};
	fetch(d, all, 1, 3);
	ask(d, all, acks);
	acks.id = 3, acks.ack = place_of(8); /* of another subscription that had the name */
	ask(d, all, acks);
	ask(d, all, (struct fetch_ask){.consumer = 2, .id = 1, .credit = 2});
	run(d);
	assert_answered(d, "all 1: listing.opened 8/1, listing.opened 8/2, listing.opened 8/3\n"
			   "all 2: empty\nall 3: subscription_taken\n"
			   "all 1: listing.opened 8/3, match.made 8/p6 (all)\n");
	acks = (struct fetch_ask){
	    .consumer = 2, .id = 2, .acks = true, .ack = place_in_state(PLACE_PAIRS + 6, 8)};
	ask(d, all, acks);
	ask(d, all, (struct fetch_ask){.consumer = 3, .id = 1, .credit = 9});
	run(d);
	assert_answered(d, "all 2: subscription_taken\nall 1: match.made 8/p8 (all)\n");
}

/* One that ended meanwhile is no state any more, and a fact says so; one that has its place since is
 * a fact of its own. */
static void
pairs_may_end_while_the_state_is_given(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	const struct listing *ends = publish(d, OFFER);
	struct subscription *all = subscribe(d->w, "c", "all", matches, NULL, true);
	fetch(d, all, 1, 1);
	trade_withdraw(&d->w->trade, ends);
	publish(d, OFFER);
	fetch(d, all, 2, 9);
	assert_answered(d, "all 1: match.made 8/p6 (all)\nall 2: match.made 14 (all)\n");
}

/* The list of pairs is made once for many; not for those who began behind it. */
static void
whoever_begins_later_is_given_later_pairs(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	struct subscription *first = subscribe(d->w, "c", "first", matches, NULL, true);
	fetch(d, first, 1, 1);
	publish(d, OFFER);
	struct subscription *second = subscribe(d->w, "c", "second", matches, NULL, true);
	fetch(d, second, 1, 9);
	fetch(d, first, 2, 9);
	assert_answered(d, "first 1: match.made 6/p6 (first)\n"
			   "second 1: match.made 8/p6 (first second), "
			   "match.made 8/p8 (first second)\n"
			   "first 2: match.made 8 (first)\n");
}

/* Which of them are in view is known only then, and what is given out of order is lost. */
static void
pairs_wait_until_they_are_in_view(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	publish(d, OFFER);
	struct subscription *picky = subscribe(d->w, "c", "picky", good, NULL, true);
	struct subscription *all = subscribe(d->w, "c", "all", matches, NULL, true);
	fetch(d, all, 1, 1);
	assert_true(subscriptions_seed(d->w->s, 1));
	publish(d, OFFER);
	fetch(d, picky, 1, 9);
	assert_answered(d, "all 1: match.made 8/p6 (all)\n"
			   "picky 1: listing.opened 8/1, listing.opened 8/2, listing.opened 8/3\n");
	ask(d, picky, (struct fetch_ask){.id = 2, .credit = 9});
	assert_false(run(d)); /* it does not wait, and yet is not told that this is all */
	assert_answered(d, "");
	assert_int_equal(picky->acked.state, 0);
	seed(d);
	run(d);
	assert_answered(d, "picky 2: match.made 8/p6 (picky all), match.made 8/p8 (picky all), "
			   "listing.opened 9, match.made 10 (picky all)\n");
}

static void
only_what_is_in_view_is_state(void **state)
{
	struct desk *d = *state;
	const struct listing *offer;
	publish(d, NEED);
	offer = publish(d, OFFER);
	publish(d, OFFER);
	trade_revise(&d->w->trade, offer, to_dear);
	struct subscription *picky = subscribe(
	    d->w, "c", "picky", "{\"kinds\": [\"match.made\"], \"min_score\": 500}", NULL, true);
	seed(d);
	fetch(d, picky, 1, 9);
	assert_answered(d, "picky 1: match.made 10/p8 (picky)\n");
}

/* ---- because ---- */

/* Of the same client, as they were then. */
static void
matches_say_because_of_whom(void **state)
{
	struct desk *d = *state;
	publish(d, NEED);
	publish(d, OFFER);
	subscribe(d->w, "c", "good", good, NULL, true);
	subscribe(d->w, "c", "better", "{\"min_score\": 901}", NULL, true);
	subscribe(d->w, "c", "withdrawn", "{\"kinds\": [\"listing.withdrawn\"]}", NULL, false);
	subscribe(d->w, "d", "other", "{}", NULL, true);
	publish_unmet(d);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	seed(d);
	publish(d, OFFER);
	subscribe(d->w, "c", "later", "{}", NULL, false);
	fetch(d, all, 1, 9);
	assert_answered(d, "all 1: listing.opened 7/1, listing.opened 7/2, listing.opened 7/3, "
			   "match.made 7/p6 (good all), "
			   "listing.opened 8, match.made 9 (good all)\n");
}

/* ---- facts ---- */

/* Bodies are written when a fact is made, or when it is read again; notes stand beside it. */
static void
memory_and_journal_say_the_same(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, false);
	struct subscription *picky = subscribe(d->w, "c", "picky", good, NULL, false);
	static const char rows[] =
	    "listing.opened 4, listing.opened 5, match.made 6 (all picky), listing.withdrawn 7, "
	    "match.ended 8 (all picky)";
	char lines[600];
	publish(d, NEED);
	trade_withdraw(&d->w->trade, publish(d, OFFER));
	fetch(d, all, 1, 9);
	fetch(d, picky, 1, 9);
	snprintf(lines, sizeof lines, "all 1: %s\npicky 1: %s\n", rows, rows);
	assert_answered(d, lines);
	size_t bytes = d->bytes;
	restart(d);
	fetch(d, all, 2, 9);
	fetch(d, picky, 2, 9);
	snprintf(lines, sizeof lines, "all 2: %s\npicky 2: %s\n", rows, rows);
	assert_answered(d, lines);
	assert_int_equal(d->bytes, bytes);
}

/* It is told alone, and again until somebody acknowledges it. */
static void
what_the_journal_has_given_back_is_told(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, false);
	for (int i = 0; i < 4; i++)
		publish_unmet(d);
	d->first = 6;
	fetch(d, all, 1, 9);
	fetch(d, all, 2, 9);
	ask(d, all, (struct fetch_ask){.id = 3, .credit = 9, .acks = true, .ack = place_of(5)});
	run(d);
	assert_answered(d, "all 1: empty; lagged 4-5\nall 2: empty; lagged 4-5\n"
			   "all 3: listing.opened 6, listing.opened 7\n");
}

static void
the_state_is_given_before_what_is_lost_behind_it(void **state)
{
	struct desk *d = *state;
	publish_unmet(d);
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, true);
	publish_unmet(d);
	publish_unmet(d);
	d->first = 6;
	fetch(d, all, 1, 9);
	fetch(d, all, 2, 9);
	ask(d, all, (struct fetch_ask){.id = 3, .credit = 9, .acks = true, .ack = place_of(5)});
	run(d);
	assert_answered(d, "all 1: listing.opened 4/1\nall 2: empty; lagged 5-5\n"
			   "all 3: listing.opened 6\n");
}

static void
what_can_be_read_is_given_before_what_cannot(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe(d->w, "c", "all", "{}", NULL, false);
	struct fetch_ask waits = {.credit = 9, .wait_ms = 60000};
	d->at_hand = false;
	for (int i = 0; i < 3; i++)
		publish_unmet(d);
	d->broken = 6;
	for (waits.id = 1; waits.id <= 3; waits.id++) {
		ask(d, all, waits);
		run(d);
	}
	assert_answered(d, "all 1: listing.opened 4, listing.opened 5\n"
			   "all 2: journal_unreadable\nall 3: journal_unreadable\n");
	d->broken = 0;
	ask(d, all, waits);
	run(d);
	assert_answered(d, "all 4: listing.opened 6\n");
}

/* ---- bounds ---- */

enum { MATCHES = 100 };
static const char at_length[] = "a-name-as-long-as-a-name-may-be-so-that-there-are-many-bytes";

/* As many subscriptions of one client as may be, all of which want everything. Returns the first. */
static struct subscription *
subscribe_often(struct desk *d, const char *stem)
{
	char name[SUBSCRIPTION_NAME];
	for (int i = 0; i < SUBSCRIPTIONS_CLIENT_MAX; i++) {
		snprintf(name, sizeof name, "%s%d", stem, i);
		subscribe(d->w, "c", name, matches, NULL, false);
	}
	return subscriptions_own(d->w->s, STR("c"));
}

static void
make_matches(struct desk *d, unsigned n)
{
	publish(d, NEED);
	while (n-- > 0)
		publish(d, OFFER);
}

/* All of n matches, however many helpings it takes. Returns of how many rows the first was. */
static uint32_t
take_all(struct desk *d, struct subscription *sub, uint32_t n)
{
	uint32_t taken = 0, first = 0;
	for (uint64_t id = 1; taken < n; id++) {
		fetch(d, sub, id, FETCH_CREDIT_MAX);
		assert_true(d->rows > 0);
		assert_in_range(d->bytes, 1, 1 << 20); /* what a reply may have */
		taken += d->rows;
		first = first ? first : d->rows;
	}
	buf_clear(&d->log);
	fetch(d, sub, 1000, FETCH_CREDIT_MAX);
	assert_int_equal(d->rows, 0);
	assert_int_equal(taken, n);
	return first;
}

/* Each row names a thousand subscriptions at length, and so is 64 KiB. */
static void
a_helping_is_bounded_in_bytes(void **state)
{
	struct desk *d = *state;
	struct subscription *sub = subscribe_often(d, at_length);
	make_matches(d, 20);
	assert_in_range(take_all(d, sub, 20), 8, 15);
}

/* The same, by what it takes to ask a thousand. */
static void
saying_why_is_bounded_as_well(void **state)
{
	struct desk *d = *state;
	struct subscription *sub = subscribe_often(d, "s");
	make_matches(d, MATCHES);
	fetch(d, sub, 1, 1);
	assert_in_range(d->bytes * MATCHES, 1, 512 << 10); /* bytes would let all pass */
	assert_in_range(take_all(d, sub->own_next, MATCHES), 10, MATCHES - 1);
}

/* One turn gives so many bytes and no more, whoever asks for them. */
static void
what_is_given_takes_its_time(void **state)
{
	struct desk *d = *state;
	struct subscription *sub = subscribe_often(d, at_length);
	make_matches(d, 10);
	for (int i = 0; i < 3; i++, sub = sub->own_next)
		ask(d, sub, (struct fetch_ask){.id = 1, .credit = FETCH_CREDIT_MAX});
	assert_true(run(d));
	assert_int_equal(d->answers, 2);
	run(d);
	assert_int_equal(d->answers, 3);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, delivered_setup, delivered_teardown)
	const struct CMUnitTest tests[] = {
	    STORY(the_state_comes_first_then_facts),
	    STORY(only_what_is_open_and_told_is_state),
	    STORY(the_state_goes_on_where_the_consumer_is),
	    STORY(a_part_of_the_state_can_be_acknowledged),
	    STORY(pairs_may_end_while_the_state_is_given),
	    STORY(whoever_begins_later_is_given_later_pairs),
	    STORY(pairs_wait_until_they_are_in_view),
	    STORY(only_what_is_in_view_is_state),
	    STORY(matches_say_because_of_whom),
	    STORY(memory_and_journal_say_the_same),
	    STORY(what_the_journal_has_given_back_is_told),
	    STORY(the_state_is_given_before_what_is_lost_behind_it),
	    STORY(what_can_be_read_is_given_before_what_cannot),
	    STORY(a_helping_is_bounded_in_bytes),
	    STORY(saying_why_is_bounded_as_well),
	    STORY(what_is_given_takes_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
