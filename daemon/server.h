#pragma once

/*
 * The core's loop: the socket that gateways connect to, and the timers that call for turns
 * (cycle.h).
 */

#include "daemon/clock.h"
#include "daemon/dispatch.h"
#include "daemon/options.h"

#include <stdbool.h>

struct event_base;
struct notify;
struct store;
struct turn;

/* What the loop works on; all of it outlives the server. */
struct server_parts {
	struct event_base *base;
	const struct options *options;
	struct store *store;
	struct market *market;
	struct turn *turn; /* takes dispatch's facts */
	struct dispatch *dispatch;
	struct subscriptions *subscriptions;
	struct clock *clock;
	struct notify *notify;
};

struct server;

/*
 * Claims and binds the core's socket and listens. On failure returns NULL and has logged why. Free
 * with server_free, which takes NULL, drops the sessions, and removes the socket.
 */
struct server *server_new(const struct server_parts *parts);
void server_free(struct server *s);

/* Stops accepting, runs one more turn on what has been received, and ends the loop when the
 * answers are sent, or after a second. */
void server_stop(struct server *s);
/* Runs a turn soon: facts were made outside of requests. */
void server_wake(struct server *s);
/* A commit failed: the process must end without another word. */
bool server_failed(const struct server *s);
