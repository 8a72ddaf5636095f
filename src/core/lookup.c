/*
 * How a set field selects. Let S be a stored listing and P the probe, on the other side. The field
 * rules the pair out when it fails and somebody insists. For a probe whose statement of the field
 * is a finite set, S stands
 *
 *   under its values  where it states a finite set;
 *   in `always`       where its silence meets anything, or it says "everything but": no list of
 *                     values can rule it out;
 *   in `lenient`      where it does not insist although its side may: it prefers the field, or is
 *                     silent and its silence is the empty set. Ruled out only if P insists.
 *   in `odd`          where its values alone do not tell: it makes exceptions or vetoes, or must
 *                     lie within P with more than one value.
 *
 * Numbers and places have `lenient` too; numbers also have `always`, for rows that are silent, where
 * a probe's own silence may fail.
 *
 * A code is stored *at* its own node and *under* all its ancestors: a probe's code meets what is
 * stored under it, and what is stored at one of its ancestors.
 */

#include "core/lookup.h"

#include "core/ranges.h"
#include "core/set_lane.h"
#include "util/mem.h"

struct lookup *
lookup_new(const struct columns *c)
{
	struct lookup *l = mem_zalloc(sizeof *l);
	l->columns = c;
	l->lanes = lanes_of(c);
	l->fields = mem_zalloc(c->exchange->n_fields * sizeof *l->fields);
	return l;
}

static void
posting_forget(struct field_index *index, struct posting *p, struct dict *d)
{
	HASH_DEL(index->by_value, p);
	rowset_free(&p->at);
	rowset_free(&p->under);
	dict_drop(d, p->value);
	free(p);
}

static void
index_free(struct field_index *index, struct dict *d)
{
	struct posting *p, *next;
	HASH_ITER(hh, index->by_value, p, next)
	posting_forget(index, p, d);
	rowset_free(&index->lenient);
	rowset_free(&index->always);
	rowset_free(&index->odd);
	rowset_free(&index->silent);
	numbers_free(&index->free_numbers);
	for (unsigned i = 0; i < OWN_RANGES; i++)
		ranges_done(&index->ranges[i]);
	for (unsigned i = 0; i < REACH_RANGES && index->reach; i++)
		ranges_done(&index->reach[i]);
	free(index->reach);
}

void
lookup_free(struct lookup *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++)
		index_free(&l->fields[i], l->columns->dict);
	free(l->fields);
	rowset_free(&l->all);
	lanes_done(&l->lanes);
	free(l);
}

/* ---- values ---- */

const struct posting *
posting_find(const struct field_index *index, uint32_t value)
{
	const struct posting *p;
	HASH_FIND(hh, index->by_value, &value, sizeof value, p);
	return p;
}

static struct posting *
posting_get(struct lookup *l, size_t field, uint32_t value)
{
	struct field_index *index = &l->fields[field];
	struct posting *p = (struct posting *)posting_find(index, value);
	if (!p) {
		p = mem_zalloc(sizeof *p);
		p->value = value;
		dict_hold(l->columns->dict, value);
		if (l->lanes.at[field])
			p->number = set_lane_number(l, field);
		HASH_ADD(hh, index->by_value, value, sizeof p->value, p);
	}
	return p;
}

/* One row on its way in or out. */
struct entry {
	struct lookup *l;
	uint32_t row;
	bool present;
	size_t field; /* the one whose turn it is */
};

static void
put(const struct entry *e, struct rowset *s)
{
	if (e->present)
		rowset_add(s, e->row, e->l->columns->homes.n_rows);
	else
		rowset_remove(s, e->row, e->l->columns->homes.n_rows);
}

static void
count(const struct entry *e, uint32_t *counter, bool counts)
{
	*counter += counts ? (e->present ? 1 : -1) : 0;
}

/* A value that nobody states any more is forgotten. */
static void
put_value(const struct entry *e, uint32_t value, bool at, bool under)
{
	struct field_index *index = &e->l->fields[e->field];
	struct posting *p = posting_get(e->l, e->field, value);
	if (at)
		put(e, &p->at);
	if (under)
		put(e, &p->under);
	if (p->at.n == 0 && p->under.n == 0) {
		if (e->l->lanes.at[e->field])
			set_lane_free_number(index, p->number);
		posting_forget(index, p, e->l->columns->dict);
	}
}

static void
put_code(const struct entry *e, enum code_rule rule, uint32_t value)
{
	struct dict *d = e->l->columns->dict;
	struct str path = dict_text(d, value);
	put_value(e, value, true, true);
	while (path.len > 0) {
		path.len = code_parent(rule, path);
		uint32_t above = dict_add(d, path);
		put_value(e, above, false, true);
		dict_drop(d, above);
	}
}

static bool
is_odd(const struct field *f, enum side side, const struct statement *s)
{
	return s->n_none > 0 || s->n_veto > 0 || s->everything_but ||
	       (s->n_any > 1 && stored_is_inner(f, side));
}

static void
put_set(const struct entry *e, const struct field *f, struct field_index *index,
	const struct statement *s)
{
	enum side side = e->l->columns->side;
	if (!s->stated) {
		bool always = silence_meets(f, side);
		if (always)
			put(e, &index->always);
		else if (f->demanded_by[side])
			put(e, &index->lenient);
		return;
	}
	if (is_odd(f, side, s))
		put(e, &index->odd);
	if (f->type != FIELD_CODE && s->everything_but) {
		put(e, &index->always);
		return;
	}
	if (s->prefer && f->demanded_by[side])
		put(e, &index->lenient);
	for (size_t k = 0; k < s->n_any; k++) {
		if (f->type == FIELD_CODE)
			put_code(e, f->tree->rule, statement_any(s)[k]);
		else
			put_value(e, statement_any(s)[k], true, false);
	}
}

/* ---- numbers and places ---- */

static void
put_ranges(const struct entry *e, const struct field *f, size_t field, struct field_index *index)
{
	const lane *at = lookup_lanes(e->l, e->row) + e->l->lanes.at[field];
	unsigned n = ranges_of_field(f, index);
	for (unsigned i = 0; i < n && e->l->lanes.at[field]; i++) {
		struct ranges *r = ranges_at(index, i);
		lane value = ranges_lane(at, i);
		for (uint32_t k = 0; k < r->n; k++)
			if (value <= r->edge[k])
				put(e, &r->upto[k]);
	}
}

static void
put_scalar(const struct entry *e, const struct field *f, size_t field, struct field_index *index,
	   const struct statement *s)
{
	enum side side = e->l->columns->side;
	bool silence_passes = silence_meets(f, side);
	if (f->demanded_by[side] && (s->stated ? s->prefer : !silence_passes))
		put(e, &index->lenient);
	else if (!s->stated && f->type != FIELD_GEO && !silence_meets(f, side_other(side)))
		put(e, &index->always);
	if (f->type == FIELD_GEO) {
		count(e, &index->radii, s->stated && s->place.r2 != PLACE_NO_RADIUS);
		if (!s->stated) {
			put(e, &index->silent);
			return;
		}
	}
	put_ranges(e, f, field, index);
}

/* ---- rows ---- */

static void
put_field(const struct entry *e)
{
	size_t i = e->field;
	const struct columns *c = e->l->columns;
	const struct field *f = &c->exchange->fields[i];
	struct field_index *index = &e->l->fields[i];
	struct statement s = box_statement((struct box){c, e->row}, i);
	count(e, &index->prefer, s.stated && s.prefer);
	if (field_is_set(f)) {
		put_set(e, f, index, &s);
		if (e->present && e->l->lanes.at[i])
			set_lane_put(e->l, i, e->row);
	} else {
		put_scalar(e, f, i, index, &s);
	}
}

static void
put_row(struct entry *e)
{
	put(e, &e->l->all);
	for (e->field = 0; e->field < e->l->columns->exchange->n_fields; e->field++)
		put_field(e);
}

void
lookup_add(struct lookup *l, uint32_t row, uint32_t owner, uint32_t opening)
{
	lanes_put(&l->lanes, row, owner, opening);
	l->arrived++;
	put_row(&(struct entry){l, row, true, 0});
	ranges_renew(l);
}

void
lookup_fill(struct lookup *l, const struct arrival *rows, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct entry e = {l, rows[k].row, true, 0};
		lanes_put(&l->lanes, rows[k].row, rows[k].owner, rows[k].opening);
		put(&e, &l->all);
	}
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++)
		for (size_t k = 0; k < n; k++)
			put_field(&(struct entry){l, rows[k].row, true, i});
	l->arrived += n;
	ranges_build(l);
}

void
lookup_remove(struct lookup *l, uint32_t row)
{
	put_row(&(struct entry){l, row, false, 0});
}
