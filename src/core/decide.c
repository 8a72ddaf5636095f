/*
 * Deciding: what a command does, as one fact, or why it is refused. Reads the market and changes
 * nothing.
 */

#include "core/state.h"

#include "util/mp.h"

#include <stdio.h>

/* One decision under way. */
struct decider {
	const struct market *m;
	const struct command *c;
	int64_t now_ms;
	struct fact *fact;
	struct buf *room;
	struct refusal *refusal;
};

#define REFUSE(d, ...) (refuse((d)->refusal, __VA_ARGS__), DECIDED_REFUSED)

/* ---- definitions ---- */

static enum decision
decide_settings(struct decider *d)
{
	if (str_eq(d->m->settings, d->c->definition))
		return DECIDED_UNCHANGED;
	*d->fact = (struct fact){.kind = FACT_SETTINGS_CHANGED, .definition = d->c->definition};
	return DECIDED_FACT;
}

static enum decision
decide_tree(struct decider *d)
{
	struct tree *t = tree_decode(d->c->definition);
	enum decision decision = DECIDED_FACT;
	if (!t)
		return REFUSE(d, "bad_value", "tree", NULL, "these bytes are no code tree");
	const struct tree *known = market_tree(d->m, t->name);
	if (known && str_eq(known->canonical, t->canonical))
		decision = DECIDED_UNCHANGED;
	else if (known && known->rule != t->rule)
		decision = REFUSE(d, "in_use", "rule", NULL, "the rule of tree %.*s cannot change",
				  STR_FMT(t->name));
	else if (!known && d->m->n_shelves == MAX_TREES)
		decision = REFUSE(d, "too_many_values", "tree", NULL, "there are %d trees already",
				  MAX_TREES);
	tree_free(t);
	*d->fact = (struct fact){.kind = FACT_TREE_LOADED, .definition = d->c->definition};
	return decision;
}

static const struct tree *
find_tree(void *arg, struct str name)
{
	return market_tree(arg, name);
}

static enum decision
judge_exchange(struct decider *d, struct exchange *e)
{
	struct str missing;
	int index = market_floor(d->m, e->name);
	if (!exchange_bind_trees(e, find_tree, (void *)d->m, &missing))
		return REFUSE(d, "unknown_tree", "fields", "a tree that is loaded",
			      "field %.*s names an unknown tree", STR_FMT(missing));
	if (index < 0)
		return d->m->n_floors == MAX_EXCHANGES
			   ? REFUSE(d, "too_many_values", "exchange", NULL, "there are %d already",
				    MAX_EXCHANGES)
			   : DECIDED_FACT;
	const struct floor *known = &d->m->floors[index];
	if (str_eq(known->exchange->canonical, e->canonical))
		return DECIDED_UNCHANGED;
	if (known->listings[NEED] + known->listings[OFFER] > 0)
		return REFUSE(d, "in_use", "exchange",
			      "the definition as it was, or an exchange of another name",
			      "exchange %.*s has listings, so its definition cannot change",
			      STR_FMT(e->name));
	return DECIDED_FACT;
}

static enum decision
decide_exchange(struct decider *d)
{
	struct exchange *e = exchange_decode(d->c->definition);
	if (!e)
		return REFUSE(d, "bad_value", "exchange", NULL, "these bytes are no exchange");
	enum decision decision = judge_exchange(d, e);
	exchange_free(e);
	*d->fact = (struct fact){.kind = FACT_EXCHANGE_LOADED, .definition = d->c->definition};
	return decision;
}

/* ---- participants ---- */

static struct str
content_text(struct str content, struct str key)
{
	struct mp in = mp_find(mp_of(content), key);
	struct str text = mp_get_str(&in);
	return in.failed ? STR_NONE : text;
}

/* Whether the settings admit the region of a new participant, or the one that it moves to. */
static bool
region_admitted(const struct decider *d, struct str region, const struct participant *self)
{
	if (d->m->n_regions == 0)
		return true;
	if (self && self->region.p && region.p && str_eq(self->region, region))
		return true;
	if (self && !self->region.p && !region.p)
		return true;
	for (size_t i = 0; i < d->m->n_regions; i++)
		if (region.p && str_eq(d->m->regions[i], region))
			return true;
	return false;
}

/* What depends on other participants and on the settings. `self` is NULL for a new one. */
static enum decision
judge_content(struct decider *d, struct str content, const struct participant *self)
{
	const struct participant *other;
	struct str inn = content_text(content, STR("inn")),
		   ogrn = content_text(content, STR("ogrn"));
	struct str region = content_text(content, STR("region"));
	struct mp blocks = mp_find(mp_of(content), STR("blocks"));

	HASH_FIND(by_inn, d->m->by_inn, inn.p, inn.len, other);
	if (inn.p && other && other != self)
		return REFUSE(d, "inn_taken", "inn", NULL, "participant %.*s has INN %.*s",
			      STR_FMT(other->id), STR_FMT(inn));
	HASH_FIND(by_ogrn, d->m->by_ogrn, ogrn.p, ogrn.len, other);
	if (ogrn.p && other && other != self)
		return REFUSE(d, "ogrn_taken", "ogrn", NULL, "participant %.*s has OGRN %.*s",
			      STR_FMT(other->id), STR_FMT(ogrn));
	for (uint32_t i = 0, n = mp_get_array(&blocks); i < n; i++) {
		struct str id = mp_get_str(&blocks);
		if (!market_participant(d->m, id))
			return REFUSE(d, "unknown_block", "blocks", "the id of a participant",
				      "there is no participant %.*s", STR_FMT(id));
	}
	if (!region_admitted(d, region, self))
		return REFUSE(d, "region_not_admitted", "region",
			      "a region that the settings admit", "region %.*s is not admitted",
			      STR_FMT(region.p ? region : STR("(none)")));
	return DECIDED_FACT;
}

static enum decision
decide_register(struct decider *d)
{
	const struct command *c = d->c;
	if (market_participant(d->m, c->participant))
		return REFUSE(d, "participant_exists", "participant.id",
			      "another id, or participant.revise",
			      "participant %.*s is registered already", STR_FMT(c->participant));
	enum decision decision = judge_content(d, c->content, NULL);
	*d->fact = (struct fact){.kind = FACT_PARTICIPANT_REGISTERED,
				 .participant = {.number = (uint32_t)d->m->n_participants + 1,
						 .status = c->status,
						 .id = c->participant,
						 .content = c->content}};
	return decision;
}

static enum decision
unknown_participant(struct decider *d)
{
	return REFUSE(d, "unknown_participant", "participant", "the id of a registered participant",
		      "there is no participant %.*s", STR_FMT(d->c->participant));
}

static enum decision
stale(struct decider *d, uint32_t stored)
{
	return REFUSE(d, "stale_revision", "expect_revision", "read it again and decide anew",
		      "revision %u is stored, not %u", stored, d->c->expect_revision);
}

static enum decision
decide_revise_participant(struct decider *d)
{
	const struct participant *p = market_participant(d->m, d->c->participant);
	if (!p)
		return unknown_participant(d);
	if (d->c->expect_revision && d->c->expect_revision != p->revision)
		return stale(d, p->revision);
	participant_patch(p->content, d->c->content, d->room);
	struct str content = buf_str(d->room);
	if (str_eq(content, p->content))
		return DECIDED_UNCHANGED;
	enum decision decision = judge_content(d, content, p);
	*d->fact = (struct fact){
	    .kind = FACT_PARTICIPANT_REVISED,
	    .participant = {.number = p->number, .status = p->status, .content = content}};
	return decision;
}

static bool
may_follow(enum status from, enum status to)
{
	switch (from) {
	case STATUS_APPLICANT:
		return to == STATUS_MEMBER || to == STATUS_EXCLUDED;
	case STATUS_MEMBER:
		return to == STATUS_SUSPENDED || to == STATUS_EXCLUDED;
	case STATUS_SUSPENDED:
		return to == STATUS_MEMBER || to == STATUS_EXCLUDED;
	case STATUS_EXCLUDED:
		return to == STATUS_APPLICANT;
	}
	return false;
}

static enum decision
decide_status(struct decider *d)
{
	const struct participant *p = market_participant(d->m, d->c->participant);
	if (!p)
		return unknown_participant(d);
	if (p->status == d->c->status)
		return DECIDED_UNCHANGED;
	if (!may_follow(p->status, d->c->status))
		return REFUSE(d, "transition_not_allowed", "status", NULL, "%s cannot become %s",
			      status_names[p->status], status_names[d->c->status]);
	*d->fact = (struct fact){.kind = FACT_PARTICIPANT_STATUS,
				 .participant = {.number = p->number, .status = d->c->status}};
	return DECIDED_FACT;
}

/* ---- listings: what publish, revise and renew share ---- */

static const int64_t day_ms = INT64_C(86400000);

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
	return days ? start_ms + days * day_ms : 0;
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
	if (e->max_days && until_ms - start > e->max_days * day_ms)
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

/* The kind of fact that tells of content coming into `to`; `from` is STATE_WITHDRAWN for a new
 * listing. */
static enum fact_kind
kind_by_states(enum listing_state from, enum listing_state to, bool publishing)
{
	if (to == STATE_DRAFT)
		return publishing ? FACT_LISTING_DRAFTED : FACT_LISTING_REVISED;
	if (to == from || to == STATE_PAUSED)
		return FACT_LISTING_REVISED;
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

static bool
key_valid(struct str key)
{
	if (key.len == 0 || key.len > MAX_ID)
		return false;
	for (uint32_t i = 0; i < key.len; i++) {
		char ch = key.p[i];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
		if (!letter && !(ch >= '0' && ch <= '9') && ch != '.' && ch != '_' && ch != '-')
			return false;
	}
	return true;
}

/* Whether the publisher, the key and the exchange go together. */
static enum decision
judge_address(struct decider *d, const struct participant *p, int floor, const struct listing *l)
{
	const struct command *c = d->c;
	const struct exchange *e = d->m->floors[floor].exchange;
	if (c->key.len > 0 && c->key.p[0] == '~')
		return standing_refused(d);
	if (!key_valid(c->key))
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
publishes_nothing(const struct command *c, const struct listing *l)
{
	bool draft = l->state == STATE_DRAFT;
	bool ended = l->state == STATE_WITHDRAWN || l->state == STATE_EXPIRED;
	return !ended && draft == c->draft && str_eq(listing_body(l), c->content) &&
	       same_time(c->valid_from, l->valid_from_ms) &&
	       same_time(c->valid_until, l->valid_until_ms);
}

static enum decision
decide_publish(struct decider *d)
{
	const struct command *c = d->c;
	const struct participant *p = market_participant(d->m, c->participant);
	int floor = market_floor(d->m, c->exchange);
	enum decision decision;

	if (!p)
		return unknown_participant(d);
	if (floor < 0)
		return REFUSE(d, "unknown_exchange", "exchange", NULL, "there is no exchange %.*s",
			      STR_FMT(c->exchange));
	const struct listing *l = market_listing_of(d->m, p, c->key);
	const struct exchange *e = d->m->floors[floor].exchange;
	if ((decision = judge_address(d, p, floor, l)) != DECIDED_FACT)
		return decision;
	if (c->expect_revision && c->expect_revision != (l ? l->revision : 0))
		return stale(d, l ? l->revision : 0);
	if (l && c->draft && l->state != STATE_DRAFT)
		return not_allowed(d, l, "made a draft");
	if ((decision = judge_required(d, e, c->side, c->content, p)) != DECIDED_FACT)
		return decision;
	if (l && publishes_nothing(c, l))
		return DECIDED_UNCHANGED;

	int64_t from = c->valid_from.ms;
	int64_t until = c->valid_until.given && c->valid_until.ms
			    ? c->valid_until.ms
			    : default_end(e, start_of(from, d->now_ms));
	if ((decision = judge_end(d, e, from, until)) != DECIDED_FACT)
		return decision;
	enum listing_state before = l ? (enum listing_state)l->state : STATE_WITHDRAWN;
	enum listing_state state = c->draft		    ? STATE_DRAFT
				   : before == STATE_PAUSED ? STATE_PAUSED
							    : state_by_time(from, d->now_ms);
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
		return stale(d, l->revision);
	*ret = l;
	return DECIDED_FACT;
}

static enum decision
decide_revise(struct decider *d)
{
	const struct command *c = d->c;
	const struct listing *l;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	const struct exchange *e = exchange_of(d->m, l);
	if (l->state == STATE_WITHDRAWN || l->state == STATE_EXPIRED)
		return not_allowed(d, l, "revised; publish or renew it");
	body_patch(listing_body(l), c->content, d->room);
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
	bool same_body = str_eq(body, listing_body(l));
	if (same_body && from == l->valid_from_ms && until == l->valid_until_ms)
		return DECIDED_UNCHANGED;
	if ((c->valid_from.given || c->valid_until.given) &&
	    (decision = judge_end(d, e, from, until)) != DECIDED_FACT)
		return decision;
	enum listing_state before = (enum listing_state)l->state;
	enum listing_state state = before == STATE_DRAFT || before == STATE_PAUSED
				       ? before
				       : state_by_time(from, d->now_ms);
	*d->fact = fact_of(l, kind_by_states(before, state, false));
	d->fact->listing.state = state;
	d->fact->listing.valid_from_ms = from;
	d->fact->listing.valid_until_ms = until;
	d->fact->listing.body = same_body ? STR_NONE : body;
	return DECIDED_FACT;
}

static enum decision
decide_pause(struct decider *d)
{
	const struct listing *l;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state != STATE_OPEN && l->state != STATE_SCHEDULED)
		return not_allowed(d, l, "paused");
	*d->fact = fact_of(l, FACT_LISTING_PAUSED);
	d->fact->listing.state = STATE_PAUSED;
	return DECIDED_FACT;
}

static enum decision
decide_resume(struct decider *d)
{
	const struct listing *l;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state != STATE_PAUSED)
		return not_allowed(d, l, "resumed");
	*d->fact = fact_of(l, FACT_LISTING_RESUMED);
	d->fact->listing.state = state_by_time(l->valid_from_ms, d->now_ms);
	return DECIDED_FACT;
}

static enum decision
decide_renew(struct decider *d)
{
	const struct listing *l;
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
		d->fact->listing.state = state_by_time(l->valid_from_ms, d->now_ms);
	return DECIDED_FACT;
}

static enum decision
decide_withdraw(struct decider *d)
{
	const struct listing *l;
	enum decision decision = find_listing(d, &l);
	if (decision != DECIDED_FACT)
		return decision;
	if (l->state == STATE_WITHDRAWN)
		return not_allowed(d, l, "withdrawn again");
	*d->fact = fact_of(l, FACT_LISTING_WITHDRAWN);
	d->fact->listing.state = STATE_WITHDRAWN;
	return DECIDED_FACT;
}

/* ---- facts without a command ---- */

struct fact
decide_deadline(const struct listing *l)
{
	bool opens = l->state == STATE_SCHEDULED;
	struct fact f = fact_of(l, opens ? FACT_LISTING_OPENED : FACT_LISTING_EXPIRED);
	f.listing.state = opens ? STATE_OPEN : STATE_EXPIRED;
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

/* ---- all ---- */

enum decision
decide(const struct market *m, const struct command *c, int64_t now_ms, struct fact *ret_fact,
       struct buf *room, struct refusal *ret_refusal)
{
	struct decider d = {m, c, now_ms, ret_fact, room, ret_refusal};
	switch (c->kind) {
	case COMMAND_TICK:
		break;
	case COMMAND_SETTINGS:
		return decide_settings(&d);
	case COMMAND_LOAD_TREE:
		return decide_tree(&d);
	case COMMAND_LOAD_EXCHANGE:
		return decide_exchange(&d);
	case COMMAND_REGISTER:
		return decide_register(&d);
	case COMMAND_REVISE_PARTICIPANT:
		return decide_revise_participant(&d);
	case COMMAND_STATUS:
		return decide_status(&d);
	case COMMAND_PUBLISH:
		return decide_publish(&d);
	case COMMAND_REVISE:
		return decide_revise(&d);
	case COMMAND_PAUSE:
		return decide_pause(&d);
	case COMMAND_RESUME:
		return decide_resume(&d);
	case COMMAND_RENEW:
		return decide_renew(&d);
	case COMMAND_WITHDRAW:
		return decide_withdraw(&d);
	}
	return DECIDED_UNCHANGED;
}
