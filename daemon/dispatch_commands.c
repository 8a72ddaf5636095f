/* Requests that write: read by intake into canonical content, executed by the market, answered with
 * what came of it. */

#include "daemon/dispatch_internal.h"

#include "core/body.h"
#include "core/listing.h"
#include "core/participant.h"
#include "intake/intake.h"

#include <stdio.h>
#include <string.h>

/* ---- executing and answering ---- */

/* Executes the command, or for a dry run only decides it. */
static bool
execute(struct call *c, struct command *command, struct outcome *ret)
{
	command->clock_ms = c->clock_ms;
	command->alone = c->dispatch->room != DISPATCH_ROOM_ENOUGH;
	if (c->dry_run) {
		market_try(c->market, command, ret);
	} else {
		c->executed = true;
		market_execute(c->dispatch->market, command, c->dispatch->emit,
			       c->dispatch->emit_arg, ret);
	}
	c->refusal = ret->refusal;
	return ret->kind != OUTCOME_REFUSED;
}

static void
put_result(struct call *c, const struct outcome *o)
{
	put_word(c, "result", o->kind == OUTCOME_CHANGED ? "changed" : "unchanged");
}

/*
 * The core names a participant's attributes, and not where in which request they stand: "inn"
 * becomes "participant.inn" or "set.inn", as intake says it. `within` is the argument that holds
 * the attributes; NULL for none.
 */
static void
qualify_field(struct refusal *r, const char *within)
{
	static const char *const attributes[] = {"inn",	   "ogrn",   "kind", "name",
						 "region", "blocks", NULL};
	char field[REFUSAL_FIELD];

	if (!within || str_place(str_of(r->field), attributes) < 0)
		return;
	snprintf(field, sizeof field, "%s.%.*s", within, REFUSAL_FIELD - 16, r->field);
	memcpy(r->field, field, sizeof field);
}

static bool
answer_participant(struct call *c, struct command *command, const char *within)
{
	struct outcome o;
	if (!execute(c, command, &o)) {
		qualify_field(&c->refusal, within);
		return false;
	}
	proto_write_ok(c->reply, c->request->id, 4);
	put_result(c, &o);
	put_pair(c, "revision", o.revision);
	put_word(c, "status", status_names[o.status]);
	put_pair(c, "number", market_head(c->market));
	return true;
}

static bool
answer_listing(struct call *c, struct command *command)
{
	struct outcome o;
	if (!execute(c, command, &o)) {
		/* The participant is the first part of the listing's id. */
		if (strcmp(c->refusal.field, "participant") == 0)
			snprintf(c->refusal.field, sizeof c->refusal.field, "listing");
		return false;
	}
	bool member = o.status == STATUS_MEMBER;
	proto_write_ok(c->reply, c->request->id, member ? 6 : 7);
	put_result(c, &o);
	put_key(c, "listing");
	mp_put_str(c->reply, arg_text(c, "listing"));
	put_pair(c, "revision", o.revision);
	put_word(c, "state", listing_state_names[o.state]);
	put_pair(c, "number", market_head(c->market));
	put_pair(c, "told", o.listing ? o.listing->n_told : 0);
	if (!member)
		put_word(c, "note", "participant_not_member");
	return true;
}

/* ---- arguments ---- */

static bool
read_status(struct call *c, enum status otherwise, enum status *ret)
{
	struct str word = arg_text(c, "status");
	int i = word.p ? str_place(word, status_names) : (int)otherwise;
	if (i < 0) {
		refuse(&c->refusal, "bad_value", "status",
		       "applicant, member, suspended or excluded", "%.*s is no status",
		       STR_FMT(word));
		return false;
	}
	*ret = (enum status)i;
	return true;
}

static bool
read_listing_id(struct call *c, struct command *command)
{
	struct str id = arg_text(c, "listing");
	if (split_listing_id(id, &command->participant, &command->key))
		return true;
	refuse(&c->refusal, "bad_value", "listing", "participant/key", "%.*s has no slash",
	       STR_FMT(id));
	return false;
}

static struct given_time
read_time(const struct call *c, const char *name)
{
	const struct proto_value *v = proto_arg(c->request, name);
	return (struct given_time){v->present, v->nil ? 0 : v->number};
}

static uint32_t
read_expected(const struct call *c)
{
	return (uint32_t)arg_int(c, "expect_revision", 0);
}

/* ---- participants ---- */

static bool
may_begin_as(struct call *c, enum status status)
{
	if (status == STATUS_APPLICANT || status == STATUS_MEMBER)
		return true;
	refuse(&c->refusal, "bad_value", "status", "applicant or member",
	       "nobody is registered as %s", status_names[status]);
	return false;
}

static bool
register_participant(struct call *c)
{
	struct command command = {.kind = COMMAND_REGISTER};
	struct mp written = proto_arg(c->request, "participant")->raw;
	struct mp id = mp_find(written, STR("id"));
	struct buf content = BUF_EMPTY;
	bool done = false;

	command.participant = mp_get_str(&id);
	if (id.failed || !id_is_valid(command.participant)) {
		bool too_long = !id.failed && command.participant.len > MAX_ID;
		refuse(&c->refusal, too_long ? "key_too_long" : "bad_value", "participant.id",
		       "1 to 64 of A-Z a-z 0-9 . _ -", "the participant's id cannot be read");
		return false;
	}
	if (read_status(c, STATUS_APPLICANT, &command.status) && may_begin_as(c, command.status) &&
	    intake_participant(written, true, "participant", &content, &c->refusal) == 0) {
		command.content = buf_str(&content);
		done = answer_participant(c, &command, "participant");
	}
	buf_free(&content);
	return done;
}

/* Kind, INN and OGRN must agree in what the patch leads to, which only the market knows. */
static bool
check_patched(struct call *c, const struct command *command)
{
	const struct participant *p = market_participant(c->market, command->participant);
	struct buf merged = BUF_EMPTY;
	bool good = true;
	if (p) {
		participant_patch(p->content, command->content, &merged);
		good = intake_participant_check(buf_str(&merged), &c->refusal) == 0;
		qualify_field(&c->refusal, good ? NULL : "set");
	}
	buf_free(&merged);
	return good;
}

static bool
revise_participant(struct call *c)
{
	struct command command = {.kind = COMMAND_REVISE_PARTICIPANT};
	struct buf patch = BUF_EMPTY;
	bool done = false;

	command.participant = arg_text(c, "participant");
	command.expect_revision = read_expected(c);
	if (intake_participant(proto_arg(c->request, "set")->raw, false, "set", &patch,
			       &c->refusal) == 0) {
		command.content = buf_str(&patch);
		done = check_patched(c, &command) && answer_participant(c, &command, "set");
	}
	buf_free(&patch);
	return done;
}

static bool
set_status(struct call *c)
{
	struct command command = {.kind = COMMAND_STATUS,
				  .participant = arg_text(c, "participant")};
	return read_status(c, STATUS_APPLICANT, &command.status) &&
	       answer_participant(c, &command, NULL);
}

/* ---- definitions ---- */

static bool
reload(struct call *c)
{
	struct buf list = BUF_EMPTY;
	uint32_t n = 0;
	if (!c->dispatch->reload) {
		refuse(&c->refusal, "bad_definition", "", NULL, "this market has no files");
		return false;
	}
	bool done =
	    c->dispatch->reload(c->dispatch->reload_arg, c->clock_ms, &list, &n, &c->refusal);
	if (done) {
		proto_write_ok(c->reply, c->request->id, 2);
		put_key(c, "definitions");
		mp_put_array(c->reply, n);
		buf_put(c->reply, list.data, list.len);
		put_pair(c, "number", market_head(c->market));
	}
	buf_free(&list);
	return done;
}

/* ---- listings ---- */

/* The content's keys stand among the message's own arguments, so intake is given the whole request.
 */
static bool
publish(struct call *c)
{
	struct command command = {.kind = COMMAND_PUBLISH};
	struct buf body = BUF_EMPTY;
	struct str side = arg_text(c, "side");
	int side_index = str_place(side, side_names);
	bool done = false;

	if (!read_listing_id(c, &command))
		return false;
	if (side_index < 0) {
		refuse(&c->refusal, "bad_value", "side", "need or offer", "%.*s is no side",
		       STR_FMT(side));
		return false;
	}
	command.exchange = arg_text(c, "exchange");
	command.side = (enum side)side_index;
	command.draft = arg_int(c, "draft", 0);
	command.valid_from = read_time(c, "valid_from");
	command.valid_until = read_time(c, "valid_until");
	command.expect_revision = read_expected(c);
	const struct exchange *e = market_exchange(c->market, command.exchange);
	if (!e) {
		refuse(&c->refusal, "unknown_exchange", "exchange",
		       "a name that exchange.list gives", "there is no exchange %.*s",
		       STR_FMT(command.exchange));
		return false;
	}
	if (intake_body(e, command.side, c->request->map, true, &body, &c->refusal) == 0) {
		command.content = buf_str(&body);
		done = answer_listing(c, &command);
	}
	buf_free(&body);
	return done;
}

static bool
revise(struct call *c)
{
	struct command command = {.kind = COMMAND_REVISE};
	struct buf patch = BUF_EMPTY;
	bool done = false;

	if (!read_listing_id(c, &command))
		return false;
	command.valid_from = read_time(c, "valid_from");
	command.valid_until = read_time(c, "valid_until");
	command.expect_revision = read_expected(c);
	const struct listing *l = market_listing(c->market, arg_text(c, "listing"));
	if (!l) {
		refuse(&c->refusal, "unknown_listing", "listing", NULL, "there is no listing %.*s",
		       STR_FMT(arg_text(c, "listing")));
		return false;
	}
	const struct exchange *e = market_exchange_at(c->market, l->exchange);
	if (intake_body(e, (enum side)l->side, c->request->map, false, &patch, &c->refusal) == 0) {
		command.content = buf_str(&patch);
		done = answer_listing(c, &command);
	}
	buf_free(&patch);
	return done;
}

static bool
change_state(struct call *c, enum command_kind kind)
{
	struct command command = {.kind = kind};
	if (!read_listing_id(c, &command))
		return false;
	command.expect_revision = read_expected(c);
	if (kind == COMMAND_RENEW)
		command.valid_until = read_time(c, "valid_until");
	if (kind == COMMAND_REJECT)
		command.reason = arg_text(c, "reason");
	return answer_listing(c, &command);
}

static bool
approve_listing(struct call *c)
{
	return change_state(c, COMMAND_APPROVE);
}

static bool
reject_listing(struct call *c)
{
	return change_state(c, COMMAND_REJECT);
}

static bool
pause_listing(struct call *c)
{
	return change_state(c, COMMAND_PAUSE);
}

static bool
resume_listing(struct call *c)
{
	return change_state(c, COMMAND_RESUME);
}

static bool
renew_listing(struct call *c)
{
	return change_state(c, COMMAND_RENEW);
}

static bool
withdraw_listing(struct call *c)
{
	return change_state(c, COMMAND_WITHDRAW);
}

handler_fn
dispatch_command_handler(const char *message)
{
	static const struct {
		const char *message;
		handler_fn handler;
	} handlers[] = {
	    {"participant.register", register_participant},
	    {"participant.revise", revise_participant},
	    {"participant.status", set_status},
	    {"listing.publish", publish},
	    {"listing.revise", revise},
	    {"listing.pause", pause_listing},
	    {"listing.resume", resume_listing},
	    {"listing.renew", renew_listing},
	    {"listing.withdraw", withdraw_listing},
	    {"listing.approve", approve_listing},
	    {"listing.reject", reject_listing},
	    {"reload", reload},
	};
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (strcmp(handlers[i].message, message) == 0)
			return handlers[i].handler;
	return NULL;
}
