#pragma once

/*
 * The core's cycle with a market, over the simulation's store and streams and a clock of its own, for
 * tests that play it turn by turn. There is one at a time.
 */

#include "crash/sim/sim.h"
#include "daemon/cycle.h"
#include "daemon/journal.h"
#include "daemon/turn.h"
#include "trade.h"

/* A gateway is there, two participants, a and b, and an exchange in which listings expire after a
 * day. */
struct core {
	struct disk disk;
	struct trade trade;
	struct options options;
	struct store *store;
	struct journal journal;
	struct replies *replies;
	struct subscriptions *subscriptions;
	struct turn *turn;
	struct dispatch dispatch;
	struct cycle *cycle;
	enum fate fate; /* of commits */
	bool stored;	/* those that are handed over */
	enum store_room room;
	unsigned commits;
	size_t said; /* bytes that were on the wire when the last commit began */
	int64_t now_ms;
};

/* cmocka's setup and teardown: *state is a new core. */
int turns_setup(void **state);
int turns_teardown(void **state);

/* The monotonic clock, and how long each look at it takes. */
extern int64_t clock_ms, look_ms;

/* Another gateway connects. */
void join(struct core *c, int wire);
/* Publishes what of the same side is alike, and commits it: nobody is told any more. */
void publish(struct core *c, enum side side, unsigned n);
/* Commits what trade.h made. */
void store_turn(struct core *c);

/* A request of client "me"; `more` are arguments in JSON, each behind a comma. */
void say(unsigned id, const char *cmd, const char *more);
void say_on(int wire, unsigned id, const char *cmd, const char *more);
/* A need of a that nothing meets. */
void say_publish(unsigned id, const char *key);

/* What was heard since the last call: a line for each reply (its id, and a refusal's code, or of how
 * many facts it is), and for each fact in its exchange's stream (its kind). */
void assert_heard(const char *lines);
void assert_heard_on(int wire, const char *lines);
/* A turn, and what was heard in it. Returns whether another one is due at once. */
bool turn(struct core *c, const char *lines);
