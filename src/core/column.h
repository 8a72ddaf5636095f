#pragma once

/*
 * One field's column: what the rows of a table state about it, as narrow as what was stated so far.
 *
 * Most numbers are small, most are written without a range, and most places have no radius. A column
 * begins in the narrowest form of its type; with the first statement that does not fit, all of it
 * is packed anew in the next, which happens twice at most. So rows are short and a statement is
 * still read by one switch.
 */

#include "core/exchange.h"
#include "core/statement.h"

enum column_form {
	COLUMN_SET, /* where the set begins in a pool of words */
	/* A number of 32 bits, read as that side reads one without a range: as enum reading. */
	COLUMN_EXACTLY,
	COLUMN_AT_LEAST,
	COLUMN_AT_MOST,
	COLUMN_ENDS,	   /* two ends of 32 bits; the least and the greatest are open */
	COLUMN_INTERVAL,   /* struct interval */
	COLUMN_POINT,	   /* x, y and z of a place without a radius */
	COLUMN_PLACE,	   /* struct place */
	COLUMN_DIMENSIONS, /* lengths of 32 bits; -1: not given */
	COLUMN_LENGTHS,	   /* the same of 64 bits */
};

struct column {
	char *bytes; /* [row * width]; owned */
	uint8_t form, width;
};

/* An empty one for what the side states about the field. */
struct column column_of(const struct field *f, enum side side);
/* Makes room for `rows` in all. */
void column_grow(struct column *c, uint32_t rows);
/* Packs what is stated about a number or a place; false where that does not fit the form. */
bool column_write(struct column *c, uint32_t row, const struct statement *s);
/* The next form, with room for `rows`, in which nothing stands yet. There must be one: the last of
 * each type takes everything. */
struct column column_wider(const struct column *c, uint32_t rows);

static inline const void *
column_at(const struct column *c, uint32_t row)
{
	return c->bytes + (size_t)row * c->width;
}

/* Where the row's set begins. */
static inline uint32_t *
column_set(const struct column *c, uint32_t row)
{
	return (uint32_t *)column_at(c, row);
}

/* Unpacks what the row states about a number or a place. */
static inline void
column_read(const struct column *c, uint32_t row, struct statement *ret)
{
	const void *at = column_at(c, row);
	const int32_t *n = at;
	switch ((enum column_form)c->form) {
	case COLUMN_SET:
		break;
	case COLUMN_EXACTLY:
		ret->interval = (struct interval){*n, *n};
		break;
	case COLUMN_AT_LEAST:
		ret->interval = (struct interval){*n, INT64_MAX};
		break;
	case COLUMN_AT_MOST:
		ret->interval = (struct interval){INT64_MIN, *n};
		break;
	case COLUMN_ENDS:
		ret->interval.lo = n[0] == INT32_MIN ? INT64_MIN : n[0];
		ret->interval.hi = n[1] == INT32_MAX ? INT64_MAX : n[1];
		break;
	case COLUMN_INTERVAL:
		ret->interval = *(const struct interval *)at;
		break;
	case COLUMN_POINT:
		ret->place = (struct place){PLACE_NO_RADIUS, n[0], n[1], n[2]};
		break;
	case COLUMN_PLACE:
		ret->place = *(const struct place *)at;
		break;
	case COLUMN_DIMENSIONS:
		for (; ret->n_any < MAX_DIMENSIONS && n[ret->n_any] >= 0; ret->n_any++)
			ret->lengths[ret->n_any] = n[ret->n_any];
		break;
	case COLUMN_LENGTHS: {
		const int64_t *lengths = at;
		for (; ret->n_any < MAX_DIMENSIONS && lengths[ret->n_any] >= 0; ret->n_any++)
			ret->lengths[ret->n_any] = lengths[ret->n_any];
		break;
	}
	}
}
