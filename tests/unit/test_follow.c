/* Following, by way of a gateway that loses, lags, restarts and begins anew. */

#include "follow_help.h"
#include "proto/proto.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Until the subscription is in force and the check that this starts is over. */
static void
come_to_rest(struct fake *g, struct matchd_follower *f)
{
	struct matchd_fact fact;
	for (int n = 0; n < 100 && fake_subscriptions(g) == 0; n++)
		assert_int_equal(matchd_follow_next(f, FAKE_HEARTBEAT_MS, &fact), MATCHD_TIMEOUT);
	expect_nothing(f);
}

static void
one_stream_is_followed_live(void **state)
{
	struct world *w = *state;
	fake_fact(w->gateway, "x.a", false);
	fake_fact(w->gateway, "x.b", false);
	fake_fact(w->gateway, "x.a p.q", false);
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	expect(f, 1);
	expect(f, 3);
	come_to_rest(w->gateway, f);
	unsigned reads = fake_reads(w->gateway);
	for (uint64_t n = 4; n < 50; n += 2) {
		fake_fact(w->gateway, "x.a", false);
		fake_fact(w->gateway, "x.b", false);
		expect(f, n);
	}
	assert_int_equal(fake_reads(w->gateway), reads);
	matchd_follow_close(f);
}

static void
now_begins_behind_what_was(void **state)
{
	struct world *w = *state;
	fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(w->client, "x.a", MATCHD_NOW, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 2);
	expect_nothing(f);
	matchd_follow_close(f);
}

static void
a_remembered_number_goes_on(void **state)
{
	struct world *w = *state;
	uint8_t epoch[MATCHD_EPOCH_SIZE];
	for (int i = 0; i < 30; i++)
		fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(w->client, "x.a x.b", 1, NULL);
	expect_range(f, 1, 10);
	memcpy(epoch, matchd_follow_epoch(f), sizeof epoch);
	matchd_follow_close(f);
	f = follow(w->client, "x.a x.b", 11, epoch);
	expect_range(f, 11, 30);
	expect_nothing(f);
	matchd_follow_close(f);
}

static void
what_the_feed_loses_is_replayed(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	for (uint64_t n = 2; n <= 200; n++)
		fake_fact(w->gateway, "x.a", n % 5 != 0);
	expect_range(f, 2, 200);
	expect_nothing(f);
	matchd_follow_close(f);
}

/* The last message is lost and nothing follows it: no gap shows. */
static void
a_lost_tail_is_found_by_the_next_check(void **state)
{
	struct world *w = *state;
	struct matchd *c = world_connect(w->gateway, WAIT_MS, 300);
	struct matchd_follower *f = follow(c, "x.a", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	expect_nothing(f);
	fake_fact(w->gateway, "x.a", true);
	expect(f, 2);
	matchd_follow_close(f);
	matchd_close(c);
}

static void
facts_of_several_streams_come_once_in_order(void **state)
{
	static const char *const streams[] = {"x.a", "x.a p.q", "p.r", "p.q", "", "x.a p.q p.r"};
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a p.q", 1, NULL);
	for (uint64_t n = 1; n <= 300; n++)
		fake_fact(w->gateway, streams[n % 6], n % 7 == 0 || n % 11 == 0);
	fake_fact(w->gateway, "p.q", false);
	for (uint64_t n = 1; n <= 301; n++)
		if (n == 301 || (n % 6 != 2 && n % 6 != 4))
			expect(f, n);
	expect_nothing(f);
	matchd_follow_close(f);
}

/* One stream goes on while another's fact was lost before: the lost one must still come first. */
static void
a_loss_in_a_quiet_stream_is_not_overtaken(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a p.q", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	fake_fact(w->gateway, "p.q", true);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 2);
	expect(f, 3);
	matchd_follow_close(f);
}

static void
no_stream_named_is_everything(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "", 1, NULL);
	for (uint64_t n = 1; n <= 100; n++)
		fake_fact(w->gateway, n % 2 ? "x.a p.q" : "x.b", n % 3 == 0);
	fake_fact(w->gateway, "", false);
	fake_fact(w->gateway, "x.b", true);
	expect_range(f, 1, 100);
	expect(f, 102); /* the heartbeat's number tells of it */
	expect_nothing(f);
	matchd_follow_close(f);
}

static void
facts_that_come_during_a_replay_come_once(void **state)
{
	static const char *const followed[] = {"x.a", "x.a x.b", ""};
	struct world *w = *state;
	for (size_t i = 0; i < 3; i++) {
		uint64_t first = fake_fact(w->gateway, "x.a", true);
		fake_fact_before_read(w->gateway, "x.a");
		struct matchd_follower *f = follow(w->client, followed[i], first, NULL);
		expect_range(f, first, first + 1);
		expect_nothing(f);
		matchd_follow_close(f);
	}
}

/* A connection that stands and is dead, as TCP's may be, is replaced. */
static void
a_silent_feed_is_connected_anew(void **state)
{
	struct world *w = *state;
	struct matchd_fact fact;
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	come_to_rest(w->gateway, f);
	unsigned before = fake_subscriptions(w->gateway);
	fake_silence(w->gateway, true);
	for (int n = 0; n < 100 && fake_subscriptions(w->gateway) == before; n++)
		assert_int_equal(matchd_follow_next(f, PROTO_HEARTBEAT_MS / 10, &fact),
				 MATCHD_TIMEOUT);
	assert_int_equal(fake_subscriptions(w->gateway), before + 1);
	fake_silence(w->gateway, false);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	matchd_follow_close(f);
}

static void
a_restart_of_the_gateway_loses_nothing(void **state)
{
	static const char *const followed[] = {"x.a", "x.a x.b", ""};
	struct world *w = *state;
	for (size_t i = 0; i < 3; i++) {
		struct matchd_follower *f = follow(w->client, followed[i], MATCHD_NOW, NULL);
		uint64_t first = fake_fact(w->gateway, "x.a", false);
		expect(f, first);
		fake_stop(w->gateway);
		for (int n = 0; n < 20; n++)
			fake_fact(w->gateway, "x.a", false);
		expect_nothing(f);
		fake_start(w->gateway);
		for (int n = 0; n < 20; n++)
			fake_fact(w->gateway, "x.a", false);
		expect_range(f, first + 1, first + 40);
		expect_nothing(f);
		matchd_follow_close(f);
	}
}

static void
an_unanswered_check_is_asked_again(void **state)
{
	struct world *w = *state;
	struct matchd *c = world_connect(w->gateway, 200, 0);
	fake_fact(w->gateway, "x.a", false);
	struct matchd_follower *f = follow(c, "x.a", 1, NULL);
	fake_mute(w->gateway, true);
	expect_nothing(f);
	expect_nothing(f);
	fake_mute(w->gateway, false);
	expect(f, 1);
	expect_nothing(f);
	matchd_follow_close(f);
	matchd_close(c);
}

static void
a_core_that_is_away_is_waited_for(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	struct matchd_error e;
	struct matchd_follower *f = follow(w->client, "x.a x.b", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	fake_away(w->gateway, true);
	fake_fact(w->gateway, "x.a", false);
	expect_nothing(f);
	assert_int_equal(matchd_call(w->client, "status", NULL, 0, &r), MATCHD_REFUSED);
	assert_true(matchd_reply_error(r, &e));
	assert_string_equal(e.code, "core_unavailable");
	matchd_reply_free(r);
	fake_away(w->gateway, false);
	expect(f, 2);
	matchd_follow_close(f);
}

static void
a_stream_named_twice_is_followed_once(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a x.a", 1, NULL);
	fake_fact(w->gateway, "x.a", false);
	expect(f, 1);
	expect_nothing(f);
	matchd_follow_close(f);
}

static void
a_refusal_to_follow_is_passed_on(void **state)
{
	struct world *w = *state;
	const char *const streams[] = {"x.refused"};
	struct matchd_follower *f;
	struct matchd_reply *r = NULL;
	struct matchd_error e;
	assert_int_equal(matchd_follow_open(w->client, streams, 1, 1, NULL, &f, &r),
			 MATCHD_REFUSED);
	assert_true(matchd_reply_error(r, &e));
	assert_string_equal(e.code, "unknown_stream");
	matchd_reply_free(r);
	assert_int_equal(matchd_follow_open(w->client, streams, 1, 1, NULL, &f, NULL),
			 MATCHD_REFUSED);
}

/* An event loop that only ever reacts to the descriptor gets everything. */
static void
the_descriptor_wakes_an_event_loop(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	struct matchd_fact fact;
	uint64_t last = 0;
	for (int burst = 0; burst < 10; burst++) {
		for (int n = 0; n < 20; n++)
			fake_fact(w->gateway, "x.a", n % 4 == 1);
		fake_fact(w->gateway, "x.a", false);
		uint64_t goal = (uint64_t)(burst + 1) * 21;
		while (last < goal) {
			int rc;
			while ((rc = matchd_follow_next(f, 0, &fact)) == MATCHD_OK)
				assert_int_equal(fact.number, ++last);
			assert_int_equal(rc, MATCHD_TIMEOUT);
			struct pollfd p = {.fd = matchd_follow_fd(f), .events = POLLIN};
			if (last < goal)
				assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		}
	}
	matchd_follow_close(f);
}

/* An idle follower sleeps: a descriptor that stays readable would turn the loop into a spin. */
static void
the_descriptor_is_quiet_when_nothing_happens(void **state)
{
	struct world *w = *state;
	struct matchd_follower *f = follow(w->client, "x.a", 1, NULL);
	struct matchd_fact fact;
	come_to_rest(w->gateway, f);
	unsigned wakes = 0;
	struct timespec begin, now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		struct pollfd p = {.fd = matchd_follow_fd(f), .events = POLLIN};
		if (poll(&p, 1, 100) > 0)
			wakes++;
		assert_int_equal(matchd_follow_next(f, 0, &fact), MATCHD_TIMEOUT);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < 2);
	/* One or two for each heartbeat, of which there are twenty a second. */
	assert_in_range(wakes, 1, 200);
	matchd_follow_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD_TEST(one_stream_is_followed_live),
	    WORLD_TEST(now_begins_behind_what_was),
	    WORLD_TEST(a_remembered_number_goes_on),
	    WORLD_TEST(what_the_feed_loses_is_replayed),
	    WORLD_TEST(a_lost_tail_is_found_by_the_next_check),
	    WORLD_TEST(facts_of_several_streams_come_once_in_order),
	    WORLD_TEST(a_loss_in_a_quiet_stream_is_not_overtaken),
	    WORLD_TEST(no_stream_named_is_everything),
	    WORLD_TEST(facts_that_come_during_a_replay_come_once),
	    WORLD_TEST(a_silent_feed_is_connected_anew),
	    WORLD_TEST(a_restart_of_the_gateway_loses_nothing),
	    WORLD_TEST(an_unanswered_check_is_asked_again),
	    WORLD_TEST(a_core_that_is_away_is_waited_for),
	    WORLD_TEST(a_stream_named_twice_is_followed_once),
	    WORLD_TEST(a_refusal_to_follow_is_passed_on),
	    WORLD_TEST(the_descriptor_wakes_an_event_loop),
	    WORLD_TEST(the_descriptor_is_quiet_when_nothing_happens),
	};
	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
