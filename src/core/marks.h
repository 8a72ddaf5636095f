#pragma once

/* A set of numbers below a bound, for leaving out repetitions; empty again by one addition. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marks {
	uint32_t *seen; /* by number: the round in which it was seen */
	size_t cap;
	uint32_t round;
};
void marks_begin(struct marks *m, size_t bound);
/* Whether it was not marked yet in this round; marks it. */
bool marks_add(struct marks *m, uint32_t number);
void marks_free(struct marks *m);
