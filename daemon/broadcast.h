#pragma once

/*
 * The gateway's face for the feed: an XPUB socket.
 *
 * It never waits for a subscriber: what a slow one cannot take is dropped for it, which it sees by
 * the numbers (proto/proto.h) and mends by replay. Subscriptions are taken one by one
 * (ZMQ_XPUB_MANUAL), so that their length and number are bounded: topics live in this process's
 * memory.
 */

#include "daemon/options.h"
#include "util/buf.h"

struct broadcast;
struct event_base;

/* Binds the socket. NULL with errno where it cannot. Free with broadcast_free, which takes NULL. */
struct broadcast *broadcast_new(struct event_base *base, void *context,
				const struct options *options);
void broadcast_free(struct broadcast *b);

/* Sends to whoever subscribed to a prefix of the topic; an empty body for heartbeats. After one or
 * several, broadcast_check. */
void broadcast_send(struct broadcast *b, struct str topic, struct str header, struct str body);
void broadcast_check(struct broadcast *b);
