#pragma once

/*
 * A market with subscriptions, for their tests: two participants, a and b, and one exchange, where the
 * offer's price decides the score. Each fact is judged as it is made, and what is noted can be asked.
 */

#include "daemon/subscriptions.h"
#include "trade.h"

#define TITLE "title: {ru: х, en: x}"

struct world {
	struct trade trade;
	struct subscriptions *s;
	struct buf log; /* a line per noted fact: its kind and whom it is noted for */
	uint64_t head;
	/* Takes each fact as well, with what was noted; NULL: nobody does. */
	void (*keep)(void *arg, const struct fact *f, struct str bytes, const struct about *a,
		     struct str note);
	void *keep_arg;
};

/* cmocka's setup and teardown: *state is a new world. */
int subscribed_setup(void **state);
int subscribed_teardown(void **state);

extern const uint8_t EPOCH[SUBSCRIPTION_EPOCH], OTHER[SUBSCRIPTION_EPOCH];
/* What is published: a need and an offer that match, with a score of 900; what revises the offer. */
extern const char need[], cheap[], to_dear[], to_dearer[], to_cheap[], to_other[];
/* A filter for offers, and conditions. */
extern const char offers[], kind_x[];

/* Subscribes by a filter written in JSON; conditions, NULL for none, are those of a need. */
struct subscription *subscribe(struct world *w, const char *client, const char *name,
			       const char *filter, const char *conditions, bool with_state);
/* What was noted since the last call: a line for each fact that is noted for somebody. */
void assert_noted(struct world *w, const char *lines);
