/* Fetches: what each is answered, and when, whatever comes late, twice, or from somebody else. */

#include "delivered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OTHERS = 5, MANY = 5000 /* facts: more than are looked at for one fetch at a time */ };

static const char offer[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"y\"}}"; /* meets no need */

static void
publish_needs(struct desk *d, unsigned n)
{
	while (n-- > 0)
		trade_publish(&d->w->trade, "a", NEED, need);
}

static struct subscription *
subscribe_all(struct desk *d, const char *name)
{
	return subscribe(d->w, "c", name, "{}", NULL, false);
}

static void
ack(struct desk *d, struct subscription *sub, uint64_t id, uint64_t number)
{
	ask(d, sub, (struct fetch_ask){.id = id, .acks = true, .ack = place_of(number)});
	run(d);
}

/* ---- credit and acknowledging ---- */

static void
no_more_is_given_than_was_asked_for(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 3);
	fetch(d, all, 1, 2);
	fetch(d, all, 2, 0);
	fetch(d, all, 3, 2);
	fetch(d, all, 4, 2);
	assert_answered(d, "all 1: listing.opened 4, listing.opened 5\n"
			   "all 2: empty\n"
			   "all 3: listing.opened 6\n"
			   "all 4: empty\n");
	assert_int_equal(all->acked.number, 3);
}

static void
an_ack_counts_for_all_before_it(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 3);
	fetch(d, all, 1, 9);
	ack(d, all, 2, 5);
	assert_int_equal(all->acked.number, 5);
	ack(d, all, 3, 4);
	assert_int_equal(all->acked.number, 5);
	ack(d, all, 4, 7);
	assert_int_equal(all->acked.number, 5);
	ack(d, all, 5, 6);
	assert_int_equal(all->acked.number, 6);
	assert_int_equal(all->acked_ms, 2000);
	assert_answered(d, "all 1: listing.opened 4, listing.opened 5, listing.opened 6\n"
			   "all 2: empty\nall 3: empty\nall 4: bad_value\nall 5: empty\n");
}

/* It is behind the last that was given, and needs nobody's acknowledgement. */
static void
what_passes_not_is_done_with_what_does(void **state)
{
	struct desk *d = *state;
	struct subscription *bs =
	    subscribe(d->w, "c", "bs", "{\"participant\": \"b\"}", NULL, false);
	trade_publish(&d->w->trade, "b", OFFER, offer);
	publish_needs(d, 2);
	fetch(d, bs, 1, 9);
	assert_answered(d, "bs 1: listing.opened 4\n");
	ack(d, bs, 2, 4);
	assert_int_equal(bs->acked.number, 6);
	assert_answered(d, "bs 2: empty\n");
	publish_needs(d, 1);
	fetch(d, bs, 3, 9);
	assert_int_equal(bs->seen.number, 7);
	assert_int_equal(bs->acked.number, 6); /* not worth storing */
	d->first = 8;
	publish_needs(d, 1);
	fetch(d, bs, 4, 9);
	assert_int_equal(bs->acked.number, 8); /* or it would look as if something were lost */
	assert_answered(d, "bs 3: empty\nbs 4: empty\n");
}

static void
what_is_not_acknowledged_is_given_again_after_a_while(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 3);
	fetch(d, all, 1, 2);
	d->now_ms += ACK_TIMEOUT_MS;
	ack(d, all, 2, 4); /* a sign of life: time begins anew */
	d->now_ms += ACK_TIMEOUT_MS;
	fetch(d, all, 3, 1);
	assert_answered(d, "all 1: listing.opened 4, listing.opened 5\nall 2: empty\n"
			   "all 3: listing.opened 6\n");
	d->now_ms += ACK_TIMEOUT_MS;
	fetch(d, all, 4, 9);
	d->now_ms++;
	fetch(d, all, 5, 9);
	assert_answered(d, "all 4: empty\nall 5: listing.opened 5, listing.opened 6\n");
	ack(d, all, 6, 6);
	d->now_ms += 2 * ACK_TIMEOUT_MS;
	fetch(d, all, 7, 9);
	assert_answered(d, "all 6: empty\nall 7: empty\n");
}

/* Whatever was lost on the way: the answer fits the question. */
static void
a_consumer_says_where_it_is(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 4);
	fetch(d, all, 1, 2);
	ack(d, all, 2, 4);
	struct fetch_ask again = {.id = 3, .credit = 1, .places = true, .after = place_of(4)};
	ask(d, all, again);
	run(d);
	again.id = 4, again.after = place_of(5);
	ask(d, all, again);
	run(d);
	again.id = 5, again.after = place_of(3); /* that is done with */
	ask(d, all, again);
	run(d);
	again.id = 6, again.after = place_of(8); /* that is not there yet */
	ask(d, all, again);
	run(d);
	assert_answered(d, "all 1: listing.opened 4, listing.opened 5\nall 2: empty\n"
			   "all 3: listing.opened 5\nall 4: listing.opened 6\n"
			   "all 5: listing.opened 5\nall 6: listing.opened 6\n");
}

/* ---- late, twice, or somebody else ---- */

static void
a_late_or_repeated_fetch_is_passed_over(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 2);
	fetch(d, all, 5, 1);
	fetch(d, all, 5, 1);
	fetch(d, all, 4, 1);
	ack(d, all, 3, 4);
	assert_int_equal(all->acked.number, 3);
	fetch(d, all, 6, 1);
	assert_answered(d, "all 5: listing.opened 4\nall: nothing\nall: nothing\nall: nothing\n"
			   "all 6: listing.opened 5\n");
}

static void
the_next_fetch_ends_the_one_that_waits(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	ask(d, all, (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 60000});
	run(d);
	assert_answered(d, "");
	ask(d, all, (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 60000});
	assert_answered(d, "all: nothing\n");
	ask(d, all, (struct fetch_ask){.id = 2, .credit = 9, .wait_ms = 60000});
	assert_answered(d, "all 1: empty\n");
	publish_needs(d, 1);
	run(d);
	assert_answered(d, "all 2: listing.opened 4\n");
}

static void
another_consumer_takes_it_over(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	publish_needs(d, 3);
	fetch(d, all, 7, 9);
	ack(d, all, 8, 4);
	ask(d, all, (struct fetch_ask){.id = 9, .credit = 9, .wait_ms = 60000});
	run(d);
	assert_answered(d, "all 7: listing.opened 4, listing.opened 5, listing.opened 6\n"
			   "all 8: empty\n");
	ask(d, all, (struct fetch_ask){.consumer = 2, .id = 1, .credit = 1});
	run(d);
	assert_answered(d, "all 9: subscription_taken\nall 1: listing.opened 5\n");
	ack(d, all, 10, 6); /* of the first, late */
	assert_int_equal(all->acked.number, 4);
	ask(d, all, (struct fetch_ask){.consumer = 2, .id = 2, .credit = 1});
	run(d);
	assert_answered(d, "all 10: subscription_taken\nall 2: listing.opened 6\n");
}

/* As many as can be late at once. */
static void
those_it_was_taken_from_are_known(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	for (uint64_t consumer = 1; consumer <= CONSUMERS_KNOWN + 1; consumer++)
		ask(d, all, (struct fetch_ask){.consumer = consumer, .id = 1, .credit = 1});
	run(d);
	buf_clear(&d->log);
	for (uint64_t consumer = 1; consumer <= CONSUMERS_KNOWN; consumer++) {
		ask(d, all, (struct fetch_ask){.consumer = consumer, .id = 2, .credit = 1});
		assert_answered(d, "all 2: subscription_taken\n");
	}
	assert_int_equal(all->consumer, CONSUMERS_KNOWN + 1);
}

static void
whoever_has_gone_is_not_answered(void **state)
{
	struct desk *d = *state;
	struct subscription *here = subscribe_all(d, "here"), *there = subscribe_all(d, "there"),
			    *deleted = subscribe_all(d, "deleted");
	struct fetch_ask waits = {.id = 1, .credit = 9, .wait_ms = 60000};
	ask(d, here, waits);
	ask(d, deleted, waits);
	waits.origin = (void *)OTHER_GATEWAY;
	ask(d, there, waits);
	delivery_forget(d->delivery, OTHER_GATEWAY);
	assert_null(there->fetch);
	delivery_end(d->delivery, deleted, "subscription_deleted", "it was deleted");
	delivery_end(d->delivery, deleted, "subscription_deleted", "it was deleted");
	assert_answered(d, "deleted 1: subscription_deleted\n");
	subscriptions_remove(d->w->s, deleted);
	publish_needs(d, 1);
	run(d);
	assert_answered(d, "here 1: listing.opened 4\n");
}

/* ---- epochs ---- */

/* What was said before a backup was restored is about facts that are others now. */
static void
what_is_said_in_another_epoch_counts_for_nothing(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all");
	struct fetch_ask old = {.id = 2,
				.credit = 9,
				.wait_ms = 60000,
				.acks = true,
				.ack = place_of(5),
				.places = true,
				.after = place_of(5),
				.epoch = EPOCH};
	publish_needs(d, 3);
	fetch(d, all, 1, 1);
	d->epoch = OTHER;
	ask(d, all, old);
	run(d);
	assert_answered(d, "all 1: listing.opened 4\nall 2: empty; epoch changed\n");
	assert_int_equal(all->acked.number, 3);
	old.id = 3, old.epoch = NULL; /* it does not say, and has not heard */
	ask(d, all, old);
	run(d);
	assert_answered(d, "all 3: empty; epoch changed\n");
	assert_int_equal(all->acked.number, 3);
	assert_memory_equal(all->epoch, EPOCH, SUBSCRIPTION_EPOCH);
	ask(d, all, (struct fetch_ask){.id = 4, .credit = 1, .epoch = OTHER});
	run(d);
	assert_memory_equal(all->epoch, OTHER, SUBSCRIPTION_EPOCH);
	ask(d, all, (struct fetch_ask){.id = 5, .epoch = OTHER, .acks = true, .ack = place_of(5)});
	run(d);
	assert_answered(d, "all 4: listing.opened 5\nall 5: empty\n");
	assert_int_equal(all->acked.number, 5);
	old.id = 6, old.epoch = EPOCH, old.ack = place_of(6);
	ask(d, all, old);
	run(d);
	assert_answered(d, "all 6: empty; epoch changed\n");
	assert_int_equal(all->acked.number, 5);
}

/* ---- waiting ---- */

static void
a_fetch_waits_until_there_is_something_or_time_is_up(void **state)
{
	struct desk *d = *state;
	struct subscription *all = subscribe_all(d, "all"), *late = subscribe_all(d, "late"),
			    *middle = subscribe_all(d, "middle");
	const int64_t begun_ms = d->now_ms;
	assert_true(delivery_deadline_ms(d->delivery) == INT64_MAX);
	fetch(d, all, 1, 9);
	assert_answered(d, "all 1: empty\n");
	ask(d, late, (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 900});
	ask(d, all, (struct fetch_ask){.id = 2, .credit = 9, .wait_ms = 500});
	ask(d, middle, (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 700});
	assert_int_equal(delivery_deadline_ms(d->delivery), begun_ms + 500);
	d->now_ms = begun_ms + 499;
	assert_false(run(d));
	assert_answered(d, "");
	d->now_ms = begun_ms + 500;
	run(d);
	assert_answered(d, "all 2: empty\n");
	assert_int_equal(delivery_deadline_ms(d->delivery), begun_ms + 700);
	publish_needs(d, 1);
	run(d);
	assert_answered(d, "late 1: listing.opened 4\nmiddle 1: listing.opened 4\n");
	assert_true(delivery_deadline_ms(d->delivery) == INT64_MAX);
	ask(d, late, (struct fetch_ask){.id = 2, .wait_ms = 900}); /* for nothing */
	run(d);
	assert_answered(d, "late 2: empty\n");
}

/* Who does not wait is told what there is, however long it takes to find; who does, is told in time. */
static void
time_is_up_while_there_is_more_to_look_through(void **state)
{
	struct desk *d = *state;
	struct subscription *bs =
	    subscribe(d->w, "c", "bs", "{\"participant\": \"b\"}", NULL, false);
	publish_needs(d, MANY);
	trade_publish(&d->w->trade, "b", OFFER,
		      "{\"title\": \"t\", \"fields\": {\"kind\": \"y\"}}");
	ask(d, bs, (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 1});
	d->now_ms++;
	assert_false(run(d));
	assert_answered(d, "bs 1: empty\n");
	assert_true(bs->seen.number < MANY);
	d->now_ms += ACK_TIMEOUT_MS;
	ask(d, bs, (struct fetch_ask){.id = 2, .credit = 9, .places = true, .after = place_of(3)});
	assert_int_equal(bs->seen.number, bs->acked.number);
	while (run(d))
		;
	assert_answered(d, "bs 2: listing.opened 5004\n");
}

/* ---- among many ---- */

static void
whoever_asks_through_a_gateway_that_is_behind_waits(void **state)
{
	struct desk *d = *state;
	struct subscription *behind = subscribe_all(d, "behind"), *all = subscribe_all(d, "all"),
			    *more = subscribe_all(d, "more");
	publish_needs(d, 1);
	d->slow = OTHER_GATEWAY;
	ask(d, behind,
	    (struct fetch_ask){
		.id = 1, .credit = 9, .wait_ms = 100, .origin = (void *)OTHER_GATEWAY});
	ask(d, all, (struct fetch_ask){.id = 1, .credit = 9});
	ask(d, more, (struct fetch_ask){.id = 1, .credit = 9});
	assert_true(run(d)); /* it is looked for again whether the gateway has read */
	assert_answered(d, "all 1: listing.opened 4\nmore 1: listing.opened 4\n");
	assert_int_equal(behind->seen.number, 3);
	d->now_ms += 200;
	assert_true(run(d)); /* what is late waits as well */
	fetch(d, all, 2, 9);
	assert_answered(d, "all 2: empty\n");
	d->slow = NULL;
	run(d);
	assert_answered(d, "behind 1: listing.opened 4\n");
}

static unsigned
count_looked_after(struct subscription *const *subs, uint64_t beyond)
{
	unsigned n = 0;
	for (int i = 0; i < OTHERS; i++)
		n += subs[i]->seen.number > beyond;
	return n;
}

/* None of them wants anything of what there is, and together they are more than one run takes. */
static void
each_is_looked_after_in_turn(void **state)
{
	struct desk *d = *state;
	struct subscription *subs[OTHERS];
	char name[8];
	for (int i = 0; i < OTHERS; i++) {
		snprintf(name, sizeof name, "s%d", i);
		subs[i] = subscribe(d->w, "c", name, "{\"participant\": \"b\"}", NULL, false);
	}
	d->at_hand = false;
	publish_needs(d, MANY);
	for (int i = 0; i < OTHERS; i++)
		ask(d, subs[i], (struct fetch_ask){.id = 1, .credit = 9, .wait_ms = 60000});
	unsigned before = 0, runs = 0, now;
	do {
		assert_true(run(d));
		now = count_looked_after(subs, 3);
		assert_in_range(now, before + 1, OTHERS);
		assert_true(runs > 0 || now < OTHERS); /* one run is not enough for all */
		if (now < OTHERS)
			assert_int_equal(count_looked_after(subs, MANY), 0);
		before = now;
		runs++;
	} while (now < OTHERS);
	while (run(d))
		runs++;
	assert_int_equal(count_looked_after(subs, MANY), OTHERS);
	assert_in_range(runs, 1, OTHERS);
	assert_answered(d, "");
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, delivered_setup, delivered_teardown)
	const struct CMUnitTest tests[] = {
	    STORY(no_more_is_given_than_was_asked_for),
	    STORY(an_ack_counts_for_all_before_it),
	    STORY(what_passes_not_is_done_with_what_does),
	    STORY(what_is_not_acknowledged_is_given_again_after_a_while),
	    STORY(a_consumer_says_where_it_is),
	    STORY(a_late_or_repeated_fetch_is_passed_over),
	    STORY(the_next_fetch_ends_the_one_that_waits),
	    STORY(another_consumer_takes_it_over),
	    STORY(those_it_was_taken_from_are_known),
	    STORY(whoever_has_gone_is_not_answered),
	    STORY(what_is_said_in_another_epoch_counts_for_nothing),
	    STORY(a_fetch_waits_until_there_is_something_or_time_is_up),
	    STORY(time_is_up_while_there_is_more_to_look_through),
	    STORY(whoever_asks_through_a_gateway_that_is_behind_waits),
	    STORY(each_is_looked_after_in_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
