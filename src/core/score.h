#pragma once

/* Scores: how well the agreed values suit each side (docs/semantics.md, section 3). Integers
 * throughout. */

#include "core/meet.h"

enum { POINTS_FULL = 1000000, POINTS_NONE = -1 };

/*
 * A side's points on one field, 0..POINTS_FULL, or POINTS_NONE where the field is left out of its
 * score. The weight is not looked at. `met` is field_meets() of the same arguments.
 */
int32_t field_points(const struct field *f, enum side side, const struct stated *s, bool met,
		     const struct dict *d);
/* The published score, 0..1000, of two boxes that meet. */
uint16_t boxes_score(const struct exchange *e, struct box need, struct box offer,
		     const struct dict *d);
/* The middle rounded down, or the finite end; false where both ends are open. */
bool interval_middle(struct interval i, int64_t *ret);
/* ⌊√v⌋ */
uint64_t isqrt(uint64_t v);
