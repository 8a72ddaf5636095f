#include "core/score.h"

#include <math.h>

typedef __int128 wide;

uint64_t
isqrt(uint64_t v)
{
	uint64_t root = (uint64_t)sqrt((double)v);
	if (root > UINT32_MAX)
		root = UINT32_MAX;
	/* A double has 53 bits of the 64: the root is one off, at most. */
	root -= root * root > v;
	return root + (root < UINT32_MAX && (root + 1) * (root + 1) <= v);
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool
interval_middle(struct interval i, int64_t *ret)
{
	if (i.lo == INT64_MIN && i.hi == INT64_MAX)
		return false;
	if (i.lo == INT64_MIN)
		*ret = i.hi;
	else if (i.hi == INT64_MAX)
		*ret = i.lo;
	else
		*ret = (i.lo + i.hi) >> 1; /* arithmetic shift: floor also below zero */
	return true;
}

static int32_t
share(int64_t part, int64_t whole)
{
	if (part <= INT64_MAX / POINTS_FULL) /* as nearly always: 128 bits divide slowly */
		return (int32_t)(POINTS_FULL * part / whole);
	return (int32_t)((wide)POINTS_FULL * part / whole);
}

static int32_t
interval_points(const struct side_rule *rule, const struct interval *own,
		const struct interval *other)
{
	int64_t agreed, target;
	if (!interval_middle(interval_meet(*own, *other), &agreed))
		return POINTS_NONE;
	if (rule->better == BETTER_NEARER) {
		if (!interval_middle(*own, &target) || rule->span == 0)
			return POINTS_NONE;
		return share(rule->span - smaller(distance(agreed, target), rule->span),
			     rule->span);
	}
	int64_t bound = rule->better == BETTER_LOWER ? own->hi : own->lo;
	if (rule->better == BETTER_NONE || bound == INT64_MAX || bound == INT64_MIN)
		return POINTS_NONE;
	int64_t span = rule->span_own ? distance(bound, 0) : rule->span;
	if (span == 0)
		return POINTS_NONE;
	return share(smaller(distance(bound, agreed), span), span);
}

static int32_t
set_points(const struct field *f, const struct statement *own, const struct statement *other,
	   const struct dict *d)
{
	int64_t met = 0;
	if (own->everything_but)
		return POINTS_NONE;
	for (size_t i = 0; i < own->n_any; i++) {
		uint32_t entry = statement_any(own)[i];
		if (f->type == FIELD_CODE ? code_entry_met(entry, own, other, d)
					  : keyword_set_holds(other, entry))
			met++;
	}
	return share(met, own->n_any);
}

static int32_t
place_points(const struct side_rule *rule, const struct place *own, const struct place *other)
{
	int64_t reach;
	if (own->r2 != PLACE_NO_RADIUS)
		reach = (int64_t)isqrt(own->r2);
	else if (rule->has_span)
		reach = rule->span;
	else
		return POINTS_NONE;
	if (reach == 0)
		return POINTS_NONE;
	int64_t away = (int64_t)isqrt(place_distance2(own, other));
	return share(reach - smaller(away, reach), reach);
}

int32_t
field_points(const struct field *f, enum side side, const struct stated *s, bool met,
	     const struct dict *d)
{
	const struct statement *own = &s->by[side], *other = &s->by[side_other(side)];
	if (!own->stated || !other->stated || !field_is_public(f) || f->type == FIELD_DIMENSIONS)
		return POINTS_NONE;
	if (!met)
		return 0;
	if (field_is_set(f))
		return set_points(f, own, other, d);
	if (f->type == FIELD_GEO)
		return place_points(&f->side[side], &own->place, &other->place);
	return interval_points(&f->side[side], &own->interval, &other->interval);
}

uint16_t
boxes_score(const struct exchange *e, struct box need, struct box offer, const struct dict *d)
{
	wide sum[2] = {0, 0}, weights[2] = {0, 0};
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		if (f->side[NEED].weight == 0 && f->side[OFFER].weight == 0)
			continue;
		struct stated s = stated_by(need, offer, i);
		bool met = field_meets(f, &s, d);
		for (enum side side = NEED; side <= OFFER; side++) {
			uint16_t weight = f->side[side].weight;
			int32_t points = weight ? field_points(f, side, &s, met, d) : POINTS_NONE;
			if (points == POINTS_NONE)
				continue;
			sum[side] += (wide)weight * points;
			weights[side] += weight;
		}
	}
	if (weights[NEED] == 0 && weights[OFFER] == 0)
		return POINTS_FULL / 1000;
	int64_t a = weights[NEED] ? (int64_t)(sum[NEED] / weights[NEED]) : -1;
	int64_t b = weights[OFFER] ? (int64_t)(sum[OFFER] / weights[OFFER]) : -1;
	int64_t score;
	if (a < 0 || b < 0)
		score = a < 0 ? b : a;
	else
		score = a + b == 0 ? 0 : 2 * a * b / (a + b);
	return (uint16_t)(score / 1000);
}
