/* What is read in one wake bounds what one commit can hold, and what is sent must arrive whole. */

#include "daemon/stream.h"
#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct event_base *base;
	struct stream *stream;
	int peer;	     /* -1: closed */
	int frames;	     /* read by on_input */
	int frames_at_close; /* -1: not closed */
	bool lazy;	     /* on_input leaves frames where they are */
};

static int
read_frames(struct fixture *f)
{
	struct channel_frame frame;
	enum channel_reason reason;
	int n = 0;

	while (stream_next(f->stream, &frame, &reason) == 1) {
		assert_int_equal(frame.kind, CHANNEL_REQUEST);
		n++;
	}
	return n;
}

static void
on_input(void *arg)
{
	struct fixture *f = arg;

	if (!f->lazy)
		f->frames += read_frames(f);
}

static void
on_closed(void *arg)
{
	struct fixture *f = arg;

	assert_int_equal(f->frames_at_close, -1);
	f->frames_at_close = f->frames;
}

static int
setup(void **state)
{
	static const struct stream_events events = {on_input, on_closed};
	static struct fixture f;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	f = (struct fixture){.base = event_base_new(), .peer = pair[1], .frames_at_close = -1};
	f.stream = stream_new(f.base, pair[0], &events, &f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	stream_free(f->stream);
	if (f->peer >= 0)
		close(f->peer);
	event_base_free(f->base);
	return 0;
}

static void
turn_loop(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* Requests of 1,000 bytes each, frame and all, from the peer. Returns how many the socket took
 * whole. */
static int
write_frames(const struct fixture *f, int count)
{
	static const char body[1000];
	struct buf frame = BUF_EMPTY;
	int n = 0;

	channel_put_request(&frame, STR("peer"),
			    (struct str){body, 1000 - CHANNEL_HEAD - 1 - strlen("peer")});
	assert_int_equal(frame.len, 1000);
	while (n < count && write(f->peer, frame.data, frame.len) == 1000)
		n++;
	buf_free(&frame);
	return n;
}

static void
one_wake_reads_everything(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_frames(f, 50), 50);
	turn_loop(f);
	assert_int_equal(f->frames, 50);
}

static void
the_end_comes_last(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_frames(f, 3), 3);
	close(f->peer);
	f->peer = -1;
	turn_loop(f);
	turn_loop(f);
	assert_int_equal(f->frames_at_close, 3);
}

/* Who fills by hand hears of the end all the same. */
static void
the_end_is_not_lost(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_frames(f, 1), 1);
	close(f->peer);
	f->peer = -1;
	stream_fill(f->stream);
	assert_int_equal(read_frames(f), 1);
	turn_loop(f);
	assert_int_equal(f->frames_at_close, 0);
}

/* Nobody reads frames: the peer has to wait, and goes on when they are read. */
static void
input_is_bounded(void **state)
{
	struct fixture *f = *state;
	int written = 0, more = 1;

	f->lazy = true;
	while (more > 0) {
		more = write_frames(f, 1000);
		written += more;
		turn_loop(f);
		assert_true(written < 4 * STREAM_INPUT_MAX / 1000);
	}
	assert_true(written >= STREAM_INPUT_MAX / 1000);
	f->lazy = false;
	f->frames += read_frames(f);
	turn_loop(f);
	written += write_frames(f, 10);
	turn_loop(f);
	turn_loop(f);
	/* the socket may have taken part of one frame when it was full */
	assert_in_range(written - f->frames, 0, 0);
}

/* Sent in one piece, taken bit by bit. */
static void
a_slow_reader_gets_all(void **state)
{
	struct fixture *f = *state;
	size_t len = 3 << 20, got = 0;
	char *bytes = mem_alloc(len), part[65536];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7 >> 3);
	stream_send(f->stream, (struct str){bytes, (uint32_t)len});
	assert_true(stream_backlog(f->stream) > 0);
	while (got < len) {
		ssize_t n = read(f->peer, part, sizeof(part));
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			turn_loop(f);
			continue;
		}
		assert_memory_equal(part, bytes + got, n);
		got += (size_t)n;
	}
	assert_int_equal(stream_backlog(f->stream), 0);
	free(bytes);
}

/* A peer that went away takes what was for it along. */
static void
nobody_to_send_to(void **state)
{
	struct fixture *f = *state;

	close(f->peer);
	f->peer = -1;
	stream_send(f->stream, STR("anything"));
	assert_int_equal(stream_backlog(f->stream), 0);
	turn_loop(f);
	turn_loop(f);
	assert_int_equal(f->frames_at_close, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(one_wake_reads_everything, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_end_comes_last, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_end_is_not_lost, setup, teardown),
	    cmocka_unit_test_setup_teardown(input_is_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_slow_reader_gets_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(nobody_to_send_to, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
