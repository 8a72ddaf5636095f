#pragma once

/* One helping of what a subscription is due: rows for the reply to a fetch. */

#include "daemon/dispatch.h"
#include "daemon/recent.h"
#include "daemon/subscriptions.h"

/* The told pairs in the order in which they were told: listed for whoever is given the state, and
 * kept for the next. Zeroed: none. */
struct state_pairs {
	struct state_pair *at; /* owned */
	size_t n;
	uint64_t head;	 /* the market's, when they were listed */
	bool used;	 /* since the owner looked */
	int64_t used_ms; /* for the owner */
};
void state_pairs_done(struct state_pairs *list);

struct page_source {
	const struct market *market;
	const struct journal *journal;
	const struct recent *recent;
	struct subscriptions *subscriptions;
	struct state_pairs *pairs;
};

struct page {
	uint32_t credit; /* rows that may be put yet; counts down */
	uint32_t count;	 /* rows that were put */
	uint32_t looked; /* facts and things of the state that were looked at */
	struct buf rows;
	struct numbers ids;	     /* room for what a note names */
	uint64_t lost_from, lost_to; /* facts that the journal has given back; lost_to 0: none */
	bool waits;		     /* for what is told to come into view (subscriptions_seed) */
	bool epoch_changed;	     /* for the caller */
	bool failed;		     /* the journal cannot be read */
};

/*
 * Puts what comes behind `sub->seen`, as far as credit, the size of a reply and a bound on what is
 * looked through reach, and moves `seen` and `given`. What is lost is told alone, and not passed:
 * whoever acknowledges it goes on behind.
 */
void page_fill(struct page *p, const struct page_source *from, struct subscription *sub);
void page_done(struct page *p);
