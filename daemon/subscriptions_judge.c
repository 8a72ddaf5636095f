/* What passes a subscription: judged when a fact is made, and asked when it is given. */

#include "daemon/subscriptions_internal.h"

#include "core/listing.h"
#include "util/mp.h"

static bool
score_suffices(const struct subscription *sub, const struct about *a)
{
	return !about_is_match(a) || a->score >= sub->filter.min_score;
}

/* Fills `s->met` with the searches that the fact's listings meet. */
static void
find_met(struct subscriptions *s, const struct about *a)
{
	struct numbers one = {0};
	s->met.len = 0;
	for (enum side side = NEED; side <= OFFER; side++) {
		if (!a->listing[side])
			continue;
		searches_met(s->searches, market_listing_at(s->market, a->listing[side]), &one);
		for (size_t i = 0; i < one.len; i++)
			numbers_push(&s->met, one.at[i]);
	}
	numbers_sort(s->met.at, s->met.len);
	numbers_free(&one);
}

/* Whether a picky subscription whose conditions are met has the fact's subject in view after the
 * fact, whatever kinds it wants. */
static bool
views_it(const struct subscriptions *s, const struct subscription *sub, const struct about *a)
{
	return score_suffices(sub, a) && filter_covers(&sub->filter, s->market, a);
}

/* The same for any picky one; find_met has been called. */
static bool
in_view_now(const struct subscriptions *s, const struct subscription *sub, const struct about *a)
{
	return (!sub->filter.body.p || numbers_hold(&s->met, sub->number)) && views_it(s, sub, a);
}

/* Fills `s->now` with those picky ones that have it in view now. */
static void
find_now(struct subscriptions *s, const struct about *a)
{
	const struct numbers *const lists[] = {&s->scored, &s->met};
	s->now.len = 0;
	find_met(s, a);
	for (size_t list = 0; list < 2; list++)
		for (size_t i = 0; i < lists[list]->len; i++)
			if (views_it(s, subscriptions_by_number(s, lists[list]->at[i]), a))
				numbers_push(&s->now, lists[list]->at[i]);
	numbers_sort(s->now.at, s->now.len);
}

/* Of `ids` and what has the pair in view, in order, those that want the kind. */
static void
put_note(const struct subscriptions *s, const struct about *a, const uint32_t *ids, size_t n,
	 struct buf *note)
{
	uint32_t count = 0;
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1 && count == 0)
			return;
		if (pass == 1)
			mp_put_array(note, count);
		for (size_t i = 0; i < n; i++) {
			const struct subscription *sub = subscriptions_by_number(s, ids[i]);
			if (!sub || !filter_wants(&sub->filter, a->kind))
				continue;
			if (pass == 0)
				count++;
			else
				mp_put_uint(note, ids[i]);
		}
	}
}

static void
judge_match(struct subscriptions *s, const struct about *a, struct buf *note)
{
	uint64_t pair = views_key(a->listing[NEED], a->listing[OFFER]);
	size_t n;
	const uint32_t *view = views_of(s->views, pair, &n);
	bool ended = a->kind == FACT_MATCH_ENDED;

	if (ended)
		s->now.len = 0;
	else
		find_now(s, a);
	struct numbers told = {0};
	for (size_t i = 0; i < n; i++)
		numbers_push(&told, view[i]);
	for (size_t i = 0; i < s->now.len; i++)
		numbers_add(&told, s->now.at[i]);
	put_note(s, a, told.at, told.len, note);
	if (n != s->now.len || (n > 0 && memcmp(view, s->now.at, n * sizeof *view) != 0))
		views_set(s->views, pair, s->now.at, s->now.len);
	numbers_free(&told);
}

/* A search that lost its meaning stays without, also after a restart. */
static void
follow_definitions(struct subscriptions *s)
{
	searches_rebuild(s->searches);
	for (struct subscription *sub = s->all; sub; sub = sub->next) {
		if (!sub->filter.body.p || sub->misfit || searches_fit(s->searches, sub->number))
			continue;
		sub->misfit = true;
		subscription_changed(s, sub);
	}
}

void
subscriptions_judge(struct subscriptions *s, const struct fact *f, const struct about *a,
		    struct buf *note)
{
	if (f->kind == FACT_EXCHANGE_LOADED || f->kind == FACT_EXCHANGE_REVISED ||
	    f->kind == FACT_TREE_LOADED)
		follow_definitions(s);
	if (a->kind == 0 || s->n_picky == 0)
		return;
	if (about_is_match(a)) {
		judge_match(s, a, note);
	} else {
		find_now(s, a);
		put_note(s, a, s->now.at, s->now.len, note);
	}
}

static bool
ids_hold(const uint32_t *ids, size_t n, uint32_t number)
{
	struct numbers view = {(uint32_t *)ids, n, n};
	return n > 0 && numbers_hold(&view, number);
}

bool
subscription_passes(const struct subscriptions *s, const struct subscription *sub,
		    const struct about *a, const uint32_t *ids, size_t n_ids)
{
	if (filter_is_picky(&sub->filter))
		return ids_hold(ids, n_ids, sub->number);
	return filter_wants(&sub->filter, a->kind) && filter_covers(&sub->filter, s->market, a);
}

bool
subscription_passes_now(struct subscriptions *s, const struct subscription *sub,
			const struct about *a)
{
	size_t n = 0;
	const uint32_t *view = NULL;
	if (!filter_is_picky(&sub->filter))
		return subscription_passes(s, sub, a, NULL, 0);
	if (!filter_wants(&sub->filter, a->kind))
		return false;
	if (about_is_match(a)) {
		view = views_of(s->views, views_key(a->listing[NEED], a->listing[OFFER]), &n);
		return ids_hold(view, n, sub->number);
	}
	find_met(s, a);
	return in_view_now(s, sub, a);
}

/* ---- beginning ---- */

void
subscriptions_begin_seeding(struct subscriptions *s, struct subscription *sub)
{
	if (market_told_places(s->market) == 0)
		return;
	sub->seeding = true;
	sub->seed_from = s->seed_at;
	numbers_add(&s->seeding, sub->number);
}

void
subscriptions_end_seeding(struct subscriptions *s, struct subscription *sub)
{
	sub->seeding = false;
	numbers_remove(&s->seeding, sub->number);
}

/* Fills `s->now` with those being seeded that the pair passes. */
static void
find_seeded(struct subscriptions *s, const struct about *a)
{
	bool found = false;
	s->now.len = 0;
	for (size_t i = 0; i < s->seeding.len; i++) {
		const struct subscription *sub = subscriptions_by_number(s, s->seeding.at[i]);
		if (!views_it(s, sub, a))
			continue;
		if (!found)
			find_met(s, a);
		found = true;
		if (in_view_now(s, sub, a))
			numbers_push(&s->now, sub->number);
	}
}

static void
seed_pair(struct subscriptions *s, const struct told *told)
{
	struct about a = {.kind = FACT_MATCH_MADE,
			  .exchange = told->need->exchange,
			  .participant = {told->need->participant, told->offer->participant},
			  .listing = {told->need->number, told->offer->number},
			  .score = told->score};
	uint64_t pair = views_key(told->need->number, told->offer->number);
	size_t n, more;
	find_seeded(s, &a);
	more = s->now.len;
	const uint32_t *view = more > 0 ? views_of(s->views, pair, &n) : NULL;
	for (size_t i = 0; view && i < n; i++)
		if (subscriptions_by_number(s, view[i])) /* else deleted since */
			numbers_add(&s->now, view[i]);
	if (more > 0 &&
	    (!view || s->now.len != n || memcmp(s->now.at, view, n * sizeof *view) != 0))
		views_set(s->views, pair, s->now.at, s->now.len);
}

bool
subscriptions_seed(struct subscriptions *s, uint32_t looks)
{
	while (s->seeding.len > 0 && looks > 0) {
		struct told told;
		uint32_t cost = 1 + (uint32_t)s->seeding.len / 64;
		if (market_told_at(s->market, s->seed_at, &told))
			seed_pair(s, &told);
		s->seed_at = (s->seed_at + 1) % market_told_places(s->market);
		for (size_t i = s->seeding.len; i-- > 0;) {
			struct subscription *sub = subscriptions_by_number(s, s->seeding.at[i]);
			if (sub->seed_from == s->seed_at)
				subscriptions_end_seeding(s, sub);
		}
		looks -= cost < looks ? cost : looks;
	}
	return s->seeding.len > 0;
}
