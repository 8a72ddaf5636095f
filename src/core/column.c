#include "core/column.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- forms ---- */

static const uint8_t widths[] = {
    [COLUMN_SET] = sizeof(uint32_t),
    [COLUMN_EXACTLY] = sizeof(int32_t),
    [COLUMN_AT_LEAST] = sizeof(int32_t),
    [COLUMN_AT_MOST] = sizeof(int32_t),
    [COLUMN_ENDS] = 2 * sizeof(int32_t),
    [COLUMN_INTERVAL] = sizeof(struct interval),
    [COLUMN_POINT] = 3 * sizeof(int32_t),
    [COLUMN_PLACE] = sizeof(struct place),
    [COLUMN_DIMENSIONS] = MAX_DIMENSIONS * sizeof(int32_t),
    [COLUMN_LENGTHS] = MAX_DIMENSIONS * sizeof(int64_t),
};

static enum column_form
first_form(const struct field *f, enum side side)
{
	static const enum column_form bare[] = {[READING_EXACTLY] = COLUMN_EXACTLY,
						[READING_AT_LEAST] = COLUMN_AT_LEAST,
						[READING_AT_MOST] = COLUMN_AT_MOST};
	if (field_is_set(f))
		return COLUMN_SET;
	if (f->type == FIELD_GEO)
		return COLUMN_POINT;
	return f->type == FIELD_DIMENSIONS ? COLUMN_DIMENSIONS : bare[f->side[side].reading];
}

static enum column_form
next_form(enum column_form form)
{
	switch (form) {
	case COLUMN_EXACTLY:
	case COLUMN_AT_LEAST:
	case COLUMN_AT_MOST:
		return COLUMN_ENDS;
	case COLUMN_ENDS:
		return COLUMN_INTERVAL;
	case COLUMN_POINT:
		return COLUMN_PLACE;
	case COLUMN_DIMENSIONS:
		return COLUMN_LENGTHS;
	case COLUMN_SET:
	case COLUMN_INTERVAL:
	case COLUMN_PLACE:
	case COLUMN_LENGTHS:
		break;
	}
	return form;
}

static struct column
column_in(enum column_form form)
{
	return (struct column){NULL, (uint8_t)form, widths[form]};
}

struct column
column_of(const struct field *f, enum side side)
{
	return column_in(first_form(f, side));
}

void
column_grow(struct column *c, uint32_t rows)
{
	c->bytes = mem_realloc(c->bytes, (size_t)rows * c->width);
}

struct column
column_wider(const struct column *c, uint32_t rows)
{
	struct column wider = column_in(next_form((enum column_form)c->form));
	column_grow(&wider, rows);
	return wider;
}

/* ---- packing ---- */

static bool
write_number(int32_t *to, int64_t value)
{
	*to = (int32_t)value;
	return *to == value;
}

/* Open ends are the least and the greatest number, which no closed one may be. */
static bool
write_end(int32_t *to, int64_t value, int64_t open, int32_t packed)
{
	if (value == open) {
		*to = packed;
		return true;
	}
	return write_number(to, value) && *to != packed;
}

static bool
write_lengths(int32_t *to, const struct statement *s)
{
	for (unsigned i = 0; i < MAX_DIMENSIONS; i++)
		if (!write_number(&to[i], i < s->n_any ? s->lengths[i] : -1))
			return false;
	return true;
}

static void
write_wide_lengths(int64_t *to, const struct statement *s)
{
	for (unsigned i = 0; i < MAX_DIMENSIONS; i++)
		to[i] = i < s->n_any ? s->lengths[i] : -1;
}

bool
column_write(struct column *c, uint32_t row, const struct statement *s)
{
	void *at = (void *)column_at(c, row);
	int32_t *n = at;
	switch ((enum column_form)c->form) {
	case COLUMN_SET:
		return false;
	case COLUMN_EXACTLY:
		return s->interval.lo == s->interval.hi && write_number(n, s->interval.lo);
	case COLUMN_AT_LEAST:
		return s->interval.hi == INT64_MAX && write_number(n, s->interval.lo);
	case COLUMN_AT_MOST:
		return s->interval.lo == INT64_MIN && write_number(n, s->interval.hi);
	case COLUMN_ENDS:
		return write_end(&n[0], s->interval.lo, INT64_MIN, INT32_MIN) &&
		       write_end(&n[1], s->interval.hi, INT64_MAX, INT32_MAX);
	case COLUMN_INTERVAL:
		*(struct interval *)at = s->interval;
		return true;
	case COLUMN_POINT:
		n[0] = s->place.x, n[1] = s->place.y, n[2] = s->place.z;
		return s->place.r2 == PLACE_NO_RADIUS;
	case COLUMN_PLACE:
		*(struct place *)at = s->place;
		return true;
	case COLUMN_DIMENSIONS:
		return write_lengths(n, s);
	case COLUMN_LENGTHS:
		write_wide_lengths(at, s);
		return true;
	}
	return false;
}
