#pragma once

/*
 * The gateway's face for the feed: an XPUB socket.
 *
 * It never waits for a subscriber: what a slow one cannot take is dropped for it, which it sees by
 * the numbers (proto/proto.h) and mends by replay. Subscriptions are taken one by one
 * (ZMQ_XPUB_MANUAL), so that their length and number are bounded: topics live in this process's
 * memory.
 *
 * A fact has a topic for each of its streams, and most streams of a market are followed by nobody
 * at a time. Those that nobody has ever subscribed to are passed over.
 */

#include "daemon/channel.h"
#include "daemon/options.h"
#include "util/buf.h"

struct broadcast;
struct event_base;

/* Binds the socket. NULL with errno where it cannot. Free with broadcast_free, which takes NULL. */
struct broadcast *broadcast_new(struct event_base *base, void *context,
				const struct options *options);
void broadcast_free(struct broadcast *b);

/* For whoever subscribed to a prefix of the topic. After one or several, broadcast_check sends. */
void broadcast_fact(struct broadcast *b, const struct channel_fact *f);
void broadcast_heartbeat(struct broadcast *b, struct str header);
void broadcast_check(struct broadcast *b);
