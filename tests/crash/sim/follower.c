/* A follower of one stream of the feed, as docs/protocol.md tells it under "Missing nothing". */

#include "sim.h"

#include "core/market.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOOK_MS = 400 };

struct follower {
	struct sim *sim;
	unsigned actor;
	uint64_t last;	/* everything of the stream up to it was dealt with */
	uint64_t *seen; /* numbers, in order */
	size_t n_seen, cap_seen;
	uint64_t id, asked_id, head;
	int64_t asked_ms;
};

struct follower *
follower_new(struct sim *s, unsigned actor)
{
	struct follower *f = mem_zalloc(sizeof *f);
	f->sim = s;
	f->actor = actor;
	sim_wake(s, actor, LOOK_MS);
	return f;
}

void
follower_free(struct follower *f)
{
	if (!f)
		return;
	free(f->seen);
	free(f);
}

static void
deal_with(struct follower *f, uint64_t number)
{
	f->seen = mem_grow(f->seen, f->n_seen, &f->cap_seen, sizeof *f->seen);
	f->seen[f->n_seen++] = number;
	f->last = number;
}

static void
replay(struct follower *f)
{
	struct buf request = BUF_EMPTY;
	f->asked_id = ++f->id;
	f->asked_ms = f->sim->now_ms;
	put_request(&request, 3, "facts.read", f->id, "follower", NULL);
	put_number(&request, "from", f->last + 1);
	put_text(&request, "stream", "x.parts");
	put_number(&request, "limit", 1 + chance_below(&f->sim->chance, 50));
	sim_send(f->sim, f->actor, &request);
	buf_free(&request);
}

/* Whatever is not known otherwise is asked for now and then. */
void
follower_wake(struct follower *f)
{
	if (f->asked_id == 0 || f->sim->now_ms - f->asked_ms > LOOK_MS / 2)
		replay(f);
	sim_wake(f->sim, f->actor, LOOK_MS);
}

void
follower_feed(struct follower *f, struct str stream, uint64_t number, uint64_t prev)
{
	if (!str_eq(stream, STR("x.parts")) || number <= f->last)
		return;
	if (prev <= f->last)
		deal_with(f, number);
	else if (f->asked_id == 0)
		replay(f);
}

void
follower_reply(struct follower *f, struct str reply)
{
	struct mp id = mp_find(mp_of(reply), STR("id")), ok = mp_find(mp_of(reply), STR("ok"));
	struct mp facts = mp_find(mp_of(reply), STR("facts"));
	struct mp next = mp_find(mp_of(reply), STR("next")),
		  head = mp_find(mp_of(reply), STR("head"));
	if (mp_get_uint(&id) != f->asked_id)
		return;
	f->asked_id = 0;
	if (!mp_get_bool(&ok))
		return; /* no such stream yet: the exchange is not loaded */
	uint32_t n = mp_get_array(&facts);
	for (uint32_t i = 0; i < n; i++) {
		struct mp number = mp_find(facts, STR("number"));
		uint64_t v = mp_get_uint(&number);
		if (v > f->last)
			deal_with(f, v);
		mp_get_raw(&facts);
	}
	uint64_t upto = mp_get_uint(&next) - 1;
	if (upto > f->last)
		f->last = upto;
	f->head = mp_get_uint(&head);
	if (f->last < f->head && n > 0)
		replay(f);
}

bool
follower_is_done(const struct follower *f)
{
	return f->last >= f->sim->disk.n_facts;
}

/* All of the stream, each once, in order. */
void
follower_check(struct follower *f)
{
	uint64_t stream = market_stream(process_market(f->sim->process), STR("x.parts"));
	size_t at = 0;
	for (size_t i = 0; i < f->sim->disk.n_facts; i++) {
		const struct disk_fact *fact = &f->sim->disk.facts[i];
		bool due = false;
		for (size_t k = 0; k < fact->n_links; k++)
			due |= fact->links[k].stream == stream;
		if (!due)
			continue;
		f->sim->checked++;
		if (at == f->n_seen || f->seen[at++] != i + 1) {
			sim_wrong(f->sim, "follower %u: fact %zu did not come in its place",
				  f->actor, i + 1);
			return;
		}
	}
	if (at != f->n_seen)
		sim_wrong(f->sim, "follower %u: was given %zu facts too many", f->actor,
			  f->n_seen - at);
}
