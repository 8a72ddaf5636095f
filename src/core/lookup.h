#pragma once

/*
 * Lookup: from a box to the few boxes of the other side that may meet it.
 *
 * One lookup per exchange and side holds the rows of that side's open listings. It may propose too
 * many, never too few; meet.h decides. Per keyword, code and flag field it keeps posting lists: for
 * each value the rows that state it, and beside them the rows which the field cannot rule out. A
 * probe takes the field whose lists are shortest; where no field can select, all open rows are
 * proposed.
 */

#include "core/columns.h"
#include "core/numbers.h"

struct lookup;

/* Over the rows of these columns, which must outlive it. Reads the exchange that they have. */
struct lookup *lookup_new(const struct columns *c);
/* Takes NULL. */
void lookup_free(struct lookup *l);
/* The row must state the same when it is removed. */
void lookup_add(struct lookup *l, uint32_t row, struct dict *d);
void lookup_remove(struct lookup *l, uint32_t row, struct dict *d);

/* A set of numbers below a bound, for leaving out repetitions; empty again by one addition. */
struct marks {
	uint32_t *seen; /* by number: the round in which it was seen */
	size_t cap;
	uint32_t round;
};
void marks_begin(struct marks *m, size_t bound);
/* Whether it was not marked yet in this round; marks it. */
bool marks_add(struct marks *m, uint32_t number);
void marks_free(struct marks *m);

/* Fills `out` (emptied first) with every row that may meet the probe, a box of the other side, each
 * once, in no particular order. */
void lookup_rows(const struct lookup *l, struct box probe, const struct dict *d,
		 struct marks *marks, struct numbers *out);
