#pragma once

/*
 * A set of rows, made for intersecting many sets over many rows: an ascending list while it holds
 * few rows, and bits once it holds many.
 *
 * Bits lie in spans of SPAN_ROWS rows, allocated where the set has rows, so that growing moves
 * nothing and whoever intersects sets span by span works within the first-level cache. Beside the
 * rows stands in which blocks of a span they are, so that what is empty need not be read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A build for tests makes these small, so that short histories pass through every form. */
#ifndef ROWSET_SPAN_BITS
#define ROWSET_SPAN_BITS  16
#define ROWSET_BLOCK_BITS 10
#define ROWSET_FEW	  256
#endif

enum {
	SPAN_BITS = ROWSET_SPAN_BITS,
	SPAN_ROWS = 1 << SPAN_BITS,
	SPAN_WORDS = SPAN_ROWS / 64,
	BLOCK_ROWS = 1 << ROWSET_BLOCK_BITS,
	BLOCK_WORDS = BLOCK_ROWS / 64,
	SPAN_BLOCKS = SPAN_ROWS / BLOCK_ROWS, /* at most 64 */
	/* Bits take n/8 bytes of n rows and a list 4 bytes a row, and an entry of a list takes
	 * longer to read than a word of bits: a list stays a list while it is at most a quarter as
	 * long as the bits would be. */
	ROWSET_SPARSE = 128,
};

struct rowset {
	uint32_t n; /* rows that it holds */
	uint32_t cap;
	uint32_t n_spans; /* entries of `live`, and of `spans` */
	bool dense;	  /* bits, not a list */
	union {
		uint32_t *list;	  /* ascending */
		uint64_t **spans; /* NULL where a span never held a row */
	};
	/* [span] a bit for each block that holds a row. NULL where a list is so short that it tells
	 * as fast itself. */
	uint64_t *live;
};

/* `bound`: all rows are below it; it decides between the forms. Adding what is there, and removing
 * what is not, does nothing. */
void rowset_add(struct rowset *s, uint32_t row, uint32_t bound);
void rowset_remove(struct rowset *s, uint32_t row, uint32_t bound);
bool rowset_holds(const struct rowset *s, uint32_t row);
/* Room for the bits of a span: SPAN_WORDS words, zeroed. */
uint64_t *rowset_span_new(void);
/* Sets the set to the rows whose bit in `bits` is set; takes `bits` (n_spans entries, from malloc,
 * each NULL or from rowset_span_new) over. */
void rowset_take(struct rowset *s, uint64_t **bits, uint32_t n_spans);
void rowset_free(struct rowset *s);
/* The bits of a dense set in a span, or NULL. */
static inline const uint64_t *
rowset_span(const struct rowset *s, uint32_t span)
{
	return span < s->n_spans ? s->spans[span] : NULL;
}
/* The blocks of a span in which the set has rows, a bit each. */
uint64_t rowset_live(const struct rowset *s, uint32_t span);
/* The block of a row in its span, as a bit. */
static inline uint64_t
row_block(uint32_t row)
{
	return UINT64_C(1) << (row % SPAN_ROWS >> ROWSET_BLOCK_BITS);
}
/* Asks for what rowset_holds will read, ahead of time. */
static inline void
rowset_prefetch(const struct rowset *s, uint32_t row)
{
	const uint64_t *bits = s->dense ? rowset_span(s, row >> SPAN_BITS) : NULL;
	if (bits)
		__builtin_prefetch(&bits[row % SPAN_ROWS / 64]);
}
/* The part of a list that lies in a span. */
struct row_run {
	const uint32_t *at;
	size_t len;
};
struct row_run rowset_run(const struct rowset *s, uint32_t span);
