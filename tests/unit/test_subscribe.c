/* Consuming a durable subscription, by way of a gateway that is late, lags, restarts and refuses. */

#include "client_world.h"
#include "util/buf.h"
#include "util/mp.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHORT_MS = 200 };

/* A client with a name, and its subscription. */
struct sub {
	struct matchd *c;
	struct matchd_subscription *s;
};

static struct sub
subscribe(struct fake *g, const char *name, const struct matchd_subscription_options *o)
{
	struct sub sub;
	const struct matchd_options options = {
	    .endpoint = fake_directory(g), .timeout_ms = SHORT_MS, .client = "portal"};
	assert_int_equal(matchd_open(&options, &sub.c), MATCHD_OK);
	assert_int_equal(matchd_subscription_open(sub.c, name, o, &sub.s), MATCHD_OK);
	return sub;
}

static void
end(struct sub sub)
{
	matchd_subscription_close(sub.s);
	matchd_close(sub.c);
}

static void
expect(struct sub sub, uint64_t state, uint64_t number)
{
	struct matchd_delivery d;
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_OK);
	assert_int_equal(d.state, state);
	assert_int_equal(d.number, number);
	assert_int_equal(d.at_ms, 1000 + number);
	assert_string_equal(d.kind, "listing.opened");
	struct mp in = mp_find(mp_of((struct str){d.body, (uint32_t)d.len}), STR("number"));
	assert_int_equal(mp_get_uint(&in), number);
}

static void
expect_range(struct sub sub, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++)
		expect(sub, 0, n);
}

static void
expect_nothing(struct sub sub)
{
	struct matchd_delivery d;
	assert_int_equal(matchd_subscription_next(sub.s, SHORT_MS, &d), MATCHD_TIMEOUT);
}

static void
expect_refused(struct sub sub, const char *code)
{
	struct matchd_delivery d;
	struct matchd_error e;
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_REFUSED);
	assert_true(matchd_subscription_error(sub.s, &e));
	assert_string_equal(e.code, code);
}

static void
append(struct fake *g, int n)
{
	while (n-- > 0)
		fake_fact(g, "x.a", false);
}

static void
wait_for_fetch(struct fake *g)
{
	for (int n = 0; n < WAIT_MS && !fake_subscription(g).waits; n++)
		usleep(1000);
	assert_true(fake_subscription(g).waits);
}

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

/* ---- what is told ---- */

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
	    WORLD_TEST(lost_facts_are_told_once_and_gone_behind),
	    WORLD_TEST(what_was_given_is_not_told_as_lost),
	    WORLD_TEST(an_epoch_that_changed_is_told_until_it_is_confirmed),
	    WORLD_TEST(who_is_taken_over_hears_so_and_can_take_back),
	    WORLD_TEST(a_deleted_subscription_is_told_and_another_of_the_name_begins_anew),
	    WORLD_TEST(an_unknown_subscription_is_told_in_words),
	    WORLD_TEST(what_cannot_be_is_refused_at_once),
	    WORLD_TEST(the_descriptor_wakes_an_event_loop),
	    WORLD_TEST(the_descriptor_sleeps_and_wakes_for_what_is_overdue),
	};
	return cmocka_run_group_tests_name("subscribe", tests, NULL, NULL);
}
