/* What a consumer is told beside facts: that some are gone, that the epoch is another, refusals. */

#include "subscribe_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
lost_facts_are_told_once_and_gone_behind(void **state)
{
	struct world *w = *state;
	struct matchd_delivery d;
	append(w->gateway, 20);
	fake_trim(w->gateway, 8);
	struct sub sub = subscribe(w->gateway, "s", NULL);
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_LAGGED);
	assert_int_equal(d.lost_from, 1);
	assert_int_equal(d.lost_to, 7);
	assert_int_equal(fake_subscription(w->gateway).acked, 0);
	expect_range(sub, 8, 10);
	assert_int_equal(fake_subscription(w->gateway).acked, 7);
	end(sub);
}

/* Given, not acknowledged, and gone when the next consumer comes: no loss of this subscriber's. */
static void
what_was_given_is_not_told_as_lost(void **state)
{
	struct world *w = *state;
	struct matchd_delivery d;
	const struct matchd_subscription_options o = {.wait_ms = 1};
	append(w->gateway, 4);
	struct sub sub = subscribe(w->gateway, "s", &o);
	expect_range(sub, 1, 4);
	fake_mute(w->gateway, true);
	expect_nothing(sub);
	expect_nothing(sub);
	append(w->gateway, 6);
	fake_trim(w->gateway, 4);
	fake_mute(w->gateway, false);
	expect_range(sub, 5, 10);
	fake_mute(w->gateway, true);
	expect_nothing(sub);
	expect_nothing(sub);
	append(w->gateway, 6);
	fake_trim(w->gateway, 14);
	fake_mute(w->gateway, false);
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_LAGGED);
	assert_int_equal(d.lost_from, 11);
	assert_int_equal(d.lost_to, 13);
	expect_range(sub, 14, 16);
	end(sub);
}

static void
an_epoch_that_changed_is_told_until_it_is_confirmed(void **state)
{
	struct world *w = *state;
	struct matchd_delivery d;
	uint8_t old[MATCHD_EPOCH_SIZE];
	append(w->gateway, 5);
	struct sub sub = subscribe(w->gateway, "s", NULL);
	assert_int_equal(matchd_subscription_confirm(sub.s), MATCHD_E_USAGE);
	expect_range(sub, 1, 5);
	matchd_subscription_ack(sub.s);
	memcpy(old, matchd_subscription_epoch(sub.s), sizeof old);
	expect_nothing(sub);
	fake_new_epoch(w->gateway);
	append(w->gateway, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d),
				 MATCHD_EPOCH_CHANGED);
	assert_memory_not_equal(old, matchd_subscription_epoch(sub.s), sizeof old);
	assert_int_equal(fake_subscription(w->gateway).acked, 0);
	assert_int_equal(matchd_subscription_confirm(sub.s), MATCHD_OK);
	expect_range(sub, 1, 3);
	matchd_subscription_ack(sub.s);
	assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
	assert_int_equal(fake_subscription(w->gateway).acked, 3);
	end(sub);
}

static void
who_is_taken_over_hears_so_and_can_take_back(void **state)
{
	struct world *w = *state;
	append(w->gateway, 2);
	struct sub first = subscribe(w->gateway, "s", NULL);
	expect_range(first, 1, 2);
	expect_nothing(first);
	wait_for_fetch(w->gateway);
	struct sub second = subscribe(w->gateway, "s", NULL);
	expect(second, 0, 1);
	expect_refused(first, "subscription_taken");
	expect(second, 0, 2);
	append(w->gateway, 1);
	expect(first, 0, 3);
	end(first);
	end(second);
}

/* What comes under the name afterwards is another one, with places of its own. */
static void
a_deleted_subscription_is_told_and_another_of_the_name_begins_anew(void **state)
{
	struct world *w = *state;
	append(w->gateway, 2);
	struct sub sub = subscribe(w->gateway, "s", NULL);
	expect_range(sub, 1, 2);
	expect_nothing(sub);
	wait_for_fetch(w->gateway);
	fake_end_fetch(w->gateway, "subscription_deleted");
	expect_refused(sub, "subscription_deleted");
	expect_range(sub, 1, 2);
	end(sub);
}

static void
an_unknown_subscription_is_told_in_words(void **state)
{
	struct world *w = *state;
	struct sub sub = subscribe(w->gateway, "none", NULL);
	expect_refused(sub, "unknown_subscription");
	expect_refused(sub, "unknown_subscription");
	end(sub);
}

static void
what_cannot_be_is_refused_at_once(void **state)
{
	struct world *w = *state;
	struct matchd_subscription *s;
	struct matchd *c;
	struct matchd_options options = {.endpoint = fake_directory(w->gateway)};
	assert_int_equal(matchd_subscription_open(w->client, "s", NULL, &s), MATCHD_E_USAGE);
	static const char *const names[] = {
	    "", "a b", "a/b", "12345678901234567890123456789012345678901234567890123456789012345"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		options.client = names[i];
		assert_int_equal(matchd_open(&options, &c), MATCHD_E_USAGE);
	}
	options.client = names[3] + 1;
	assert_int_equal(matchd_open(&options, &c), MATCHD_OK);
	const struct matchd_subscription_options wrong[] = {
	    {.credit = 10001}, {.wait_ms = -1}, {.wait_ms = 60001}};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(matchd_subscription_open(c, "s", &wrong[i], &s), MATCHD_E_USAGE);
	assert_int_equal(matchd_subscription_open(c, "", NULL, &s), MATCHD_E_USAGE);
	matchd_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD_TEST(lost_facts_are_told_once_and_gone_behind),
	    WORLD_TEST(what_was_given_is_not_told_as_lost),
	    WORLD_TEST(an_epoch_that_changed_is_told_until_it_is_confirmed),
	    WORLD_TEST(who_is_taken_over_hears_so_and_can_take_back),
	    WORLD_TEST(a_deleted_subscription_is_told_and_another_of_the_name_begins_anew),
	    WORLD_TEST(an_unknown_subscription_is_told_in_words),
	    WORLD_TEST(what_cannot_be_is_refused_at_once),
	};
	return cmocka_run_group_tests_name("subscribe_told", tests, NULL, NULL);
}
