/* Asking, of a gateway that is away, slow, or restarts; and the example. */

#include "client_world.h"
#include "proto/proto.h"
#include "util/buf.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
a_call_brings_its_reply(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	struct matchd_error e;
	assert_int_equal(matchd_call(w->client, "status", NULL, 0, &r), MATCHD_OK);
	assert_false(matchd_reply_error(r, &e));
	matchd_reply_free(r);
}

static void
a_refusal_is_typed(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	struct matchd_error e;
	assert_int_equal(matchd_call(w->client, "exchange.show", NULL, 0, &r), MATCHD_REFUSED);
	assert_true(matchd_reply_error(r, &e));
	assert_string_equal(e.code, "missing_field");
	assert_string_equal(e.field, "exchange");
	assert_true(strlen(e.message) > 0);
	matchd_reply_free(r);
}

static void
arguments_that_are_no_map_are_not_sent(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	assert_int_equal(matchd_call(w->client, "status", "\x01", 1, &r), MATCHD_E_USAGE);
	assert_int_equal(matchd_call(w->client, "status", "\x81\xa1", 2, &r), MATCHD_E_USAGE);

	struct buf big = BUF_EMPTY;
	static const char text[PROTO_MAX_REQUEST];
	mp_put_map(&big, 1);
	mp_put_text(&big, "client");
	mp_put_str(&big, (struct str){text, sizeof text});
	assert_int_equal(matchd_call(w->client, "hello", big.data, big.len, &r), MATCHD_E_USAGE);
	buf_free(&big);
}

static void
an_unreachable_matchd_is_said_to_be_so(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	struct matchd *c = world_connect(w->gateway, 200, 0);
	fake_stop(w->gateway);
	assert_int_equal(matchd_call(c, "status", NULL, 0, &r), MATCHD_UNREACHABLE);
	fake_start(w->gateway);
	matchd_close(c);
	c = world_connect(w->gateway, WAIT_MS, 0);
	assert_int_equal(matchd_call(c, "status", NULL, 0, &r), MATCHD_OK);
	matchd_reply_free(r);
	matchd_close(c);
}

static void
a_call_goes_through_after_a_restart(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	assert_int_equal(matchd_call(w->client, "status", NULL, 0, &r), MATCHD_OK);
	matchd_reply_free(r);
	fake_stop(w->gateway);
	fake_start(w->gateway);
	int rc = matchd_call(w->client, "status", NULL, 0, &r);
	assert_int_equal(rc, MATCHD_OK);
	matchd_reply_free(r);
}

/* The answer to a question that was given up must not be taken for the next one's. */
static void
a_late_reply_answers_nothing_else(void **state)
{
	struct world *w = *state;
	struct matchd_reply *r;
	struct matchd *c = world_connect(w->gateway, 200, 0);
	fake_mute(w->gateway, true);
	assert_int_equal(matchd_call(c, "status", NULL, 0, &r), MATCHD_TIMEOUT);
	fake_mute(w->gateway, false);
	assert_int_equal(matchd_call(c, "exchange.show", NULL, 0, &r), MATCHD_REFUSED);
	assert_int_equal(matchd_reply_id(r), 2);
	matchd_reply_free(r);
	matchd_close(c);
}

static void
many_requests_fly_at_once(void **state)
{
	enum { MANY = 1000 };
	struct world *w = *state;
	struct matchd_reply *r;
	bool seen[MANY + 1] = {false};
	uint64_t id;
	assert_int_equal(matchd_receive(w->client, 0, &r), MATCHD_E_USAGE);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(matchd_send(w->client, "status", NULL, 0, &id), MATCHD_OK);
		assert_int_equal(id, i + 1);
	}
	assert_int_equal(matchd_send(w->client, "status", NULL, 0, &id), MATCHD_BUSY);
	assert_int_equal(matchd_call(w->client, "status", NULL, 0, &r), MATCHD_BUSY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(matchd_receive(w->client, WAIT_MS, &r), MATCHD_OK);
		assert_in_range(matchd_reply_id(r), 1, MANY);
		assert_false(seen[matchd_reply_id(r)]);
		seen[matchd_reply_id(r)] = true;
		matchd_reply_free(r);
	}
	assert_int_equal(matchd_in_flight(w->client), 0);
}

static void
endpoints_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ",", "tcp://127.0.0.1:1,", "nonsense,nonsense"};
	char path[200];
	struct matchd *c;
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	struct matchd_options o = {.endpoint = path};
	assert_int_equal(matchd_open(&o, &c), MATCHD_E_USAGE);
	for (size_t i = 1; i < sizeof bad / sizeof *bad; i++) {
		o.endpoint = bad[i];
		assert_int_equal(matchd_open(&o, &c), MATCHD_E_USAGE);
	}
}

/* The example is what users copy from: it must work as it stands. */
static const char *example;

static void
the_example_works(void **state)
{
	struct world *w = *state;
	pid_t child = fork();
	if (child == 0) {
		execl(example, "example", fake_directory(w->gateway), "acme", "a", "2", NULL);
		_exit(127);
	}
	assert_true(child > 0);
	int status;
	while (waitpid(child, &status, WNOHANG) == 0) {
		fake_fact(w->gateway, "x.a p.acme", false);
		usleep(20000);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    WORLD_TEST(a_call_brings_its_reply),
	    WORLD_TEST(a_refusal_is_typed),
	    WORLD_TEST(arguments_that_are_no_map_are_not_sent),
	    WORLD_TEST(an_unreachable_matchd_is_said_to_be_so),
	    WORLD_TEST(a_call_goes_through_after_a_restart),
	    WORLD_TEST(a_late_reply_answers_nothing_else),
	    WORLD_TEST(many_requests_fly_at_once),
	    WORLD_TEST(endpoints_that_cannot_be_are_refused),
	    WORLD_TEST(the_example_works),
	};
	assert_int_equal(argc, 2);
	example = argv[1];
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
