/*
 * How a field selects. Let S be a stored listing and P the probe, on the other side. The field
 * rules the pair out when it fails and somebody insists. For a probe whose statement of the field
 * is a finite set:
 *
 *   stating   S states a finite set and insists: it can only meet under one of its values, so
 *             it stands in their lists.
 *   lenient   S states a finite set and does not insist, or S's silence is the empty set: ruled
 *             out under other values only if P insists.
 *   always    S's silence accepts anything, or S says "everything but": never ruled out by this
 *             field's lists.
 *
 * So the candidates are always ∪ (P insists ? ∅ : lenient) ∪ the lists of P's values, where the
 * lists hold both stating and lenient listings. A code is stored *at* its own node and *under* all
 * its ancestors: a probe's code meets what is stored under it, and what is stored at one of its
 * ancestors.
 */

#include "core/lookup.h"

#include "core/meet.h"
#include "util/hash.h"

struct posting {
	uint32_t value; /* in the dictionary */
	struct numbers at;
	struct numbers under; /* code fields only; includes `at` */
	UT_hash_handle hh;
};

struct field_index {
	struct posting *by_value;
	struct numbers lenient, always;
};

struct lookup {
	const struct exchange *exchange;
	enum side side;
	struct numbers all;
	struct field_index *fields; /* by field; only those of set types are used */
};

struct lookup *
lookup_new(const struct exchange *e, enum side side)
{
	struct lookup *l = mem_zalloc(sizeof *l);
	l->exchange = e;
	l->side = side;
	l->fields = mem_zalloc(e->n_fields * sizeof *l->fields);
	return l;
}

void
lookup_free(struct lookup *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->exchange->n_fields; i++) {
		struct field_index *index = &l->fields[i];
		struct posting *p, *next;
		HASH_ITER(hh, index->by_value, p, next)
		{
			HASH_DEL(index->by_value, p);
			numbers_free(&p->at);
			numbers_free(&p->under);
			free(p);
		}
		numbers_free(&index->lenient);
		numbers_free(&index->always);
	}
	free(l->fields);
	numbers_free(&l->all);
	free(l);
}

size_t
lookup_count(const struct lookup *l)
{
	return l->all.len;
}

/* ---- storing ---- */

static struct posting *
posting_find(const struct field_index *index, uint32_t value)
{
	struct posting *p;
	HASH_FIND(hh, index->by_value, &value, sizeof value, p);
	return p;
}

static struct posting *
posting_get(struct field_index *index, uint32_t value)
{
	struct posting *p = posting_find(index, value);
	if (!p) {
		p = mem_zalloc(sizeof *p);
		p->value = value;
		HASH_ADD(hh, index->by_value, value, sizeof p->value, p);
	}
	return p;
}

static void
put(struct numbers *n, uint32_t listing, bool present)
{
	if (present)
		numbers_add(n, listing);
	else
		numbers_remove(n, listing);
}

static void
put_code(struct field_index *index, enum code_rule rule, uint32_t value, uint32_t listing,
	 bool present, struct dict *d)
{
	struct str path = dict_text(d, value);
	put(&posting_get(index, value)->at, listing, present);
	for (;;) {
		put(&posting_get(index, dict_add(d, path))->under, listing, present);
		if (path.len == 0)
			break;
		path.len = code_parent(rule, path);
	}
}

/* Whether an absent statement of the stored side is the empty set that fits inside everything. */
static bool
silence_fits(const struct field *f, enum side side)
{
	return f->relation ==
	       (side == NEED ? RELATION_NEED_WITHIN_OFFER : RELATION_OFFER_WITHIN_NEED);
}

static void
put_statement(struct lookup *l, size_t i, const struct statement *s, uint32_t listing, bool present,
	      struct dict *d)
{
	const struct field *f = &l->exchange->fields[i];
	struct field_index *index = &l->fields[i];

	if (!s) {
		bool any = f->side[l->side].absent == ABSENT_ANY || silence_fits(f, l->side);
		put(any ? &index->always : &index->lenient, listing, present);
		return;
	}
	if (f->type != FIELD_CODE && s->flags & STATEMENT_EVERYTHING_BUT) {
		put(&index->always, listing, present);
		return;
	}
	if (!f->demanded_by[l->side] || s->flags & STATEMENT_PREFER)
		put(&index->lenient, listing, present);
	for (size_t k = 0; k < s->n_any; k++) {
		uint32_t value = statement_any(s)[k];
		if (f->type == FIELD_CODE)
			put_code(index, f->tree->rule, value, listing, present, d);
		else
			put(&posting_get(index, value)->at, listing, present);
	}
}

static void
put_boxes(struct lookup *l, uint32_t listing, const struct boxes *b, bool present, struct dict *d)
{
	put(&l->all, listing, present);
	for (size_t i = 0; i < l->exchange->n_fields; i++) {
		if (!field_is_set(&l->exchange->fields[i]))
			continue;
		const struct statement *last = NULL;
		for (size_t box = 0; box < b->n_boxes; box++) {
			const struct statement *s = boxes_statement(b, box, i);
			if (box == 0 || s != last)
				put_statement(l, i, s, listing, present, d);
			last = s;
		}
	}
}

void
lookup_add(struct lookup *l, uint32_t listing, const struct boxes *b, struct dict *d)
{
	put_boxes(l, listing, b, true, d);
}

void
lookup_remove(struct lookup *l, uint32_t listing, const struct boxes *b, struct dict *d)
{
	put_boxes(l, listing, b, false, d);
}

/* ---- probing ---- */

void
marks_begin(struct marks *m, size_t n_listings)
{
	if (n_listings >= m->cap) {
		size_t cap = n_listings + n_listings / 2 + 64;
		m->seen = mem_realloc(m->seen, cap * sizeof *m->seen);
		memset(m->seen + m->cap, 0, (cap - m->cap) * sizeof *m->seen);
		m->cap = cap;
	}
	if (++m->round == 0) {
		memset(m->seen, 0, m->cap * sizeof *m->seen);
		m->round = 1;
	}
}

bool
marks_add(struct marks *m, uint32_t listing)
{
	if (m->seen[listing] == m->round)
		return false;
	m->seen[listing] = m->round;
	return true;
}

void
marks_free(struct marks *m)
{
	free(m->seen);
	*m = (struct marks){0};
}

/* Takes the lists that one probe statement selects, one by one: to count them, or to gather them.
 */
struct taker {
	size_t count;
	struct marks *marks; /* NULL: count only */
	struct numbers *out;
};

static void
take(struct taker *t, const struct numbers *n)
{
	t->count += n->len;
	if (!t->marks)
		return;
	for (size_t i = 0; i < n->len; i++)
		if (marks_add(t->marks, n->at[i]))
			numbers_push(t->out, n->at[i]);
}

static void
take_value(struct taker *t, const struct field_index *index, const struct field *f, uint32_t value,
	   const struct dict *d)
{
	const struct posting *p = posting_find(index, value);
	if (f->type != FIELD_CODE) {
		if (p)
			take(t, &p->at);
		return;
	}
	if (p)
		take(t, &p->under);
	struct str path = dict_text(d, value);
	while (path.len > 0) {
		path.len = code_parent(f->tree->rule, path);
		uint32_t above = dict_find(d, path);
		p = above == DICT_NONE ? NULL : posting_find(index, above);
		if (p)
			take(t, &p->at);
	}
}

/* False where the field cannot select for this statement. */
static bool
take_field(struct taker *t, const struct lookup *l, size_t i, const struct statement *s,
	   const struct dict *d)
{
	const struct field *f = &l->exchange->fields[i];
	const struct field_index *index = &l->fields[i];
	enum side probe_side = side_other(l->side);

	if (!field_is_set(f) || !s || s->flags & STATEMENT_EVERYTHING_BUT)
		return false;
	take(t, &index->always);
	if (!f->demanded_by[probe_side] || s->flags & STATEMENT_PREFER)
		take(t, &index->lenient);
	for (size_t k = 0; k < s->n_any; k++)
		take_value(t, index, f, statement_any(s)[k], d);
	return true;
}

static void
take_box(const struct lookup *l, const struct boxes *probe, size_t box, const struct dict *d,
	 struct taker *t)
{
	size_t best = l->exchange->n_fields, least = l->all.len;
	for (size_t i = 0; i < l->exchange->n_fields; i++) {
		struct taker count = {0};
		if (take_field(&count, l, i, boxes_statement(probe, box, i), d) &&
		    count.count < least) {
			best = i;
			least = count.count;
		}
	}
	if (best == l->exchange->n_fields)
		take(t, &l->all);
	else
		take_field(t, l, best, boxes_statement(probe, box, best), d);
}

void
lookup_candidates(const struct lookup *l, const struct boxes *probe, const struct dict *d,
		  size_t n_listings, struct marks *marks, struct numbers *out)
{
	struct taker t = {.marks = marks, .out = out};
	out->len = 0;
	marks_begin(marks, n_listings);
	for (size_t box = 0; box < probe->n_boxes; box++)
		take_box(l, probe, box, d, &t);
}
