#include "core/plan.h"

#include "core/ask.h"
#include "core/meet.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* In nanoseconds, measured (docs/performance.md): what a row costs that is left for the lanes; what
 * asking for a row in one set costs; a thousand rows of a set in bits; an entry of a list; what such
 * a row costs beside its lanes, on the average of those that meet and those that do not. */
enum { COST_LANES = 45, COST_TEST = 12, COST_BITS = 10, COST_ENTRY = 2, COST_REST = 50 };

static double
term_cost(const struct plan *p, const struct term *t, double rows)
{
	double cost = 1;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct rowset *s = p->sets[t->first + i];
		cost += s->dense ? COST_BITS * (rows / 1000.0) : COST_ENTRY * (double)s->n;
	}
	return cost;
}

/* Begins with the blocks that hold any row. */
static void
live_begin(struct plan *p, const struct lookup *l)
{
	p->n_spans = ((l->columns->homes.n_rows - 1) >> SPAN_BITS) + 1;
	if (p->cap_spans < p->n_spans) {
		p->cap_spans = p->n_spans;
		p->live = mem_realloc(p->live, p->cap_spans * sizeof *p->live);
		p->some = mem_realloc(p->some, p->cap_spans * sizeof *p->some);
	}
	for (uint32_t span = 0; span < p->n_spans; span++)
		p->live[span] = rowset_live(&l->all, span);
}

/* Keeps the blocks in which some set of the term has rows. */
static void
live_narrow(struct plan *p, const struct term *t)
{
	memset(p->some, 0, p->n_spans * sizeof *p->some);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct rowset *s = p->sets[t->first + i];
		for (uint32_t span = 0; span < s->n_spans; span++)
			p->some[span] |= s->live[span];
		for (uint32_t k = 0; !s->live && k < s->n; k++)
			p->some[s->list[k] >> SPAN_BITS] |= row_block(s->list[k]);
	}
	for (uint32_t span = 0; span < p->n_spans; span++)
		p->live[span] &= p->some[span];
}

/* How many rows the live blocks have room for. */
static double
live_rows(const struct plan *p)
{
	uint32_t blocks = 0;
	for (size_t span = 0; span < p->n_spans; span++)
		blocks += (uint32_t)__builtin_popcountll(p->live[span]);
	return (double)blocks * BLOCK_ROWS;
}

/* The order in which filters cost least: by how many rows they take away for their price. */
static int
term_cmp(const void *a, const void *b)
{
	const struct term *x = a, *y = b;
	double worth_x = (1 - x->kept) / x->cost, worth_y = (1 - y->kept) / y->cost;
	return worth_x > worth_y ? -1 : worth_x < worth_y;
}

/*
 * Chooses which terms to intersect: those whose price is less than that of the rows which they
 * probably take away. What is not intersected and yet decides is asked for each row that is left.
 */
static void
choose(struct plan *p, const struct lookup *l)
{
	double left = l->all.n, rows;
	struct term tests[MAX_FIELDS];
	live_begin(p, l);
	rows = live_rows(p);
	for (size_t i = 0; i < p->n_terms; i++)
		p->terms[i].cost = term_cost(p, &p->terms[i], rows);
	if (p->n_terms > 1)
		qsort(p->terms, p->n_terms, sizeof *p->terms, term_cmp);
	for (size_t i = 0; i < p->n_terms; i++) {
		struct term t = p->terms[i];
		double after = left * t.kept;
		double saved = (left - after) * COST_LANES;
		if (t.decides)
			saved += left * COST_TEST * t.n;
		if (p->n_used < MAX_USED && saved > term_cost(p, &t, rows)) {
			p->terms[p->n_used++] = t;
			left = after;
			if (!t.negative)
				live_narrow(p, &t);
			rows = live_rows(p);
		} else if (t.decides && t.n <= MAX_TESTED && p->n_tests < MAX_FIELDS) {
			tests[p->n_tests++] = t;
		} else if (t.decides) {
			p->verify |= UINT64_C(1) << t.field;
		}
	}
	p->cost = left * (COST_LANES + COST_REST);
	for (size_t i = 0; i < p->n_used; i++)
		p->cost += term_cost(p, &p->terms[i], rows);
	if (p->n_tests > 0)
		memcpy(p->terms + p->n_used, tests, p->n_tests * sizeof *tests);
}

/* What intersecting decides already need not be asked of the lanes, but for odd rows. */
static void
lighten_probes(struct plan *p, const struct lookup *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n_probes; i++) {
		struct set_question q = p->probes[i];
		size_t used = 0;
		for (size_t k = 0; k < p->n_used; k++)
			used += p->terms[k].field == q.probe.field;
		q.probe.given = !q.probe.inner && q.made > 0 && used == q.n_terms;
		if (q.probe.coded)
			q.probe.accepted = p->codes + q.probe.accepted_at;
		if (!q.probe.given || l->fields[q.probe.field].odd.n > 0)
			p->probes[kept++] = q;
	}
	p->n_probes = kept;
}

void
plan_make(struct plan *p, const struct lookup *l, struct box probe, const struct dict *d)
{
	const struct exchange *e = l->columns->exchange;
	enum side own_side = side_other(l->columns->side);

	p->n_sets = p->n_terms = p->n_used = p->n_tests = p->n_ranges = p->n_reaches = p->n_doubts =
	    0;
	p->n_probes = p->n_codes = 0;
	p->verify = 0;
	for (size_t i = 0; i < e->n_fields; i++) {
		struct stated s;
		s.by[own_side] = box_statement(probe, i);
		struct asked a = {.plan = p,
				  .lookup = l,
				  .field = &e->fields[i],
				  .index = &l->fields[i],
				  .dict = d,
				  .i = (uint8_t)i,
				  .own = &s.by[own_side],
				  .stored = l->columns->side,
				  .insists = side_insists(&e->fields[i], &s, own_side)};
		ask_field(&a);
	}
	choose(p, l);
	lighten_probes(p, l);
}

void
plan_free(struct plan *p)
{
	free(p->sets);
	free(p->terms);
	free(p->codes);
	free(p->live);
	free(p->some);
	*p = (struct plan){0};
}
