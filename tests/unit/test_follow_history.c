/* Following where the history is another one, or its beginning is gone. */

#include "follow_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_new_epoch_is_told(void **state)
{
	struct world *w = *state;
	struct matchd_fact fact;
	uint8_t old[MATCHD_EPOCH_SIZE];
	for (int n = 0; n < 3; n++)
		fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	expect_range(f, 1, 3);
	memcpy(old, matchd_follow_epoch(f), sizeof old);
	fake_stop(w->gateway);
	fake_new_epoch(w->gateway);
	fake_start(w->gateway);
	for (int n = 0; n < 5; n++)
		fake_fact(w->gateway, "x.a", false);
	assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_EPOCH_CHANGED);
	assert_memory_not_equal(old, matchd_follow_epoch(f), sizeof old);
	expect_range(f, 1, 5);
	expect_nothing(f);
	matchd_follow_close(f);

	/* So is one that came while nobody followed. */
	f = follow(w->client, "x.a", 4, old);
	assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_EPOCH_CHANGED);
	expect_range(f, 1, 5);
	matchd_follow_close(f);
}

/* A store put back from a copy has the old epoch and fewer facts. */
static void
numbers_that_fall_back_are_told_like_a_new_epoch(void **state)
{
	struct world *w = *state;
	struct matchd_fact fact;
	for (int n = 0; n < 5; n++)
		fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	expect_range(f, 1, 5);
	fake_stop(w->gateway);
	fake_truncate(w->gateway, 2);
	fake_start(w->gateway);
	assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_EPOCH_CHANGED);
	expect_range(f, 1, 2);
	matchd_follow_close(f);
}

/* A running gateway is all that stays: heartbeats tell of it. */
static void
an_epoch_that_changes_under_way_is_told(void **state)
{
	static const char *const followed[] = {"x.a", "x.a x.b", ""};
	struct world *w = *state;
	struct matchd_fact fact;
	for (size_t i = 0; i < 3; i++) {
		struct matchd_follower *f = follow(w->client, followed[i], MATCHD_NOW, NULL);
		uint64_t first = fake_fact(w->gateway, "x.a", false);
		expect(f, first);
		expect_nothing(f);
		fake_new_epoch(w->gateway);
		for (int n = 0; n < 10; n++)
			fake_fact(w->gateway, "x.a", false);
		assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_EPOCH_CHANGED);
		expect_range(f, 1, 10);
		expect_nothing(f);
		matchd_follow_close(f);
	}
}

static void
expect_lost(struct matchd_follower *f, uint64_t from, uint64_t to)
{
	struct matchd_fact fact;
	uint64_t lost_from, lost_to;
	assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_LAGGED);
	matchd_follow_lost(f, &lost_from, &lost_to);
	assert_int_equal(lost_from, from);
	assert_int_equal(lost_to, to);
}

static void
facts_that_are_gone_are_told_once_and_gone_behind(void **state)
{
	static const char *const followed[] = {"x.a", "x.a x.b", ""};
	struct world *w = *state;
	for (int n = 0; n < 30; n++)
		fake_fact(w->gateway, "x.a", false);
	fake_trim(w->gateway, 12);
	for (size_t i = 0; i < 3; i++) {
		struct matchd_follower *f = follow(w->client, followed[i], 3, NULL);
		expect_lost(f, 3, 11);
		expect_range(f, 12, 30);
		expect_nothing(f);
		matchd_follow_close(f);
	}
}

/* They go while a replay is under way: what was read is given, the hole behind it is told. */
static void
facts_that_go_during_a_replay_are_told(void **state)
{
	struct world *w = *state;
	for (int n = 0; n < 30; n++)
		fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(w->client, "x.a x.b", 1, NULL);
	expect_range(f, 1, 3);
	fake_trim(w->gateway, 21);
	expect_range(f, 4, FAKE_PAGE);
	expect_lost(f, FAKE_PAGE + 1, 20);
	expect_range(f, 21, 30);
	expect_nothing(f);
	matchd_follow_close(f);
}

/* What is gone and of other streams is no loss of one who is up to date. */
static void
a_follower_that_is_up_to_date_loses_nothing(void **state)
{
	struct world *w = *state;
	struct matchd *c = world_connect(w->gateway, WAIT_MS, 100);
	struct matchd_follower *f = follow(c, "x.a", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	for (int n = 0; n < 20; n++)
		fake_fact(w->gateway, "x.b", false);
	fake_trim(w->gateway, 20);
	expect_nothing(f);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 22);
	matchd_follow_close(f);
	matchd_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD_TEST(a_new_epoch_is_told),
	    WORLD_TEST(numbers_that_fall_back_are_told_like_a_new_epoch),
	    WORLD_TEST(an_epoch_that_changes_under_way_is_told),
	    WORLD_TEST(facts_that_are_gone_are_told_once_and_gone_behind),
	    WORLD_TEST(facts_that_go_during_a_replay_are_told),
	    WORLD_TEST(a_follower_that_is_up_to_date_loses_nothing),
	};
	return cmocka_run_group_tests_name("follow_history", tests, NULL, NULL);
}
