#include "core/ask.h"

#include "core/meet.h"
#include "core/score.h"
#include "util/mem.h"

static void
verify(const struct asked *a)
{
	a->plan->verify |= UINT64_C(1) << a->i;
}

/* ---- terms ---- */

static struct term *
term_begin(const struct asked *a, bool negative, bool decides)
{
	struct plan *p = a->plan;
	p->terms = mem_grow(p->terms, p->n_terms, &p->cap_terms, sizeof *p->terms);
	struct term *t = &p->terms[p->n_terms++];
	*t = (struct term){.first = (uint32_t)p->n_sets,
			   .kept = 0,
			   .field = a->i,
			   .negative = negative,
			   .decides = decides};
	return t;
}

static void
term_add(const struct asked *a, struct term *t, const struct rowset *s)
{
	struct plan *p = a->plan;
	if (s->n == 0)
		return;
	p->sets = mem_grow(p->sets, p->n_sets, &p->cap_sets, sizeof(const struct rowset *));
	p->sets[p->n_sets++] = s;
	t->n++;
	/* As if the sets knew nothing of each other. */
	double share = (double)s->n / a->lookup->all.n;
	if (t->negative && t->n > 1)
		t->kept *= 1 - share; /* turned round at the end */
	else
		t->kept += (1 - t->kept) * share;
}

static void
term_end(const struct asked *a, struct term *t)
{
	struct plan *p = a->plan;
	bool everybody = t->n == 1 && p->sets[t->first]->n == a->lookup->all.n;
	if (t->negative)
		t->kept = 1 - t->kept;
	if (t->negative ? t->n == 0 : everybody)
		p->n_terms--; /* excludes nobody */
}

/* ---- sets ---- */

enum depth { HERE = 1, BELOW = 2, ABOVE = 4 };

static void
add_value(const struct asked *a, struct term *t, uint32_t value, unsigned depth)
{
	const struct posting *p = posting_find(a->index, value);
	if (p && a->field->type != FIELD_CODE)
		term_add(a, t, &p->at);
	if (a->field->type != FIELD_CODE)
		return;
	if (p)
		term_add(a, t, depth & BELOW ? &p->under : &p->at);
	struct str path = dict_text(a->dict, value);
	while (path.len > 0 && (depth & ABOVE)) {
		path.len = code_parent(a->field->tree->rule, path);
		uint32_t above = dict_find(a->dict, path);
		p = above == DICT_NONE ? NULL : posting_find(a->index, above);
		if (p)
			term_add(a, t, &p->at);
	}
}

/* A term for `n` values of the probe: a row passes by any of them, or because none can rule it
 * out. */
static void
values_term(const struct asked *a, const uint32_t *values, size_t n, unsigned depth, bool decides)
{
	struct term *t = term_begin(a, false, decides);
	term_add(a, t, &a->index->always);
	if (!a->insists)
		term_add(a, t, &a->index->lenient);
	t->values = (uint32_t)a->plan->n_sets;
	for (size_t i = 0; i < n; i++)
		add_value(a, t, values[i], depth);
	term_end(a, t);
}

static void
doubt_rows(const struct asked *a, const struct rowset *rows)
{
	struct plan *p = a->plan;
	if (rows->n == 0)
		return;
	if (rows->n > a->lookup->all.n / 8)
		verify(a);
	else
		p->doubts[p->n_doubts++] = (struct doubt){rows, a->i};
}

static void
accept_code(uint64_t *codes, uint32_t code)
{
	codes[code / 64] |= UINT64_C(1) << code % 64;
}

/* Fills in which codes meet; returns how many words. */
static uint32_t
accept_codes(const struct asked *a)
{
	struct plan *p = a->plan;
	uint32_t words = (CODE_FIRST + a->index->numbers + 63u) / 64;
	while (p->cap_codes < p->n_codes + words) {
		p->cap_codes = 2 * p->cap_codes + words;
		p->codes = mem_realloc(p->codes, p->cap_codes * sizeof *p->codes);
	}
	uint64_t *codes = p->codes + p->n_codes;
	memset(codes, 0, words * sizeof *codes);
	/* One value holds all of several only if they are that one. */
	bool never = stored_is_outer(a->field, a->stored) && a->own->n_any > 1;
	for (size_t i = 0; i < a->own->n_any && !never; i++) {
		const struct posting *v = posting_find(a->index, statement_any(a->own)[i]);
		if (v && v->number != NO_NUMBER)
			accept_code(codes, CODE_FIRST + v->number);
	}
	p->n_codes += words;
	return words;
}

static void
accept_bits(const struct asked *a, struct set_probe *s)
{
	for (size_t i = 0; i < a->own->n_any; i++) {
		const struct posting *v = posting_find(a->index, statement_any(a->own)[i]);
		if (v && v->number < SET_BITS)
			s->bits |= (lane)(1 << v->number);
		else
			s->impossible = true;
	}
}

/* Has the field's lane decide for each row, as far as it can. */
static void
ask_set_lane(const struct asked *a)
{
	struct plan *p = a->plan;
	bool passes = !a->insists || silence_meets(a->field, a->stored);
	struct set_question *q = &p->probes[p->n_probes++];
	struct set_probe *s = &q->probe;
	*q = (struct set_question){0};
	*s = (struct set_probe){.at = a->lookup->lanes.at[a->i],
				.field = a->i,
				.coded = a->index->coded,
				.inner = stored_is_inner(a->field, a->stored),
				.outer = stored_is_outer(a->field, a->stored),
				.silent = passes ? VERDICT_SURE : VERDICT_OUT};
	s->accepted_at = (uint32_t)p->n_codes;
	if (s->coded)
		s->n_accepted = accept_codes(a);
	else
		accept_bits(a, s);
}

/* The field's terms, from `before` on: one alone tells of rows that state several values. */
static void
remember_terms(const struct asked *a, size_t before, size_t made)
{
	struct plan *p = a->plan;
	struct set_question *q = &p->probes[p->n_probes - 1];
	q->made = made;
	q->n_terms = p->n_terms - before;
	if (q->n_terms != 1 || q->probe.inner)
		return;
	q->term = p->terms[before];
	q->term.n -= q->term.values - q->term.first;
	q->term.first = q->term.values;
	q->has_term = q->term.n <= MAX_TESTED;
}

static void
ask_set(const struct asked *a)
{
	const struct statement *own = a->own;
	bool plain = own->n_none == 0 && own->n_veto == 0;
	bool outer = stored_is_outer(a->field, a->stored);
	if (own->everything_but) {
		verify(a);
		return;
	}
	size_t before = a->plan->n_terms;
	bool by_lane = plain && a->lookup->lanes.at[a->i] && (a->insists || a->index->prefer == 0);
	if (by_lane)
		ask_set_lane(a);
	else if (!plain)
		verify(a);
	else
		doubt_rows(a, &a->index->odd);
	if (outer) {
		for (size_t i = 0; i < own->n_any; i++)
			values_term(a, statement_any(own) + i, 1, HERE | ABOVE, !by_lane);
	} else {
		bool inner = stored_is_inner(a->field, a->stored);
		values_term(a, statement_any(own), own->n_any, inner ? BELOW : BELOW | HERE | ABOVE,
			    !by_lane);
	}
	if (by_lane)
		remember_terms(a, before, outer ? own->n_any : 1);
}

/* ---- lanes ---- */

/* The rows whose lane is at most `hi`, by the nearest edge, and those of `also`, if not NULL. */
static void
range_hi(const struct asked *a, const struct ranges *r, lane hi, const struct rowset *also)
{
	for (uint32_t k = 0; k < r->n; k++) {
		if (r->edge[k] < hi)
			continue;
		struct term *t = term_begin(a, false, false);
		term_add(a, t, &r->upto[k]);
		if (also)
			term_add(a, t, also);
		term_end(a, t);
		return;
	}
}

/* Not the rows whose lane is below `lo`, but for those of `also`, if not NULL. */
static void
range_lo(const struct asked *a, const struct ranges *r, lane lo, const struct rowset *also)
{
	for (uint32_t k = r->n; k-- > 0;) {
		if (r->edge[k] >= lo || r->upto[k].n == 0)
			continue;
		struct term *t = term_begin(a, true, false);
		term_add(a, t, &r->upto[k]);
		if (also)
			term_add(a, t, also);
		term_end(a, t);
		return;
	}
}

static void
ask_lane(const struct asked *a, unsigned k, struct lane_range range)
{
	struct plan *p = a->plan;
	range.at = (uint8_t)(a->lookup->lanes.at[a->i] + k);
	range.field = a->i;
	if (!a->excused) /* else the columns are asked about those that are left */
		p->ranges[p->n_ranges++] = range;
	if (range.lo > LANE_OPEN_LO)
		range_lo(a, &a->index->ranges[k], range.lo, a->excused);
	if (range.hi < LANE_OPEN_HI)
		range_hi(a, &a->index->ranges[k], range.hi, a->excused);
}

/* The lane of a row's value that must be at most `value`. LANE_OPEN_HI on a row says that it fails,
 * unless `open`: there it is an open end that meets. */
static struct lane_range
at_most(enum field_type type, int64_t value, bool open)
{
	struct lane_range r = {.lo = 0, .hi = lane_squeeze(type, value)};
	if (value == INT64_MAX)
		r.sure_hi = open ? LANE_OPEN_HI : LANE_OPEN_HI - 1;
	else if (value == INT64_MIN)
		r.sure_hi = LANE_OPEN_LO;
	else
		r.sure_hi = (lane)(lane_squeeze(type, value + 1) - 1);
	return r;
}

static struct lane_range
at_least(enum field_type type, int64_t value, bool open)
{
	struct lane_range r = {.lo = lane_squeeze(type, value), .hi = LANE_OPEN_HI};
	r.sure_hi = LANE_OPEN_HI;
	if (value == INT64_MIN)
		r.sure_lo = open ? LANE_OPEN_LO : LANE_OPEN_LO + 1;
	else if (value == INT64_MAX)
		r.sure_lo = LANE_OPEN_HI;
	else
		r.sure_lo = (lane)(lane_squeeze(type, value - 1) + 1);
	return r;
}

static void
ask_interval(const struct asked *a)
{
	enum field_type type = a->field->type;
	int64_t lo = a->own->interval.lo, hi = a->own->interval.hi;
	if (stored_is_outer(a->field, a->stored)) {
		ask_lane(a, 0, at_most(type, lo, true));
		ask_lane(a, 1, at_least(type, hi, true));
	} else if (stored_is_inner(a->field, a->stored)) {
		ask_lane(a, 0, at_least(type, lo, true));
		ask_lane(a, 1, at_most(type, hi, true));
	} else {
		ask_lane(a, 0, at_most(type, hi, false));
		ask_lane(a, 1, at_least(type, lo, false));
		if (a->field->min_overlap > 0)
			verify(a);
	}
}

static void
ask_dimensions(const struct asked *a)
{
	for (unsigned i = 0; i < a->own->n_any; i++) {
		int64_t length = a->own->lengths[i];
		bool outer = stored_is_outer(a->field, a->stored);
		ask_lane(a, i,
			 outer ? at_least(FIELD_DIMENSIONS, length, true)
			       : at_most(FIELD_DIMENSIONS, length, true));
	}
}

static bool
has_radius(const struct place *p)
{
	return p->r2 != PLACE_NO_RADIUS;
}

static lane
coordinate_near(int32_t metres, int64_t reach)
{
	int64_t at = metres + reach;
	int32_t edge = 2 * 6400000; /* beyond every coordinate */
	return lane_coordinate(at > edge ? edge : at < -edge ? -edge : (int32_t)at);
}

static void
ask_place(const struct asked *a)
{
	struct plan *p = a->plan;
	const struct place *own = &a->own->place;
	struct reach *r = &p->reaches[p->n_reaches++];
	*r = (struct reach){.at = a->lookup->lanes.at[a->i],
			    .field = a->i,
			    .own = a->insists,
			    .theirs = a->index->radii > 0,
			    .unsure_theirs = !a->insists && has_radius(own),
			    .silent_meets = silence_meets(a->field, a->stored),
			    .x = lane_coordinate(own->x),
			    .y = lane_coordinate(own->y),
			    .z = lane_coordinate(own->z)};
	/* In each coordinate the row's radius must reach this place; where it has none it does. */
	const int32_t at[OWN_RANGES] = {own->x, own->y, own->z};
	for (unsigned k = 0; k < OWN_RANGES && a->index->reach; k++) {
		lane here = lane_coordinate(at[k]);
		range_hi(a, &a->index->reach[k], here, &a->index->silent);
		range_lo(a, &a->index->reach[OWN_RANGES + k], here, NULL);
	}
	if (!a->insists)
		return;
	/* A lane's step in each of three coordinates, on either end: less than two steps. */
	int64_t reach = (int64_t)isqrt(own->r2), steps = reach / PLACE_METRES;
	r->far2 = (steps + 3) * (steps + 3);
	r->near2 = steps > 2 ? (steps - 2) * (steps - 2) : -1;
	for (unsigned k = 0; k < OWN_RANGES; k++) {
		range_lo(a, &a->index->ranges[k], coordinate_near(at[k], -reach - 1), NULL);
		range_hi(a, &a->index->ranges[k], coordinate_near(at[k], reach + 1),
			 &a->index->silent);
	}
}

/* ---- fields ---- */

/* Whether the probe's silence about the field fits or meets whatever a row states. */
static bool
silence_passes(const struct asked *a)
{
	return silence_meets(a->field, side_other(a->stored));
}

/* Of a field that the probe states. */
static void
ask_scalar(struct asked *a)
{
	bool place = a->field->type == FIELD_GEO;
	/* Lanes do not tell a row that prefers the field, or is silent and fails, from one that
	 * insists: where such rows are and the probe does not insist, lanes cannot judge. */
	if (!a->insists && a->index->lenient.n > 0)
		a->excused = &a->index->lenient;
	if (!a->lookup->lanes.at[a->i] || a->excused)
		verify(a);
	if (!a->lookup->lanes.at[a->i] || (place && a->excused))
		return;
	if (place)
		ask_place(a);
	else if (a->field->type == FIELD_DIMENSIONS)
		ask_dimensions(a);
	else
		ask_interval(a);
}

void
ask_field(struct asked *a)
{
	if (!a->insists && !a->field->demanded_by[a->stored])
		return;
	if (!a->own->stated && silence_passes(a))
		return;
	if (field_is_set(a->field)) {
		ask_set(a); /* silence that does not pass states an empty set */
		return;
	}
	if (a->own->stated)
		ask_scalar(a);
	else if (a->field->type == FIELD_GEO) /* nor does a row insist that has no radius */
		verify(a);
	else /* whoever insists fails */
		values_term(a, NULL, 0, HERE, true);
}
