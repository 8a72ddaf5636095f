/* Consuming a durable subscription, by way of a gateway that is late, loses and restarts. */

#include "subscribe_help.h"
#include "util/buf.h"
#include "util/mp.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- giving and acknowledging ---- */

static void
facts_come_in_order_and_are_acknowledged(void **state)
{
	struct world *w = *state;
	struct sub sub = subscribe(w->gateway, "s", NULL);
	append(w->gateway, 13);
	for (uint64_t n = 1; n <= 13; n++) {
		expect(sub, 0, n);
		matchd_subscription_ack(sub.s);
	}
	assert_true(fake_subscription(w->gateway).acked < 13);
	expect_nothing(sub); /* it says so before it waits */
	assert_int_equal(fake_subscription(w->gateway).acked, 13);
	assert_string_equal(fake_subscription(w->gateway).client, "portal");
	append(w->gateway, 1);
	expect(sub, 0, 14);
	expect_nothing(sub);
	assert_int_equal(fake_subscription(w->gateway).acked, 13);
	assert_int_equal(fake_subscription(w->gateway).consumers, 1);
	end(sub);

	/* What was not acknowledged comes again to the next one. */
	sub = subscribe(w->gateway, "s", NULL);
	expect(sub, 0, 14);
	end(sub);
}

static void
what_stands_comes_first(void **state)
{
	struct world *w = *state;
	fake_state(w->gateway, 7);
	append(w->gateway, 4);
	struct sub sub = subscribe(w->gateway, "s", NULL);
	for (uint64_t n = 1; n <= 6; n++)
		expect(sub, n, 0);
	matchd_subscription_ack(sub.s);
	assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
	assert_int_equal(fake_subscription(w->gateway).acked_state, 6);
	end(sub);
	sub = subscribe(w->gateway, "s", NULL);
	expect(sub, 7, 0);
	expect_range(sub, 1, 4);
	end(sub);
}

static void
a_match_says_because_of_what_it_came(void **state)
{
	struct world *w = *state;
	struct matchd_delivery d;
	fake_state(w->gateway, 1);
	append(w->gateway, 1);
	struct sub sub = subscribe(w->gateway, "s", NULL);
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_OK);
	assert_null(d.because);
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_OK);
	struct mp names = mp_of((struct str){d.because, (uint32_t)d.because_len});
	assert_int_equal(mp_get_array(&names), 1);
	assert_true(str_eq(mp_get_str(&names), STR("s")));
	assert_ptr_equal(names.at, names.end);
	end(sub);
}

/* The next page is there before the present one is through. */
static void
the_next_page_is_fetched_ahead(void **state)
{
	struct world *w = *state;
	append(w->gateway, 12);
	const struct matchd_subscription_options o = {.credit = 3};
	struct sub sub = subscribe(w->gateway, "s", &o);
	expect(sub, 0, 1);
	for (int n = 0; n < WAIT_MS && fake_subscription(w->gateway).given < 6; n++)
		usleep(1000);
	assert_int_equal(fake_subscription(w->gateway).given, 6);
	expect_range(sub, 2, 6);
	matchd_subscription_ack(sub.s);
	expect_range(sub, 7, 12);
	assert_int_equal(fake_subscription(w->gateway).acked, 6);
	end(sub);
}

static void
a_flush_acknowledges_while_a_fetch_waits_and_a_page_is_ahead(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.credit = 2, .wait_ms = 60000};
	append(w->gateway, 5);
	struct sub sub = subscribe(w->gateway, "s", &o);
	for (uint64_t n = 1; n <= 5; n++) {
		expect(sub, 0, n);
		matchd_subscription_ack(sub.s);
		assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
		assert_int_equal(fake_subscription(w->gateway).acked, n);
	}
	unsigned acks = fake_subscription(w->gateway).acks;
	assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
	expect_nothing(sub);
	append(w->gateway, 1);
	expect(sub, 0, 6);
	matchd_subscription_ack(sub.s);
	/* Sent and not waited for. */
	assert_in_range(matchd_subscription_flush(sub.s, 0), MATCHD_OK, MATCHD_TIMEOUT);
	for (int n = 0; n < WAIT_MS && fake_subscription(w->gateway).acked < 6; n++)
		usleep(1000);
	assert_int_equal(fake_subscription(w->gateway).acked, 6);
	assert_int_equal(fake_subscription(w->gateway).acks, acks + 1);
	expect_nothing(sub);
	end(sub);
}

/* Every request says whose it is, unless it says so itself. */
static void
our_name_goes_with_every_request(void **state)
{
	static const char *const own[] = {NULL, "other"}, *const seen[] = {"portal", "other"};
	struct world *w = *state;
	struct sub sub = subscribe(w->gateway, "s", NULL);
	for (size_t i = 0; i < 2; i++) {
		struct matchd_reply *r;
		struct buf args = BUF_EMPTY;
		mp_put_map(&args, own[i] ? 3 : 2);
		if (own[i]) {
			mp_put_text(&args, "client");
			mp_put_text(&args, own[i]);
		}
		mp_put_text(&args, "name");
		mp_put_text(&args, "s");
		mp_put_text(&args, "consumer");
		mp_put_int(&args, 1);
		assert_int_equal(matchd_call(sub.c, "subscription.fetch", args.data, args.len, &r),
				 MATCHD_OK);
		assert_string_equal(fake_subscription(w->gateway).client, seen[i]);
		matchd_reply_free(r);
		buf_free(&args);
	}
	end(sub);
}

/* ---- what gets lost ---- */

static void
an_overdue_answer_makes_another_consumer_and_no_fact_comes_twice(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.wait_ms = 1};
	struct sub sub = subscribe(w->gateway, "s", &o);
	append(w->gateway, 3);
	expect_range(sub, 1, 2);
	matchd_subscription_ack(sub.s);
	expect(sub, 0, 3);
	fake_mute(w->gateway, true);
	append(w->gateway, 4);
	for (int i = 0; i < 4; i++)
		expect_nothing(sub);
	fake_mute(w->gateway, false);
	expect_range(sub, 4, 7);
	expect_nothing(sub);
	assert_in_range(fake_subscription(w->gateway).consumers, 2, 6);
	assert_int_equal(fake_subscription(w->gateway).acked, 2);
	matchd_subscription_ack(sub.s);
	assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
	assert_int_equal(fake_subscription(w->gateway).acked, 7);
	end(sub);
}

/* What was asked over a connection that was given up may be carried out late: whoever took the
 * subscription over then was ourselves. */
static void
a_late_request_of_our_own_is_no_other_consumer(void **state)
{
	struct world *w = *state;
	struct matchd_delivery d;
	const struct matchd_subscription_options o = {.wait_ms = 60000};
	struct sub sub = subscribe(w->gateway, "s", &o);
	expect_nothing(sub);
	fake_stop(w->gateway);
	expect_nothing(sub);
	fake_start(w->gateway);
	expect_nothing(sub);
	for (int i = 0; i < 2; i++) {
		wait_for_fetch(w->gateway);
		fake_end_fetch(w->gateway, "subscription_taken");
		if (i == 0)
			expect_nothing(sub);
	}
	expect_refused(sub, "subscription_taken");
	append(w->gateway, 1);
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_OK);
	end(sub);
}

static void
a_page_that_is_lost_on_its_way_is_given_again(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.credit = 3};
	struct sub sub = subscribe(w->gateway, "s", &o);
	fake_state(w->gateway, 5);
	fake_lose_page(w->gateway);
	append(w->gateway, 10);
	for (uint64_t n = 1; n <= 5; n++) {
		expect(sub, n, 0);
		if (n == 2)
			fake_lose_page(w->gateway);
	}
	expect_range(sub, 1, 2);
	fake_lose_page(w->gateway);
	expect_range(sub, 3, 10);
	expect_nothing(sub);
	fake_lose_page(w->gateway);
	append(w->gateway, 2);
	expect_range(sub, 11, 12);
	assert_int_equal(fake_subscription(w->gateway).consumers, 1);
	end(sub);
}

static void
a_restart_of_the_gateway_loses_nothing(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.credit = 2, .wait_ms = 100};
	struct sub sub = subscribe(w->gateway, "s", &o);
	uint64_t next = 1;
	for (int round = 0; round < 4; round++) {
		append(w->gateway, 7);
		expect_range(sub, next, next + 2);
		matchd_subscription_ack(sub.s);
		fake_stop(w->gateway);
		append(w->gateway, 3);
		fake_start(w->gateway);
		expect_range(sub, next + 3, next + 9);
		expect_nothing(sub);
		next += 10;
	}
	expect_nothing(sub);
	end(sub);
}

/* Though the fetch that was cut off would have waited for a minute. */
static void
a_connection_that_is_cut_is_noticed_at_once(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.wait_ms = 60000};
	struct sub sub = subscribe(w->gateway, "s", &o);
	expect_nothing(sub);
	fake_stop(w->gateway);
	expect_nothing(sub);
	fake_start(w->gateway);
	append(w->gateway, 1);
	expect(sub, 0, 1);
	end(sub);
}

static void
a_core_that_is_away_is_waited_for(void **state)
{
	struct world *w = *state;
	struct sub sub = subscribe(w->gateway, "s", NULL);
	append(w->gateway, 1);
	fake_away(w->gateway, true);
	expect_nothing(sub);
	fake_away(w->gateway, false);
	expect(sub, 0, 1);
	matchd_subscription_ack(sub.s);
	fake_away(w->gateway, true);
	assert_int_equal(matchd_subscription_flush(sub.s, SHORT_MS), MATCHD_TIMEOUT);
	fake_away(w->gateway, false);
	assert_int_equal(matchd_subscription_flush(sub.s, WAIT_MS), MATCHD_OK);
	assert_int_equal(fake_subscription(w->gateway).acked, 1);
	end(sub);
}

/* ---- event loops ---- */

static void
the_descriptor_wakes_an_event_loop(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.credit = 3};
	struct sub sub = subscribe(w->gateway, "s", &o);
	struct matchd_delivery d;
	uint64_t last = 0;
	for (int burst = 1; burst <= 10; burst++) {
		append(w->gateway, 20);
		while (last < (uint64_t)burst * 20) {
			int rc;
			while ((rc = matchd_subscription_next(sub.s, 0, &d)) == MATCHD_OK) {
				assert_int_equal(d.number, ++last);
				matchd_subscription_ack(sub.s);
			}
			assert_int_equal(rc, MATCHD_TIMEOUT);
			struct pollfd p = {.fd = matchd_subscription_fd(sub.s), .events = POLLIN};
			if (last < (uint64_t)burst * 20)
				assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		}
	}
	end(sub);
}

/* Also where nobody answers: the timers come by the same descriptor, and not all the time. */
static void
the_descriptor_sleeps_and_wakes_for_what_is_overdue(void **state)
{
	struct world *w = *state;
	const struct matchd_subscription_options o = {.wait_ms = 100};
	struct sub sub = subscribe(w->gateway, "s", &o);
	struct matchd_delivery d;
	unsigned wakes = 0;
	fake_mute(w->gateway, true);
	for (int round = 0; round < 10; round++) {
		assert_int_equal(matchd_subscription_next(sub.s, 0, &d), MATCHD_TIMEOUT);
		struct pollfd p = {.fd = matchd_subscription_fd(sub.s), .events = POLLIN};
		wakes += poll(&p, 1, 100) > 0;
	}
	assert_in_range(wakes, 1, 9);
	fake_mute(w->gateway, false);
	append(w->gateway, 1);
	expect(sub, 0, 1);
	end(sub);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD_TEST(facts_come_in_order_and_are_acknowledged),
	    WORLD_TEST(what_stands_comes_first),
	    WORLD_TEST(a_match_says_because_of_what_it_came),
	    WORLD_TEST(the_next_page_is_fetched_ahead),
	    WORLD_TEST(a_flush_acknowledges_while_a_fetch_waits_and_a_page_is_ahead),
	    WORLD_TEST(our_name_goes_with_every_request),
	    WORLD_TEST(an_overdue_answer_makes_another_consumer_and_no_fact_comes_twice),
	    WORLD_TEST(a_late_request_of_our_own_is_no_other_consumer),
	    WORLD_TEST(a_page_that_is_lost_on_its_way_is_given_again),
	    WORLD_TEST(a_restart_of_the_gateway_loses_nothing),
	    WORLD_TEST(a_connection_that_is_cut_is_noticed_at_once),
	    WORLD_TEST(a_core_that_is_away_is_waited_for),
	    WORLD_TEST(the_descriptor_wakes_an_event_loop),
	    WORLD_TEST(the_descriptor_sleeps_and_wakes_for_what_is_overdue),
	};
	return cmocka_run_group_tests_name("subscribe", tests, NULL, NULL);
}
