#pragma once

/* The edges of ranges (core/lookup.h): chosen by what is stored, and anew as that changes. */

#include "core/lookup.h"

/*
 * To be called when a row has come: gives one field's lanes edges, where as many rows have come
 * since it got them as there were. Edges are quantiles of a sample, so that between two of them lie
 * about as many rows as between any others.
 */
void ranges_renew(struct lookup *l);
/* Gives all lanes edges by what is stored now. */
void ranges_build(struct lookup *l);
void ranges_done(struct ranges *r);
