#pragma once

/* The edges of ranges (core/lookup.h): chosen by what is stored, and anew as that changes. */

#include "core/lookup.h"

/*
 * To be called when a row has come: chooses the edges of one of a field's ranges anew, where as many
 * rows have come since it got them as there were. Edges are quantiles of a sample, so that between
 * two of them lie about as many rows as between any others.
 */
void ranges_renew(struct lookup *l);
/* Gives all ranges edges by what is stored now, the first. */
void ranges_build(struct lookup *l);
void ranges_done(struct ranges *r);

/* How many ranges the field has: of its lanes, and of what radii reach, if rows have had any. */
unsigned ranges_of_field(const struct field *f, const struct field_index *index);
/* The i-th of them. */
struct ranges *ranges_at(struct field_index *index, unsigned i);
/* Where a row with these lanes of the field stands in the i-th. */
lane ranges_lane(const lane *at, unsigned i);
