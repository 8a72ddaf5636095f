#pragma once

/*
 * What the listings of one side of an exchange state, packed for comparing: a table with a row per
 * box and a column per field.
 *
 * Comparing many listings on one field reads one array, and what a row takes is known: 20 bytes,
 * and per field 16 (an interval), 24 (a place, dimensions) or 4 and the set itself. Sets lie one
 * behind another in a pool of 32-bit words. Rows and runs of words that are given back are used
 * again by what has the same length, so that garbage stays within what was once in use.
 *
 * The rows of a listing are adjacent, in the order of its boxes; boxes that share a set share its
 * words.
 */

#include "core/boxes.h"
#include "core/dict.h"
#include "core/limits.h"
#include "core/statement.h"

/* Which fields a row states and prefers: a bit per field. */
struct row_marks {
	uint64_t stated, prefers;
};
_Static_assert(MAX_FIELDS <= 64, "a bit per field");

struct lengths {
	int64_t at[MAX_DIMENSIONS]; /* longest first; -1: not given */
};

/* One field's column: an array over all rows, by the field's type. */
union column {
	char *bytes;
	uint32_t *sets; /* where the set begins in the pool; 0: not stated */
	struct interval *intervals;
	struct place *places;
	struct lengths *lengths;
};

enum { LONGEST_RUN = 1 + 3 * MAX_VALUES };

struct columns {
	const struct exchange *exchange;
	enum side side;
	uint32_t n_rows, cap_rows; /* in use or given back; row 0 is none */
	uint32_t runs;		   /* listings that have several rows */
	uint32_t *listing;	   /* [row] whose box it is; 0: nobody's */
	struct row_marks *marks;   /* [row] */
	union column *column;	   /* [field] */
	uint32_t *pool;
	uint32_t n_pool, cap_pool;	      /* words; word 0 is none */
	uint32_t free_words[LONGEST_RUN + 1]; /* by length: the first free run of words, or 0 */
	uint32_t free_rows[MAX_VARIANTS + 1]; /* by length: the first free run of rows, or 0 */
};

/* One box of one listing. */
struct box {
	const struct columns *columns;
	uint32_t row;
};

/* A set in the pool: a word of lengths, then the values. */
enum { SET_LENGTH_BITS = 10, SET_LENGTH_MASK = (1 << SET_LENGTH_BITS) - 1 };
#define SET_EVERYTHING_BUT (UINT32_C(1) << 3 * SET_LENGTH_BITS)
_Static_assert((int)MAX_VALUES <= (int)SET_LENGTH_MASK, "lengths fit");

struct columns *columns_new(const struct exchange *e, enum side side);
/* Takes NULL. */
void columns_free(struct columns *c);

/*
 * Adds what a listing states by its canonical body, and, for fields that come `from: participant`,
 * by its participant. Returns its first row, and in *ret_n how many rows it has: one for each box.
 * Values that are new go into the dictionary.
 */
uint32_t columns_add(struct columns *c, uint32_t listing, struct str body,
		     const struct participant *p, struct dict *d, uint32_t *ret_n);
void columns_remove(struct columns *c, uint32_t row, uint32_t n_rows);
/* Whether two runs of `n_rows` rows state the same, row by row. */
bool columns_equal(const struct columns *c, uint32_t a, uint32_t b, uint32_t n_rows);
/* Memory in use, in bytes, without what the allocator adds. */
size_t columns_bytes(const struct columns *c);

/* Bytes of a row in a field's column. */
static inline size_t
column_width(enum field_type type)
{
	switch (type) {
	case FIELD_KEYWORD:
	case FIELD_CODE:
	case FIELD_FLAG:
		return sizeof(uint32_t);
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_DATE:
	case FIELD_ORDINAL:
		return sizeof(struct interval);
	case FIELD_DIMENSIONS:
		return sizeof(struct lengths);
	case FIELD_GEO:
		return sizeof(struct place);
	}
	return 0;
}

/* What the box states about a field. */
static inline struct statement
box_statement(struct box b, size_t field)
{
	const struct columns *c = b.columns;
	const struct row_marks marks = c->marks[b.row];
	union column column = c->column[field];
	struct statement s = {0};

	if (!(marks.stated >> field & 1))
		return s;
	s.stated = true;
	s.prefer = marks.prefers >> field & 1;
	switch (c->exchange->fields[field].type) {
	case FIELD_KEYWORD:
	case FIELD_CODE:
	case FIELD_FLAG: {
		const uint32_t *set = c->pool + column.sets[b.row];
		s.n_any = *set & SET_LENGTH_MASK;
		s.n_none = *set >> SET_LENGTH_BITS & SET_LENGTH_MASK;
		s.n_veto = *set >> 2 * SET_LENGTH_BITS & SET_LENGTH_MASK;
		s.everything_but = *set & SET_EVERYTHING_BUT;
		s.values = set + 1;
		break;
	}
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_DATE:
	case FIELD_ORDINAL:
		s.interval = column.intervals[b.row];
		break;
	case FIELD_DIMENSIONS:
		s.lengths = column.lengths[b.row].at;
		while (s.n_any < MAX_DIMENSIONS && s.lengths[s.n_any] >= 0)
			s.n_any++;
		break;
	case FIELD_GEO:
		s.place = &column.places[b.row];
		break;
	}
	return s;
}

/* Asks for what box_statement will read, ahead of time. */
static inline void
box_prefetch(struct box b, size_t field)
{
	const struct columns *c = b.columns;
	__builtin_prefetch(&c->marks[b.row]);
	__builtin_prefetch(c->column[field].bytes +
			   b.row * column_width(c->exchange->fields[field].type));
}
