#include "core/meet.h"

/* ---- keywords ---- */

static bool
list_holds(const uint32_t *list, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n && list[i] <= value; i++)
		if (list[i] == value)
			return true;
	return false;
}

bool
keyword_set_holds(const struct statement *s, uint32_t keyword)
{
	if (s->everything_but)
		return !list_holds(statement_none(s), s->n_none, keyword);
	return list_holds(statement_any(s), s->n_any, keyword);
}

static bool
keyword_overlap(const struct statement *a, const struct statement *b)
{
	if (a->everything_but && b->everything_but)
		return true;
	const struct statement *finite = a->everything_but ? b : a;
	const struct statement *other = a->everything_but ? a : b;
	for (size_t i = 0; i < finite->n_any; i++)
		if (keyword_set_holds(other, statement_any(finite)[i]))
			return true;
	return false;
}

static bool
keyword_within(const struct statement *inner, const struct statement *outer)
{
	if (!inner->everything_but) {
		for (size_t i = 0; i < inner->n_any; i++)
			if (!keyword_set_holds(outer, statement_any(inner)[i]))
				return false;
		return true;
	}
	if (!outer->everything_but)
		return false;
	for (size_t i = 0; i < outer->n_none; i++)
		if (keyword_set_holds(inner, statement_none(outer)[i]))
			return false;
	return true;
}

static bool
keyword_vetoed(const struct statement *by, const struct statement *other)
{
	for (size_t i = 0; i < by->n_veto; i++)
		if (keyword_set_holds(other, statement_veto(by)[i]))
			return true;
	return false;
}

/* ---- codes ---- */

static bool
under_any(struct str path, const uint32_t *list, size_t n, const struct dict *d)
{
	for (size_t i = 0; i < n; i++)
		if (code_under(path, dict_text(d, list[i])))
			return true;
	return false;
}

static bool
excepted(struct str path, const struct statement *s, const struct dict *d)
{
	return under_any(path, statement_none(s), s->n_none, d);
}

bool
code_entry_met(uint32_t own, const struct statement *a, const struct statement *b,
	       const struct dict *d)
{
	struct str path = dict_text(d, own);
	for (size_t i = 0; i < b->n_any; i++) {
		struct str other = dict_text(d, statement_any(b)[i]);
		struct str deeper = path.len > other.len ? path : other;
		struct str upper = path.len > other.len ? other : path;
		if (code_under(deeper, upper) && !excepted(deeper, a, d) && !excepted(deeper, b, d))
			return true;
	}
	return false;
}

static bool
code_overlap(const struct statement *a, const struct statement *b, const struct dict *d)
{
	for (size_t i = 0; i < a->n_any; i++)
		if (code_entry_met(statement_any(a)[i], a, b, d))
			return true;
	return false;
}

static bool
code_within(const struct statement *inner, const struct statement *outer, const struct dict *d)
{
	for (size_t i = 0; i < inner->n_any; i++) {
		struct str path = dict_text(d, statement_any(inner)[i]);
		if (!under_any(path, statement_any(outer), outer->n_any, d) ||
		    excepted(path, outer, d))
			return false;
	}
	return true;
}

static bool
code_vetoed(const struct statement *by, const struct statement *other, const struct dict *d)
{
	static const uint32_t nothing[1];
	static const struct statement no_exceptions = {.values = nothing};
	for (size_t i = 0; i < by->n_veto; i++)
		if (code_entry_met(statement_veto(by)[i], &no_exceptions, other, d))
			return true;
	return false;
}

/* ---- the others ---- */

struct interval
interval_meet(struct interval a, struct interval b)
{
	return (struct interval){a.lo > b.lo ? a.lo : b.lo, a.hi < b.hi ? a.hi : b.hi};
}

static bool
interval_overlap(const struct field *f, const struct interval *a, const struct interval *b)
{
	struct interval common = interval_meet(*a, *b);
	if (common.lo > common.hi)
		return false;
	if (common.lo == INT64_MIN || common.hi == INT64_MAX)
		return true;
	return common.hi - common.lo >= f->min_overlap;
}

static bool
interval_within(const struct interval *inner, const struct interval *outer)
{
	return inner->lo >= outer->lo && inner->hi <= outer->hi;
}

static struct interval
read_as(enum reading reading, int64_t value)
{
	switch (reading) {
	case READING_AT_LEAST:
		return (struct interval){value, INT64_MAX};
	case READING_AT_MOST:
		return (struct interval){INT64_MIN, value};
	case READING_EXACTLY:
		break;
	}
	return (struct interval){value, value};
}

static bool
dimensions_meet(const struct field *f, const struct statement *need, const struct statement *offer)
{
	unsigned ranks = need->n_any < offer->n_any ? need->n_any : offer->n_any;
	for (unsigned i = 0; i < ranks; i++) {
		int64_t n = need->lengths[i], o = offer->lengths[i];
		struct interval common;
		switch (f->relation) {
		case RELATION_NEED_WITHIN_OFFER:
			if (n > o)
				return false;
			break;
		case RELATION_OFFER_WITHIN_NEED:
			if (o > n)
				return false;
			break;
		case RELATION_OVERLAP:
			common = interval_meet(read_as(f->side[NEED].reading, n),
					       read_as(f->side[OFFER].reading, o));
			if (common.lo > common.hi)
				return false;
			break;
		}
	}
	return true;
}

uint64_t
place_distance2(const struct place *a, const struct place *b)
{
	int64_t dx = (int64_t)a->x - b->x, dy = (int64_t)a->y - b->y, dz = (int64_t)a->z - b->z;
	return (uint64_t)(dx * dx + dy * dy + dz * dz);
}

static bool
places_meet(const struct place *a, const struct place *b)
{
	uint64_t d2 = place_distance2(a, b);
	return d2 <= a->r2 && d2 <= b->r2; /* PLACE_NO_RADIUS is above every distance */
}

/* ---- a field ---- */

static bool
set_meets(const struct field *f, const struct statement *n, const struct statement *o,
	  const struct dict *d)
{
	bool code = f->type == FIELD_CODE;
	bool related = false;
	switch (f->relation) {
	case RELATION_OVERLAP:
		related = code ? code_overlap(n, o, d) : keyword_overlap(n, o);
		break;
	case RELATION_NEED_WITHIN_OFFER:
		related = code ? code_within(n, o, d) : keyword_within(n, o);
		break;
	case RELATION_OFFER_WITHIN_NEED:
		related = code ? code_within(o, n, d) : keyword_within(o, n);
		break;
	}
	if (!related)
		return false;
	if (code)
		return !code_vetoed(n, o, d) && !code_vetoed(o, n, d);
	return !keyword_vetoed(n, o) && !keyword_vetoed(o, n);
}

static bool
interval_meets(const struct field *f, const struct statement *n, const struct statement *o)
{
	switch (f->relation) {
	case RELATION_NEED_WITHIN_OFFER:
		return interval_within(&n->interval, &o->interval);
	case RELATION_OFFER_WITHIN_NEED:
		return interval_within(&o->interval, &n->interval);
	case RELATION_OVERLAP:
		break;
	}
	return interval_overlap(f, &n->interval, &o->interval);
}

/* A side that states nothing, and is not `any`, stands for the empty set. */
static bool
empty_meets(const struct field *f, const struct stated *s)
{
	switch (f->relation) {
	case RELATION_NEED_WITHIN_OFFER:
		return !s->by[NEED].stated;
	case RELATION_OFFER_WITHIN_NEED:
		return !s->by[OFFER].stated;
	case RELATION_OVERLAP:
		break;
	}
	return false;
}

bool
field_meets(const struct field *f, const struct stated *s, const struct dict *d)
{
	const struct statement *n = &s->by[NEED], *o = &s->by[OFFER];
	if ((!n->stated && f->side[NEED].absent == ABSENT_ANY) ||
	    (!o->stated && f->side[OFFER].absent == ABSENT_ANY))
		return true;
	if (!n->stated || !o->stated)
		return empty_meets(f, s);
	switch (f->type) {
	case FIELD_KEYWORD:
	case FIELD_CODE:
	case FIELD_FLAG:
		return set_meets(f, n, o, d);
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_DATE:
	case FIELD_ORDINAL:
		return interval_meets(f, n, o);
	case FIELD_DIMENSIONS:
		return dimensions_meet(f, n, o);
	case FIELD_GEO:
		return places_meet(&n->place, &o->place);
	}
	return false;
}

bool
field_excludes(const struct field *f, const struct stated *s, const struct dict *d)
{
	/* A field on which nobody insists cannot exclude, so it need not be looked at. */
	return (side_insists(f, s, NEED) || side_insists(f, s, OFFER)) && !field_meets(f, s, d);
}

bool
boxes_meet(const struct exchange *e, struct box need, struct box offer, const struct dict *d)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		struct stated s = stated_by(need, offer, i);
		if (field_excludes(&e->fields[i], &s, d))
			return false;
	}
	return true;
}

/* ---- one box against many ---- */

/* How many rows ahead memory is asked for: enough to hide its latency, few enough to stay cached.
 */
enum { AHEAD = 16 };

/* Keeps the rows that the field does not exclude; returns how many. */
static size_t
sieve_field(const struct columns *stored, size_t field, struct box probe, uint32_t *rows, size_t n,
	    const struct dict *d)
{
	const struct field *f = &stored->exchange->fields[field];
	enum side side = stored->side, probe_side = side_other(side);
	struct stated s;
	size_t kept = 0;

	s.by[probe_side] = box_statement(probe, field);
	if (!side_insists(f, &s, probe_side) && !f->demanded_by[side])
		return n;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			box_prefetch((struct box){stored, rows[i + AHEAD]}, field);
		s.by[side] = box_statement((struct box){stored, rows[i]}, field);
		rows[kept] = rows[i];
		kept += !field_excludes(f, &s, d);
	}
	return kept;
}

size_t
boxes_sieve(const struct columns *stored, uint64_t fields, struct box probe, uint32_t *rows,
	    size_t n, const struct dict *d)
{
	for (; fields && n > 0; fields &= fields - 1)
		n = sieve_field(stored, (size_t)__builtin_ctzll(fields), probe, rows, n, d);
	return n;
}
