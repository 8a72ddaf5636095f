#include "daemon/broadcast.h"

#include "daemon/bound.h"
#include "daemon/log.h"
#include "daemon/zmq_event.h"
#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

enum {
	RECEIVE_BUDGET = 256, /* subscriptions before other events have their turn */
	TOPIC_MAX = 128,      /* bytes; the longest that is ever published is shorter */
	TOPICS_MAX = 200000,  /* of all subscribers together */
	LINGER_MS = 300,
};

struct broadcast {
	struct bound bound;
	struct zmq_event event;
	uint64_t topics; /* subscribed to now, each subscriber's counted */
	bool full;	 /* the bound was met, and that was logged */
};

/* The options of the subscriber that the last message came from: that is how MANUAL works. */
static void
subscribe(struct broadcast *b, const char *topic, size_t len)
{
	if (len > TOPIC_MAX || b->topics >= TOPICS_MAX) {
		if (!b->full)
			log_write(LOG_ID_TOPIC_REFUSED,
				  LOG_FIELDS({"bytes", .number = (int64_t)len},
					     {"topics", .number = (int64_t)b->topics}),
				  "a subscription is too long or one too many, and is not taken");
		b->full = true;
		return;
	}
	if (zmq_setsockopt(b->bound.socket, ZMQ_SUBSCRIBE, topic, len) == 0)
		b->topics++;
}

static void
unsubscribe(struct broadcast *b, const char *topic, size_t len)
{
	zmq_setsockopt(b->bound.socket, ZMQ_UNSUBSCRIBE, topic, len);
	if (b->topics > 0)
		b->topics--;
	b->full = b->full && b->topics >= TOPICS_MAX;
}

/* One message from a subscriber; false: there is none. The first byte says 1, subscribe, or 0. */
static bool
receive(struct broadcast *b)
{
	zmq_msg_t frame;

	zmq_msg_init(&frame);
	bool there = zmq_msg_recv(&frame, b->bound.socket, ZMQ_DONTWAIT) >= 0;
	const char *bytes = zmq_msg_data(&frame);
	size_t len = zmq_msg_size(&frame);
	if (there && len > 0 && bytes[0] == 1)
		subscribe(b, bytes + 1, len - 1);
	else if (there && len > 0 && bytes[0] == 0)
		unsubscribe(b, bytes + 1, len - 1);
	zmq_msg_close(&frame);
	return there;
}

static void
on_ready(void *arg)
{
	for (int i = 0; i < RECEIVE_BUDGET; i++)
		if (!receive(arg))
			break;
}

struct broadcast *
broadcast_new(struct event_base *base, void *context, const struct options *options)
{
	struct broadcast *b = mem_zalloc(sizeof(*b));

	if (bound_open(&b->bound, context, ZMQ_XPUB, options->feed, (mode_t)options->socket_mode) ==
		0 &&
	    zmq_event_init(&b->event, base, b->bound.socket, on_ready, b) == 0)
		return b;
	int error = errno;
	broadcast_free(b);
	errno = error;
	return NULL;
}

void
broadcast_free(struct broadcast *b)
{
	if (!b)
		return;
	zmq_event_done(&b->event);
	bound_close(&b->bound, LINGER_MS);
	free(b);
}

/* XPUB sends never wait and drop by themselves; there is nothing to do about a failure. */
void
broadcast_send(struct broadcast *b, struct str topic, struct str header, struct str body)
{
	void *socket = b->bound.socket;

	if (zmq_send(socket, topic.p, topic.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
	    zmq_send(socket, header.p, header.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
		zmq_send(socket, body.p, body.len, ZMQ_DONTWAIT);
}

void
broadcast_check(struct broadcast *b)
{
	zmq_event_check(&b->event);
}
