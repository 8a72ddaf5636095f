#include "core/judge.h"

#include "core/meet.h"
#include "util/wide.h"

#include <math.h>
#include <string.h>

/* ---- asking row by row ---- */

static bool
term_holds(const struct plan *p, const struct term *t, uint32_t row)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (rowset_holds(p->sets[t->first + i], row))
			return true;
	return false;
}

/* Keeps the rows that pass the terms which were not intersected; returns how many. */
static size_t
keep_tested(const struct plan *p, uint32_t *rows, size_t n)
{
	for (size_t i = p->n_used; i < p->n_used + p->n_tests; i++) {
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			rows[kept] = rows[k];
			kept += term_holds(p, &p->terms[i], rows[k]);
		}
		n = kept;
	}
	return n;
}

/* ---- lanes ---- */

static void
fill_bounds(const struct plan *p, struct bounds *b)
{
	memset(b, 0, sizeof *b);
	memset(&b->hi, 0xff, sizeof b->hi);
	memset(&b->sure_hi, 0xff, sizeof b->sure_hi);
	for (size_t i = 0; i < p->n_ranges; i++) {
		const struct lane_range *r = &p->ranges[i];
		b->lo.at[r->at] = r->lo;
		b->hi.at[r->at] = r->hi;
		b->sure_lo.at[r->at] = r->sure_lo;
		b->sure_hi.at[r->at] = r->sure_hi;
	}
}

/* Whether some lane lies outside the bounds. */
static inline bool
outside(const lane *at, const lane_vector *lo, const lane_vector *hi, size_t vectors)
{
	uint64_t any[sizeof(lane_vector) / sizeof(uint64_t)] = {0}, all = 0;
	for (size_t i = 0; i < vectors; i++) {
		lane_vector v, bad;
		memcpy(&v, at + i * LANE_VECTOR, sizeof v);
		bad = (lane_vector)(v < lo[i]) | (lane_vector)(v > hi[i]);
		for (size_t k = 0; k < sizeof any / sizeof *any; k++) {
			uint64_t word;
			memcpy(&word, (const char *)&bad + k * sizeof word, sizeof word);
			any[k] |= word;
		}
	}
	for (size_t k = 0; k < sizeof any / sizeof *any; k++)
		all |= any[k];
	return all != 0;
}

static inline int64_t
lane_distance2(const lane *at, const struct reach *r)
{
	int64_t x = at[0] - r->x, y = at[1] - r->y, z = at[2] - r->z;
	return x * x + y * y + z * z;
}

/* Of a row that is not beyond it. */
static enum lane_verdict
judge_reach(const struct reach *r, const lane *at)
{
	if (at[0] == LANE_SILENT_PLACE)
		return r->silent_meets ? VERDICT_SURE : VERDICT_UNSURE;
	int64_t d2 = lane_distance2(at, r);
	bool sure = true;
	if (r->own)
		sure = d2 <= r->near2;
	if (r->theirs && at[3] != UINT16_MAX) {
		int64_t near = at[3] > 3 ? at[3] - 3 : 0;
		sure = sure && d2 < near * near && !r->unsure_theirs;
	}
	return sure ? VERDICT_SURE : VERDICT_UNSURE;
}

static bool
field_is_met(const struct judge *j, uint32_t row, uint8_t field)
{
	const struct columns *c = j->lookup->columns;
	struct box stored = {c, row};
	bool need = c->side == NEED;
	struct stated s = stated_by(need ? stored : j->probe, need ? j->probe : stored, field);
	return !field_excludes(&c->exchange->fields[field], &s, j->dict);
}

/* Asks the columns about every lane that is in doubt. */
static bool
edges_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_ranges; i++) {
		const struct lane_range *r = &j->plan->ranges[i];
		bool sure = at[r->at] >= r->sure_lo && at[r->at] <= r->sure_hi;
		if (!sure && !field_is_met(j, row, r->field))
			return false;
	}
	return true;
}

static bool
doubts_are_met(const struct judge *j, uint32_t row)
{
	for (size_t i = 0; i < j->plan->n_doubts; i++) {
		const struct doubt *d = &j->plan->doubts[i];
		if (rowset_holds(d->rows, row) && !field_is_met(j, row, d->field))
			return false;
	}
	return true;
}

static bool
places_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_reaches; i++) {
		const struct reach *r = &j->plan->reaches[i];
		if (judge_reach(r, at + r->at) == VERDICT_UNSURE && !field_is_met(j, row, r->field))
			return false;
	}
	return true;
}

/* Rows whose lanes are on their way: asked for while intersecting, but much was read since. */
enum { AHEAD = 16 };

static inline const lane *
lanes_and_ahead(const struct judge *j, const uint32_t *rows, size_t i, size_t n)
{
	if (i + AHEAD < n)
		__builtin_prefetch(lookup_lanes(j->lookup, rows[i + AHEAD]));
	return lookup_lanes(j->lookup, rows[i]);
}

/* Keeps the rows whose lanes are within the ranges; returns how many. */
WIDE static size_t
keep_within(const struct judge *j, uint32_t *rows, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const lane *at = lanes_and_ahead(j, rows, i, n);
		rows[kept] = rows[i];
		kept += !outside(at, j->bounds.lo.v, j->bounds.hi.v, j->vectors);
	}
	return kept;
}

enum { MEASURED = 64 }; /* places that are measured side by side */

/* Which of the places are certainly too far away. Lanes are exact as floats, and squared distances
 * are taken for a little less than roundings can make them more. */
static inline void
measure(const struct reach *r, const lane (*at)[PLACE_LANES], size_t n, int32_t *ret_far)
{
	const float x0 = (float)r->x, y0 = (float)r->y, z0 = (float)r->z, sure = 1 - 1e-6F;
	const float far2 = r->own ? (float)r->far2 : INFINITY;
	const int32_t theirs = r->theirs;
	for (size_t i = 0; i < n; i++) {
		float x = (float)at[i][0] - x0, y = (float)at[i][1] - y0, z = (float)at[i][2] - z0;
		float d2 = (x * x + y * y + z * z) * sure, radius = (float)at[i][3] + 3;
		int32_t out = theirs & (at[i][3] != UINT16_MAX) & (d2 > radius * radius);
		ret_far[i] = (at[i][0] != LANE_SILENT_PLACE) & (out | (d2 > far2));
	}
}

/* Keeps the rows that are not too far away; returns how many. */
WIDE static size_t
keep_near(const struct judge *j, const struct reach *r, uint32_t *rows, size_t n)
{
	lane places[MEASURED][PLACE_LANES];
	int32_t far[MEASURED];
	size_t kept = 0;
	for (size_t first = 0; first < n; first += MEASURED) {
		size_t some = n - first < MEASURED ? n - first : MEASURED;
		for (size_t i = 0; i < some; i++)
			memcpy(places[i], lanes_and_ahead(j, rows, first + i, n) + r->at,
			       sizeof places[i]);
		measure(r, places, some, far);
		for (size_t i = 0; i < some; i++) {
			rows[kept] = rows[first + i];
			kept += !far[i];
		}
	}
	return kept;
}

/* Keeps the rows that no set's lane excludes, and asks for the bits that will say more; returns how
 * many. */
static size_t
keep_sets(const struct judge *j, uint32_t *rows, size_t n)
{
	for (size_t i = 0; i < j->plan->n_probes; i++) {
		const struct set_question *q = &j->plan->probes[i];
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			enum lane_verdict v =
			    set_judge(&q->probe, lookup_lanes(j->lookup, rows[k])[q->probe.at]);
			if (v == VERDICT_SEVERAL && q->has_term)
				for (uint32_t t = 0; t < q->term.n; t++)
					rowset_prefetch(j->plan->sets[q->term.first + t], rows[k]);
			rows[kept] = rows[k];
			kept += v != VERDICT_OUT;
		}
		n = kept;
	}
	return n;
}

/* Asks about every set whose lane is in doubt. */
static bool
sets_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_probes; i++) {
		const struct set_question *q = &j->plan->probes[i];
		enum lane_verdict v = set_judge(&q->probe, at[q->probe.at]);
		if (v == VERDICT_SURE)
			continue;
		bool met = v == VERDICT_SEVERAL && q->has_term
			       ? term_holds(j->plan, &q->term, row)
			       : field_is_met(j, row, q->probe.field);
		if (!met)
			return false;
	}
	return true;
}

/* Whether a row that may meet by its lanes does. */
static inline bool
lanes_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	bool sure = !outside(at, j->bounds.sure_lo.v, j->bounds.sure_hi.v, j->vectors);
	return places_are_met(j, row, at) && sets_are_met(j, row, at) && doubts_are_met(j, row) &&
	       (sure || edges_are_met(j, row, at));
}

/* Keeps the rows that meet for certain, or by what is asked where lanes leave a doubt; returns how
 * many. */
WIDE static size_t
keep_met(const struct judge *j, uint32_t *rows, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (lanes_are_met(j, rows[i], lookup_lanes(j->lookup, rows[i])))
			rows[kept++] = rows[i];
	return kept;
}

/* ---- judging ---- */

void
judge_begin(struct judge *j, const struct lookup *l, const struct plan *p, struct box probe,
	    const struct dict *d)
{
	j->lookup = l;
	j->plan = p;
	j->dict = d;
	j->probe = probe;
	j->vectors = p->n_ranges > 0 ? l->lanes.n / LANE_VECTOR : 0;
	j->asks = p->n_ranges + p->n_reaches + p->n_probes + p->n_doubts > 0;
	fill_bounds(p, &j->bounds);
}

size_t
judge_rows(const struct judge *j, uint32_t *rows, size_t n)
{
	const struct plan *p = j->plan;
	if (p->n_ranges > 0)
		n = keep_within(j, rows, n);
	for (size_t i = 0; i < p->n_reaches; i++)
		n = keep_near(j, &p->reaches[i], rows, n);
	n = keep_sets(j, rows, n);
	n = keep_tested(p, rows, n);
	if (n > 0 && p->verify)
		n = boxes_sieve(j->lookup->columns, p->verify, j->probe, rows, n, j->dict);
	return j->asks ? keep_met(j, rows, n) : n;
}
