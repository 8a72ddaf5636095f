#pragma once

/* Intersecting: which rows of a span pass the terms of a plan that are intersected. */

#include "core/plan.h"

/* How many words of room intersecting by this plan takes. */
size_t intersect_room(const struct plan *p);
/*
 * Writes the span's rows that pass into `ret_rows`, ascending, which has room for SPAN_ROWS, and
 * asks for their lanes ahead of time; returns how many they are. `room` is of intersect_room words.
 */
size_t intersect_span(const struct plan *p, const struct lookup *l, uint32_t span, uint64_t *room,
		      uint32_t *ret_rows);
