#include "core/parts.h"

#include "core/meet.h"
#include "util/mem.h"

#ifndef PARTS_FROM
#define PARTS_FROM 8192
#define PART_FROM  2048
#endif

/* When a row has come: dividing takes two microseconds a row and part, and nobody should wait for a
 * million. Lookups that are filled at once are divided whatever their size. */
enum { PARTS_UP_TO = 8 * PARTS_FROM };

/* A field is good enough if a probe's part holds at most a third of the rows, and all parts
 * together not more than four times as many; and few rows are in none. */
enum { MOST_SHARE = 3, MOST_TIMES = 4, MOST_REST = 16 };

struct part {
	uint32_t value;
	struct lookup *lookup;
	UT_hash_handle hh;
};

struct parts {
	size_t field;
	struct part *by_value;
	struct lookup *rest; /* the rows that name no value */
	struct words places; /* runs: for each value of a row its place in the part, or 0 */
	uint32_t *run;	     /* [row] its run */
	uint32_t cap_run;
	uint64_t entries; /* rows under values, as often as they name one */
	uint64_t rows;	  /* that name a value */
};

static struct lookup *
part_new(const struct lookup *whole)
{
	struct lookup *l = lookup_new(whole->columns);
	l->whole = (struct lookup *)whole;
	l->n_places = 1; /* place 0 is none */
	return l;
}

static struct part *
part_find(const struct parts *p, uint32_t value)
{
	struct part *part;
	HASH_FIND(hh, p->by_value, &value, sizeof value, part);
	return part;
}

void
parts_free(struct parts *p)
{
	struct part *part, *next;
	if (!p)
		return;
	HASH_ITER(hh, p->by_value, part, next)
	{
		HASH_DEL(p->by_value, part);
		lookup_free(part->lookup);
		free(part);
	}
	lookup_free(p->rest);
	words_free(&p->places);
	free(p->run);
	free(p);
}

size_t
parts_bytes(const struct parts *p)
{
	size_t bytes = 0;
	if (!p)
		return 0;
	for (const struct part *part = p->by_value; part; part = part->hh.next)
		bytes += sizeof *part + lookup_bytes(part->lookup);
	return bytes + lookup_bytes(p->rest) + p->places.cap * sizeof(uint32_t) +
	       p->cap_run * sizeof(uint32_t);
}

/* ---- rows ---- */

/* What the row states of the field; n_any is 0 where it names no value. */
static struct statement
named(const struct lookup *whole, uint32_t row)
{
	struct statement s = box_statement((struct box){whole->columns, row}, whole->parts->field);
	if (!s.stated || s.everything_but)
		s.n_any = 0;
	return s;
}

/* Makes the part of a value that has become frequent, of the rows that name it already. */
static void
part_begin(struct lookup *whole, uint32_t value, struct dict *d)
{
	struct parts *p = whole->parts;
	struct part *part = mem_zalloc(sizeof *part);
	const struct rowset *rows = &posting_find(&whole->fields[p->field], value)->at;
	part->value = value;
	part->lookup = part_new(whole);
	HASH_ADD(hh, p->by_value, value, sizeof part->value, part);
	for (uint32_t row = 0; rowset_next(rows, &row); row++) {
		if (row >= p->cap_run || p->run[row] == 0)
			continue;
		struct statement s = named(whole, row);
		for (size_t k = 0; k < s.n_any; k++)
			if (statement_any(&s)[k] == value)
				p->places.at[p->run[row] + k] = lookup_enter(part->lookup, row, d);
	}
}

static void
enter(struct lookup *whole, uint32_t row, struct dict *d)
{
	struct parts *p = whole->parts;
	struct statement s = named(whole, row);
	uint32_t n = s.n_any ? s.n_any : 1;
	if (row >= p->cap_run) {
		uint32_t cap = words_roomier(p->cap_run, row + 1);
		p->run = mem_realloc(p->run, cap * sizeof *p->run);
		memset(p->run + p->cap_run, 0, (cap - p->cap_run) * sizeof *p->run);
		p->cap_run = cap;
	}
	uint32_t run = words_take(&p->places, n);
	if (s.n_any == 0)
		p->places.at[run] = lookup_enter(p->rest, row, d);
	for (size_t k = 0; k < s.n_any; k++) {
		const struct part *part = part_find(p, statement_any(&s)[k]);
		p->places.at[run + k] = part ? lookup_enter(part->lookup, row, d) : 0;
	}
	p->run[row] = run;
	p->entries += s.n_any;
	p->rows += s.n_any > 0;
}

void
parts_add(struct lookup *whole, uint32_t row, struct dict *d)
{
	struct parts *p = whole->parts;
	if (!p) {
		uint32_t n = whole->all.n;
		if (n >= PARTS_FROM && n <= PARTS_UP_TO && (n & (n - 1)) == 0)
			parts_divide(whole, d);
		return;
	}
	enter(whole, row, d);
	struct statement s = named(whole, row);
	for (size_t k = 0; k < s.n_any; k++) {
		uint32_t value = statement_any(&s)[k];
		const struct posting *at = posting_find(&whole->fields[p->field], value);
		if (at->at.n == PART_FROM && !part_find(p, value))
			part_begin(whole, value, d);
	}
}

void
parts_remove(struct lookup *whole, uint32_t row, struct dict *d)
{
	struct parts *p = whole->parts;
	if (!p || row >= p->cap_run || p->run[row] == 0)
		return;
	struct statement s = named(whole, row);
	uint32_t run = p->run[row];
	if (s.n_any == 0)
		lookup_leave(p->rest, row, p->places.at[run], d);
	for (size_t k = 0; k < s.n_any; k++) {
		uint32_t place = p->places.at[run + k];
		if (place)
			lookup_leave(part_find(p, statement_any(&s)[k])->lookup, row, place, d);
	}
	words_give(&p->places, run, s.n_any ? s.n_any : 1);
	p->run[row] = 0;
	p->entries -= s.n_any;
	p->rows -= s.n_any > 0;
}

/* ---- dividing ---- */

/* The share of the rows that a probe's part holds, if probes name values as often as rows do; 1
 * where the field is not good enough. */
static double
share_of_part(const struct lookup *whole, size_t field)
{
	const struct field *f = &whole->columns->exchange->fields[field];
	const struct field_index *index = &whole->fields[field];
	double all = whole->all.n, sum = 0, squares = 0;
	if (f->type != FIELD_KEYWORD && f->type != FIELD_FLAG)
		return 1;
	for (const struct posting *p = index->by_value; p; p = p->hh.next) {
		sum += p->at.n;
		squares += (double)p->at.n * p->at.n;
	}
	if (sum == 0 || sum > MOST_TIMES * all ||
	    (double)index->always.n + index->lenient.n > all / MOST_REST)
		return 1;
	return squares / (sum * all);
}

void
parts_divide(struct lookup *whole, struct dict *d)
{
	const struct exchange *e = whole->columns->exchange;
	double best = 1.0 / MOST_SHARE;
	size_t field = e->n_fields;

	parts_free(whole->parts);
	whole->parts = NULL;
	for (size_t i = 0; i < e->n_fields && whole->all.n >= PARTS_FROM; i++) {
		double share = share_of_part(whole, i);
		if (share < best) {
			best = share;
			field = i;
		}
	}
	if (field == e->n_fields)
		return;
	struct parts *p = whole->parts = mem_zalloc(sizeof *p);
	p->field = field;
	p->rest = part_new(whole);
	for (const struct posting *v = whole->fields[field].by_value; v; v = v->hh.next) {
		if (v->at.n < PART_FROM)
			continue;
		struct part *part = mem_zalloc(sizeof *part);
		part->value = v->value;
		part->lookup = part_new(whole);
		HASH_ADD(hh, p->by_value, value, sizeof part->value, part);
	}
	for (uint32_t row = 0; rowset_next(&whole->all, &row); row++)
		enter(whole, row, d);
}

/* ---- looking ---- */

const struct lookup *
parts_rest(const struct lookup *whole)
{
	return whole->parts ? whole->parts->rest : NULL;
}

static void
look_in(struct where *ret, const struct lookup *l)
{
	if (l->all.n > 0)
		ret->in[ret->n++] = l;
}

/* Adds the parts of the values; false where some rows are in none, or rows may be in two. */
static bool
look_in_values(const struct lookup *whole, const uint32_t *values, size_t n, struct where *ret)
{
	const struct parts *p = whole->parts;
	if (n > 1 && p->entries > p->rows)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct part *part = part_find(p, values[i]);
		if (part)
			look_in(ret, part->lookup);
		else if (posting_find(&whole->fields[p->field], values[i]))
			return false;
	}
	return true;
}

/* Whether the parts serve for this probe's statement of their field. */
static bool
serve(const struct lookup *whole, const struct stated *s, enum side own)
{
	const struct parts *p = whole->parts;
	const struct field *f = &whole->columns->exchange->fields[p->field];
	const struct statement *stated = &s->by[own];
	/* Places are no order of rows, by which the boxes of a listing are told together. */
	return whole->columns->runs == 0 && stated->stated && !stated->everything_but &&
	       side_insists(f, s, own) && p->rest->all.n <= whole->all.n / MOST_REST;
}

void
parts_for(const struct lookup *whole, struct box probe, struct where *ret)
{
	enum side stored = whole->columns->side, own = side_other(stored);
	struct stated s;
	*ret = (struct where){.decided = -1};
	if (whole->parts) {
		const struct field *f = &whole->columns->exchange->fields[whole->parts->field];
		s.by[own] = box_statement(probe, whole->parts->field);
		if (serve(whole, &s, own)) {
			bool outer = stored_is_outer(f, stored), inner = stored_is_inner(f, stored);
			size_t n = outer ? 1 : s.by[own].n_any;
			uint64_t rows = 0;
			bool found = look_in_values(whole, statement_any(&s.by[own]), n, ret);
			for (size_t i = 0; i < ret->n; i++)
				rows += ret->in[i]->all.n;
			if (found && rows <= whole->all.n / 2) {
				if (!inner && n == s.by[own].n_any)
					ret->decided = (int)whole->parts->field;
				look_in(ret, whole->parts->rest);
				return;
			}
		}
	}
	*ret = (struct where){.decided = -1};
	look_in(ret, whole);
}
