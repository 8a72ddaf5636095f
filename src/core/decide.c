/*
 * Deciding: what a command does, as one fact, or why it is refused. Reads the market and changes
 * nothing.
 */

#include "core/decide.h"

#include "util/mp.h"

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
	const struct participant *other = NULL;
	struct str inn = content_text(content, STR("inn")),
		   ogrn = content_text(content, STR("ogrn"));
	struct str region = content_text(content, STR("region"));
	struct mp blocks = mp_find(mp_of(content), STR("blocks"));

	if (inn.p)
		HASH_FIND(by_inn, d->m->by_inn, inn.p, inn.len, other);
	if (other && other != self)
		return REFUSE(d, "inn_taken", "inn", NULL, "participant %.*s has INN %.*s",
			      STR_FMT(other->id), STR_FMT(inn));
	other = NULL;
	if (ogrn.p)
		HASH_FIND(by_ogrn, d->m->by_ogrn, ogrn.p, ogrn.len, other);
	if (other && other != self)
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
	const struct participant *known = market_participant(d->m, c->participant);
	if (known && str_eq(known->content, c->content))
		return DECIDED_UNCHANGED;
	if (known)
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

enum decision
decide_unknown_participant(struct decider *d)
{
	return REFUSE(d, "unknown_participant", "participant", "the id of a registered participant",
		      "there is no participant %.*s", STR_FMT(d->c->participant));
}

enum decision
decide_stale(struct decider *d, uint32_t stored)
{
	return REFUSE(d, "stale_revision", "expect_revision", "read it again and decide anew",
		      "revision %u is stored, not %u", stored, d->c->expect_revision);
}

static enum decision
decide_revise_participant(struct decider *d)
{
	const struct participant *p = market_participant(d->m, d->c->participant);
	if (!p)
		return decide_unknown_participant(d);
	if (d->c->expect_revision && d->c->expect_revision != p->revision)
		return decide_stale(d, p->revision);
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
		return decide_unknown_participant(d);
	if (p->status == d->c->status)
		return DECIDED_UNCHANGED;
	if (!may_follow(p->status, d->c->status))
		return REFUSE(d, "transition_not_allowed", "status", NULL, "%s cannot become %s",
			      status_names[p->status], status_names[d->c->status]);
	*d->fact = (struct fact){.kind = FACT_PARTICIPANT_STATUS,
				 .participant = {.number = p->number, .status = d->c->status}};
	return DECIDED_FACT;
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
	case COMMAND_APPROVE:
		return decide_approve(&d);
	case COMMAND_REJECT:
		return decide_reject(&d);
	}
	return DECIDED_UNCHANGED;
}
