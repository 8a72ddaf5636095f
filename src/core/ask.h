#pragma once

/* What one field of a probe asks of a lookup: terms, ranges of lanes, and what the columns must say. */

#include "core/plan.h"

/* One field of one probe. */
struct asked {
	struct plan *plan;
	const struct lookup *lookup;
	const struct field *field;
	const struct field_index *index;
	const struct dict *dict;
	uint8_t i;		     /* the field's place */
	const struct statement *own; /* the probe's */
	enum side stored;
	bool insists; /* the probe does: a failure excludes every row */
	/* Numbers: rows that pass whatever they state, or NULL. */
	const struct rowset *excused;
};

/* Adds to the plan what the field asks for; fills in what is left of `a`. */
void ask_field(struct asked *a);
