#pragma once

/*
 * Listings' canonical bodies: in memory, or in rows that somebody keeps.
 *
 * A body is longer than all else that is known of a listing, and matching never reads it: what it
 * states stands in the columns. So where a keeper gives rows back (market_keep) a body is held only
 * until its row is kept, and read from there when somebody asks. Without a keeper all are held.
 */

#include "core/market.h"

/* A body in memory. */
struct held_body {
	char *bytes; /* owned */
	uint32_t len;
	uint32_t listing; /* number */
	bool flushed;	  /* its row has been given to the keeper */
};

struct bodies {
	struct row_keeper keeper; /* `row` NULL: there is none */
	struct held_body *held;	  /* by listing, ascending */
	size_t n_held, cap_held;
};

/* Holds a copy of the body in the place of what the listing had. */
void bodies_hold(struct bodies *b, uint32_t listing, struct str body);
/* What is held has been given to the keeper. */
void bodies_flushed(struct bodies *b);
/* Lets go of what was given; there must be a keeper, who has it. */
void bodies_let_go(struct bodies *b);
/* STR_NONE where it is not held. */
struct str bodies_held(const struct bodies *b, uint32_t listing);
void bodies_done(struct bodies *b);
