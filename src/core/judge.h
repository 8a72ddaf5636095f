#pragma once

/* Judging rows one by one: which of those that intersecting left meet the probe. Lanes are asked
 * before sets, and columns only where both leave a doubt. */

#include "core/plan.h"

typedef lane lane_vector __attribute__((vector_size(sizeof(lane) * LANE_VECTOR), aligned(2)));

enum { MAX_VECTORS = MAX_LANES / LANE_VECTOR };

/* A plan's ranges, a vector for each LANE_VECTOR lanes. */
struct bounds {
	union {
		lane_vector v[MAX_VECTORS];
		lane at[MAX_LANES];
	} lo, hi, sure_lo, sure_hi;
};

/* What rows are held against. Fill it in with judge_begin; any number of threads may read it. */
struct judge {
	const struct lookup *lookup;
	const struct plan *plan;
	const struct dict *dict;
	struct box probe;
	struct bounds bounds;
	size_t vectors; /* of a row's lanes; 0 where no range is asked */
	bool asks;	/* anything of lanes and sets */
};

/* By the plan that was made for the probe; all must outlive it. */
void judge_begin(struct judge *j, const struct lookup *l, const struct plan *p, struct box probe,
		 const struct dict *d);
/* Keeps those of `n` rows of one span that meet the probe, in their order; returns how many. */
size_t judge_rows(const struct judge *j, uint32_t *rows, size_t n);
