#pragma once

/*
 * One side's statement about one field, as the comparing code sees it. A set's values are a view
 * into that side's columns (core/columns.h), good until they change.
 */

#include "core/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Closed; INT64_MIN and INT64_MAX are open ends. */
struct interval {
	int64_t lo, hi;
};

#define PLACE_NO_RADIUS UINT64_MAX

struct place {
	uint64_t r2;	 /* squared chord, or PLACE_NO_RADIUS */
	int32_t x, y, z; /* metres, earth-centred */
};

struct statement {
	bool stated; /* false: the side is silent, and nothing below counts */
	bool prefer;
	bool everything_but;		/* sets */
	uint16_t n_any, n_none, n_veto; /* sets; n_any also counts dimensions' lengths */
	union {				/* by the field's type */
		const uint32_t *values; /* numbers in the dictionary: any, none, veto, one list
					   behind the other, each ascending */
		struct interval interval;
		int64_t lengths[MAX_DIMENSIONS]; /* longest first */
		struct place place;
	};
};

static inline const uint32_t *
statement_any(const struct statement *s)
{
	return s->values;
}
static inline const uint32_t *
statement_none(const struct statement *s)
{
	return s->values + s->n_any;
}
static inline const uint32_t *
statement_veto(const struct statement *s)
{
	return s->values + s->n_any + s->n_none;
}
