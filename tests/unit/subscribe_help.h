#pragma once

/* Consuming a subscription in tests: a client with one, and what it is expected to give. */

#include "client_world.h"

enum { SHORT_MS = 200 };

/* A client with a name, and its subscription. */
struct sub {
	struct matchd *c;
	struct matchd_subscription *s;
};

/* An answer is overdue after SHORT_MS. */
struct sub subscribe(struct fake *g, const char *name, const struct matchd_subscription_options *o);
void end(struct sub sub);
/* The next delivery is the fake gateway's of that place; state 0: a fact that happened. */
void expect(struct sub sub, uint64_t state, uint64_t number);
/* Facts that happened. */
void expect_range(struct sub sub, uint64_t from, uint64_t to);
/* Nothing comes for SHORT_MS. */
void expect_nothing(struct sub sub);
void expect_refused(struct sub sub, const char *code);
/* So many facts happen. */
void append(struct fake *g, int n);
/* Waits until a fetch waits at the gateway. */
void wait_for_fetch(struct fake *g);
