#include "core/find.h"

#include "core/intersect.h"
#include "core/judge.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where the hits of a span are. */
struct yield {
	unsigned sieve;
	size_t first, n;
};

static void
make_room(struct sieve *s, const struct plan *p)
{
	size_t cap = intersect_room(p);
	if (cap > s->cap_words) {
		s->words = mem_realloc(s->words, cap * sizeof *s->words);
		s->cap_words = cap;
	}
	if (!s->rows)
		s->rows = mem_alloc(SPAN_ROWS * sizeof *s->rows);
}

/* Adds the sieve's first `n` rows to its hits. */
static void
take_rows(struct sieve *s, size_t n, const struct lookup *l, const struct bound *bound)
{
	if (s->n_hits + n > s->cap_hits) {
		s->cap_hits = s->n_hits + n + s->cap_hits / 2;
		s->hits = mem_realloc(s->hits, s->cap_hits * sizeof *s->hits);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t row = s->rows[i];
		uint16_t most = bound ? bound_score(bound, lookup_lanes(l, row)) : 0;
		s->hits[s->n_hits++] =
		    (struct hit){row, lookup_owner(l, row), lookup_opening(l, row), most};
	}
}

/* What every thread that finds reads. */
struct shared {
	struct finder *finder;
	const struct lookup *lookup;
	const struct bound *bound; /* or NULL */
	struct judge judge;
};

static void
find_part(void *arg, unsigned hand, size_t span)
{
	const struct shared *shared = arg;
	struct finder *f = shared->finder;
	struct sieve *s = &f->sieves[hand];
	make_room(s, &f->plan);
	size_t first = s->n_hits;
	size_t n = intersect_span(&f->plan, shared->lookup, (uint32_t)span, s->words, s->rows);
	take_rows(s, judge_rows(&shared->judge, s->rows, n), shared->lookup, shared->bound);
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
	struct shared shared = {.finder = f, .lookup = l, .bound = bound};
	f->n_hits = 0;
	if (l->all.n == 0)
		return;
	plan_make(&f->plan, l, probe, d);
	judge_begin(&shared.judge, l, &f->plan, probe, d);
	size_t n_spans = f->plan.n_spans;
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
