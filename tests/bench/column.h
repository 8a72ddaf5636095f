#pragma once

/*
 * Columns for the scans: plain arrays, tested a block of rows at a time. A test leaves a
 * word per row, 1 where all conditions so far hold: as wide as what is tested, so that compilers make
 * it a loop of vectors without branches.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 2048 };

/* A zeroed column of `capacity` elements, in large pages where there are any: a scan should wait
 * for memory, not for page tables. free() it. */
void *column_new(size_t capacity, size_t width);

/* The places of the ones among the first `n` of a block's words, ascending, and how many. */
static inline size_t
block_hits(const uint32_t hit[BLOCK], size_t n, uint16_t ret[BLOCK])
{
	uint8_t narrow[BLOCK] = {0};
	size_t hits = 0;
	for (size_t i = 0; i < n; i++)
		narrow[i] = (uint8_t)hit[i];
	for (size_t i = 0; i < BLOCK; i += 8) {
		uint64_t eight;
		memcpy(&eight, narrow + i, sizeof eight);
		for (size_t k = i; eight; k++, eight >>= 8)
			if (eight & 1)
				ret[hits++] = (uint16_t)k;
	}
	return hits;
}
