#include "core/find.h"

#include "core/meet.h"
#include "util/mem.h"

#include <stdlib.h>

/* The loops over bits and lanes, for wide vectors where the machine has them. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

enum { AT_ONCE = 8 }; /* words: a cache line */

/* ---- intersecting ---- */

/* The bits of a span for each positive and each negative term. */
struct operands {
	const uint64_t *with[64], *without[64];
	size_t n_with, n_without;
};
enum { MAX_OPERANDS = 64 };

WIDE static void
or_words(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < SPAN_WORDS; i++)
		to[i] |= from[i];
}

/* Appends the rows that are in all of `with` and none of `without`; returns how many. */
WIDE static size_t
intersect(const struct operands *o, size_t words, uint32_t base, uint32_t *out)
{
	uint32_t *at = out;
	for (size_t w = 0; w < words; w += AT_ONCE) {
		uint64_t left[AT_ONCE], any = 0;
		for (size_t i = 0; i < AT_ONCE; i++)
			left[i] = o->with[0][w + i];
		for (size_t k = 1; k < o->n_with; k++)
			for (size_t i = 0; i < AT_ONCE; i++)
				left[i] &= o->with[k][w + i];
		for (size_t k = 0; k < o->n_without; k++)
			for (size_t i = 0; i < AT_ONCE; i++)
				left[i] &= ~o->without[k][w + i];
		for (size_t i = 0; i < AT_ONCE; i++)
			any |= left[i];
		if (!any)
			continue;
		for (size_t i = 0; i < AT_ONCE; i++)
			for (uint64_t x = left[i]; x; x &= x - 1)
				*at++ =
				    base + (uint32_t)((w + i) * 64) + (uint32_t)__builtin_ctzll(x);
	}
	return (size_t)(at - out);
}

/* The union of a term's sets in a span, in `room` where it is not one set's bits; NULL: empty. */
static const uint64_t *
term_bits(const struct plan *p, const struct term *t, uint32_t span, uint64_t *room)
{
	const uint64_t *only = NULL;
	bool used = false;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct rowset *s = p->sets[t->first + i];
		const uint64_t *bits = s->dense ? rowset_span(s, span) : NULL;
		struct row_run run = s->dense ? (struct row_run){0} : rowset_run(s, span);
		if (!bits && run.len == 0)
			continue;
		if (bits && !only && !used) {
			only = bits;
			continue;
		}
		if (!used) {
			if (only)
				memcpy(room, only, SPAN_WORDS * sizeof *room);
			else
				memset(room, 0, SPAN_WORDS * sizeof *room);
			used = true;
		}
		if (bits)
			or_words(room, bits);
		for (size_t k = 0; k < run.len; k++)
			room[run.at[k] % SPAN_ROWS / 64] |= UINT64_C(1) << run.at[k] % 64;
	}
	return used ? room : only;
}

/* False where the span holds no row. */
static bool
gather(struct finder *f, const struct lookup *l, uint32_t span, struct operands *o)
{
	const struct plan *p = &f->plan;
	struct term all = {.n = 1};
	o->n_with = o->n_without = 0;
	for (size_t i = 0; i < p->n_used; i++) {
		const struct term *t = &p->terms[i];
		const uint64_t *bits = term_bits(p, t, span, f->words + i * SPAN_WORDS);
		if (bits && t->negative)
			o->without[o->n_without++] = bits;
		else if (bits)
			o->with[o->n_with++] = bits;
		else if (!t->negative)
			return false;
	}
	if (o->n_with > 0)
		return true;
	const struct rowset *every = &l->all;
	const struct plan everybody = {.sets = &every};
	o->with[0] = term_bits(&everybody, &all, span, f->words + p->n_used * SPAN_WORDS);
	o->n_with = 1;
	return o->with[0] != NULL;
}

/* ---- lanes ---- */

typedef lane lane_vector __attribute__((vector_size(sizeof(lane) * LANE_VECTOR), aligned(2)));

enum { MAX_VECTORS = MAX_LANES / LANE_VECTOR };

/* A plan's ranges, a vector for each LANE_VECTOR lanes. */
struct bounds {
	union {
		lane_vector v[MAX_VECTORS];
		lane at[MAX_LANES];
	} lo, hi, sure_lo, sure_hi;
};

static void
bounds_of(const struct plan *p, struct bounds *b)
{
	memset(b, 0, sizeof *b);
	memset(&b->hi, 0xff, sizeof b->hi);
	memset(&b->sure_hi, 0xff, sizeof b->sure_hi);
	for (size_t i = 0; i < p->n_ranges; i++) {
		const struct lane_range *r = &p->ranges[i];
		b->lo.at[r->at] = r->lo;
		b->hi.at[r->at] = r->hi;
		b->sure_lo.at[r->at] = r->sure_lo;
		b->sure_hi.at[r->at] = r->sure_hi;
	}
}

/* Whether some lane lies outside the bounds. */
static inline bool
outside(const lane *at, const lane_vector *lo, const lane_vector *hi, size_t vectors)
{
	uint64_t any[sizeof(lane_vector) / sizeof(uint64_t)] = {0}, all = 0;
	for (size_t i = 0; i < vectors; i++) {
		lane_vector v, bad;
		memcpy(&v, at + i * LANE_VECTOR, sizeof v);
		bad = (lane_vector)(v < lo[i]) | (lane_vector)(v > hi[i]);
		for (size_t k = 0; k < sizeof any / sizeof *any; k++) {
			uint64_t word;
			memcpy(&word, (const char *)&bad + k * sizeof word, sizeof word);
			any[k] |= word;
		}
	}
	for (size_t k = 0; k < sizeof any / sizeof *any; k++)
		all |= any[k];
	return all != 0;
}

enum verdict { VERDICT_OUT, VERDICT_SURE, VERDICT_UNSURE };

static inline int64_t
lane_distance2(const lane *at, const struct reach *r)
{
	int64_t x = at[0] - r->x, y = at[1] - r->y, z = at[2] - r->z;
	return x * x + y * y + z * z;
}

static enum verdict
judge_reach(const struct reach *r, const lane *at)
{
	if (at[0] == LANE_SILENT_PLACE)
		return r->silent_meets ? VERDICT_SURE : VERDICT_UNSURE;
	int64_t d2 = lane_distance2(at, r);
	bool sure = true;
	if (r->own) {
		if (d2 > r->far2)
			return VERDICT_OUT;
		sure = d2 <= r->near2;
	}
	if (r->theirs && at[3] != UINT16_MAX) {
		int64_t far = at[3] + 3, near = at[3] > 3 ? at[3] - 3 : 0;
		if (d2 > far * far)
			return VERDICT_OUT;
		sure = sure && d2 < near * near && !r->unsure_theirs;
	}
	return sure ? VERDICT_SURE : VERDICT_UNSURE;
}

/* One row on its way through, and what it is compared with. */
struct judge {
	const struct lookup *lookup;
	const struct plan *plan;
	struct bounds bounds;
	size_t vectors;
	struct box probe;
	const struct dict *dict;
};

static bool
field_is_met(const struct judge *j, uint32_t row, uint8_t field)
{
	const struct columns *c = j->lookup->columns;
	struct box stored = {c, row};
	bool need = c->side == NEED;
	struct stated s = stated_by(need ? stored : j->probe, need ? j->probe : stored, field);
	return !field_excludes(&c->exchange->fields[field], &s, j->dict);
}

/* Asks the columns about every lane that is in doubt. */
static bool
edges_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_ranges; i++) {
		const struct lane_range *r = &j->plan->ranges[i];
		bool sure = at[r->at] >= r->sure_lo && at[r->at] <= r->sure_hi;
		if (!sure && !field_is_met(j, row, r->field))
			return false;
	}
	return true;
}

static bool
doubts_are_met(const struct judge *j, uint32_t row)
{
	for (size_t i = 0; i < j->plan->n_doubts; i++) {
		const struct doubt *d = &j->plan->doubts[i];
		if (rowset_holds(d->rows, row) && !field_is_met(j, row, d->field))
			return false;
	}
	return true;
}

static bool
places_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_reaches; i++) {
		const struct reach *r = &j->plan->reaches[i];
		enum verdict v = judge_reach(r, at + r->at);
		if (v == VERDICT_OUT || (v == VERDICT_UNSURE && !field_is_met(j, row, r->field)))
			return false;
	}
	return true;
}

enum { AHEAD = 16 }; /* rows whose lanes are asked for before their turn */

/* Keeps the rows whose lanes do not exclude them; returns how many. */
WIDE static size_t
keep_near(const struct judge *j, uint32_t *rows, size_t n)
{
	const lane *base = j->lookup->lanes.spans[rows[0] >> SPAN_BITS];
	size_t stride = j->lookup->lanes.n, kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			__builtin_prefetch(base + (rows[i + AHEAD] % SPAN_ROWS) * stride);
		const lane *at = base + (rows[i] % SPAN_ROWS) * stride;
		rows[kept] = rows[i];
		kept += !outside(at, j->bounds.lo.v, j->bounds.hi.v, j->vectors);
	}
	return kept;
}

/* Of rows that may meet by their lanes, keeps those that do. */
WIDE static size_t
keep_met(const struct judge *j, uint32_t *rows, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const lane *at = lookup_lanes(j->lookup, rows[i]);
		bool sure = !outside(at, j->bounds.sure_lo.v, j->bounds.sure_hi.v, j->vectors);
		rows[kept] = rows[i];
		kept += places_are_met(j, rows[i], at) && doubts_are_met(j, rows[i]) &&
			(sure || edges_are_met(j, rows[i], at));
	}
	return kept;
}

/* ---- finding ---- */

static void
make_room(struct finder *f, const struct plan *p)
{
	size_t words = (p->n_used + 1) * SPAN_WORDS;
	if (words <= f->cap_words)
		return;
	f->words = mem_realloc(f->words, words * sizeof *f->words);
	f->cap_words = words;
}

static void
find_in_span(struct finder *f, const struct judge *j, uint32_t span)
{
	const struct lookup *l = j->lookup;
	struct operands o;
	uint32_t rows = l->columns->n_rows - (span << SPAN_BITS);
	size_t words = rows >= SPAN_ROWS ? SPAN_WORDS : (rows + 63) / 64;

	if (!gather(f, l, span, &o))
		return;
	if (f->rows.len + SPAN_ROWS > f->rows.cap) {
		f->rows.cap = f->rows.len + 2 * SPAN_ROWS;
		f->rows.at = mem_realloc(f->rows.at, f->rows.cap * sizeof *f->rows.at);
	}
	uint32_t *found = f->rows.at + f->rows.len;
	words = (words + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
	size_t n = intersect(&o, words < SPAN_WORDS ? words : SPAN_WORDS, span << SPAN_BITS, found);
	if (n > 0 && (j->plan->n_ranges > 0 || j->plan->n_reaches > 0))
		n = keep_near(j, found, n);
	if (n > 0 && j->plan->verify)
		n = boxes_sieve(l->columns, j->plan->verify, j->probe, found, n, j->dict);
	f->rows.len += keep_met(j, found, n);
}

void
finder_find(struct finder *f, const struct lookup *l, struct box probe, const struct dict *d)
{
	struct judge j = {.lookup = l,
			  .plan = &f->plan,
			  .vectors = l->lanes.n / LANE_VECTOR,
			  .probe = probe,
			  .dict = d};
	f->rows.len = 0;
	if (l->all.n == 0)
		return;
	plan_make(&f->plan, l, probe, d);
	make_room(f, &f->plan);
	bounds_of(&f->plan, &j.bounds);
	for (uint32_t span = 0; span <= (l->columns->n_rows - 1) >> SPAN_BITS; span++)
		find_in_span(f, &j, span);
}

void
finder_free(struct finder *f)
{
	plan_free(&f->plan);
	free(f->words);
	numbers_free(&f->rows);
}
