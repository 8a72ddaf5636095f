#pragma once

/*
 * Sets of numbers, one behind another in words of 32 bits: a word of lengths, then the values.
 *
 * Short sets are few and stated often: of a million offers with five sets each, half of all sets
 * had at most three values, and among these one in forty was different. So these stand once, for
 * whoever states them; longer ones mostly differ and stand for themselves. Runs of words that are
 * given back are used again by what has the same length.
 */

#include "core/dict.h"
#include "core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SET_LENGTH_BITS = 10, SET_LENGTH_MASK = (1 << SET_LENGTH_BITS) - 1 };
#define SET_EVERYTHING_BUT (UINT32_C(1) << 3 * SET_LENGTH_BITS)
_Static_assert((int)MAX_VALUES <= (int)SET_LENGTH_MASK, "lengths fit");

enum { LONGEST_SET = 1 + 3 * MAX_VALUES, LONGEST_SHARED = 1 + 3 }; /* words */

struct pool {
	struct dict *dict; /* whose numbers the values are */
	uint32_t *words;
	uint32_t n, cap;		/* words; word 0 is none */
	uint32_t free[LONGEST_SET + 1]; /* by length: the first free run of words, or 0 */
	struct shared_set *shared;	/* uthash */
};

void pool_init(struct pool *p, struct dict *d);
/* What the sets hold of the dictionary is held for good. */
void pool_done(struct pool *p);
/* The place of a set that is given as it would stand there, and is pool_remove'd as often. The
 * caller holds each value, and the pool from now on. */
uint32_t pool_add(struct pool *p, const uint32_t *set);
void pool_remove(struct pool *p, uint32_t at);
bool pool_equal(const struct pool *p, uint32_t a, uint32_t b);
/* Memory in use, in bytes, without what the allocator adds. */
size_t pool_bytes(const struct pool *p);

/* Words of the set that begins so. */
static inline uint32_t
set_words(uint32_t head)
{
	return 1 + (head & SET_LENGTH_MASK) + (head >> SET_LENGTH_BITS & SET_LENGTH_MASK) +
	       (head >> 2 * SET_LENGTH_BITS & SET_LENGTH_MASK);
}
