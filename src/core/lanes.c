#include "core/lanes.h"

#include "core/rowset.h"
#include "core/score.h"
#include "util/mem.h"

#include <stdlib.h>

/* ---- squeezing ---- */

enum {
	MANTISSA = 9, /* bits behind the leading one: two parts in a thousand */
	EXACT = 1 << MANTISSA,
	ZERO = 32768,	/* the lane of the number 0 */
	DAY_ZERO = 4001 /* the lane of 1970-01-01: days are exact from 1959 to 2138 */
};

/* A magnitude as a small floating-point number: exact below EXACT, then nine bits and an
 * exponent. */
static int32_t
squeeze_magnitude(uint64_t m)
{
	if (m < EXACT)
		return (int32_t)m;
	int exponent = 63 - __builtin_clzll(m) - MANTISSA;
	int32_t code = EXACT + (exponent << MANTISSA) + (int32_t)((m >> exponent) & (EXACT - 1));
	return code < ZERO - 1 ? code : ZERO - 2;
}

/* The least magnitude of that code. */
static int64_t
expand_magnitude(int32_t code)
{
	if (code < EXACT)
		return code;
	int exponent = (code - EXACT) >> MANTISSA;
	int64_t least = EXACT + ((code - EXACT) & (EXACT - 1));
	return exponent > 62 - MANTISSA ? INT64_MAX : least << exponent;
}

static lane
within(int64_t code)
{
	return (lane)(code < 1 ? 1 : code > UINT16_MAX - 1 ? UINT16_MAX - 1 : code);
}

lane
lane_squeeze(enum field_type type, int64_t value)
{
	if (value == INT64_MIN)
		return LANE_OPEN_LO;
	if (value == INT64_MAX)
		return LANE_OPEN_HI;
	if (type == FIELD_DATE)
		return within(value + DAY_ZERO);
	if (type == FIELD_ORDINAL)
		return within(value + 1);
	if (value < 0)
		return within(ZERO - squeeze_magnitude((uint64_t)-value));
	return within(ZERO + squeeze_magnitude((uint64_t)value));
}

int64_t
lane_least(enum field_type type, lane squeezed)
{
	if (squeezed <= 1)
		return squeezed == 1 ? -MAX_MAGNITUDE : INT64_MIN;
	if (squeezed == LANE_OPEN_HI)
		return INT64_MAX;
	if (type == FIELD_DATE)
		return (int64_t)squeezed - DAY_ZERO;
	if (type == FIELD_ORDINAL)
		return (int64_t)squeezed - 1;
	if (squeezed >= ZERO)
		return expand_magnitude(squeezed - ZERO);
	return -(expand_magnitude(ZERO - squeezed + 1) - 1);
}

int64_t
lane_greatest(enum field_type type, lane squeezed)
{
	if (squeezed == LANE_OPEN_LO)
		return INT64_MIN;
	if (squeezed >= LANE_OPEN_HI - 1)
		return squeezed == LANE_OPEN_HI ? INT64_MAX : MAX_MAGNITUDE;
	return lane_least(type, (lane)(squeezed + 1)) - 1;
}

enum { EARTH_EDGE = 6400000 /* metres: no coordinate is farther out */ };

lane
lane_coordinate(int32_t metres)
{
	return within(1 + ((int64_t)metres + EARTH_EDGE) / PLACE_METRES);
}

static lane
squeeze_radius(uint64_t r2)
{
	if (r2 == PLACE_NO_RADIUS)
		return UINT16_MAX;
	return within((int64_t)(isqrt(r2) / PLACE_METRES) + 1);
}

/* ---- the table ---- */

bool
stored_is_inner(const struct field *f, enum side stored)
{
	return f->relation ==
	       (stored == NEED ? RELATION_NEED_WITHIN_OFFER : RELATION_OFFER_WITHIN_NEED);
}

bool
stored_is_outer(const struct field *f, enum side stored)
{
	return stored_is_inner(f, side_other(stored));
}

bool
silence_meets(const struct field *f, enum side stored)
{
	return f->side[stored].absent == ABSENT_ANY || stored_is_inner(f, stored);
}

unsigned
field_lanes(const struct field *f)
{
	switch (f->type) {
	case FIELD_CODE:
		return 0;
	case FIELD_KEYWORD:
	case FIELD_FLAG:
		return 1;
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_DATE:
	case FIELD_ORDINAL:
		return 2;
	case FIELD_DIMENSIONS:
		return f->relation == RELATION_OVERLAP ? 0 : MAX_DIMENSIONS;
	case FIELD_GEO:
		return PLACE_LANES;
	}
	return 0;
}

struct lanes
lanes_of(const struct columns *c)
{
	struct lanes l = {.columns = c};
	unsigned next = HEAD_LANES;
	/* Numbers and places first: sets have other means. */
	for (int sets = 0; sets <= 1; sets++) {
		for (size_t i = 0; i < c->exchange->n_fields; i++) {
			const struct field *f = &c->exchange->fields[i];
			unsigned n = field_lanes(f);
			if (n == 0 || field_is_set(f) != sets || next + n > MAX_LANES)
				continue;
			l.at[i] = (uint8_t)next;
			next += n;
		}
	}
	l.n = (uint8_t)((next + LANE_VECTOR - 1) / LANE_VECTOR * LANE_VECTOR);
	return l;
}

void
lanes_done(struct lanes *l)
{
	for (uint32_t i = 0; i < l->n_spans; i++)
		free(l->spans[i]);
	free(l->spans);
	l->spans = NULL;
	l->n_spans = 0;
}

static lane *
row_lanes(struct lanes *l, uint32_t row)
{
	uint32_t span = row >> SPAN_BITS;
	while (l->n_spans <= span) {
		l->spans = mem_realloc(l->spans, (l->n_spans + 1) * sizeof *l->spans);
		l->spans[l->n_spans] =
		    mem_table((size_t)SPAN_ROWS * l->n * sizeof(lane), l->n_spans > 0);
		l->n_spans++;
	}
	return l->spans[span] + (size_t)(row % SPAN_ROWS) * l->n;
}

static void
put_silence(const struct field *f, enum side stored, lane *at)
{
	/* Where a row must lie within the probe, nothing lies within everything. */
	bool inner = stored_is_inner(f, stored), meets = silence_meets(f, stored);
	if (f->type == FIELD_GEO) {
		memset(at, 0, PLACE_LANES * sizeof *at);
	} else if (f->type == FIELD_DIMENSIONS) {
		for (unsigned i = 0; i < MAX_DIMENSIONS; i++)
			at[i] = inner == meets ? LANE_OPEN_LO : LANE_OPEN_HI;
	} else {
		at[0] = inner == meets ? LANE_OPEN_HI : LANE_OPEN_LO;
		at[1] = inner == meets ? LANE_OPEN_LO : LANE_OPEN_HI;
	}
}

static void
put_field(const struct field *f, enum side stored, const struct statement *s, lane *at)
{
	if (!s->stated) {
		put_silence(f, stored, at);
	} else if (f->type == FIELD_GEO) {
		at[0] = lane_coordinate(s->place.x);
		at[1] = lane_coordinate(s->place.y);
		at[2] = lane_coordinate(s->place.z);
		at[3] = squeeze_radius(s->place.r2);
	} else if (f->type == FIELD_DIMENSIONS) {
		lane silent = stored_is_inner(f, stored) ? LANE_OPEN_LO : LANE_OPEN_HI;
		for (unsigned i = 0; i < MAX_DIMENSIONS; i++)
			at[i] = i < s->n_any ? lane_squeeze(f->type, s->lengths[i]) : silent;
	} else {
		at[0] = lane_squeeze(f->type, s->interval.lo);
		at[1] = lane_squeeze(f->type, s->interval.hi);
	}
}

void
lanes_put(struct lanes *l, uint32_t row, uint32_t owner, uint32_t opening)
{
	const struct columns *c = l->columns;
	lane *at = row_lanes(l, row);
	lane weighed = 0;
	unsigned bit = 0;

	memcpy(at, &owner, sizeof owner);
	memcpy(at + 2, &opening, sizeof opening);
	for (size_t i = 0; i < c->exchange->n_fields; i++) {
		const struct field *f = &c->exchange->fields[i];
		struct statement s = box_statement((struct box){c, row}, i);
		if (field_weighs(f) && bit < MAX_WEIGHED_BITS)
			weighed |= (lane)(s.stated << bit++);
		if (l->at[i] && !field_is_set(f))
			put_field(f, c->side, &s, at + l->at[i]);
	}
	at[4] = weighed;
}
