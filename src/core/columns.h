#pragma once

/*
 * What the listings of one side of an exchange state, packed for comparing: a table with a row per
 * box and a column per field.
 *
 * Comparing many listings on one field reads one array, and what a row takes is known: 4 bytes, two
 * bits per field, and per field what its column's form says (core/column.h). Sets stand in a pool
 * (core/pool.h). Which rows there are, and where a listing's come, core/homes.h says.
 *
 * The rows of a listing are adjacent, in the order of its boxes.
 */

#include "core/boxes.h"
#include "core/column.h"
#include "core/dict.h"
#include "core/homes.h"
#include "core/pool.h"

struct columns {
	const struct exchange *exchange;
	struct dict *dict;
	enum side side;
	struct homes homes; /* which rows there are; row 0 is none */
	size_t home_field;  /* by its values rows stand together; n_fields: by none */
	uint32_t cap_rows;
	uint32_t runs;	   /* listings that have several rows */
	uint32_t *listing; /* [row] whose box it is; of a free run's first: the next one */
	uint8_t *marks; /* [row * 2 * mark_bytes] a bit per field that is stated, then preferred */
	uint32_t mark_bytes;
	struct column *column; /* [field] */
	struct pool sets;
};

/* One box of one listing. */
struct box {
	const struct columns *columns;
	uint32_t row;
};

/* The dictionary must outlive it. */
struct columns *columns_new(const struct exchange *e, enum side side, struct dict *d);
/* Takes NULL. The dictionary keeps the values that rows state, unless columns_clear came first. */
void columns_free(struct columns *c);
/* Removes all rows, which takes a while where they are many. Takes NULL. */
void columns_clear(struct columns *c);

/*
 * Adds what a listing states by its canonical body, and, for fields that come `from: participant`,
 * by its participant. Returns its first row, and in *ret_n how many rows it has: one for each box.
 * Its values are in the dictionary as long as the rows are.
 */
uint32_t columns_add(struct columns *c, uint32_t listing, struct str body,
		     const struct participant *p, uint32_t *ret_n);
void columns_remove(struct columns *c, uint32_t row, uint32_t n_rows);
/* Whether two runs of `n_rows` rows state the same, row by row. */
bool columns_equal(const struct columns *c, uint32_t a, uint32_t b, uint32_t n_rows);
/* Memory in use, in bytes, without what the allocator adds. */
size_t columns_bytes(const struct columns *c);

static inline uint8_t *
row_marks(const struct columns *c, uint32_t row)
{
	return c->marks + (size_t)row * 2 * c->mark_bytes;
}

/* What the box states about a field. */
static inline struct statement
box_statement(struct box b, size_t field)
{
	const struct columns *c = b.columns;
	const struct column *column = &c->column[field];
	const uint8_t *marks = row_marks(c, b.row) + field / 8;
	struct statement s = {0};

	if (!(*marks >> field % 8 & 1))
		return s;
	s.stated = true;
	s.prefer = marks[c->mark_bytes] >> field % 8 & 1;
	if (column->form == COLUMN_SET) {
		const uint32_t *set = c->sets.words + *column_set(column, b.row);
		s.n_any = *set & SET_LENGTH_MASK;
		s.n_none = *set >> SET_LENGTH_BITS & SET_LENGTH_MASK;
		s.n_veto = *set >> 2 * SET_LENGTH_BITS & SET_LENGTH_MASK;
		s.everything_but = *set & SET_EVERYTHING_BUT;
		s.values = set + 1;
	} else {
		column_read(column, b.row, &s);
	}
	return s;
}

/* Asks for what box_statement will read, ahead of time. */
static inline void
box_prefetch(struct box b, size_t field)
{
	const struct columns *c = b.columns;
	__builtin_prefetch(row_marks(c, b.row));
	__builtin_prefetch(column_at(&c->column[field], b.row));
}
