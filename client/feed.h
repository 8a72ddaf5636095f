#pragma once

/* The SUB side of the feed: one socket, subscribed, and its messages one by one. */

#include "proto/proto.h"
#include "util/buf.h"

#include <zmq.h>

/* No heartbeat for so long: the feed is taken for dead. */
enum { FEED_SILENCE_MS = 3 * PROTO_HEARTBEAT_MS };

struct feed {
	void *socket;
	zmq_msg_t frames[3];
};

/* One message; its views live until the next feed_receive. */
struct feed_message {
	bool heartbeat;
	uint8_t epoch[PROTO_EPOCH];
	uint64_t number;
	uint64_t prev;
	struct str body; /* checked: one MessagePack map; STR_NONE for a heartbeat */
};

/* The outcomes of feed_receive. */
enum { FEED_NOTHING, FEED_MESSAGE, FEED_FAILED };

/*
 * Subscribes to `n` streams, or to everything where n is 0, and to the heartbeat last: whoever gets
 * a heartbeat is subscribed to all the rest. Returns 0, or -1 with errno.
 */
int feed_open(struct feed *f, void *context, const char *endpoint, char *const *streams, size_t n);
/* Takes one that is closed already. */
void feed_close(struct feed *f);
/* The next message that is there already. What is no message of the feed is passed over. */
int feed_receive(struct feed *f, struct feed_message *ret);
