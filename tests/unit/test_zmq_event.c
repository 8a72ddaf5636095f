/*
 * A request that nobody is woken for waits until the next one comes, perhaps for ever. The lost
 * wake-up is a matter of one instant, so it is built here step by step.
 */

#include "daemon/zmq_event.h"

#include <event2/event.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { PATIENCE_MS = 5000 };

struct fixture {
	struct event_base *base;
	void *context, *router, *client;
	struct zmq_event event;
	int budget;   /* messages taken per call */
	int calls;    /* of ready */
	int received; /* messages */
	char peer[32];
	size_t peer_len;
};

static bool
receive(struct fixture *f)
{
	char body[16];
	int len = zmq_recv(f->router, f->peer, sizeof(f->peer), ZMQ_DONTWAIT);

	if (len < 0)
		return false;
	f->peer_len = (size_t)len;
	assert_true(zmq_recv(f->router, body, sizeof(body), 0) >= 0);
	f->received++;
	return true;
}

static void
on_ready(void *arg)
{
	struct fixture *f = arg;

	f->calls++;
	for (int i = 0; i < f->budget; i++)
		if (!receive(f))
			break;
}

static int
setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){.budget = 100};
	f.base = event_base_new();
	f.context = zmq_ctx_new();
	f.router = zmq_socket(f.context, ZMQ_ROUTER);
	f.client = zmq_socket(f.context, ZMQ_DEALER);
	assert_int_equal(zmq_bind(f.router, "inproc://requests"), 0);
	assert_int_equal(zmq_connect(f.client, "inproc://requests"), 0);
	assert_int_equal(zmq_event_init(&f.event, f.base, f.router, on_ready, &f), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	int linger = 0;

	zmq_event_done(&f->event);
	zmq_setsockopt(f->client, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(f->router, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_close(f->client);
	zmq_close(f->router);
	zmq_ctx_term(f->context);
	event_base_free(f->base);
	return 0;
}

static void
ask(struct fixture *f)
{
	assert_int_equal(zmq_send(f->client, "ask", 3, 0), 3);
}

static bool
edge_within(const struct fixture *f, int ms)
{
	struct pollfd p = {.events = POLLIN};
	size_t size = sizeof(p.fd);

	assert_int_equal(zmq_getsockopt(f->router, ZMQ_FD, &p.fd, &size), 0);
	return poll(&p, 1, ms) == 1;
}

static bool
message_waits(const struct fixture *f)
{
	int events;
	size_t size = sizeof(events);

	assert_int_equal(zmq_getsockopt(f->router, ZMQ_EVENTS, &events, &size), 0);
	return events & ZMQ_POLLIN;
}

/* Turns the loop until it has nothing more to do at once. */
static void
turn_loop(struct fixture *f)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* The first request was served; the second is there and its edge is up. */
static void
second_request_comes(struct fixture *f)
{
	ask(f);
	assert_true(edge_within(f, PATIENCE_MS));
	turn_loop(f);
	assert_int_equal(f->received, 1);
	assert_false(edge_within(f, 0));
	ask(f);
	assert_true(edge_within(f, PATIENCE_MS));
}

/* libzmq looks for commands at a send only if it has not just done so, hence the pause. */
static void
send_swallows_the_edge(struct fixture *f)
{
	usleep(20000);
	assert_int_equal(zmq_send(f->router, f->peer, f->peer_len, ZMQ_SNDMORE), f->peer_len);
	assert_int_equal(zmq_send(f->router, "answer", 6, 0), 6);
	assert_false(edge_within(f, 0));
	assert_true(message_waits(f));
}

/* So it is without the check; were it not, the next test would prove nothing. */
static void
a_send_can_swallow_a_wakeup(void **state)
{
	struct fixture *f = *state;

	second_request_comes(f);
	send_swallows_the_edge(f);
	turn_loop(f);
	assert_int_equal(f->received, 1);
}

static void
the_check_finds_what_was_swallowed(void **state)
{
	struct fixture *f = *state;

	second_request_comes(f);
	send_swallows_the_edge(f);
	zmq_event_check(&f->event);
	turn_loop(f);
	assert_int_equal(f->received, 2);
}

/* One edge for many messages: all are taken, in several turns of the loop. */
static void
a_budget_loses_nothing(void **state)
{
	struct fixture *f = *state;

	f->budget = 1;
	for (int i = 0; i < 5; i++)
		ask(f);
	assert_true(edge_within(f, PATIENCE_MS));
	turn_loop(f);
	assert_int_equal(f->received, 5);
	assert_int_equal(f->calls, 5);
}

/* Requests that came before the socket was watched, or while it rested. */
static void
nothing_is_forgotten_at_rest(void **state)
{
	struct fixture *f = *state;

	zmq_event_rest(&f->event, true);
	ask(f);
	assert_true(edge_within(f, PATIENCE_MS));
	turn_loop(f);
	assert_int_equal(f->received, 0);
	assert_false(edge_within(f, 0)); /* or the loop would spin on it */
	zmq_event_rest(&f->event, false);
	turn_loop(f);
	assert_int_equal(f->received, 1);

	zmq_event_done(&f->event);
	ask(f);
	assert_true(edge_within(f, PATIENCE_MS));
	assert_true(message_waits(f));
	assert_int_equal(zmq_event_init(&f->event, f->base, f->router, on_ready, f), 0);
	turn_loop(f);
	assert_int_equal(f->received, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_send_can_swallow_a_wakeup, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_check_finds_what_was_swallowed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_budget_loses_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_is_forgotten_at_rest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
