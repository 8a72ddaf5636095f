/*
 * Executing a command: its deadlines, its share of the queue, its own fact, and what follows from
 * that one. The order is docs/semantics.md, section 5.
 */

#include "core/fits.h"
#include "core/state.h"

static void
fire_deadlines(struct run *r, uint32_t most)
{
	struct deadline due;
	while (most-- > 0 && deadlines_first(r->market, &due) && due.ms <= r->stamp_ms) {
		const struct listing *l = listing_at(r->market, due.listing);
		struct fact f = decide_deadline(l);
		run_fact(r, &f);
		if (f.kind != FACT_LISTING_EXPIRING)
			tell_later(r, JOB_REVIEW, due.listing, 0);
	}
}

/* The participant's listings that are open or have told pairs, ascending. free() ->at. */
static struct numbers
live_listings(const struct market *m, const struct participant *p)
{
	struct numbers live = {0};
	for (size_t i = 0; i < p->n_listings; i++) {
		const struct listing *l = listing_at(m, p->listings[i]);
		if (l->state == STATE_OPEN || l->n_told > 0)
			numbers_push(&live, l->number);
	}
	numbers_sort(live.at, live.len);
	return live;
}

static void
review_all(struct run *r, const struct participant *p)
{
	struct numbers live = live_listings(r->market, p);
	for (size_t i = 0; i < live.len; i++)
		tell_later(r, JOB_REVIEW, live.at[i], 0);
	numbers_free(&live);
}

/* ---- standing needs ---- */

static void
open_standing(struct run *r, const struct participant *p, uint32_t exchange)
{
	struct buf room = BUF_EMPTY;
	struct fact f = decide_standing(r->market, p, exchange, &room);
	if (!market_listing_of(r->market, p, f.listing.key))
		run_fact(r, &f);
	buf_free(&room);
}

static void
follow_status(struct run *r, uint32_t number, bool was_member)
{
	const struct market *m = r->market;
	const struct participant *p = participant_at(m, number);
	bool member = p->status == STATUS_MEMBER;

	if (member == was_member)
		return;
	for (uint32_t i = 0; member && i < m->n_floors; i++)
		if (m->floors[i].exchange->standing_needs)
			open_standing(r, p, i);
	review_all(r, p);
}

/* Opens the need of every member that has none there. */
static void
open_all_standing(struct run *r, uint32_t exchange)
{
	const struct market *m = r->market;
	for (size_t i = 0; i < m->n_participants; i++) {
		const struct participant *p = m->participants[i];
		size_t before = m->n_listings;
		if (p->status == STATUS_MEMBER)
			open_standing(r, p, exchange);
		if (m->n_listings > before)
			tell_later(r, JOB_REVIEW, (uint32_t)m->n_listings, 0);
	}
}

static void
execute_exchange(struct run *r, struct fact *f)
{
	const struct market *m = r->market;
	struct exchange *now = exchange_decode(f->definition);
	int known = market_floor(m, now->name);
	uint32_t index = known < 0 ? (uint32_t)m->n_floors : (uint32_t)known;
	bool alike = known >= 0 && exchange_matches_alike(m->floors[index].exchange, now);

	exchange_free(now);
	run_fact(r, f);
	if (known >= 0 && !alike)
		tell_later(r, JOB_REMATCH, 0, index);
	if (m->floors[index].exchange->standing_needs)
		open_all_standing(r, index);
}

/* ---- a participant's revision ---- */

/* When more participants than this are blocked or unblocked at once, a whole review is less work
 * than one against each. */
enum { MAX_TURNED = 8 };

/* Whoever is in one of two ascending lists and not in both. free() ->at. */
static struct numbers
difference(const struct numbers *a, const uint32_t *b, size_t n_b)
{
	struct numbers d = {0};
	for (size_t i = 0, k = 0; i < a->len || k < n_b;) {
		if (k == n_b || (i < a->len && a->at[i] < b[k])) {
			numbers_push(&d, a->at[i++]);
		} else if (i == a->len || b[k] < a->at[i]) {
			numbers_push(&d, b[k++]);
		} else {
			i++;
			k++;
		}
	}
	return d;
}

static struct numbers
copy(const uint32_t *at, size_t len)
{
	struct numbers n = {0};
	for (size_t i = 0; i < len; i++)
		numbers_push(&n, at[i]);
	return n;
}

static void
follow_revision(struct run *r, const struct participant *p, const struct numbers *blocks_before)
{
	struct numbers live = live_listings(r->market, p);
	struct numbers changed = copy(r->market->changed.at, r->market->changed.len);
	struct numbers turned = difference(blocks_before, p->blocks, p->n_blocks);

	for (size_t i = 0; i < live.len; i++) {
		if (numbers_hold(&changed, live.at[i]) || turned.len > MAX_TURNED) {
			tell_later(r, JOB_REVIEW, live.at[i], 0);
			continue;
		}
		for (size_t k = 0; k < turned.len; k++)
			tell_later(r, JOB_REVIEW_AGAINST, live.at[i], turned.at[k]);
	}
	numbers_free(&live);
	numbers_free(&changed);
	numbers_free(&turned);
}

/* ---- the command's fact, and what follows ---- */

static void
execute_participant(struct run *r, struct fact *f)
{
	const struct market *m = r->market;
	bool known = f->participant.number <= m->n_participants;
	struct participant *before = known ? participant_at(m, f->participant.number) : NULL;
	bool was_member = before && before->status == STATUS_MEMBER;
	struct numbers blocks =
	    before ? copy(before->blocks, before->n_blocks) : (struct numbers){0};

	run_fact(r, f);
	if (f->kind == FACT_PARTICIPANT_REVISED)
		follow_revision(r, participant_at(m, f->participant.number), &blocks);
	else
		follow_status(r, f->participant.number, was_member);
	numbers_free(&blocks);
}

static void
execute_listing(struct run *r, struct fact *f)
{
	const struct market *m = r->market;
	uint32_t number = f->listing.number;
	bool was_open = number <= m->n_listings && listing_at(m, number)->state == STATE_OPEN;

	run_fact(r, f);
	bool open = listing_at(m, number)->state == STATE_OPEN;
	if (open != was_open || (open && m->changed.len > 0))
		tell_now(r, number);
}

static void
execute_fact(struct run *r, struct fact *f)
{
	if (f->kind >= FACT_LISTING_DRAFTED)
		execute_listing(r, f);
	else if (f->kind >= FACT_PARTICIPANT_REGISTERED)
		execute_participant(r, f);
	else if (f->kind == FACT_EXCHANGE_LOADED || f->kind == FACT_EXCHANGE_REVISED)
		execute_exchange(r, f);
	else
		run_fact(r, f);
}

/* Whom the command was about, as they are stored now. */
static void
find_subject(const struct market *m, const struct command *c, struct outcome *ret)
{
	const struct participant *p = ret->participant = market_participant(m, c->participant);
	const struct listing *l = ret->listing =
	    p && c->key.p ? market_listing_of(m, p, c->key) : NULL;
	ret->revision = l ? l->revision : p && !c->key.p ? p->revision : 0;
	ret->status = p ? p->status : STATUS_APPLICANT;
	ret->state = l ? (enum listing_state)l->state : STATE_DRAFT;
}

static enum outcome_kind
outcome_of(enum decision d)
{
	switch (d) {
	case DECIDED_FACT:
		return OUTCOME_CHANGED;
	case DECIDED_UNCHANGED:
		return OUTCOME_UNCHANGED;
	case DECIDED_REFUSED:
		break;
	}
	return OUTCOME_REFUSED;
}

/* The time that a command is decided at. */
static int64_t
stamp_of(const struct market *m, const struct command *c)
{
	return c->clock_ms > m->stamp_ms ? c->clock_ms : m->stamp_ms;
}

void
market_execute(struct market *m, const struct command *c, fact_fn emit, void *arg,
	       struct outcome *ret)
{
	struct run r = {.market = m, .stamp_ms = stamp_of(m, c), .emit = emit, .arg = arg};
	struct buf room = BUF_EMPTY;
	struct fact f = {0};

	r.work = c->alone && m->work > DEFAULT_WORK ? DEFAULT_WORK : m->work;
	*ret = (struct outcome){.kind = OUTCOME_UNCHANGED};
	if (!c->alone) {
		fire_deadlines(&r, c->a_share ? m->work : UINT32_MAX);
		tell_queue(&r);
	}
	if (c->kind != COMMAND_TICK) {
		ret->kind = outcome_of(decide(m, c, r.stamp_ms, &f, &room, &ret->refusal));
		if (ret->kind == OUTCOME_CHANGED)
			execute_fact(&r, &f);
		find_subject(m, c, ret);
	}
	buf_free(&room);
	buf_free(&r.bytes);
	buf_free(&r.reasons);
	buf_free(&r.pairs);
}

void
market_try(const struct market *m, const struct command *c, struct outcome *ret)
{
	struct buf room = BUF_EMPTY;
	struct fact f = {0};

	*ret = (struct outcome){.kind = OUTCOME_UNCHANGED};
	ret->kind = outcome_of(decide(m, c, stamp_of(m, c), &f, &room, &ret->refusal));
	find_subject(m, c, ret);
	if (ret->kind == OUTCOME_CHANGED) {
		ret->revision++;
		if (c->key.p)
			ret->state = f.listing.state;
		else
			ret->status = f.participant.status;
	}
	buf_free(&room);
}
