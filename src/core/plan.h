#pragma once

/* How a lookup is asked for one probe: which sets to intersect, which lanes to compare, and which
 * fields remain to be asked of the columns. */

#include "core/set_lane.h"

enum {
	MAX_USED = 32,	/* terms that are intersected */
	MAX_TESTED = 6, /* sets that are asked for one row; of more, the columns know faster */
};

/* One condition on rows: to be in some of these sets; or, if negative, not to be in the first but
 * for those in the others. */
struct term {
	uint32_t first, n; /* sets, in the plan's */
	uint32_t values;   /* the first of them that is a value's */
	double kept;	   /* the share of rows that probably passes */
	double cost;	   /* of intersecting it over all blocks, in nanoseconds */
	uint8_t field;
	bool negative;
	bool decides; /* nothing else decides this field: it may not be left out */
};

/* The range of a lane in which a row may meet, and the one in which it does for certain. */
struct lane_range {
	uint8_t at, field;
	lane lo, hi, sure_lo, sure_hi;
};

/* A condition on distance. */
struct reach {
	uint8_t at, field;
	bool own;	    /* the probe's own radius counts */
	bool theirs;	    /* the rows' radii count */
	bool unsure_theirs; /* whether they count is for the columns to say */
	bool silent_meets;
	int32_t x, y, z;     /* lanes */
	int64_t far2, near2; /* squared: beyond the first a row is out of the own radius, up to the
				second within it */
};

/* Rows of which a field's sets do not tell all. */
struct doubt {
	const struct rowset *rows;
	uint8_t field;
};

/* A set field whose lane is asked for each row. */
struct set_question {
	struct set_probe probe;
	/* Terms of the field that were made, and that are left: who passes all that are left passes
	 * the others, which exclude nobody. */
	size_t made, n_terms;
	bool has_term; /* `term` decides for rows that state several values: by these alone */
	struct term term;
};

struct plan {
	const struct rowset **sets;
	size_t n_sets, cap_sets;
	/* `n_used` to be intersected, then `n_tests` to be asked row by row. */
	struct term *terms;
	size_t n_terms, cap_terms, n_used, n_tests;
	struct lane_range ranges[MAX_LANES];
	size_t n_ranges;
	struct reach reaches[MAX_FIELDS];
	size_t n_reaches;
	struct doubt doubts[MAX_FIELDS];
	size_t n_doubts;
	struct set_question probes[MAX_FIELDS];
	size_t n_probes;
	uint64_t *codes; /* bits that the probes point into */
	size_t n_codes, cap_codes;
	/* [span] the blocks where a row may pass all terms that are intersected, a bit each */
	uint64_t *live;
	uint64_t *some; /* [span] likewise, of one term */
	size_t n_spans, cap_spans;
	uint64_t verify; /* fields to be asked of the columns for every row: a bit each */
	double cost;	 /* of finding by it, probably, in nanoseconds */
};

/* Fills the plan (emptied first) for a box of the other side. Free with plan_free. */
void plan_make(struct plan *p, const struct lookup *l, struct box probe, const struct dict *d);
void plan_free(struct plan *p);
