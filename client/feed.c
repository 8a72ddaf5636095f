#include "client/feed.h"

#include "client/connection.h"

#include <errno.h>
#include <stdio.h>

/* Waiting messages beyond this many are dropped, and filled in by replay. */
enum { RECEIVE_HIGH_WATER = 10000, BODY_DEPTH = 16 };

static int
subscribe(void *socket, const char *stream)
{
	char prefix[2 * 64 + 8];
	int len = snprintf(prefix, sizeof prefix, "%s/", stream);
	return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, (size_t)len);
}

static int
subscribe_all(void *socket, char *const *streams, size_t n)
{
	if (n == 0)
		return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
	for (size_t i = 0; i < n; i++)
		if (subscribe(socket, streams[i]))
			return -1;
	return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, PROTO_HEARTBEAT, strlen(PROTO_HEARTBEAT));
}

/* Two options stay unset, for libzmq 4.3.4 aborts a SUB that has them: ZMQ_HEARTBEAT_* (the feed's
 * own heartbeat does what it would do), and ZMQ_IMMEDIATE (when the publisher dies while messages
 * of several frames wait). */
int
feed_open(struct feed *f, void *context, const char *endpoint, char *const *streams, size_t n)
{
	int high_water = RECEIVE_HIGH_WATER;
	*f = (struct feed){.socket = zmq_socket(context, ZMQ_SUB)};
	for (size_t i = 0; i < 3; i++)
		zmq_msg_init(&f->frames[i]);
	if (f->socket && connection_set_up(f->socket) == 0 &&
	    zmq_setsockopt(f->socket, ZMQ_RCVHWM, &high_water, sizeof high_water) == 0 &&
	    subscribe_all(f->socket, streams, n) == 0 && zmq_connect(f->socket, endpoint) == 0)
		return 0;
	int why = errno;
	feed_close(f);
	errno = why;
	return -1;
}

void
feed_close(struct feed *f)
{
	if (!f->socket)
		return;
	for (size_t i = 0; i < 3; i++)
		zmq_msg_close(&f->frames[i]);
	zmq_close(f->socket);
	f->socket = NULL;
}

/* Takes all frames of one message, keeping the first three; *ret_count is how many there were. */
static int
receive_frames(struct feed *f, size_t *ret_count)
{
	size_t n = 0;
	bool more = true;
	while (more) {
		zmq_msg_t *frame = &f->frames[n < 3 ? n : 2];
		if (zmq_msg_recv(frame, f->socket, ZMQ_DONTWAIT) < 0)
			return errno == EAGAIN || errno == EINTR ? FEED_NOTHING : FEED_FAILED;
		more = zmq_msg_more(frame);
		n++;
	}
	*ret_count = n;
	return FEED_MESSAGE;
}

static struct str
frame_bytes(zmq_msg_t *frame)
{
	return (struct str){zmq_msg_data(frame), (uint32_t)zmq_msg_size(frame)};
}

static bool
read_message(struct feed *f, struct feed_message *ret)
{
	struct str body = frame_bytes(&f->frames[2]);
	if (!proto_feed_read(frame_bytes(&f->frames[1]), ret->epoch, &ret->number, &ret->prev))
		return false;
	ret->heartbeat = str_eq(frame_bytes(&f->frames[0]), STR(PROTO_HEARTBEAT));
	ret->body = ret->heartbeat ? STR_NONE : body;
	if (ret->heartbeat)
		return true;
	struct mp map = mp_of(body);
	return mp_check(body, BODY_DEPTH, PROTO_MAX_TOKENS, NULL) == MP_OK &&
	       mp_peek(&map) == MP_MAP;
}

int
feed_receive(struct feed *f, struct feed_message *ret)
{
	for (;;) {
		size_t n;
		int rc = receive_frames(f, &n);
		if (rc != FEED_MESSAGE)
			return rc;
		if (n == 3 && read_message(f, ret))
			return FEED_MESSAGE;
	}
}
