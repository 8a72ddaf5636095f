/* A publisher: commands one behind the other, each under a key of its own, asked again until it is
 * answered, and now and then long after. */

#include "sim.h"

#include "core/market.h"
#include "daemon/publish.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_MS = 150, PAUSE_MS = 300 };

struct order {
	struct buf pairs; /* of the request */
	uint32_t n_pairs;
	const char *cmd;
	struct buf reply; /* the first that was final, without its id */
	uint64_t first_id, last_id;
};

struct publisher {
	struct sim *sim;
	unsigned actor;
	struct chance chance;
	char client[8];
	struct order orders[COMMANDS_MAX];
	unsigned n_orders, now; /* in all; the one at hand */
	uint64_t ids;
	int64_t asked_ms;
};

/* ---- what is asked ---- */

static void
put_listing_id(struct publisher *p, struct buf *b)
{
	char id[32];
	snprintf(id, sizeof id, "p%u/l%u", p->actor, (unsigned)chance_below(&p->chance, 4));
	put_text(b, "listing", id);
}

static void
put_price(struct publisher *p, struct buf *b)
{
	mp_put_text(b, "unit_price");
	mp_put_uint(b, 100 + 100 * chance_below(&p->chance, 10));
}

/* The first two keys of a participant have needs, the others offers. */
static void
publish(struct publisher *p, struct order *o, unsigned i)
{
	unsigned key = (unsigned)chance_below(&p->chance, 4);
	const char *process = chance_is(&p->chance, 1, 2) ? "milling" : "turning";
	char id[32], title[32];
	snprintf(id, sizeof id, "p%u/l%u", p->actor, key);
	snprintf(title, sizeof title, "p%u order %u", p->actor, i);
	o->cmd = "listing.publish";
	put_text(&o->pairs, "listing", id);
	put_text(&o->pairs, "exchange", "parts");
	put_text(&o->pairs, "side", key < 2 ? "need" : "offer");
	put_text(&o->pairs, "title", title);
	mp_put_text(&o->pairs, "fields");
	mp_put_map(&o->pairs, 2);
	put_text(&o->pairs, "process", process);
	put_price(p, &o->pairs);
	o->n_pairs = 5;
}

static void
make_order(struct publisher *p, unsigned i)
{
	static const char *const changes[] = {"listing.withdraw", "listing.pause",
					      "listing.resume"};
	struct order *o = &p->orders[i];
	if (i == 0) {
		char id[8];
		snprintf(id, sizeof id, "p%u", p->actor);
		o->cmd = "participant.register";
		mp_put_text(&o->pairs, "participant");
		mp_put_map(&o->pairs, 3);
		put_text(&o->pairs, "id", id);
		put_text(&o->pairs, "name", "A company");
		put_text(&o->pairs, "kind", "legal_entity");
		put_text(&o->pairs, "status", "member");
		o->n_pairs = 2;
	} else if (chance_is(&p->chance, 2, 3)) {
		publish(p, o, i);
	} else {
		o->cmd = changes[chance_below(&p->chance, 3)];
		put_listing_id(p, &o->pairs);
		o->n_pairs = 1;
	}
}

struct publisher *
publisher_new(struct sim *s, unsigned actor)
{
	struct publisher *p = mem_zalloc(sizeof *p);
	p->sim = s;
	p->actor = actor;
	p->chance = chance_of(s->seed, 2, actor);
	p->n_orders = 15 + (unsigned)chance_below(&p->chance, COMMANDS_MAX - 15);
	snprintf(p->client, sizeof p->client, "pub%u", actor);
	for (unsigned i = 0; i < p->n_orders; i++)
		make_order(p, i);
	sim_wake(s, actor, 1);
	return p;
}

void
publisher_free(struct publisher *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n_orders; i++) {
		buf_free(&p->orders[i].pairs);
		buf_free(&p->orders[i].reply);
	}
	free(p);
}

bool
publisher_is_done(const struct publisher *p)
{
	return p->now == p->n_orders;
}

static void
ask(struct publisher *p, unsigned i)
{
	struct order *o = &p->orders[i];
	struct buf request = BUF_EMPTY;
	char key[16];
	snprintf(key, sizeof key, "k%u", i);
	o->last_id = ++p->ids;
	if (o->first_id == 0)
		o->first_id = o->last_id;
	put_request(&request, o->n_pairs, o->cmd, o->last_id * COMMANDS_MAX + i, p->client, key);
	buf_put(&request, o->pairs.data, o->pairs.len);
	sim_send(p->sim, p->actor, &request);
	buf_free(&request);
}

void
publisher_wake(struct publisher *p)
{
	struct sim *s = p->sim;
	if (p->now > 0 && sim_chance(s, 1, 6))
		ask(p, (unsigned)chance_below(&p->chance, p->now));
	if (publisher_is_done(p))
		return;
	if (s->now_ms - p->asked_ms >= ANSWER_MS || p->asked_ms == 0) {
		ask(p, p->now);
		p->asked_ms = s->now_ms;
	}
	sim_wake(s, p->actor, ANSWER_MS);
}

/* Everything but the id. */
static void
strip_id(struct str reply, struct buf *out)
{
	struct mp in = mp_of(reply);
	uint32_t n = mp_get_map(&in);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&in), value = mp_get_raw(&in);
		if (str_eq(key, STR("id")))
			continue;
		mp_put_str(out, key);
		mp_put_raw(out, value);
	}
}

static bool
is_passing(struct str reply)
{
	struct mp code = mp_find(mp_find(mp_of(reply), STR("error")), STR("code"));
	struct str text = mp_get_str(&code);
	return !code.failed && str_eq(text, STR("storage_full"));
}

void
publisher_reply(struct publisher *p, struct str reply)
{
	struct mp id = mp_find(mp_of(reply), STR("id"));
	unsigned i = (unsigned)(mp_get_uint(&id) % COMMANDS_MAX);
	struct order *o = &p->orders[i];
	struct buf stripped = BUF_EMPTY;
	/* That there is no room is no outcome: it is asked again, and may be told again later. */
	if (is_passing(reply))
		return;
	strip_id(reply, &stripped);
	p->sim->checked++;
	if (o->reply.len == 0) {
		buf_put(&o->reply, stripped.data, stripped.len);
	} else if (!str_eq(buf_str(&o->reply), buf_str(&stripped))) {
		sim_wrong(p->sim, "publisher %u: order %u was answered in two ways", p->actor, i);
	}
	buf_free(&stripped);
	if (i != p->now)
		return;
	p->now++;
	p->asked_ms = 0;
	sim_wake(p->sim, p->actor, (int64_t)chance_below(&p->chance, PAUSE_MS));
}

/* ---- what came of it ---- */

static bool
is_changed(const struct order *o)
{
	struct mp in = {o->reply.data, o->reply.data + o->reply.len, false};
	while (in.at < in.end && !in.failed) {
		struct str key = mp_get_str(&in), value = mp_get_raw(&in);
		struct mp text = mp_of(value);
		if (str_eq(key, STR("result")))
			return str_eq(mp_get_str(&text), STR("changed"));
	}
	return false;
}

/* How many facts carry the title. */
static unsigned
count_title(const struct sim *s, const char *title)
{
	unsigned n = 0;
	for (size_t i = 0; i < s->disk.n_facts; i++) {
		struct fact f;
		if (!fact_decode(s->disk.facts[i].bytes, &f) || f.kind < FACT_LISTING_DRAFTED ||
		    f.kind >= FACT_MATCH_MADE || !f.listing.body.p)
			continue;
		struct mp at = mp_find(mp_of(f.listing.body), STR("title"));
		n += str_eq(mp_get_str(&at), str_of(title));
	}
	return n;
}

void
publisher_check(struct publisher *p)
{
	for (unsigned i = 1; i < p->n_orders; i++) {
		const struct order *o = &p->orders[i];
		char title[32];
		if (strcmp(o->cmd, "listing.publish") != 0)
			continue;
		snprintf(title, sizeof title, "p%u order %u", p->actor, i);
		unsigned there = count_title(p->sim, title), due = is_changed(o);
		p->sim->checked++;
		if (there != due)
			sim_wrong(p->sim, "publisher %u: order %u shows %u times, not %u", p->actor,
				  i, there, due);
	}
}
