#pragma once

/* Random numbers that a seed decides, the same on every machine: xoshiro256** of Blackman and
 * Vigna, and the distributions that markets are made of. */

#include <stdint.h>

struct dice {
	uint64_t state[4];
};

struct dice dice_of(uint64_t seed);
/* In [0, 1). */
double dice_uniform(struct dice *d);
/* In lo..hi. */
int dice_between(struct dice *d, int lo, int hi);
/* In [lo, hi), its logarithm uniformly. */
double dice_log(struct dice *d, double lo, double hi);
/* Mean 0, deviation 1. */
double dice_normal(struct dice *d);
/* An index below n by cumulated weights `sum`, n + 1 of them, from 0 to 1. */
int dice_pick(struct dice *d, const double *sum, int n);
/* Fills in n + 1 cumulated weights of Zipf's law with exponent 0.9. */
void dice_zipf(double *ret_sum, int n);
