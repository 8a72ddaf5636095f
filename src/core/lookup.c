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
	const struct columns *columns;
	struct numbers all;
	struct field_index *fields; /* by field; only those of set types are used */
};

struct lookup *
lookup_new(const struct columns *c)
{
	struct lookup *l = mem_zalloc(sizeof *l);
	l->columns = c;
	l->fields = mem_zalloc(c->exchange->n_fields * sizeof *l->fields);
	return l;
}

void
lookup_free(struct lookup *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++) {
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
put(struct numbers *n, uint32_t row, bool present)
{
	if (present)
		numbers_add(n, row);
	else
		numbers_remove(n, row);
}

static void
put_code(struct field_index *index, enum code_rule rule, uint32_t value, uint32_t row, bool present,
	 struct dict *d)
{
	struct str path = dict_text(d, value);
	put(&posting_get(index, value)->at, row, present);
	for (;;) {
		put(&posting_get(index, dict_add(d, path))->under, row, present);
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
put_statement(struct lookup *l, size_t i, uint32_t row, bool present, struct dict *d)
{
	const struct statement stated = box_statement((struct box){l->columns, row}, i),
			       *s = &stated;
	enum side side = l->columns->side;
	const struct field *f = &l->columns->exchange->fields[i];
	struct field_index *index = &l->fields[i];

	if (!s->stated) {
		bool any = f->side[side].absent == ABSENT_ANY || silence_fits(f, side);
		put(any ? &index->always : &index->lenient, row, present);
		return;
	}
	if (f->type != FIELD_CODE && s->everything_but) {
		put(&index->always, row, present);
		return;
	}
	if (!f->demanded_by[side] || s->prefer)
		put(&index->lenient, row, present);
	for (size_t k = 0; k < s->n_any; k++) {
		uint32_t value = statement_any(s)[k];
		if (f->type == FIELD_CODE)
			put_code(index, f->tree->rule, value, row, present, d);
		else
			put(&posting_get(index, value)->at, row, present);
	}
}

static void
put_row(struct lookup *l, uint32_t row, bool present, struct dict *d)
{
	put(&l->all, row, present);
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++)
		if (field_is_set(&l->columns->exchange->fields[i]))
			put_statement(l, i, row, present, d);
}

void
lookup_add(struct lookup *l, uint32_t row, struct dict *d)
{
	put_row(l, row, true, d);
}

void
lookup_remove(struct lookup *l, uint32_t row, struct dict *d)
{
	put_row(l, row, false, d);
}

/* ---- probing ---- */

void
marks_begin(struct marks *m, size_t bound)
{
	if (bound > m->cap) {
		size_t cap = bound + bound / 8 + 64;
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
marks_add(struct marks *m, uint32_t number)
{
	if (m->seen[number] == m->round)
		return false;
	m->seen[number] = m->round;
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
	const struct field *f = &l->columns->exchange->fields[i];
	const struct field_index *index = &l->fields[i];
	enum side probe_side = side_other(l->columns->side);

	if (!field_is_set(f) || !s->stated || s->everything_but)
		return false;
	take(t, &index->always);
	if (!f->demanded_by[probe_side] || s->prefer)
		take(t, &index->lenient);
	for (size_t k = 0; k < s->n_any; k++)
		take_value(t, index, f, statement_any(s)[k], d);
	return true;
}

void
lookup_rows(const struct lookup *l, struct box probe, const struct dict *d, struct marks *marks,
	    struct numbers *out)
{
	struct taker t = {.marks = marks, .out = out};
	size_t best = l->columns->exchange->n_fields, least = l->all.len;

	out->len = 0;
	marks_begin(marks, l->columns->n_rows);
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++) {
		struct taker count = {0};
		struct statement s = box_statement(probe, i);
		if (take_field(&count, l, i, &s, d) && count.count < least) {
			best = i;
			least = count.count;
		}
	}
	if (best == l->columns->exchange->n_fields) {
		take(&t, &l->all);
	} else {
		struct statement s = box_statement(probe, best);
		take_field(&t, l, best, &s, d);
	}
}
