#pragma once

/*
 * A market whose facts are kept in a journal in memory, and the delivery that gives them to its
 * subscriptions (subscribed.h): for tests of what a fetch is answered. Answers are a line each.
 */

#include "daemon/delivery.h"
#include "subscribed.h"

struct desk {
	struct world *w;
	struct delivery *delivery;
	struct delivery_outlet outlet;
	struct journal journal;
	const uint8_t *epoch;
	struct kept_fact *facts;
	size_t n_facts, cap_facts;
	uint64_t before;  /* facts that were made before the journal began */
	uint64_t first;	  /* the oldest fact that can be read */
	uint64_t broken;  /* from this one on they cannot; 0: they can */
	bool at_hand;	  /* facts are given to delivery as they are made, as after a commit */
	const void *slow; /* an origin that takes no more; NULL: none */
	struct buf log;	  /* a line per answer */
	unsigned answers;
	/* The last one's. */
	uint32_t rows;
	size_t bytes;
	int64_t now_ms;
};

/* cmocka's setup and teardown: *state is a new desk. Its facts are at hand. */
int delivered_setup(void **state);
int delivered_teardown(void **state);
/* The process begins anew: nothing is at hand any more, and each begins behind what is acknowledged. */
void restart(struct desk *d);

/* Two gateways, as origins. */
extern const char GATEWAY[], OTHER_GATEWAY[];

/*
 * Asks, as the subscription's first consumer through GATEWAY unless the ask says otherwise. What is
 * refused is an answer, too.
 */
void ask(struct desk *d, struct subscription *sub, struct fetch_ask ask);
/* Delivery's turn; returns whether there is more to be looked through at once. */
bool run(struct desk *d);
/* Asks for so many facts without waiting, and runs. */
void fetch(struct desk *d, struct subscription *sub, uint64_t id, uint32_t credit);
/* The place behind which facts follow that number. */
struct place_in place_of(uint64_t number);

/*
 * The answers since the last call, a line each: who asked and the request's id, then the rows: kind
 * and number, for the state with the place in it (a pair's begins with p), for matches whom it is
 * given because of in brackets; what else there is to say; or a refusal's code. A fetch that is
 * passed over has "nothing" for an answer.
 */
void assert_answered(struct desk *d, const char *lines);
