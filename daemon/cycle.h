#pragma once

/*
 * The core's cycle: what happens in a turn, and between turns, whoever calls for it.
 *
 * A turn, in this order and no other:
 *
 *   1  the store says how much may be written
 *   2  requests that are there are dispatched, up to a bound on their number, on the bytes they
 *      make and on the time they take; replies are held back
 *   3  if that made no facts, and deadlines have passed or telling work waits: a tick
 *   4  whoever fetches from a subscription is given what is due, by replies that are held back, too
 *   5  all facts, rows and asides of the turn are stored in one commit
 *   6  replies go out, then facts, to every session
 *   7  sessions that ended are freed
 *
 * While a turn is stored (5), the next one is gathered (2): requests that come are decided on the
 * market as that turn leaves it, and their replies wait for a commit of their own, behind that
 * turn's. It is closed (4) when the commit is done, or is waited for. So what anybody hears is
 * stored, with all that it builds upon.
 *
 * A commit that failed is the end: nothing of the turn was answered or told, nor of the next, the
 * market is ahead of the store, and a restart begins from the last commit.
 *
 * No socket, no clock, no event loop: the server (server.h) has these, and a simulation others.
 */

#include "daemon/dispatch.h"
#include "daemon/options.h"
#include "daemon/session.h"

#include <stdbool.h>

struct store;
struct subscriptions;
struct turn;

/* What the cycle works on; all of it outlives the cycle. */
struct cycle_parts {
	const struct options *options; /* max_commands, keep_days and keep_size are looked at */
	struct store *store;
	struct market *market;
	struct turn *turn; /* takes dispatch's facts */
	struct dispatch *dispatch;
	struct subscriptions *subscriptions;
	int64_t (*monotonic_ms)(void); /* time that nobody sets */
	uint32_t
	    seed_looks; /* of a turn, at told pairs, for subscriptions that begin with the state */
};

struct cycle;

/* Free with cycle_free, which takes NULL and frees the sessions. */
struct cycle *cycle_new(const struct cycle_parts *parts);
void cycle_free(struct cycle *c);

/* Takes over a session. */
void cycle_add(struct cycle *c, struct session *s);
/* The first of them, in a utlist; how many. */
struct session *cycle_sessions(const struct cycle *c);
unsigned cycle_count(const struct cycle *c);

/* Takes what is there into a turn, and closes it if none is being stored. False: a commit failed
 * (logged). To be called when something has come, after the pause, and when the store says that a
 * turn is written. */
bool cycle_run(struct cycle *c, int64_t now_ms);
/* How long after a turn the next one is due if nothing comes before, in ms; -1: not at all. */
int64_t cycle_pause_ms(const struct cycle *c, int64_t now_ms);
/* Has the next turn store what would wait for a later one, where there is room. */
void cycle_settle(struct cycle *c);
/* To be called each second: sends the heartbeat, and looks what is to be done in the background.
 * Returns whether a turn is due. */
bool cycle_beat(struct cycle *c, int64_t now_ms);
