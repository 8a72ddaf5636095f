#include "trade.h"

#include "core/participant.h"
#include "intake/files.h"
#include "intake/intake.h"
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
nobody(void *arg, const struct fact *f, struct str bytes)
{
	(void)arg, (void)f, (void)bytes;
}

static void
execute(struct trade *t, struct command c)
{
	struct outcome outcome;
	c.clock_ms = 1;
	market_execute(t->market, &c, t->emit ? t->emit : nobody, t->arg, &outcome);
	if (outcome.kind == OUTCOME_REFUSED)
		fail_msg("%s: %s", outcome.refusal.field, outcome.refusal.message);
}

void
trade_load(struct trade *t, enum command_kind kind, struct str canonical)
{
	execute(t, (struct command){.kind = kind, .definition = canonical});
}

void
trade_define(struct trade *t, const char *yaml)
{
	static struct mistakes mistakes;
	struct buf canonical = BUF_EMPTY;
	if (exchange_read(str_of(yaml), &canonical, &mistakes))
		fail_msg("%s: %s", mistakes.list[0].field, mistakes.list[0].message);
	trade_load(t, COMMAND_LOAD_EXCHANGE, buf_str(&canonical));
	buf_free(&canonical);
}

void
trade_enlist(struct trade *t, const char *id, const char *json)
{
	struct buf written = BUF_EMPTY, content = BUF_EMPTY;
	struct refusal refusal;
	json_to_mp(json, &written);
	if (intake_participant(mp_of(buf_str(&written)), true, "participant", &content, &refusal))
		fail_msg("%s: %s", refusal.field, refusal.message);
	execute(t, (struct command){.kind = COMMAND_REGISTER,
				    .participant = str_of(id),
				    .content = buf_str(&content),
				    .status = STATUS_MEMBER});
	buf_free(&written);
	buf_free(&content);
}

void
trade_write(const struct exchange *e, enum side side, const char *json, bool whole, struct buf *out)
{
	struct buf written = BUF_EMPTY;
	struct refusal refusal;
	buf_clear(out);
	json_to_mp(json, &written);
	if (intake_body(e, side, mp_of(buf_str(&written)), whole, out, &refusal))
		fail_msg("%s: %s in %s", refusal.field, refusal.message, json);
	buf_free(&written);
}

const struct listing *
trade_publish(struct trade *t, const char *participant, enum side side, const char *json)
{
	struct buf body = BUF_EMPTY;
	const struct exchange *e = market_exchange_at(t->market, 0);
	char key[16];
	snprintf(key, sizeof key, "k%u", ++t->listings);
	trade_write(e, side, json, true, &body);
	execute(t, (struct command){.kind = COMMAND_PUBLISH,
				    .participant = str_of(participant),
				    .key = str_of(key),
				    .content = buf_str(&body),
				    .exchange = e->name,
				    .side = side});
	buf_free(&body);
	return market_listing_at(t->market, (uint32_t)market_count(t->market).listings);
}

void
trade_revise(struct trade *t, const struct listing *l, const char *json)
{
	struct buf patch = BUF_EMPTY;
	trade_write(market_exchange_at(t->market, l->exchange), (enum side)l->side, json, false,
		    &patch);
	execute(
	    t, (struct command){.kind = COMMAND_REVISE,
				.participant = market_participant_at(t->market, l->participant)->id,
				.key = str_of(l->key),
				.content = buf_str(&patch)});
	buf_free(&patch);
}

void
trade_withdraw(struct trade *t, const struct listing *l)
{
	execute(
	    t, (struct command){.kind = COMMAND_WITHDRAW,
				.participant = market_participant_at(t->market, l->participant)->id,
				.key = str_of(l->key)});
}
