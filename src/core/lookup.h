#pragma once

/*
 * Lookup: from a box to the boxes of the other side that meet it.
 *
 * One lookup per exchange and side holds the rows of that side that can be matched. It keeps them
 * three times over, for three questions:
 *
 *   rowsets   which rows state this value, or an end up to this edge (core/rowset.h)? Sets are
 *             intersected, as long as each takes away rows for its price.
 *   lanes     may this one row meet (core/lanes.h)? A cache line answers for all numbers and
 *             places, mostly for certain.
 *   columns   does it meet in this field (core/meet.h)? Asked only where the first two leave a
 *             doubt.
 *
 * What is found is exactly what boxes_meet says; the lookup only decides in which order to ask.
 */

#include "core/lanes.h"
#include "core/numbers.h"
#include "core/rowset.h"
#include "util/hash.h"

/* A value, and who states it. */
struct posting {
	uint32_t value;	 /* in the dictionary, which it holds */
	uint16_t number; /* among the field's values (core/set_lane.h) */
	struct rowset at;
	struct rowset under; /* code fields only: at it or anywhere below */
	UT_hash_handle hh;
};

enum { EDGES = 15, OWN_RANGES = 3, REACH_RANGES = 2 * OWN_RANGES };

/* The rows by one lane of theirs, or by what a place's radius reaches: for ascending edges, those
 * whose lane is at most the edge. */
struct ranges {
	/* When lookup.arrived is so much the edges are chosen anew; 0: there are none yet. */
	uint64_t due;
	uint32_t n; /* edges */
	lane edge[EDGES];
	struct rowset upto[EDGES];
};

/* What is kept of one field. See lookup.c for what the sets mean. */
struct field_index {
	struct posting *by_value;
	struct rowset lenient, always, odd;
	bool coded;			  /* the form of its lane (core/set_lane.h) */
	uint16_t numbers;		  /* given to values */
	struct numbers free_numbers;	  /* given back */
	uint32_t prefer;		  /* rows that prefer the field */
	uint32_t radii;			  /* geo: rows whose place has a radius */
	struct rowset silent;		  /* geo: rows without a place */
	struct ranges ranges[OWN_RANGES]; /* by lane of the field */
	/* Geo, [REACH_RANGES], owned: by the least of each coordinate that the row's radius reaches,
	 * then by the greatest. NULL where no row had a radius when edges were chosen. */
	struct ranges *reach;
};

struct lookup {
	const struct columns *columns;
	struct lanes lanes;
	struct rowset all;
	uint64_t arrived;	    /* rows, with those that are gone */
	uint64_t ranges_due;	    /* when `arrived` is so much some edges are chosen anew */
	struct field_index *fields; /* by field */
};

/* Over the rows of these columns, which must outlive it. Reads the exchange that they have. */
struct lookup *lookup_new(const struct columns *c);
/* Takes NULL. */
void lookup_free(struct lookup *l);
/* `owner` and `opening` of the listing whose box the row is; any numbers where nobody ranks. */
void lookup_add(struct lookup *l, uint32_t row, uint32_t owner, uint32_t opening);
/* A row that comes, and whose it is. */
struct arrival {
	uint32_t row, owner, opening;
};
/* The same for many rows at once, ascending, into an empty lookup: field by field, which is faster. */
void lookup_fill(struct lookup *l, const struct arrival *rows, size_t n);
/* The row must state the same as when it was added. */
void lookup_remove(struct lookup *l, uint32_t row);
/* The value's rows, or NULL. */
const struct posting *posting_find(const struct field_index *index, uint32_t value);

static inline const lane *
lookup_lanes(const struct lookup *l, uint32_t row)
{
	return l->lanes.spans[row >> SPAN_BITS] + (size_t)(row % SPAN_ROWS) * l->lanes.n;
}
static inline uint32_t
lookup_owner(const struct lookup *l, uint32_t row)
{
	uint32_t owner;
	memcpy(&owner, lookup_lanes(l, row), sizeof owner);
	return owner;
}
static inline uint32_t
lookup_opening(const struct lookup *l, uint32_t row)
{
	uint32_t opening;
	memcpy(&opening, lookup_lanes(l, row) + 2, sizeof opening);
	return opening;
}
