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

static bool
everything_but(const struct statement *s)
{
	return s->flags & STATEMENT_EVERYTHING_BUT;
}

bool
keyword_set_holds(const struct statement *s, uint32_t keyword)
{
	if (everything_but(s))
		return !list_holds(statement_none(s), s->n_none, keyword);
	return list_holds(statement_any(s), s->n_any, keyword);
}

static bool
keyword_overlap(const struct statement *a, const struct statement *b)
{
	if (everything_but(a) && everything_but(b))
		return true;
	const struct statement *finite = everything_but(a) ? b : a;
	const struct statement *other = everything_but(a) ? a : b;
	for (size_t i = 0; i < finite->n_any; i++)
		if (keyword_set_holds(other, statement_any(finite)[i]))
			return true;
	return false;
}

static bool
keyword_within(const struct statement *inner, const struct statement *outer)
{
	if (!everything_but(inner)) {
		for (size_t i = 0; i < inner->n_any; i++)
			if (!keyword_set_holds(outer, statement_any(inner)[i]))
				return false;
		return true;
	}
	if (!everything_but(outer))
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
	static const struct statement no_exceptions;
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
		int64_t n = statement_lengths(need)[i], o = statement_lengths(offer)[i];
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
		return interval_within(statement_interval(n), statement_interval(o));
	case RELATION_OFFER_WITHIN_NEED:
		return interval_within(statement_interval(o), statement_interval(n));
	case RELATION_OVERLAP:
		break;
	}
	return interval_overlap(f, statement_interval(n), statement_interval(o));
}

/* A side that states nothing, and is not `any`, stands for the empty set. */
static bool
empty_meets(const struct field *f, struct stated s)
{
	switch (f->relation) {
	case RELATION_NEED_WITHIN_OFFER:
		return !s.by[NEED];
	case RELATION_OFFER_WITHIN_NEED:
		return !s.by[OFFER];
	case RELATION_OVERLAP:
		break;
	}
	return false;
}

bool
field_meets(const struct field *f, struct stated s, const struct dict *d)
{
	const struct statement *n = s.by[NEED], *o = s.by[OFFER];
	if ((!n && f->side[NEED].absent == ABSENT_ANY) ||
	    (!o && f->side[OFFER].absent == ABSENT_ANY))
		return true;
	if (!n || !o)
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
		return places_meet(statement_place(n), statement_place(o));
	}
	return false;
}

bool
boxes_meet(const struct exchange *e, const struct boxes *need, size_t need_box,
	   const struct boxes *offer, size_t offer_box, const struct dict *d)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		struct stated s = stated_by(need, need_box, offer, offer_box, i);
		/* A field on which nobody insists cannot exclude, so it need not be looked at. */
		if (!side_insists(f, s, NEED) && !side_insists(f, s, OFFER))
			continue;
		if (!field_meets(f, s, d))
			return false;
	}
	return true;
}
