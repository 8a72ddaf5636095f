#pragma once

/*
 * Meeting: whether what two sides state about a field agrees. The definition of truth
 * (docs/semantics.md, section 2). A lookup finds the same faster, and asks here wherever its lanes
 * leave a doubt.
 */

#include "core/columns.h"

/* Both sides' statements of one field, by side. */
struct stated {
	struct statement by[2];
};

static inline struct stated
stated_by(struct box need, struct box offer, size_t field)
{
	return (struct stated){{box_statement(need, field), box_statement(offer, field)}};
}

/* Whether the field's relation holds and no veto hits. */
bool field_meets(const struct field *f, const struct stated *s, const struct dict *d);
/*
 * Whether the side demands the field and insists: a field that fails excludes the pair if either
 * side does. A place without a radius demands nothing.
 */
static inline bool
side_insists(const struct field *f, const struct stated *s, enum side side)
{
	const struct statement *own = &s->by[side];
	if (!own->stated || !f->demanded_by[side] || own->prefer)
		return false;
	return f->type != FIELD_GEO || own->place.r2 != PLACE_NO_RADIUS;
}
/* Whether the field fails and somebody insists. */
bool field_excludes(const struct field *f, const struct stated *s, const struct dict *d);
/* Whether no field of two boxes excludes. */
bool boxes_meet(const struct exchange *e, struct box need, struct box offer, const struct dict *d);
/*
 * One box against many: of the `n` rows of the other side, keeps those that no field of `fields` (a
 * bit each) excludes, in their order, and returns how many. Field by field, so that memory is read
 * as columns.
 */
size_t boxes_sieve(const struct columns *stored, uint64_t fields, struct box probe, uint32_t *rows,
		   size_t n, const struct dict *d);

/* Parts that score shares. */

/* Whether the set that the statement stands for holds the keyword. */
bool keyword_set_holds(const struct statement *s, uint32_t keyword);
/* Whether the code entry `own` of side a, with both sides' exceptions, overlaps some entry of side
 * b. */
bool code_entry_met(uint32_t own, const struct statement *a, const struct statement *b,
		    const struct dict *d);
/* The intersection of two intervals: lo > hi where there is none. */
struct interval interval_meet(struct interval a, struct interval b);
/* Squared metres between two places. */
uint64_t place_distance2(const struct place *a, const struct place *b);
