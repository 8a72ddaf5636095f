#include "core/bound.h"

#include "core/score.h"

#include <math.h>

/* Shares of the full points; NONE where the field is left out of the side's score. */
static const double FULL = 1, NONE = -1;

void
bound_make(struct bound *b, const struct lookup *l, struct box probe)
{
	const struct exchange *e = l->columns->exchange;
	uint8_t bit = 0;
	b->own = side_other(l->columns->side);
	b->n = 0;
	b->useless = false;
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		struct statement s = box_statement(probe, i);
		if (!field_weighs(f))
			continue;
		if (bit == MAX_WEIGHED_BITS) {
			b->useless = true;
			return;
		}
		bit++;
		if (!s.stated)
			continue;
		struct bound_field *to = &b->fields[b->n++];
		*to = (struct bound_field){.field = f, .at = l->lanes.at[i], .bit = bit - 1};
		if (field_is_interval(f))
			to->interval = s.interval;
		if (f->type != FIELD_GEO)
			continue;
		to->x = lane_coordinate(s.place->x);
		to->y = lane_coordinate(s.place->y);
		to->z = lane_coordinate(s.place->z);
		if (s.place->r2 != PLACE_NO_RADIUS)
			to->reach = (double)isqrt(s.place->r2);
		else if (f->side[b->own].has_span)
			to->reach = (double)f->side[b->own].span;
	}
}

/* The least and the greatest that an uncertain number can be. */
struct spread {
	double lo, hi;
};

static double
nearest(struct spread a, struct spread b)
{
	double gap = a.lo > b.hi ? a.lo - b.hi : b.lo - a.hi;
	return gap > 0 ? gap : 0;
}

static double
farthest(struct spread a, struct spread b)
{
	double x = fabs(a.hi - b.lo), y = fabs(b.hi - a.lo);
	return x > y ? x : y;
}

static double
least_magnitude(struct spread a)
{
	return a.lo > 0 ? a.lo : a.hi < 0 ? -a.hi : 0;
}

/* The middles of what two intervals share, if the row's ends are at their least and greatest. */
static bool
middles(struct interval a, struct interval b, struct spread *ret)
{
	int64_t lo, hi;
	if (!interval_middle(a, &lo) || !interval_middle(b, &hi))
		return false;
	*ret = (struct spread){(double)lo, (double)hi};
	return true;
}

static double
share_of(double part, double span)
{
	return part >= span ? FULL : part / span;
}

static double
interval_share(const struct side_rule *rule, bool own_is_probe, enum field_type type,
	       struct interval probe, const lane *row)
{
	struct interval least = {lane_least(type, row[0]), lane_least(type, row[1])};
	struct interval most = {lane_greatest(type, row[0]), lane_greatest(type, row[1])};
	struct spread agreed, bound, target;
	if (!middles(interval_meet(probe, least), interval_meet(probe, most), &agreed))
		return NONE;
	if (rule->better == BETTER_NEARER) {
		double span = (double)rule->span;
		if (rule->span == 0 || !(own_is_probe ? middles(probe, probe, &target)
						      : middles(least, most, &target)))
			return NONE;
		return FULL - share_of(nearest(agreed, target), span);
	}
	bool lower = rule->better == BETTER_LOWER;
	int64_t a =
	    lower ? (own_is_probe ? probe.hi : least.hi) : (own_is_probe ? probe.lo : least.lo);
	int64_t b =
	    lower ? (own_is_probe ? probe.hi : most.hi) : (own_is_probe ? probe.lo : most.lo);
	if (rule->better == BETTER_NONE || a == INT64_MIN || b == INT64_MAX)
		return NONE;
	bound = (struct spread){(double)a, (double)b};
	double span = rule->span_own ? least_magnitude(bound) : (double)rule->span;
	if (span == 0)
		return rule->span_own && a != b ? FULL : NONE;
	return share_of(farthest(bound, agreed), span);
}

static double
place_share(const struct bound_field *f, enum side side, bool own_is_probe, const lane *row)
{
	const struct side_rule *rule = &f->field->side[side];
	double reach = f->reach;
	if (!own_is_probe && row[3] != UINT16_MAX)
		/* A lane of 1 may be a reach of nothing, which is left out. */
		reach = row[3] > 1 && row[3] < UINT16_MAX - 1 ? (double)row[3] * PLACE_METRES
							      : INFINITY;
	else if (!own_is_probe)
		reach = rule->has_span ? (double)rule->span : 0;
	if (reach <= 0)
		return NONE;
	double x = row[0] - f->x, y = row[1] - f->y, z = row[2] - f->z;
	double away = (sqrt(x * x + y * y + z * z) - 2) * PLACE_METRES;
	return FULL - (away > 0 ? share_of(away, reach) : 0);
}

static double
field_share(const struct bound_field *f, enum side side, bool own_is_probe, const lane *row)
{
	if (f->at == 0)
		return FULL;
	if (f->field->type == FIELD_GEO)
		return place_share(f, side, own_is_probe, row + f->at);
	return interval_share(&f->field->side[side], own_is_probe, f->field->type, f->interval,
			      row + f->at);
}

/* A side's score as a share of full points, or NONE. A field that may be left out is taken for
 * full, which cannot lower the mean. */
static double
side_share(const struct bound *b, enum side side, const lane *row)
{
	double sum = 0, weights = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct bound_field *f = &b->fields[i];
		double weight = f->field->side[side].weight;
		if (weight == 0 || !(row[HEAD_LANES - 1] >> f->bit & 1))
			continue;
		double share = field_share(f, side, side == b->own, row);
		if (share < 0)
			continue;
		sum += weight * share;
		weights += weight;
	}
	return weights > 0 ? sum / weights : NONE;
}

uint16_t
bound_score(const struct bound *b, const lane *row)
{
	enum { MOST = POINTS_FULL / 1000 };
	if (b->useless)
		return MOST;
	double need = side_share(b, NEED, row), offer = side_share(b, OFFER, row), score;
	if (need < 0 && offer < 0)
		return MOST;
	if (need < 0 || offer < 0)
		score = need < 0 ? offer : need;
	else
		score = need + offer > 0 ? 2 * need * offer / (need + offer) : 0;
	score = score * MOST + 1e-6; /* more than rounding can have taken away */
	return score >= MOST ? MOST : (uint16_t)score;
}
