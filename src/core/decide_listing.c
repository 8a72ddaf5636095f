/* Deciding commands on listings, and the facts about listings that no command asks for. */

#include "core/decide.h"

#include "util/mp.h"

#include <stdio.h>

/* ---- listings: what publish, revise and renew share ---- */

/* A listing's fact that leaves everything as it is. */
static struct fact
fact_of(const struct listing *l, enum fact_kind kind)
{
	return (struct fact){.kind = kind,
			     .listing = {.number = l->number,
					 .participant = l->participant,
					 .exchange = l->exchange,
					 .side = (enum side)l->side,
					 .state = (enum listing_state)l->state,
					 .valid_from_ms = l->valid_from_ms,
					 .valid_until_ms = l->valid_until_ms}};
}

static int64_t
start_of(int64_t valid_from_ms, int64_t now_ms)
{
	return valid_from_ms > now_ms ? valid_from_ms : now_ms;
}

static int64_t
default_end(const struct exchange *e, int64_t start_ms)
{
	uint32_t days = e->default_days ? e->default_days : e->max_days;
	int64_t end_ms = start_ms + days * DAY_MS;
	return !days ? 0 : end_ms < MAX_TIME_MS ? end_ms : MAX_TIME_MS;
}

/* Whether a listing may end at that time (0: never). */
static enum decision
judge_end(struct decider *d, const struct exchange *e, int64_t from_ms, int64_t until_ms)
{
	int64_t start = start_of(from_ms, d->now_ms);
	if (until_ms && until_ms <= start)
		return REFUSE(d, "expired_on_arrival", "valid_until",
			      "a time ahead of now and of valid_from",
			      "the listing would be over before it begins");
	if (e->max_days && until_ms - start > e->max_days * DAY_MS)
		return REFUSE(d, "lifetime_too_long", "valid_until", NULL,
			      "listings of %.*s live at most %u days", STR_FMT(e->name),
			      e->max_days);
	return DECIDED_FACT;
}

static enum listing_state
state_by_time(int64_t valid_from_ms, int64_t now_ms)
{
	return valid_from_ms > now_ms ? STATE_SCHEDULED : STATE_OPEN;
}

/* The state into which a listing comes that is neither draft nor paused. */
static enum listing_state
live_state(const struct decider *d, const struct exchange *e, enum side side, bool approved,
	   int64_t valid_from_ms)
{
	if (e->moderated[side] && !approved)
		return STATE_PENDING;
	return state_by_time(valid_from_ms, d->now_ms);
}

/* The kind of fact that tells of content coming into `to`; `from` is STATE_WITHDRAWN for a new
 * listing. */
static enum fact_kind
kind_by_states(enum listing_state from, enum listing_state to, bool publishing)
{
	if (to == STATE_DRAFT)
		return publishing ? FACT_LISTING_DRAFTED : FACT_LISTING_REVISED;
	if (to == from || to == STATE_PAUSED)
		return FACT_LISTING_REVISED;
	if (to == STATE_PENDING)
		return FACT_LISTING_SUBMITTED;
	return to == STATE_SCHEDULED ? FACT_LISTING_SCHEDULED : FACT_LISTING_OPENED;
}

static enum decision
judge_required(struct decider *d, const struct exchange *e, enum side side, struct str body,
	       const struct participant *p)
{
	size_t box;
	char path[REFUSAL_FIELD];
	const struct field *lacking = body_lacks(e, side, body, p, &box);
	if (!lacking)
		return DECIDED_FACT;
	snprintf(path, sizeof path, "fields.%.*s", STR_FMT(lacking->name));
	if (body_boxes(body) > 1)
		return REFUSE(d, "required_missing", path, NULL,
			      "%.*s requires %.*s, and variant %zu lacks it", STR_FMT(e->name),
			      STR_FMT(lacking->name), box);
	return REFUSE(d, "required_missing", path, NULL, "%.*s requires %.*s", STR_FMT(e->name),
		      STR_FMT(lacking->name));
}

static enum decision
not_allowed(struct decider *d, const struct listing *l, const char *what)
{
	return REFUSE(d, "state_not_allowed", "listing", NULL, "a listing that is %s cannot be %s",
		      listing_state_names[l->state], what);
}

static enum decision
standing_refused(struct decider *d)
{
	return REFUSE(
	    d, "standing_need", "listing", "pause or resume",
	    "this need stands for the participant: it follows the participant's attributes");
}

/* ---- publish ---- */

/* Whether the publisher, the key and the exchange go together. */
static enum decision
judge_address(struct decider *d, const struct participant *p, int floor, const struct listing *l)
{
	const struct command *c = d->c;
	const struct exchange *e = d->m->floors[floor].exchange;
	if (c->key.len > 0 && c->key.p[0] == '~')
		return standing_refused(d);
	if (!id_is_valid(c->key))
		return REFUSE(d, c->key.len > MAX_ID ? "key_too_long" : "bad_value", "listing",
			      "participant/key, the key 1 to 64 of A-Z a-z 0-9 . _ -",
			      "the key cannot be read");
	if (e->standing_needs && c->side == NEED)
		return REFUSE(d, "standing_need", "side", "offer",
			      "in %.*s every member's need stands by itself", STR_FMT(e->name));
	if (l && (l->exchange != floor || l->side != c->side))
		return REFUSE(d, "listing_moved", "listing", "another key",
			      "%.*s/%.*s is a listing of another exchange or side", STR_FMT(p->id),
			      STR_FMT(c->key));
	if (!l && p->n_listings >= MAX_LISTINGS_EACH)
		return REFUSE(d, "too_many_listings", "listing", NULL,
			      "%.*s has %d listings, the most allowed", STR_FMT(p->id),
			      MAX_LISTINGS_EACH);
	return DECIDED_FACT;
}

static bool
same_time(struct given_time given, int64_t stored_ms)
{
	return !given.given || given.ms == stored_ms;
}

static bool
publishes_nothing(const struct decider *d, const struct exchange *e, const struct listing *l)
{
	const struct command *c = d->c;
	bool draft = l->state == STATE_DRAFT;
	bool ended = l->state == STATE_WITHDRAWN || l->state == STATE_EXPIRED;
	bool waits_in_vain = l->state == STATE_PENDING && !e->moderated[l->side];
	return !ended && !waits_in_vain && draft == c->draft &&
	       str_eq(market_body(d->m, l), c->content) &&
	       same_time(c->valid_from, l->valid_from_ms) &&
	       same_time(c->valid_until, l->valid_until_ms);
}

enum decision
decide_publish(struct decider *d)
{
	const struct command *c = d->c;
	const struct participant *p = market_participant(d->m, c->participant);
	int floor = market_floor(d->m, c->exchange);
	enum decision decision;

	if (!p)
		return decide_unknown_participant(d);
	if (floor < 0)
		return REFUSE(d, "unknown_exchange", "exchange", NULL, "there is no exchange %.*s",
			      STR_FMT(c->exchange));
	const struct listing *l = market_listing_of(d->m, p, c->key);
	const struct exchange *e = d->m->floors[floor].exchange;
	if ((decision = judge_address(d, p, floor, l)) != DECIDED_FACT)
		return decision;
	if (c->expect_revision && c->expect_revision != (l ? l->revision : 0))
		return decide_stale(d, l ? l->revision : 0);
	if (l && c->draft && l->state != STATE_DRAFT)
		return not_allowed(d, l, "made a draft");
	if ((decision = judge_required(d, e, c->side, c->content, p)) != DECIDED_FACT)
		return decision;
	if (l && publishes_nothing(d, e, l))
		return DECIDED_UNCHANGED;

	int64_t from = c->valid_from.ms;
	int64_t until = c->valid_until.given && c->valid_until.ms
			    ? c->valid_until.ms
			    : default_end(e, start_of(from, d->now_ms));
	if ((decision = judge_end(d, e, from, until)) != DECIDED_FACT)
		return decision;
	enum listing_state before = l ? (enum listing_state)l->state : STATE_WITHDRAWN;
	bool approved = l && l->approved && str_eq(market_body(d->m, l), c->content);
	enum listing_state state = c->draft ? STATE_DRAFT
				   : before == STATE_PAUSED
				       ? STATE_PAUSED
				       : live_state(d, e, c->side, approved, from);
	*d->fact =
	    (struct fact){.kind = kind_by_states(before, state, true),
			  .listing = {.number = l ? l->number : (uint32_t)d->m->n_listings + 1,
				      .participant = p->number,
				      .exchange = (uint32_t)floor,
				      .side = c->side,
				      .state = state,
				      .valid_from_ms = from,
				      .valid_until_ms = until,
				      .key = l ? STR_NONE : c->key,
				      .body = c->content}};
	return DECIDED_FACT;
}

/* ---- commands on a listing that is there ---- */

static enum decision
find_listing(struct decider *d, const struct listing **ret)
{
	const struct participant *p = market_participant(d->m, d->c->participant);
	const struct listing *l = p ? market_listing_of(d->m, p, d->c->key) : NULL;
	if (!l)
		return REFUSE(d, "unknown_listing", "listing", NULL,
			      "there is no listing %.*s/%.*s", STR_FMT(d->c->participant),
			      STR_FMT(d->c->key));
	bool may_stand = d->c->kind == COMMAND_PAUSE || d->c->kind == COMMAND_RESUME;
	if (listing_is_standing(l) && !may_stand)
		return standing_refused(d);
	if (d->c->expect_revision && d->c->expect_revision != l->revision)
		return decide_stale(d, l->revision);
	*ret = l;
	return DECIDED_FACT;
}

enum decision
decide_revise(struct decider *d)
{
	const struct command *c = d->c;
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	const struct exchange *e = exchange_of(d->m, l);
	if (l->state == STATE_WITHDRAWN || l->state == STATE_EXPIRED)
		return not_allowed(d, l, "revised; publish or renew it");
	body_patch(market_body(d->m, l), c->content, d->room);
	struct str body = buf_str(d->room);
	if (body.len > MAX_BODY)
		return REFUSE(d, "too_large", "fields", NULL,
			      "the listing would take %u bytes, %d are allowed", body.len,
			      MAX_BODY);
	if ((decision = judge_required(d, e, (enum side)l->side, body, owner_of(d->m, l))) !=
	    DECIDED_FACT)
		return decision;

	int64_t from = c->valid_from.given ? c->valid_from.ms : l->valid_from_ms;
	int64_t until = l->valid_until_ms;
	if (c->valid_until.given)
		until = c->valid_until.ms ? c->valid_until.ms
					  : default_end(e, start_of(from, d->now_ms));
	bool same_body = str_eq(body, market_body(d->m, l));
	enum listing_state before = (enum listing_state)l->state;
	enum listing_state state =
	    before == STATE_DRAFT || before == STATE_PAUSED
		? before
		: live_state(d, e, (enum side)l->side, l->approved && same_body, from);
	if (same_body && from == l->valid_from_ms && until == l->valid_until_ms && state == before)
		return DECIDED_UNCHANGED;
	if ((c->valid_from.given || c->valid_until.given) &&
	    (decision = judge_end(d, e, from, until)) != DECIDED_FACT)
		return decision;
	*d->fact = fact_of(l, kind_by_states(before, state, false));
	d->fact->listing.state = state;
	d->fact->listing.valid_from_ms = from;
	d->fact->listing.valid_until_ms = until;
	d->fact->listing.body = same_body ? STR_NONE : body;
	return DECIDED_FACT;
}

enum decision
decide_pause(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state != STATE_OPEN && l->state != STATE_SCHEDULED)
		return not_allowed(d, l, "paused");
	*d->fact = fact_of(l, FACT_LISTING_PAUSED);
	d->fact->listing.state = STATE_PAUSED;
	return DECIDED_FACT;
}

enum decision
decide_resume(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state != STATE_PAUSED)
		return not_allowed(d, l, "resumed");
	*d->fact = fact_of(l, FACT_LISTING_RESUMED);
	d->fact->listing.state =
	    live_state(d, exchange_of(d->m, l), (enum side)l->side, l->approved, l->valid_from_ms);
	return DECIDED_FACT;
}

enum decision
decide_renew(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	const struct exchange *e = exchange_of(d->m, l);
	if (l->state == STATE_DRAFT || l->state == STATE_WITHDRAWN)
		return not_allowed(d, l, "renewed; publish it");
	int64_t until = d->c->valid_until.given && d->c->valid_until.ms
			    ? d->c->valid_until.ms
			    : default_end(e, start_of(l->valid_from_ms, d->now_ms));
	if (l->state != STATE_EXPIRED && until == l->valid_until_ms)
		return DECIDED_UNCHANGED;
	if ((decision = judge_end(d, e, l->valid_from_ms, until)) != DECIDED_FACT)
		return decision;
	*d->fact = fact_of(l, FACT_LISTING_RENEWED);
	d->fact->listing.valid_until_ms = until;
	if (l->state == STATE_EXPIRED)
		d->fact->listing.state =
		    live_state(d, e, (enum side)l->side, l->approved, l->valid_from_ms);
	return DECIDED_FACT;
}

enum decision
decide_withdraw(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state == STATE_WITHDRAWN)
		return not_allowed(d, l, "withdrawn again");
	*d->fact = fact_of(l, FACT_LISTING_WITHDRAWN);
	d->fact->listing.state = STATE_WITHDRAWN;
	return DECIDED_FACT;
}

/* ---- moderation ---- */

enum decision
decide_approve(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state == STATE_OPEN || l->state == STATE_SCHEDULED)
		return DECIDED_UNCHANGED;
	if (l->state != STATE_PENDING)
		return not_allowed(d, l, "approved");
	*d->fact = fact_of(l, FACT_LISTING_APPROVED);
	d->fact->listing.state = state_by_time(l->valid_from_ms, d->now_ms);
	return DECIDED_FACT;
}

enum decision
decide_reject(struct decider *d)
{
	const struct listing *l = NULL;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state != STATE_PENDING)
		return not_allowed(d, l, "rejected");
	*d->fact = fact_of(l, FACT_LISTING_REJECTED);
	d->fact->listing.state = STATE_DRAFT;
	d->fact->listing.reason = d->c->reason;
	return DECIDED_FACT;
}

/* ---- facts without a command ---- */

struct fact
decide_deadline(const struct listing *l)
{
	struct fact f = fact_of(l, FACT_LISTING_EXPIRED);
	if (l->state == STATE_SCHEDULED) {
		f.kind = FACT_LISTING_OPENED;
		f.listing.state = STATE_OPEN;
	} else if (l->notice_days) {
		f.kind = FACT_LISTING_EXPIRING;
	} else {
		f.listing.state = STATE_EXPIRED;
	}
	return f;
}

struct fact
decide_standing(const struct market *m, const struct participant *p, uint32_t exchange,
		struct buf *room)
{
	const struct exchange *e = m->floors[exchange].exchange;
	char key[MAX_NAME + 2];
	int len = snprintf(key, sizeof key, "~%.*s", STR_FMT(e->name));

	mp_put_map(room, 5);
	mp_put_text(room, "title");
	mp_put_str(room, p->name);
	mp_put_text(room, "text");
	mp_put_nil(room);
	mp_put_text(room, "language");
	mp_put_nil(room);
	mp_put_text(room, "fields");
	mp_put_map(room, 0);
	mp_put_text(room, "variants");
	mp_put_array(room, 0);
	uint32_t body_len = (uint32_t)room->len;
	buf_put(room, key, (size_t)len);
	return (struct fact){
	    .kind = FACT_LISTING_OPENED,
	    .listing = {.number = (uint32_t)m->n_listings + 1,
			.participant = p->number,
			.exchange = exchange,
			.side = NEED,
			.state = STATE_OPEN,
			.key = {(const char *)room->data + body_len, (uint32_t)len},
			.body = {(const char *)room->data, body_len}}};
}
