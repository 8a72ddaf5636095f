#pragma once

/* Whether a stored listing could be published as it is under a changed definition of its exchange,
 * and whether a changed definition can change any match. */

#include "core/exchange.h"

struct misfit {
	struct str field; /* its name; lives as long as the definitions and the body */
	const char *what; /* what is wrong with it, to be read behind the name */
};

/*
 * A listing's body as it is stored under `was` means the same under `now`: every stated field is
 * there, of the same type and scale, and takes the values stated; nothing required is missing. Both
 * definitions have their trees bound. False fills in *ret.
 */
bool listing_fits(const struct exchange *was, const struct exchange *now, enum side side,
		  struct str body, struct misfit *ret);

/* Whether the definitions differ in nothing that matching, scores and telling read: only in titles,
 * lifetimes, units and the like. */
bool exchange_matches_alike(const struct exchange *a, const struct exchange *b);
