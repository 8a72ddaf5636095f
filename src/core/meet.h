#pragma once

/*
 * Meeting: whether what two sides state about a field agrees. The definition of truth
 * (docs/semantics.md, section 2); lookup only proposes, and every pair passes here.
 */

#include "core/boxes.h"

/* Both sides' statements of one field, by side; NULL where a side states nothing. */
struct stated {
	const struct statement *by[2];
};

static inline struct stated
stated_by(const struct boxes *need, size_t need_box, const struct boxes *offer, size_t offer_box,
	  size_t field)
{
	return (struct stated){
	    {boxes_statement(need, need_box, field), boxes_statement(offer, offer_box, field)}};
}

/* Whether the field's relation holds and no veto hits. */
bool field_meets(const struct field *f, struct stated s, const struct dict *d);
/*
 * Whether the side demands the field and insists: a field that fails excludes the pair if either
 * side does. A place without a radius demands nothing.
 */
static inline bool
side_insists(const struct field *f, struct stated s, enum side side)
{
	const struct statement *own = s.by[side];
	if (!own || !f->demanded_by[side] || own->flags & STATEMENT_PREFER)
		return false;
	return own->shape != SHAPE_PLACE || statement_place(own)->r2 != PLACE_NO_RADIUS;
}
/* Whether every field of two boxes meets or fails without excluding. */
bool boxes_meet(const struct exchange *e, const struct boxes *need, size_t need_box,
		const struct boxes *offer, size_t offer_box, const struct dict *d);

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
