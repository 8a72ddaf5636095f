/*
 * Checking: what the lookups find against what the rule says of every single pair.
 *
 * The rule is pair_judge, which reads columns, participants and states and no lookup. A step holds
 * the answer of the lookups against a range of counterparts, so that it is complete in itself
 * whatever changes before the next.
 */

#include "core/state.h"

#include <stdlib.h>

const char *const divergence_names[] = {
    [DIVERGENCE_MISSED] = "missed", [DIVERGENCE_EXTRA] = "extra", [DIVERGENCE_SCORE] = "score",
    [DIVERGENCE_RANK] = "rank",	    [DIVERGENCE_TOLD] = "told",	  NULL,
};

/* One listing being checked. */
struct check {
	const struct market *market;
	const struct listing *listing;
	divergence_fn report;
	void *arg;
};

static struct verdict
verdict_of(struct pairing p)
{
	if (p.cause != CAUSE_NONE)
		return (struct verdict){0};
	return (struct verdict){true, p.score, p.need_box, p.offer_box};
}

static struct verdict
verdict_found(const struct found *f)
{
	return f ? (struct verdict){true, f->score, f->need_box, f->offer_box}
		 : (struct verdict){0};
}

static bool
same_verdict(struct verdict a, struct verdict b)
{
	return a.match == b.match && a.score == b.score && a.need_box == b.need_box &&
	       a.offer_box == b.offer_box;
}

static struct verdict
judge(const struct check *c, const struct listing *counterpart)
{
	bool need = c->listing->side == NEED;
	return verdict_of(pair_judge(c->market, need ? c->listing : counterpart,
				     need ? counterpart : c->listing));
}

static void
report(const struct check *c, enum divergence_kind kind, const struct listing *counterpart,
       struct verdict said, struct verdict rule)
{
	bool need = c->listing->side == NEED;
	struct divergence d = {.kind = kind,
			       .need = need ? c->listing : counterpart,
			       .offer = need ? counterpart : c->listing,
			       .said = said,
			       .rule = rule};
	c->report(c->arg, &d);
}

/* ---- the best ---- */

/* Looking for the best alone must give the first of all. All are found already, best first. */
static void
check_rank(const struct check *c, const struct found *best, size_t n_best, size_t most)
{
	const struct market *m = c->market;
	const struct scratch *s = m->scratch;
	for (size_t i = 0; i < most; i++) {
		const struct found *said = i < n_best ? &best[i] : NULL;
		const struct found *all = i < s->n_found ? &s->found[i] : NULL;
		const struct found *either = all ? all : said;
		if (!either)
			return;
		bool same = said && all && said->counterpart == all->counterpart;
		if (same && same_verdict(verdict_found(said), verdict_found(all)))
			continue;
		const struct listing *counterpart = listing_at(m, either->counterpart);
		report(c, DIVERGENCE_RANK, counterpart, verdict_found(same ? said : NULL),
		       judge(c, counterpart));
	}
}

/* Finds all matches, and compares them with the best where telling looks for these. */
static void
find_and_rank(const struct check *c)
{
	const struct market *m = c->market;
	const struct scratch *s = m->scratch;
	uint32_t most = exchange_of(m, c->listing)->max_matches;
	struct found *best = NULL;
	size_t n_best = 0;

	if (most > 0) {
		pair_best(m, c->listing, most);
		n_best = s->n_found;
		best = mem_alloc((n_best + 1) * sizeof *best);
		if (n_best > 0)
			memcpy(best, s->found, n_best * sizeof *best);
	}
	pair_find(m, c->listing);
	check_rank(c, best, n_best, most);
	free(best);
}

/* ---- told pairs ---- */

/* What was told holds, but while work waits that may be about to tell otherwise. Of boxes a change
 * alone is not told. */
static void
check_told(const struct check *c)
{
	const struct market *m = c->market;
	if (market_queue(m) > 0)
		return;
	for (uint32_t i = 0; i < c->listing->n_told; i++) {
		const struct told_pair *t = &m->told[c->listing->told[i]];
		const struct listing *counterpart = listing_at(m, told_counterpart(t, c->listing));
		struct verdict said = {true, t->score, t->need_box, t->offer_box};
		struct verdict rule = judge(c, counterpart);
		if (!rule.match || rule.score != said.score)
			report(c, DIVERGENCE_TOLD, counterpart, said, rule);
	}
}

/* ---- every pair ---- */

static int
by_counterpart(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return (x->counterpart > y->counterpart) - (x->counterpart < y->counterpart);
}

static void
compare(const struct check *c, const struct listing *counterpart, const struct found *f)
{
	struct verdict said = verdict_found(f), rule = judge(c, counterpart);
	if (same_verdict(said, rule))
		return;
	enum divergence_kind kind = !said.match	  ? DIVERGENCE_MISSED
				    : !rule.match ? DIVERGENCE_EXTRA
						  : DIVERGENCE_SCORE;
	report(c, kind, counterpart, said, rule);
}

struct checked
market_check(const struct market *m, const struct listing *l, uint32_t from, uint64_t work,
	     divergence_fn report_fn, void *arg)
{
	const struct check c = {m, l, report_fn, arg};
	struct scratch *s = m->scratch;
	struct checked ret = {0};
	uint32_t number = from > 0 ? from : 1;
	size_t at = 0;

	if (number == 1) {
		find_and_rank(&c);
		check_told(&c);
	} else {
		pair_find(m, l);
	}
	if (s->n_found > 1)
		qsort(s->found, s->n_found, sizeof *s->found, by_counterpart);
	while (at < s->n_found && s->found[at].counterpart < number)
		at++;
	if (work < s->n_found)
		work = s->n_found;
	for (; number <= m->n_listings; number++) {
		const struct listing *o = listing_at(m, number);
		bool is_found = at < s->n_found && s->found[at].counterpart == number;
		if (ret.work >= work) {
			ret.next = number;
			break;
		}
		ret.work++;
		bool pair = o->exchange == l->exchange && o->side != l->side;
		if (pair) {
			compare(&c, o, is_found ? &s->found[at] : NULL);
			ret.pairs++;
			ret.work += (uint64_t)l->n_rows * o->n_rows;
			at += is_found;
		}
		/* Found once more, or what is no counterpart at all. */
		for (; at < s->n_found && s->found[at].counterpart == number; at++)
			report(&c, DIVERGENCE_EXTRA, o, verdict_found(&s->found[at]),
			       pair ? judge(&c, o) : (struct verdict){0});
	}
	return ret;
}
