#pragma once

/*
 * Which facts a subscription wants: a kind, an exchange, a side, a participant, a listing, a least
 * score, and conditions on listings (core/search.h). What is not given lets everything through.
 *
 * All but score and conditions is judged by the fact alone, so that it gives the same answer
 * whenever it is asked. Score and conditions depend on what was true when the fact was made, and are
 * judged then, once (subscriptions.h); a filter that has them is *picky*.
 */

#include "core/market.h"
#include "core/search.h"

#include <stdbool.h>
#include <stdint.h>

enum { ANY_SIDE = -1, NOWHERE = -1 };

/* What a fact is about, as far as filters ask. Facts that are not published have a kind of 0. */
struct about {
	enum fact_kind kind;
	int exchange; /* by order of loading, or NOWHERE */
	/* By side; 0 for none. A fact about a participant has it on both sides. */
	uint32_t participant[2], listing[2];
	uint16_t score; /* of match.* */
};
/* The fact must have been applied. */
void about_fact(const struct market *m, const struct fact *f, struct about *ret);
static inline bool
about_is_match(const struct about *a)
{
	return a->kind >= FACT_MATCH_MADE && a->kind <= FACT_MATCH_ENDED;
}
static inline bool
about_is_listing(const struct about *a)
{
	return a->kind >= FACT_LISTING_DRAFTED && a->kind < FACT_MATCH_MADE;
}

/*
 * Canonical bytes: one MessagePack map with some of these keys, in this order:
 *
 *   {"exchange": text, "side": "need" or "offer", "participant": text, "listing": text,
 *    "kinds": [text…] in the order of their numbers, "min_score": int,
 *    "body": a canonical body (core/body.h) whose title is empty}
 */
struct filter {
	struct str bytes; /* owned; the texts are views into it */
	struct str exchange, participant, listing;
	int side;	/* of the listings that it is about; ANY_SIDE */
	uint64_t kinds; /* a bit per number of a kind; 0: all */
	uint16_t min_score;
	struct str body; /* the conditions, stated by the other side; STR_NONE: none */
};

/* The number of a published kind's name, or 0. */
unsigned kind_number(struct str name);
/* Copies and reads canonical bytes; false where they are none. Free with filter_done. */
bool filter_decode(struct str bytes, struct filter *ret);
void filter_done(struct filter *f);
bool filter_is_picky(const struct filter *f);
/* Whether the fact is of a kind that is wanted; whether it passes all but kind, score and conditions. */
bool filter_wants(const struct filter *f, enum fact_kind kind);
bool filter_covers(const struct filter *f, const struct market *m, const struct about *a);
