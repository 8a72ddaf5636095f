#include "core/find.h"

#include "core/meet.h"
#include "util/mem.h"

#include <stdlib.h>

/* The loops over bits and lanes, for wide vectors where the machine has them. (The choice is made
 * before a ThreadSanitizer is there that would watch it.) */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

enum {
	WORDS = 4, /* of a vector */
	BLOCK_WORDS = SPAN_WORDS < 64 ? SPAN_WORDS : 64
};

/* ---- intersecting ---- */

enum { MAX_JOINED = 8 }; /* sets of a term that are joined while intersecting */

/* Sets of which a row must be in one. */
struct group {
	const uint64_t *set[MAX_JOINED];
	size_t n;
};

/* The bits of a span for each term: sets that a row must be in, groups of which it must be in some
 * set, and sets that it must not be in. */
struct operands {
	const uint64_t *with[MAX_USED + 1], *without[MAX_USED];
	struct group some[MAX_USED];
	size_t n_with, n_some, n_without;
};

typedef uint64_t words __attribute__((vector_size(8 * WORDS), aligned(8)));

/* The words from `w` on; a macro, for a function of vectors has another ABI without them. */
#define AT(bits, w) (*(const words *)((bits) + (w)))

WIDE static void
or_words(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < SPAN_WORDS; i++)
		to[i] |= from[i];
}

/* What is left of the rows of a vector of words. */
static inline void
intersect_words(const struct operands *o, size_t w, words *ret)
{
	words left = ~(words){0};
	for (size_t k = 0; k < o->n_with; k++)
		left &= AT(o->with[k], w);
	for (size_t k = 0; k < o->n_some; k++) {
		const struct group *g = &o->some[k];
		words any = AT(g->set[0], w) | AT(g->set[1], w);
		for (size_t i = 2; i < g->n; i++)
			any |= AT(g->set[i], w);
		left &= any;
	}
	for (size_t k = 0; k < o->n_without; k++)
		left &= ~AT(o->without[k], w);
	*ret = left;
}

/* Words that are intersected before any of them is looked at: few have a row, and a branch on each
 * would be foretold wrongly too often. */
union block {
	words v[BLOCK_WORDS / WORDS];
	uint64_t at[BLOCK_WORDS];
};

/* Returns which words of the block have rows left, a bit each. */
static inline uint64_t
intersect_block(const struct operands *o, size_t w, union block *ret)
{
	words some = {0}, bit = {1, 2, 4, 8};
	for (size_t i = 0; i < BLOCK_WORDS / WORDS; i++) {
		intersect_words(o, w + i * WORDS, &ret->v[i]);
		some |= (words)(ret->v[i] != 0) & bit;
		bit <<= WORDS;
	}
	return some[0] | some[1] | some[2] | some[3];
}

/* Writes the rows that pass and asks for their lanes ahead of time; returns how many. */
WIDE static size_t
intersect(const struct operands *o, size_t n_words, const struct lanes *l, uint32_t span,
	  uint32_t *out)
{
	const lane *lanes = l->spans[span];
	size_t stride = l->n;
	uint32_t base = span << SPAN_BITS;
	uint32_t *at = out;
	for (size_t w = 0; w < n_words; w += BLOCK_WORDS) {
		union block left;
		for (uint64_t some = intersect_block(o, w, &left); some; some &= some - 1) {
			size_t i = (size_t)__builtin_ctzll(some);
			for (uint64_t x = left.at[i]; x; x &= x - 1) {
				size_t in_span = (w + i) * 64 + (size_t)__builtin_ctzll(x);
				__builtin_prefetch(lanes + in_span * stride);
				*at++ = base + (uint32_t)in_span;
			}
		}
	}
	return (size_t)(at - out);
}

/* A term's sets in a span: bits as they are, up to the last place, where lists and what is beyond
 * are joined in `room`. */
static void
term_bits(const struct plan *p, const struct term *t, uint32_t span, uint64_t *room,
	  struct group *ret)
{
	bool joined = false;
	ret->n = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct rowset *s = p->sets[t->first + i];
		const uint64_t *bits = s->dense ? rowset_span(s, span) : NULL;
		struct row_run run = s->dense ? (struct row_run){0} : rowset_run(s, span);
		if (bits && ret->n < MAX_JOINED - 1) {
			ret->set[ret->n++] = bits;
			continue;
		}
		if (!bits && run.len == 0)
			continue;
		if (!joined)
			memset(room, 0, SPAN_WORDS * sizeof *room);
		joined = true;
		if (bits)
			or_words(room, bits);
		for (size_t k = 0; k < run.len; k++)
			room[run.at[k] % SPAN_ROWS / 64] |= UINT64_C(1) << run.at[k] % 64;
	}
	if (joined)
		ret->set[ret->n++] = room;
}

/* False where no row of the span passes. */
static bool
gather_term(const struct term *t, const struct group *g, struct operands *o)
{
	if (t->negative) {
		/* one set: not to be up to an edge (core/plan.c) */
		for (size_t i = 0; i < g->n; i++)
			o->without[o->n_without++] = g->set[i];
		return true;
	}
	if (g->n == 1)
		o->with[o->n_with++] = g->set[0];
	else if (g->n > 1)
		o->some[o->n_some++] = *g;
	return g->n > 0;
}

/* Fills in the operands of a span; false where it holds no row that passes. */
static bool
gather(const struct plan *p, struct sieve *sieve, const struct lookup *l, uint32_t span,
       struct operands *o)
{
	struct group g;
	o->n_with = o->n_some = o->n_without = 0;
	for (size_t i = 0; i < p->n_used; i++) {
		term_bits(p, &p->terms[i], span, sieve->words + i * SPAN_WORDS, &g);
		if (!gather_term(&p->terms[i], &g, o))
			return false;
	}
	if (o->n_with + o->n_some > 0)
		return true;
	const struct rowset *all = &l->all;
	const struct plan everybody = {.sets = &all};
	const struct term every = {.n = 1};
	term_bits(&everybody, &every, span, sieve->words + p->n_used * SPAN_WORDS, &g);
	return gather_term(&every, &g, o);
}

/* ---- asking row by row ---- */

static bool
term_holds(const struct plan *p, const struct term *t, uint32_t row)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (rowset_holds(p->sets[t->first + i], row))
			return true;
	return false;
}

/* Keeps the rows that pass the terms which were not intersected; returns how many. */
static size_t
keep_tested(const struct plan *p, uint32_t *rows, size_t n)
{
	for (size_t i = p->n_used; i < p->n_used + p->n_tests; i++) {
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			rows[kept] = rows[k];
			kept += term_holds(p, &p->terms[i], rows[k]);
		}
		n = kept;
	}
	return n;
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

static inline int64_t
lane_distance2(const lane *at, const struct reach *r)
{
	int64_t x = at[0] - r->x, y = at[1] - r->y, z = at[2] - r->z;
	return x * x + y * y + z * z;
}

/* Whether it is certainly too far away; without branches, for it is asked of many rows. */
static inline bool
beyond_reach(const struct reach *r, const lane *at)
{
	int64_t d2 = lane_distance2(at, r), far = at[3] + 3;
	bool own = r->own & (d2 > r->far2);
	bool theirs = r->theirs & (at[3] != UINT16_MAX) & (d2 > far * far);
	return (at[0] != LANE_SILENT_PLACE) & (own | theirs);
}

/* Of a row that is not beyond it. */
static enum lane_verdict
judge_reach(const struct reach *r, const lane *at)
{
	if (at[0] == LANE_SILENT_PLACE)
		return r->silent_meets ? VERDICT_SURE : VERDICT_UNSURE;
	int64_t d2 = lane_distance2(at, r);
	bool sure = true;
	if (r->own)
		sure = d2 <= r->near2;
	if (r->theirs && at[3] != UINT16_MAX) {
		int64_t near = at[3] > 3 ? at[3] - 3 : 0;
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
	bool asks;		   /* anything of lanes, once sets are intersected */
	const struct bound *bound; /* or NULL */
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
		if (judge_reach(r, at + r->at) == VERDICT_UNSURE && !field_is_met(j, row, r->field))
			return false;
	}
	return true;
}

/* Keeps the rows whose lanes are within the ranges; returns how many. */
WIDE static size_t
keep_within(const struct judge *j, uint32_t *rows, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const lane *at = lookup_lanes(j->lookup, rows[i]);
		rows[kept] = rows[i];
		kept += !outside(at, j->bounds.lo.v, j->bounds.hi.v, j->vectors);
	}
	return kept;
}

/* Keeps the rows that are not too far away; returns how many. */
static size_t
keep_near(const struct judge *j, uint32_t *rows, size_t n)
{
	for (size_t i = 0; i < j->plan->n_reaches; i++) {
		const struct reach *r = &j->plan->reaches[i];
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			rows[kept] = rows[k];
			kept += !beyond_reach(r, lookup_lanes(j->lookup, rows[k]) + r->at);
		}
		n = kept;
	}
	return n;
}

/* Keeps the rows that no set's lane excludes, and asks for the bits that will say more; returns how
 * many. */
static size_t
keep_sets(const struct judge *j, uint32_t *rows, size_t n)
{
	for (size_t i = 0; i < j->plan->n_probes; i++) {
		const struct set_question *q = &j->plan->probes[i];
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			enum lane_verdict v =
			    set_judge(&q->probe, lookup_lanes(j->lookup, rows[k])[q->probe.at]);
			if (v == VERDICT_SEVERAL && q->has_term)
				for (uint32_t t = 0; t < q->term.n; t++)
					rowset_prefetch(j->plan->sets[q->term.first + t], rows[k]);
			rows[kept] = rows[k];
			kept += v != VERDICT_OUT;
		}
		n = kept;
	}
	return n;
}

/* Asks about every set whose lane is in doubt. */
static bool
sets_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	for (size_t i = 0; i < j->plan->n_probes; i++) {
		const struct set_question *q = &j->plan->probes[i];
		enum lane_verdict v = set_judge(&q->probe, at[q->probe.at]);
		if (v == VERDICT_SURE)
			continue;
		bool met = v == VERDICT_SEVERAL && q->has_term
			       ? term_holds(j->plan, &q->term, row)
			       : field_is_met(j, row, q->probe.field);
		if (!met)
			return false;
	}
	return true;
}

/* Whether a row that may meet by its lanes does. */
static inline bool
lanes_are_met(const struct judge *j, uint32_t row, const lane *at)
{
	bool sure = !outside(at, j->bounds.sure_lo.v, j->bounds.sure_hi.v, j->vectors);
	return places_are_met(j, row, at) && sets_are_met(j, row, at) && doubts_are_met(j, row) &&
	       (sure || edges_are_met(j, row, at));
}

/* Of rows that may meet by their lanes, takes those that do. */
WIDE static void
take_met(struct sieve *s, const struct judge *j, size_t n)
{
	struct hit *hit = s->hits + s->n_hits;
	for (size_t i = 0; i < n; i++) {
		uint32_t row = s->rows[i];
		const lane *at = lookup_lanes(j->lookup, row);
		if (j->asks && !lanes_are_met(j, row, at))
			continue;
		*hit++ =
		    (struct hit){row, lookup_owner(j->lookup, row), lookup_opening(j->lookup, row),
				 j->bound ? bound_score(j->bound, at) : 0};
	}
	s->n_hits = (size_t)(hit - s->hits);
}

/* ---- finding ---- */

/* Where the hits of a span are. */
struct yield {
	unsigned sieve;
	size_t first, n;
};

static void
make_room(struct sieve *s, const struct plan *p)
{
	size_t cap = (p->n_used + 1) * SPAN_WORDS;
	if (cap > s->cap_words) {
		s->words = mem_realloc(s->words, cap * sizeof *s->words);
		s->cap_words = cap;
	}
	if (!s->rows)
		s->rows = mem_alloc(SPAN_ROWS * sizeof *s->rows);
}

static void
make_room_for_hits(struct sieve *s, size_t n)
{
	if (s->n_hits + n <= s->cap_hits)
		return;
	s->cap_hits = s->n_hits + n + s->cap_hits / 2;
	s->hits = mem_realloc(s->hits, s->cap_hits * sizeof *s->hits);
}

static void
find_in_span(struct sieve *s, const struct judge *j, uint32_t span)
{
	const struct lookup *l = j->lookup;
	struct operands o;
	uint32_t rows = l->columns->n_rows - (span << SPAN_BITS);
	size_t n_words = rows >= SPAN_ROWS ? SPAN_WORDS : (rows + 63) / 64;

	if (!gather(j->plan, s, l, span, &o))
		return;
	n_words = (n_words + BLOCK_WORDS - 1) / BLOCK_WORDS * BLOCK_WORDS;
	size_t n = intersect(&o, n_words, &l->lanes, span, s->rows);
	if (j->plan->n_ranges > 0)
		n = keep_within(j, s->rows, n);
	n = keep_near(j, s->rows, n);
	n = keep_sets(j, s->rows, n);
	n = keep_tested(j->plan, s->rows, n);
	if (n > 0 && j->plan->verify)
		n = boxes_sieve(l->columns, j->plan->verify, j->probe, s->rows, n, j->dict);
	make_room_for_hits(s, n);
	take_met(s, j, n);
}

/* What every thread that finds reads. */
struct shared {
	struct finder *finder;
	const struct judge *judge;
};

static void
find_part(void *arg, unsigned hand, size_t span)
{
	const struct shared *shared = arg;
	struct finder *f = shared->finder;
	struct sieve *s = &f->sieves[hand];
	make_room(s, &f->plan);
	size_t first = s->n_hits;
	find_in_span(s, shared->judge, (uint32_t)span);
	f->yields[span] = (struct yield){hand, first, s->n_hits - first};
}

/* An empty sieve for each of the threads, and a yield for each span. */
static void
make_sieves(struct finder *f, unsigned hands, size_t n_spans)
{
	if (hands > f->n_sieves) {
		f->sieves = mem_realloc(f->sieves, hands * sizeof *f->sieves);
		memset(f->sieves + f->n_sieves, 0, (hands - f->n_sieves) * sizeof *f->sieves);
		f->n_sieves = hands;
	}
	for (unsigned i = 0; i < f->n_sieves; i++)
		f->sieves[i].n_hits = 0;
	if (n_spans > f->cap_yields) {
		f->cap_yields = n_spans;
		f->yields = mem_realloc(f->yields, n_spans * sizeof *f->yields);
	}
}

/* Puts what several sieves hold behind each other: by span, which is by row. */
static void
join_yields(struct finder *f, size_t n_spans)
{
	if (f->n_hits > f->cap_joined) {
		f->cap_joined = f->n_hits + f->n_hits / 2;
		free(f->joined);
		f->joined = mem_alloc(f->cap_joined * sizeof *f->joined);
	}
	struct hit *at = f->joined;
	for (size_t i = 0; i < n_spans; i++) {
		const struct yield *y = &f->yields[i];
		if (y->n == 0)
			continue;
		memcpy(at, f->sieves[y->sieve].hits + y->first, y->n * sizeof *at);
		at += y->n;
	}
	f->hits = f->joined;
}

void
finder_find(struct finder *f, struct workers *workers, const struct lookup *l, struct box probe,
	    const struct bound *bound, const struct dict *d)
{
	struct judge j = {.lookup = l,
			  .plan = &f->plan,
			  .vectors = l->lanes.n / LANE_VECTOR,
			  .probe = probe,
			  .bound = bound,
			  .dict = d};
	struct shared shared = {f, &j};
	f->n_hits = 0;
	if (l->all.n == 0)
		return;
	plan_make(&f->plan, l, probe, d);
	j.asks = f->plan.n_ranges + f->plan.n_reaches + f->plan.n_probes + f->plan.n_doubts > 0;
	bounds_of(&f->plan, &j.bounds);
	size_t n_spans = ((l->columns->n_rows - 1) >> SPAN_BITS) + 1;
	make_sieves(f, workers_hands(workers), n_spans);
	workers_share(workers, f->plan.cost, n_spans, find_part, &shared);
	for (unsigned i = 0; i < f->n_sieves; i++)
		f->n_hits += f->sieves[i].n_hits;
	if (f->n_hits == f->sieves[0].n_hits) /* nobody else found any */
		f->hits = f->sieves[0].hits;
	else
		join_yields(f, n_spans);
}

void
finder_free(struct finder *f)
{
	plan_free(&f->plan);
	for (unsigned i = 0; i < f->n_sieves; i++) {
		free(f->sieves[i].words);
		free(f->sieves[i].rows);
		free(f->sieves[i].hits);
	}
	free(f->sieves);
	free(f->yields);
	free(f->joined);
}
