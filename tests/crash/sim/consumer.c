/* A consumer of a durable subscription, as docs/protocol.md tells it to be one. It dies and comes
 * back; what it has dealt with it remembers together with how far it was. */

#include "sim.h"

#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CREATE_MS = 200, LATE_MS = 250 };

static void
choose_wish(struct consumer *c)
{
	static const struct wish wishes[] = {
	    {NULL},
	    {.side = "offer"},
	    {.participant = "p1", .side = "need"},
	    {.kind = "match.ended"},
	    {.side = "offer", .process = "milling", .price = 500},
	    {.side = "offer", .process = "turning", .price = 700, .min_score = 150},
	    {.min_score = 200},
	    {.state = true},
	    {.state = true, .side = "offer", .process = "milling", .price = 600},
	    {.state = true, .min_score = 150},
	};
	struct chance chance = chance_of(c->sim->seed, 3, c->actor);
	c->wish = wishes[chance_below(&chance, sizeof wishes / sizeof *wishes)];
}

struct consumer *
consumer_new(struct sim *s, unsigned actor)
{
	struct consumer *c = mem_zalloc(sizeof *c);
	c->sim = s;
	c->actor = actor;
	snprintf(c->name, sizeof c->name, "sub%u", actor);
	choose_wish(c);
	sim_wake(s, actor, (int64_t)chance_below(&s->chance, CHAOS_MS / 2));
	return c;
}

void
consumer_free(struct consumer *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_given; i++) {
		free((char *)c->given[i].body.p);
		free((char *)c->given[i].because.p);
	}
	free(c->given);
	free(c);
}

/* ---- asking ---- */

static void
put_search(struct consumer *c, struct buf *b)
{
	mp_put_text(b, "fields");
	mp_put_map(b, 2);
	put_text(b, "process", c->wish.process);
	mp_put_text(b, "unit_price");
	mp_put_map(b, 1);
	put_number(b, "to", (uint64_t)c->wish.price);
}

static void
create(struct consumer *c)
{
	const struct wish *w = &c->wish;
	struct buf pairs = BUF_EMPTY, request = BUF_EMPTY;
	uint32_t n = 1;
	put_text(&pairs, "name", c->name);
	if (w->side)
		put_text(&pairs, "side", w->side), n++;
	if (w->participant)
		put_text(&pairs, "participant", w->participant), n++;
	if (w->min_score)
		put_number(&pairs, "min_score", (uint64_t)w->min_score), n++;
	if (w->state)
		put_text(&pairs, "start", "state"), n++;
	if (w->kind) {
		mp_put_text(&pairs, "kinds");
		mp_put_array(&pairs, 1);
		mp_put_text(&pairs, w->kind), n++;
	}
	if (w->price) {
		put_text(&pairs, "exchange", "parts"), n++;
		put_search(c, &pairs), n++;
	}
	c->asked_id = ++c->id;
	put_request(&request, n, "subscription.create", c->id, "portal", NULL);
	buf_put(&request, pairs.data, pairs.len);
	sim_send(c->sim, c->actor, &request);
	buf_free(&pairs);
	buf_free(&request);
	sim_wake(c->sim, c->actor, CREATE_MS);
}

static void
begin_anew(struct consumer *c)
{
	c->number = chance_next(&c->sim->chance) >> 2 | 1;
}

static void
fetch(struct consumer *c)
{
	struct sim *s = c->sim;
	struct buf request = BUF_EMPTY;
	bool ack = c->owes_ack && (s->calm || chance_is(&s->chance, 2, 3));
	bool in_state = c->done_state != UINT64_MAX;
	uint64_t wait = chance_below(&s->chance, 4) * 100;
	c->asked_id = ++c->id;
	c->patience_ms = (int64_t)wait + LATE_MS;
	c->asked_ms = s->now_ms;
	put_request(&request, 5u + ack + in_state + (ack && in_state), "subscription.fetch", c->id,
		    "portal", NULL);
	put_text(&request, "name", c->name);
	put_number(&request, "consumer", c->number);
	put_number(&request, "credit", 1 + chance_below(&s->chance, 6));
	put_number(&request, "wait_ms", wait);
	put_number(&request, "after", c->done_number);
	if (in_state)
		put_number(&request, "after_state", c->done_state);
	if (ack)
		put_number(&request, "ack", c->done_number);
	if (ack && in_state)
		put_number(&request, "ack_state", c->done_state);
	c->owes_ack = c->owes_ack && !ack;
	sim_send(s, c->actor, &request);
	buf_free(&request);
	sim_wake(s, c->actor, c->patience_ms);
}

void
consumer_wake(struct consumer *c)
{
	struct sim *s = c->sim;
	if (!c->created) {
		create(c);
		return;
	}
	bool late = c->asked_id && s->now_ms - c->asked_ms >= c->patience_ms;
	if (c->asked_id && !late)
		return; /* an older wake */
	if (c->number == 0 || late || sim_chance(s, 1, 12))
		begin_anew(c);
	fetch(c);
}

/* ---- hearing ---- */

static struct str
copy_of(struct mp at)
{
	struct str raw = mp_get_raw(&at);
	return at.failed ? STR_NONE : (struct str){mem_dup(raw.p, raw.len), raw.len};
}

static void
deal_with(struct consumer *c, struct mp row)
{
	struct mp number_at = mp_find(row, STR("number")), state_at = mp_find(row, STR("state"));
	bool in_state = mp_peek(&state_at) != MP_END;
	uint64_t number = mp_get_uint(&number_at);
	uint64_t state = in_state ? mp_get_uint(&state_at) : UINT64_MAX;
	bool known = c->done_state != state ? c->done_state > state : c->done_number >= number;
	if (known) {
		c->sim->duplicates++;
		return;
	}
	c->given = mem_grow(c->given, c->n_given, &c->cap_given, sizeof *c->given);
	c->given[c->n_given++] = (struct given){number, state, copy_of(mp_find(row, STR("body"))),
						copy_of(mp_find(row, STR("because")))};
	c->done_number = number;
	c->done_state = state;
}

static void
take_facts(struct consumer *c, struct str reply)
{
	struct mp facts = mp_find(mp_of(reply), STR("facts"));
	struct mp lagged = mp_find(mp_of(reply), STR("subscription_lagged"));
	uint32_t n = mp_get_array(&facts);
	if (mp_peek(&lagged) != MP_END)
		sim_wrong(c->sim, "consumer %u: facts are said to be lost", c->actor);
	for (uint32_t i = 0; i < n; i++) {
		struct mp row = facts;
		mp_get_raw(&facts);
		deal_with(c, row);
	}
	c->owes_ack |= n > 0;
	sim_wake(c->sim, c->actor, n > 0 ? (int64_t)chance_below(&c->sim->chance, 30) : 1);
}

static void
take_created(struct consumer *c, struct str reply)
{
	struct mp acked = mp_find(mp_of(reply), STR("acked"));
	c->began = mp_get_uint(&acked);
	c->created = true;
	c->done_number = c->began;
	c->done_state = c->wish.state ? 0 : UINT64_MAX;
	sim_wake(c->sim, c->actor, 1);
}

void
consumer_reply(struct consumer *c, struct str reply)
{
	struct mp id = mp_find(mp_of(reply), STR("id")), ok = mp_find(mp_of(reply), STR("ok"));
	struct mp code = mp_find(mp_find(mp_of(reply), STR("error")), STR("code"));
	if (mp_get_uint(&id) != c->asked_id)
		return;
	if (!c->created) {
		if (mp_get_bool(&ok)) {
			c->asked_id = 0;
			take_created(c, reply);
		}
		return;
	}
	c->asked_id = 0;
	if (mp_get_bool(&ok)) {
		take_facts(c, reply);
		return;
	}
	struct str why = mp_get_str(&code);
	if (str_eq(why, STR("subscription_taken")))
		begin_anew(c); /* by an older self, whose words came late */
	else
		sim_wrong(c->sim, "consumer %u: refused with %.*s", c->actor, STR_FMT(why));
	sim_wake(c->sim, c->actor, 10);
}
