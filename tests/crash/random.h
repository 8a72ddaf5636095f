#pragma once

/* Chance that a seed decides: the same seed, the same choices. SplitMix64. */

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0..n-1; n is not 0. */
static inline uint64_t
chance_below(struct chance *c, uint64_t n)
{
	return chance_next(c) % n;
}

/* True `of` times in `in`. */
static inline bool
chance_is(struct chance *c, uint64_t of, uint64_t in)
{
	return chance_below(c, in) < of;
}

/* The chance of one thing among many of a seed. */
static inline struct chance
chance_of(uint64_t seed, uint64_t kind, uint64_t index)
{
	struct chance c = {seed};
	c.state = chance_next(&c) ^ kind << 56 ^ index;
	chance_next(&c);
	return c;
}
