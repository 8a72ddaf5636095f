#pragma once

/*
 * Lanes: what a row states, squeezed into half a cache line to two, as its exchange has fields.
 *
 * Each end of an interval, each coordinate and each length is squeezed into 16 bits: a map that
 * keeps order and loses the last digits. A probe becomes two ranges for each lane: outside the
 * wider one a row certainly does not meet it, within the narrower one it certainly does, and only
 * between the two the columns must be asked. So most rows are judged by one comparison of a few
 * vectors, and one read of memory.
 *
 * A set of few values has one lane that tells all, others one that tells which value a row states, if
 * it states only one (core/set_lane.h).
 *
 * Beside the fields a row's lanes hold what ranking needs of its listing: whose it is, and its
 * place among the openings.
 */

#include "core/columns.h"

#include <stddef.h>

typedef uint16_t lane;

enum {
	LANE_SILENT_PLACE = 0, /* the first coordinate of a row that states no place */
	LANE_OPEN_LO = 0,      /* an open end, or a silence that meets everything */
	LANE_OPEN_HI = UINT16_MAX,
	PLACE_METRES = 200,   /* of a coordinate's lane; a radius is rounded up to it */
	PLACE_LANES = 4,      /* x, y, z, radius */
	LANE_VECTOR = 16,     /* lanes of one vector */
	MAX_LANES = 64,	      /* of a row; fields beyond have none */
	HEAD_LANES = 5,	      /* owner, opening: two each; the bits of the weighted fields */
	MAX_WEIGHED_BITS = 16 /* weighted fields whose bit is in the head */
};

struct lanes {
	const struct columns *columns;
	uint8_t at[MAX_FIELDS]; /* the field's first lane, or 0 */
	uint8_t n;		/* lanes of a row, a multiple of LANE_VECTOR */
	lane **spans;		/* rows in spans of SPAN_ROWS */
	uint32_t n_spans;
};

/* Over the rows of these columns. */
struct lanes lanes_of(const struct columns *c);
void lanes_done(struct lanes *l);
/* Writes what the row states. */
void lanes_put(struct lanes *l, uint32_t row, uint32_t owner, uint32_t opening);

/* The value in 16 bits. INT64_MIN and INT64_MAX, the open ends, become LANE_OPEN_LO and
 * LANE_OPEN_HI, all others what lies between; a larger value never becomes less. */
lane lane_squeeze(enum field_type type, int64_t value);
/* The least and the greatest value that become this lane. */
int64_t lane_least(enum field_type type, lane squeezed);
int64_t lane_greatest(enum field_type type, lane squeezed);
lane lane_coordinate(int32_t metres);
/* How many lanes a field has: 0 for codes, 1 for other sets, 2 to 4 for numbers and places. */
unsigned field_lanes(const struct field *f);
/* Whether the stored side's silence about the field meets everything. */
bool silence_meets(const struct field *f, enum side stored);
/* The relation as the stored side sees it: whether what it states must lie within the other's, or
 * the other's within its own. */
bool stored_is_inner(const struct field *f, enum side stored);
bool stored_is_outer(const struct field *f, enum side stored);
