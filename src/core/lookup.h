#pragma once

/*
 * Lookup: from a listing to the few listings of the other side that may meet it.
 *
 * One lookup per exchange and side holds that side's open listings. It may propose too many, never
 * too few; meet.h decides. Per keyword, code and flag field it keeps posting lists: for each value
 * the listings that state it, and beside them the listings which the field cannot rule out. A probe
 * takes the field whose lists are shortest; where no field can select, all open listings are
 * proposed.
 */

#include "core/boxes.h"
#include "core/numbers.h"

struct lookup;

struct lookup *lookup_new(const struct exchange *e, enum side side);
/* Takes NULL. */
void lookup_free(struct lookup *l);
/* The boxes must be the same when it is removed. */
void lookup_add(struct lookup *l, uint32_t listing, const struct boxes *b, struct dict *d);
void lookup_remove(struct lookup *l, uint32_t listing, const struct boxes *b, struct dict *d);
size_t lookup_count(const struct lookup *l);

/* A set of listing numbers for leaving out repetitions; empty again by one addition. */
struct marks {
	uint32_t *seen; /* by listing number: the round in which it was seen */
	size_t cap;
	uint32_t round;
};
void marks_begin(struct marks *m, size_t n_listings);
/* Whether it was not marked yet in this round; marks it. */
bool marks_add(struct marks *m, uint32_t listing);
void marks_free(struct marks *m);

/*
 * Fills `out` (emptied first) with every listing that may meet the probe, a listing of the other
 * side, each once, in no particular order. `n_listings` bounds listing numbers.
 */
void lookup_candidates(const struct lookup *l, const struct boxes *probe, const struct dict *d,
		       size_t n_listings, struct marks *marks, struct numbers *out);
