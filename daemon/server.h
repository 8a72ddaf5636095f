#pragma once

/*
 * The core's loop: sessions, turns, and the time between them.
 *
 * A turn, in this order and no other:
 *
 *   1  the clock is read, once
 *   2  requests that are there are dispatched, up to a bound on their number and on the bytes they
 *      make; replies are held back
 *   3  if that made no facts, and deadlines have passed or telling work waits: a tick
 *   4  all facts and rows of the turn are stored in one commit
 *   5  replies go out, then facts, to every gateway; then whoever fetches from a subscription is
 *      given what is due
 *   6  sessions that ended are freed, and the next turn is set: at once if there is more to do, at
 *      the next deadline, or when something comes
 *
 * A commit that failed ends the loop: nothing of the turn is answered or told, and a restart begins
 * from the last commit.
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
