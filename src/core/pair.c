#include "core/bound.h"
#include "core/meet.h"
#include "core/score.h"
#include "core/state.h"

#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

enum cause
pair_standing(const struct market *m, const struct listing *need, const struct listing *offer)
{
	const struct participant *a = owner_of(m, need), *b = owner_of(m, offer);
	if (a->status != STATUS_MEMBER)
		return CAUSE_NEED_STATUS;
	if (b->status != STATUS_MEMBER)
		return CAUSE_OFFER_STATUS;
	if (a == b)
		return CAUSE_SAME_PARTICIPANT;
	if (participant_blocks(a, b->number) || participant_blocks(b, a->number))
		return CAUSE_BLOCKED;
	if (need->state != STATE_OPEN)
		return CAUSE_NEED_STATE;
	if (offer->state != STATE_OPEN)
		return CAUSE_OFFER_STATE;
	return CAUSE_NONE;
}

/* The best of the pairs of boxes that meet; CAUSE_CONDITIONS where none does. */
static struct pairing
boxes_best(const struct market *m, const struct listing *need, const struct listing *offer)
{
	const struct exchange *e = exchange_of(m, need);
	struct pairing best = {.cause = CAUSE_CONDITIONS};

	for (uint32_t i = 0; i < need->n_rows; i++) {
		for (uint32_t k = 0; k < offer->n_rows; k++) {
			struct box n = listing_box(m, need, i), o = listing_box(m, offer, k);
			if (!boxes_meet(e, n, o, m->dict))
				continue;
			uint16_t score = boxes_score(e, n, o, m->dict);
			if (best.cause == CAUSE_NONE && score <= best.score)
				continue;
			best = (struct pairing){CAUSE_NONE, score, (uint8_t)i, (uint8_t)k};
		}
	}
	return best;
}

struct pairing
pair_judge(const struct market *m, const struct listing *need, const struct listing *offer)
{
	enum cause standing = pair_standing(m, need, offer);
	if (standing != CAUSE_NONE)
		return (struct pairing){.cause = standing};
	return boxes_best(m, need, offer);
}

/* ---- one listing against all ---- */

/* By rank: score, then the counterpart's opening. */
static int
found_cmp(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return rank_cmp(x->score, x->opening, y->score, y->opening);
}

static struct lookup *
lookup_against(const struct market *m, const struct listing *l)
{
	return m->floors[l->exchange].lookup[side_other((enum side)l->side)];
}

/* Whether the participants may be matched; both are members. */
static bool
may_deal(const struct market *m, const struct participant *p, uint32_t other)
{
	if (other == p->number || (p->n_blocks > 0 && participant_blocks(p, other)))
		return false;
	return p->blocked_by == 0 || !participant_blocks(participant_at(m, other), p->number);
}

/* Whether two hits are boxes of one listing; then the first stands for both. Each pair of boxes that
 * meets is a hit with a bound on its own score, so the greatest bounds the listing's. */
static bool
join(struct hit *a, const struct hit *b)
{
	if (a->opening != b->opening)
		return false;
	if (b->bound > a->bound)
		a->bound = b->bound;
	return true;
}

/* Merges the candidates from `first` on with those before. Both are in the order of rows, and the rows
 * of a listing are adjacent: so both are in the same order of listings. */
static void
merge_candidates(struct scratch *s, size_t first)
{
	struct hit *c = s->candidates;
	size_t end = s->n_candidates, n_old = first, n_new = end - first, at = end;
	if (n_old == 0 || n_new == 0)
		return;
	struct hit *came = mem_dup(c + first, n_new * sizeof *came);
	while (n_new > 0) {
		if (n_old > 0 && join(&c[n_old - 1], &came[n_new - 1]))
			n_new--;
		else if (n_old > 0 && c[n_old - 1].row > came[n_new - 1].row)
			c[--at] = c[--n_old];
		else
			c[--at] = came[--n_new];
	}
	memmove(c + n_old, c + at, (end - at) * sizeof *c);
	s->n_candidates = n_old + end - at;
	free(came);
}

/* Adds the counterparts that one box of `l` meets, each once, not scored yet. */
static void
add_candidates(const struct market *m, const struct listing *l, uint32_t box, bool best)
{
	const struct lookup *lookup = lookup_against(m, l);
	const struct participant *owner = owner_of(m, l);
	struct scratch *s = m->scratch;
	struct box probe = listing_box(m, l, box);
	struct bound bound;
	size_t first = s->n_candidates;

	if (best)
		bound_make(&bound, lookup, probe);
	finder_find(&s->finder, m->workers, lookup, probe, best ? &bound : NULL, m->dict);
	if (first + s->finder.n_hits > s->cap_candidates) {
		s->cap_candidates = first + s->finder.n_hits;
		s->candidates =
		    mem_realloc(s->candidates, s->cap_candidates * sizeof *s->candidates);
	}
	for (size_t i = 0; i < s->finder.n_hits; i++) {
		struct hit hit = s->finder.hits[i];
		/* boxes of a listing are adjacent */
		if (s->n_candidates > first && join(&s->candidates[s->n_candidates - 1], &hit))
			continue;
		if (!may_deal(m, owner, hit.owner))
			continue;
		s->candidates[s->n_candidates++] = hit;
	}
	merge_candidates(s, first);
}

/* Fills in the candidates; bounds their scores where the best are looked for. */
static void
find_candidates(const struct market *m, const struct listing *l, bool best)
{
	struct scratch *s = m->scratch;
	s->n_candidates = 0;
	if (l->state != STATE_OPEN || owner_of(m, l)->status != STATUS_MEMBER)
		return;
	for (uint32_t box = 0; box < l->n_rows; box++)
		add_candidates(m, l, box, best);
}

static struct found
score_candidate(const struct market *m, const struct listing *l, const struct hit *hit)
{
	const struct columns *stored = lookup_against(m, l)->columns;
	struct found f = {.counterpart = stored->listing[hit->row], .opening = hit->opening};

	if (l->n_rows == 1 && stored->runs == 0) { /* without reading the other listing */
		struct box own = listing_box(m, l, 0), its = {stored, hit->row};
		bool need = l->side == NEED;
		f.score =
		    boxes_score(exchange_of(m, l), need ? own : its, need ? its : own, m->dict);
	} else {
		const struct listing *counterpart = listing_at(m, f.counterpart);
		struct pairing p = boxes_best(m, l->side == NEED ? l : counterpart,
					      l->side == NEED ? counterpart : l);
		f.score = p.score;
		f.need_box = p.need_box;
		f.offer_box = p.offer_box;
	}
	return f;
}

static void
add_found(struct scratch *s, struct found f)
{
	s->found = mem_grow(s->found, s->n_found, &s->cap_found, sizeof *s->found);
	s->found[s->n_found++] = f;
}

/* Candidates that are scored as one part of a task, and what scoring one costs in nanoseconds. */
enum { SCORED_AT_ONCE = 256, COST_SCORE = 150 };

struct scoring {
	const struct market *market;
	const struct listing *listing;
};

static void
score_part(void *arg, unsigned hand, size_t part)
{
	const struct scoring *scoring = arg;
	struct scratch *s = scoring->market->scratch;
	size_t end = (part + 1) * SCORED_AT_ONCE;
	(void)hand;
	for (size_t i = part * SCORED_AT_ONCE; i < end && i < s->n_candidates; i++)
		s->found[i] = score_candidate(scoring->market, scoring->listing, &s->candidates[i]);
}

static void
score_all(const struct market *m, const struct listing *l)
{
	struct scratch *s = m->scratch;
	struct scoring scoring = {m, l};
	size_t n = s->n_candidates;
	if (n > s->cap_found) {
		s->cap_found = n;
		s->found = mem_realloc(s->found, n * sizeof *s->found);
	}
	workers_share(m->workers, COST_SCORE * (double)n, (n + SCORED_AT_ONCE - 1) / SCORED_AT_ONCE,
		      score_part, &scoring);
	s->n_found = n;
	if (n > 1)
		qsort(s->found, n, sizeof *s->found, found_cmp);
}

void
pair_find(const struct market *m, const struct listing *l)
{
	struct scratch *s = m->scratch;
	s->n_found = 0;
	find_candidates(m, l, false);
	score_all(m, l);
}

/* ---- the best ---- */

/* By how well it can rank at most. */
static int
candidate_cmp(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	return rank_cmp(x->bound, x->opening, y->bound, y->opening);
}

/* Moves the `most` best candidates to the front, unordered, by a heap of which the worst is on top;
 * returns how many they are. */
static size_t
best_to_front(struct hit *c, size_t n, size_t most)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		if (len == most && candidate_cmp(&c[i], &c[0]) > 0)
			continue;
		struct hit moved = c[i];
		size_t at;
		if (len < most) {
			at = len++;
			for (; at > 0 && candidate_cmp(&c[(at - 1) / 2], &moved) < 0;
			     at = (at - 1) / 2)
				c[at] = c[(at - 1) / 2];
		} else {
			c[i] = c[0];
			for (at = 0; 2 * at + 1 < len;) {
				size_t child = 2 * at + 1;
				if (child + 1 < len && candidate_cmp(&c[child], &c[child + 1]) < 0)
					child++;
				if (candidate_cmp(&c[child], &moved) <= 0)
					break;
				c[at] = c[child];
				at = child;
			}
		}
		c[at] = moved;
	}
	return len;
}

/* Scores candidates, best bounds first, until none that remains can come among the best. */
static void
score_front(const struct market *m, const struct listing *l, struct hit *c, size_t n, size_t most)
{
	struct scratch *s = m->scratch;
	const struct columns *stored = lookup_against(m, l)->columns;
	const struct exchange *e = stored->exchange;
	enum { AHEAD = 4 };

	if (n > 1)
		qsort(c, n, sizeof *c, candidate_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct found *worst = s->n_found == most ? &s->found[most - 1] : NULL;
		if (worst && rank_cmp(c[i].bound, c[i].opening, worst->score, worst->opening) > 0)
			return;
		if (i + AHEAD < n)
			__builtin_prefetch(&stored->listing[c[i + AHEAD].row]);
		for (size_t k = 0; i + AHEAD < n && k < e->n_fields; k++)
			if (field_weighs(&e->fields[k]))
				box_prefetch((struct box){stored, c[i + AHEAD].row}, k);
		add_found(s, score_candidate(m, l, &c[i]));
		size_t at = s->n_found - 1;
		struct found moved = s->found[at];
		for (; at > 0 && found_cmp(&s->found[at - 1], &moved) > 0; at--)
			s->found[at] = s->found[at - 1];
		s->found[at] = moved;
		if (s->n_found > most)
			s->n_found = most;
	}
}

size_t
pair_best(const struct market *m, const struct listing *l, size_t most)
{
	struct scratch *s = m->scratch;
	size_t first, kept = 0;

	s->n_found = 0;
	find_candidates(m, l, most > 0);
	if (s->n_candidates <= most)
		score_all(m, l);
	if (s->n_candidates <= most || most == 0)
		return s->n_candidates;
	first = best_to_front(s->candidates, s->n_candidates, most + most / 2 + 1);
	score_front(m, l, s->candidates, first, most);
	/* Of the others only those that can beat the worst found. */
	const struct found worst = s->found[most - 1];
	struct hit *rest = s->candidates + first;
	for (size_t i = 0; i < s->n_candidates - first; i++)
		if (rank_cmp(rest[i].bound, rest[i].opening, worst.score, worst.opening) < 0)
			rest[kept++] = rest[i];
	score_front(m, l, rest, kept, most);
	return s->n_candidates;
}

/* ---- reasons ---- */

static void
put_points(struct buf *out, int32_t points)
{
	if (points == POINTS_NONE)
		mp_put_nil(out);
	else
		mp_put_int(out, points / 1000);
}

void
pair_reasons(const struct market *m, const struct listing *need, const struct listing *offer,
	     uint32_t need_box, uint32_t offer_box, struct buf *out)
{
	const struct exchange *e = exchange_of(m, need);
	int32_t points[MAX_FIELDS][2];
	uint32_t counted = 0;

	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		points[i][NEED] = points[i][OFFER] = POINTS_NONE;
		if (!field_weighs(f))
			continue;
		struct stated s =
		    stated_by(listing_box(m, need, need_box), listing_box(m, offer, offer_box), i);
		bool met = field_meets(f, &s, m->dict);
		for (enum side side = NEED; side <= OFFER; side++)
			points[i][side] = f->side[side].weight
					      ? field_points(f, side, &s, met, m->dict)
					      : POINTS_NONE;
		counted += points[i][NEED] != POINTS_NONE || points[i][OFFER] != POINTS_NONE;
	}
	mp_put_array(out, counted);
	for (size_t i = 0; i < e->n_fields; i++) {
		if (points[i][NEED] == POINTS_NONE && points[i][OFFER] == POINTS_NONE)
			continue;
		mp_put_array(out, 3);
		mp_put_str(out, e->fields[i].name);
		put_points(out, points[i][NEED]);
		put_points(out, points[i][OFFER]);
	}
}
