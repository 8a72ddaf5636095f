#pragma once

/*
 * Homes: which rows a table has, and where new ones come.
 *
 * Rows of one value stand together: whoever asks for that value then finds the other blocks of all
 * sets empty (core/rowset.h), and reads but a share of what is stored. The value is that of one field
 * per exchange and side, which columns choose. Values that few rows have, and rows that have several
 * or none, share a common home.
 *
 * A home takes room in extents of whole blocks, which grow with it. A row that is given back is taken
 * by the same home again, if that has extents. Where a home has more free rows than rows in use, they
 * go to the common one, whose rows come before new extents. So what values leave behind is bounded by
 * what is in use: as many free rows again, half of that left of an extent, and a block for each home.
 */

#include "core/limits.h"
#include "util/hash.h"

#include <stdint.h>

#define NO_HOME UINT32_MAX

/* The rows of one value. */
struct home {
	uint32_t value;
	uint32_t n;	    /* in use */
	uint32_t next, end; /* what is left of its extent */
	uint32_t n_free;    /* given back: linked, the first taken next */
	uint32_t first_free, last_free;
	UT_hash_handle hh;
};

struct homes {
	uint32_t n_rows;		 /* in use, given back or kept for a home; row 0 is none */
	uint32_t next, end;		 /* the common extent */
	uint32_t free[MAX_VARIANTS + 1]; /* by length: the common home's runs, linked; or 0 */
	uint32_t n_free;		 /* of the runs of one row */
	struct home *by_value;
};

void homes_init(struct homes *h);
void homes_done(struct homes *h);
/*
 * The first of `n` adjacent rows: by the value's home if there is one and n is 1, else by the common
 * one; `value` is NO_HOME for the latter. `links` has h->n_rows entries, of which those of free rows
 * are the homes'; where h->n_rows is more afterwards it must be given so many. Before the first row it
 * may be NULL.
 */
uint32_t homes_take(struct homes *h, uint32_t value, uint32_t n, uint32_t *links);
/* The same value and length as when they were taken. */
void homes_give(struct homes *h, uint32_t value, uint32_t row, uint32_t n, uint32_t *links);
/* Memory in use, in bytes, without what the allocator adds. */
size_t homes_bytes(const struct homes *h);
