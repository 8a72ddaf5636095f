#include "core/bound.h"

#include "core/score.h"

#include <math.h>

/* Shares of the full points; NONE where the field is left out of the side's score. */
static const double FULL = 1, NONE = -1;

/* What the row's side can earn by a probe of one value: where they meet, they agree on it. */
static void
prepare_value(struct bound_field *to, enum side their)
{
	enum better better = to->field->side[their].better;
	if (better != BETTER_LOWER && better != BETTER_HIGHER)
		return;
	to->kind[their] = better == BETTER_LOWER ? BOUND_BELOW : BOUND_ABOVE;
	to->limit = (double)to->interval.lo;
}

static void
prepare_interval(struct bound_field *to, enum side own)
{
	const struct side_rule *rule = &to->field->side[own];
	int64_t limit = rule->better == BETTER_LOWER ? to->interval.hi : to->interval.lo;
	to->kind[NEED] = to->kind[OFFER] = BOUND_INTERVAL;
	if (to->interval.lo == to->interval.hi)
		prepare_value(to, side_other(own));
	if (rule->better != BETTER_LOWER && rule->better != BETTER_HIGHER)
		return;
	double span = rule->span_own ? fabs((double)limit) : (double)rule->span;
	if (limit == INT64_MIN || limit == INT64_MAX || span == 0) {
		to->kind[own] = BOUND_NOTHING;
		return;
	}
	to->kind[own] = rule->better == BETTER_LOWER ? BOUND_LOWER : BOUND_HIGHER;
	to->limit = (double)limit;
	to->scale = 1 / span;
}

static void
prepare_place(struct bound_field *to, enum side own, const struct place *p)
{
	const struct side_rule *rule = &to->field->side[own];
	double reach = p->r2 != PLACE_NO_RADIUS ? (double)isqrt(p->r2) : (double)rule->span;
	to->kind[NEED] = to->kind[OFFER] = BOUND_PLACE;
	to->x = lane_coordinate(p->x);
	to->y = lane_coordinate(p->y);
	to->z = lane_coordinate(p->z);
	if (reach > 0)
		to->scale = PLACE_METRES / reach;
	else
		to->kind[own] = BOUND_NOTHING;
}

static void
prepare(struct bound *b, struct bound_field *to, const struct statement *s)
{
	const struct field *f = to->field;
	to->kind[NEED] = to->kind[OFFER] = BOUND_FULL;
	if (to->at && field_is_interval(f)) {
		to->interval = s->interval;
		prepare_interval(to, b->own);
	} else if (to->at && f->type == FIELD_GEO) {
		prepare_place(to, b->own, &s->place);
	}
	for (enum side side = NEED; side <= OFFER; side++) {
		to->weight[side] = f->side[side].weight;
		if (f->side[side].weight == 0)
			to->kind[side] = BOUND_NOTHING;
		b->earns[side] |= to->kind[side] != BOUND_NOTHING;
	}
}

void
bound_make(struct bound *b, const struct lookup *l, struct box probe)
{
	const struct exchange *e = l->columns->exchange;
	uint8_t bit = 0;
	b->own = side_other(l->columns->side);
	b->n = 0;
	b->useless = b->earns[NEED] = b->earns[OFFER] = false;
	for (size_t i = 0; i < e->n_fields; i++) {
		struct statement s = box_statement(probe, i);
		if (!field_weighs(&e->fields[i]))
			continue;
		if (bit == MAX_WEIGHED_BITS) {
			b->useless = true;
			return;
		}
		bit++;
		if (!s.stated)
			continue;
		b->fields[b->n] = (struct bound_field){
		    .field = &e->fields[i], .at = l->lanes.at[i], .bit = bit - 1};
		prepare(b, &b->fields[b->n++], &s);
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
	double scale = f->scale;
	if (!own_is_probe) {
		/* A lane of 1 may be a reach of nothing, which is left out. */
		double reach = (double)rule->span / PLACE_METRES;
		if (row[3] != UINT16_MAX)
			reach = row[3] > 1 && row[3] < UINT16_MAX - 1 ? row[3] : INFINITY;
		if (reach <= 0)
			return NONE;
		scale = 1 / reach;
	}
	double x = row[0] - f->x, y = row[1] - f->y, z = row[2] - f->z;
	double away = (sqrt(x * x + y * y + z * z) - 2) * scale;
	return away <= 0 ? FULL : away < FULL ? FULL - away : 0;
}

/* Of what a probe with a limit on the bad end can earn: the end of the row's interval that is
 * nearer to the good end counts, at its best. */
static double
headroom_share(const struct bound_field *f, bool lower, const lane *row)
{
	enum field_type type = f->field->type;
	int64_t (*end_of)(enum field_type, lane) = lower ? lane_least : lane_greatest;
	struct interval best = {.lo = end_of(type, row[0])};
	int64_t agreed;
	best.hi = row[0] == row[1] ? best.lo : end_of(type, row[1]);
	if (!interval_middle(interval_meet(f->interval, best), &agreed))
		return NONE;
	double room = lower ? f->limit - (double)agreed : (double)agreed - f->limit;
	double share = fabs(room) * f->scale;
	return share < FULL ? share : FULL;
}

/* Of what the row's limit on the bad end, which lies between two numbers, earns by one value. */
static double
limit_share(const struct bound_field *f, enum side side, bool below, const lane *row)
{
	const struct side_rule *rule = &f->field->side[side];
	enum field_type type = f->field->type;
	lane at = row[below ? 1 : 0];
	int64_t least = lane_least(type, at), most = lane_greatest(type, at);
	if (least == INT64_MIN || most == INT64_MAX)
		return NONE;
	struct spread limit = {(double)least, (double)most};
	double span = rule->span_own ? least_magnitude(limit) : (double)rule->span;
	if (span == 0)
		return rule->span_own ? FULL : NONE;
	return share_of(farthest(limit, (struct spread){f->limit, f->limit}), span);
}

static double
field_share(const struct bound_field *f, enum side side, bool own_is_probe, const lane *row)
{
	switch ((enum bound_kind)f->kind[side]) {
	case BOUND_NOTHING:
		return NONE;
	case BOUND_FULL:
		return FULL;
	case BOUND_LOWER:
		return headroom_share(f, true, row + f->at);
	case BOUND_HIGHER:
		return headroom_share(f, false, row + f->at);
	case BOUND_BELOW:
		return limit_share(f, side, true, row + f->at);
	case BOUND_ABOVE:
		return limit_share(f, side, false, row + f->at);
	case BOUND_INTERVAL:
		return interval_share(&f->field->side[side], own_is_probe, f->field->type,
				      f->interval, row + f->at);
	case BOUND_PLACE:
		return place_share(f, side, own_is_probe, row + f->at);
	}
	return FULL;
}

/* A side's score as a share of full points, or NONE. A field that may be left out is taken for
 * full, which cannot lower the mean. */
static double
side_share(const struct bound *b, enum side side, const lane *row)
{
	double sum = 0, weights = 0;
	if (!b->earns[side])
		return NONE;
	for (size_t i = 0; i < b->n; i++) {
		const struct bound_field *f = &b->fields[i];
		if (f->kind[side] == BOUND_NOTHING || !(row[HEAD_LANES - 1] >> f->bit & 1))
			continue;
		double share = field_share(f, side, side == b->own, row);
		if (share < 0)
			continue;
		sum += f->weight[side] * share;
		weights += f->weight[side];
	}
	return weights > 0 ? sum / weights : NONE;
}

uint16_t
bound_score(const struct bound *b, const lane *row)
{
	enum { MOST = POINTS_FULL / 1000 };
	if (b->useless || !(b->earns[NEED] || b->earns[OFFER]))
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
