/*
 * Telling: which matches become facts, and in which order (docs/semantics.md, section 5).
 *
 * A job has pairs, listed when it is begun and judged one by one. Within a command the jobs of the
 * queue come first; then the command's own listing is reviewed at once, and what is beyond its
 * share of work joins the queue. Everything that the queue does is itself a fact, so that replaying
 * facts needs no judging.
 */

#include "core/state.h"

#include "util/mp.h"

#include <assert.h>

void
run_fact(struct run *r, struct fact *f)
{
	f->number = r->market->head + 1;
	f->at_ms = r->stamp_ms;
	buf_clear(&r->bytes);
	fact_encode(f, &r->bytes);
	bool applied = market_apply(r->market, f);
	assert(applied);
	(void)applied;
	if (r->emit)
		r->emit(r->arg, f, buf_str(&r->bytes));
}

/* ---- listing a job's pairs ---- */

struct ranked {
	uint32_t counterpart;
	uint32_t opening;
	uint32_t place;	       /* of the told pair, in groups 0 and 1 */
	uint8_t group;	       /* 0 ends, 1 changes, 2 is not told yet */
	struct pairing stands; /* how it does now; group 0: with the score that was told */
};

struct ranking {
	struct ranked *at;
	size_t len, cap;
};

static int
ranked_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->group != y->group)
		return x->group - y->group;
	return rank_cmp(x->stands.score, x->opening, y->stands.score, y->opening);
}

static struct pairing
judge(const struct market *m, const struct listing *l, const struct listing *counterpart)
{
	return l->side == NEED ? pair_judge(m, l, counterpart) : pair_judge(m, counterpart, l);
}

static void
rank(struct ranking *list, const struct listing *counterpart, struct pairing p, uint8_t group,
     uint32_t place)
{
	list->at = mem_grow(list->at, list->len, &list->cap, sizeof *list->at);
	list->at[list->len++] =
	    (struct ranked){counterpart->number, counterpart->opening, place, group, p};
}

/* The told pairs of l that have ended or changed. Marks all its told counterparts. */
static void
rank_told(const struct market *m, const struct listing *l, uint32_t against, bool review,
	  struct ranking *list)
{
	for (uint32_t i = 0; i < l->n_told; i++) {
		const struct told_pair *t = &m->told[l->told[i]];
		const struct listing *counterpart = listing_at(m, told_counterpart(t, l));
		marks_add(&m->scratch->listings, counterpart->number);
		if (!review || (against && counterpart->participant != against))
			continue;
		struct pairing p = judge(m, l, counterpart);
		if (p.cause != CAUSE_NONE)
			rank(list, counterpart, (struct pairing){p.cause, .score = t->score}, 0,
			     l->told[i]);
		else if (p.score != t->score)
			rank(list, counterpart, p, 1, l->told[i]);
	}
}

/*
 * All matches of l that are not marked; its `most` best where only they can matter (0: they all
 * can).
 */
static void
rank_untold(const struct market *m, const struct listing *l, uint32_t most, struct ranking *list)
{
	if (most)
		pair_best(m, l, most);
	else
		pair_find(m, l);
	for (size_t i = 0; i < m->scratch->n_found; i++) {
		const struct found *f = &m->scratch->found[i];
		struct pairing p = {CAUSE_NONE, f->score, f->need_box, f->offer_box};
		if (marks_add(&m->scratch->listings, f->counterpart))
			rank(list, listing_at(m, f->counterpart), p, 2, 0);
	}
}

/* The same with one participant's listings: they are few, so each is judged. */
static void
rank_untold_against(const struct market *m, const struct listing *l, const struct participant *p,
		    struct ranking *list)
{
	for (size_t i = 0; i < p->n_listings; i++) {
		const struct listing *counterpart = listing_at(m, p->listings[i]);
		if (counterpart->exchange != l->exchange || counterpart->side == l->side ||
		    !marks_add(&m->scratch->listings, counterpart->number))
			continue;
		struct pairing pairing = judge(m, l, counterpart);
		if (pairing.cause == CAUSE_NONE)
			rank(list, counterpart, pairing, 2, 0);
	}
}

/* Told pairs and matches come best first, so mostly. */
static bool
is_ranked(const struct ranking *list)
{
	size_t i = 1;
	while (i < list->len && ranked_cmp(&list->at[i - 1], &list->at[i]) <= 0)
		i++;
	return i >= list->len;
}

/* The pairs of a job on l, in order; of the untold ones those that `most` says. free() ->at. */
static struct ranking
rank_pairs(const struct market *m, enum job_kind kind, const struct listing *l, uint32_t against,
	   uint32_t most)
{
	struct ranking list = {0};

	marks_begin(&m->scratch->listings, m->n_listings + 1);
	rank_told(m, l, against, kind != JOB_REFILL, &list);
	if (against)
		rank_untold_against(m, l, participant_at(m, against), &list);
	else
		rank_untold(m, l, most, &list);
	if (!is_ranked(&list))
		qsort(list.at, list.len, sizeof *list.at, ranked_cmp);
	return list;
}

static struct str
encode_pairs(struct run *r, const struct ranked *at, size_t len)
{
	buf_clear(&r->pairs);
	mp_put_array(&r->pairs, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		mp_put_uint(&r->pairs, at[i].counterpart);
	return buf_str(&r->pairs);
}

/* ---- judging a pair ---- */

static bool
has_room(const struct market *m, const struct listing *l, uint32_t max, uint16_t score,
	 uint32_t counterpart_opening)
{
	if (max == 0 || l->n_told < max)
		return true;
	const struct told_pair *worst = &m->told[l->told[l->n_told - 1]];
	uint32_t worst_opening = listing_at(m, told_counterpart(worst, l))->opening;
	return rank_cmp(score, counterpart_opening, worst->score, worst_opening) < 0;
}

static void
tell(struct run *r, enum fact_kind kind, const struct listing *need, const struct listing *offer,
     struct pairing p)
{
	buf_clear(&r->reasons);
	pair_reasons(r->market, need, offer, p.need_box, p.offer_box, &r->reasons);
	struct fact f = {.kind = kind,
			 .match = {.need = need->number,
				   .offer = offer->number,
				   .score = p.score,
				   .need_box = p.need_box,
				   .offer_box = p.offer_box,
				   .reasons = buf_str(&r->reasons)}};
	run_fact(r, &f);
}

static void
refill_if_low(struct run *r, const struct listing *l)
{
	uint32_t max = exchange_of(r->market, l)->max_matches;
	if (max != 0 && 2 * l->n_told < max && l->state == STATE_OPEN && !l->refill_waits &&
	    owner_of(r->market, l)->status == STATUS_MEMBER)
		tell_later(r, JOB_REFILL, l->number, 0);
}

/* What a job is about, as far as judging needs it. */
struct about {
	const struct listing *listing;
	bool whole; /* not restricted to a participant: its listing is not refilled, for its matches
		       come next anyway */
};

static void
end_pair(struct run *r, struct about about, const struct told_pair *t, enum cause cause)
{
	const struct listing *both[2] = {listing_at(r->market, t->need),
					 listing_at(r->market, t->offer)};
	struct fact f = {.kind = FACT_MATCH_ENDED,
			 .match = {.need = t->need,
				   .offer = t->offer,
				   .score = t->score,
				   .need_box = t->need_box,
				   .offer_box = t->offer_box,
				   .cause = cause}};
	run_fact(r, &f);
	for (enum side side = NEED; side <= OFFER; side++)
		if (!(about.whole && both[side] == about.listing))
			refill_if_low(r, both[side]);
}

/* Tells of one pair of a job: `t`, or NULL where it is not told, and how it stands now. True if the
 * job ends here: a newcomer's match was refused, and all later ones rank below it. */
static bool
tell_pair(struct run *r, struct about about, const struct listing *counterpart,
	  const struct told_pair *t, struct pairing p)
{
	const struct market *m = r->market;
	const struct listing *l = about.listing;
	const struct listing *need = l->side == NEED ? l : counterpart;
	const struct listing *offer = l->side == NEED ? counterpart : l;
	const struct exchange *e = exchange_of(m, l);

	if (t) {
		if (p.cause != CAUSE_NONE)
			end_pair(r, about, t, p.cause);
		else if (p.score != t->score)
			tell(r, FACT_MATCH_CHANGED, need, offer, p);
		return false;
	}
	if (p.cause != CAUSE_NONE)
		return false;
	if (has_room(m, l, e->max_matches, p.score, counterpart->opening) ||
	    (!e->newcomer && has_room(m, counterpart, e->max_matches, p.score, l->opening))) {
		tell(r, FACT_MATCH_MADE, need, offer, p);
		return false;
	}
	return e->newcomer;
}

static bool
judge_pair(struct run *r, struct about about, uint32_t counterpart)
{
	const struct market *m = r->market;
	const struct listing *c = listing_at(m, counterpart);
	return tell_pair(r, about, c, told_find(m, about.listing, c), judge(m, about.listing, c));
}

/* ---- jobs ---- */

void
tell_later(struct run *r, enum job_kind kind, uint32_t listing, uint32_t against)
{
	struct fact f = {.kind = FACT_QUEUE_ADDED,
			 .job = {.kind = kind,
				 .listing = listing,
				 .against = against,
				 .pairs = encode_pairs(r, NULL, 0)}};
	run_fact(r, &f);
}

/*
 * How many of a listing's untold matches can matter to a review at once; 0: all. Where only the
 * newcomer counts and has no told pairs, it is told its best ones up to the maximum, and within the
 * same share of work the next is refused, which ends the job.
 */
static uint32_t
most_that_matter(const struct run *r, const struct listing *l)
{
	const struct exchange *e = exchange_of(r->market, l);
	return e->newcomer && l->n_told == 0 && e->max_matches < r->work ? e->max_matches : 0;
}

void
tell_now(struct run *r, uint32_t listing)
{
	struct about about = {listing_at(r->market, listing), true};
	uint32_t most = most_that_matter(r, about.listing);
	struct ranking list = rank_pairs(r->market, JOB_REVIEW, about.listing, 0, most);
	bool ended = false;
	size_t i;

	/* Telling one pair changes nothing of how another stands. */
	for (i = 0; i < list.len && i < r->work && !ended; i++) {
		const struct ranked *k = &list.at[i];
		const struct listing *c = listing_at(r->market, k->counterpart);
		const struct told_pair *t = k->group < 2 ? &r->market->told[k->place] : NULL;
		ended = tell_pair(r, about, c, t, k->stands);
	}
	if (i < list.len && !ended) {
		struct fact f = {.kind = FACT_QUEUE_ADDED,
				 .job = {.kind = JOB_REVIEW,
					 .listing = listing,
					 .begun = true,
					 .pairs = encode_pairs(r, list.at + i, list.len - i)}};
		run_fact(r, &f);
	}
	free(list.at);
}

/* The needs of an exchange that are open or told, by number. free() ->at. */
static struct ranking
list_needs(const struct market *m, uint32_t exchange)
{
	struct ranking list = {0};
	for (uint32_t i = 1; i <= m->n_listings; i++) {
		const struct listing *l = listing_at(m, i);
		if (l->exchange == exchange && l->side == NEED &&
		    (l->state == STATE_OPEN || l->n_told > 0))
			rank(&list, l, (struct pairing){0}, 0, 0);
	}
	return list;
}

static void
begin_head(struct run *r)
{
	const struct market *m = r->market;
	const struct job *j = m->queue;
	struct ranking list =
	    j->kind == JOB_REMATCH
		? list_needs(m, j->against)
		: rank_pairs(m, j->kind, listing_at(m, j->listing), j->against, 0);
	struct fact f = {.kind = FACT_QUEUE_BEGUN,
			 .job = {.kind = j->kind,
				 .listing = j->listing,
				 .against = j->against,
				 .begun = true,
				 .pairs = encode_pairs(r, list.at, list.len)}};
	run_fact(r, &f);
	free(list.at);
}

/* Judges up to `units` pairs of the begun head of the queue, or has so many needs reviewed; returns
 * how many. */
static uint32_t
work_head(struct run *r, uint32_t units)
{
	const struct job *j = r->market->queue;
	bool rematch = j->kind == JOB_REMATCH;
	struct about about = {rematch ? NULL : listing_at(r->market, j->listing),
			      j->kind != JOB_REVIEW_AGAINST};
	uint32_t judged = 0;
	bool ended = false;

	while (judged < units && j->worked + judged < j->n_pairs && !ended) {
		uint32_t next = j->pairs[j->worked + judged++];
		if (rematch)
			tell_later(r, JOB_REVIEW, next, 0);
		else
			ended = judge_pair(r, about, next);
	}
	struct fact f = {
	    .kind = FACT_QUEUE_WORKED,
	    .worked = {.pairs = judged, .done = ended || j->worked + judged == j->n_pairs}};
	run_fact(r, &f);
	return judged;
}

void
tell_queue(struct run *r)
{
	uint32_t units = r->work;
	while (units > 0 && r->market->queue) {
		if (!r->market->queue->begun) {
			begin_head(r);
			units--;
		} else {
			units -= work_head(r, units);
		}
	}
}
