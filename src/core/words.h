#pragma once

/* Runs of 32-bit words in one array. A run that is given back is used again by one of the same
 * length, so that garbage stays within what was once in use. */

#include "core/limits.h"

#include <stdint.h>

enum { LONGEST_RUN = 1 + 3 * MAX_VALUES };

struct words {
	uint32_t *at;
	uint32_t n, cap;		/* word 0 is none */
	uint32_t free[LONGEST_RUN + 1]; /* by length: the first free run, or 0 */
};

/* The first of `n` adjacent words, at most LONGEST_RUN; never 0. What is in them is undefined. */
uint32_t words_take(struct words *w, uint32_t n);
void words_give(struct words *w, uint32_t at, uint32_t n);
void words_free(struct words *w);
/* Room for `needed`, an eighth more than there was: large blocks are remapped, not copied, and a
 * table of a million should not keep room for another million. */
uint32_t words_roomier(uint32_t cap, uint32_t needed);
