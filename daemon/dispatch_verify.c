/* index.verify: what is found against the rule of matching, a bounded step at a time. */

#include "daemon/dispatch_reads.h"

#include "core/limits.h"
#include "core/listing.h"
#include "core/participant.h"
#include "daemon/log.h"
#include "daemon/publish.h"

#include <stdio.h>

enum {
	WORK = 20000, /* some milliseconds */
	LISTED = 100, /* of a step's divergences; the others are counted */
};

struct verification {
	const struct market *market;
	uint64_t listings, pairs, diverging;
	struct divergence first;
	struct buf rows;
};

static void
put_verdict(struct buf *out, const char *key, struct verdict v)
{
	mp_put_text(out, key);
	if (!v.match) {
		mp_put_nil(out);
		return;
	}
	mp_put_map(out, 3);
	mp_put_text(out, "score");
	mp_put_uint(out, v.score);
	mp_put_text(out, "need_box");
	mp_put_uint(out, v.need_box);
	mp_put_text(out, "offer_box");
	mp_put_uint(out, v.offer_box);
}

static void
take_divergence(void *arg, const struct divergence *d)
{
	struct verification *v = arg;
	if (v->diverging++ == 0)
		v->first = *d;
	if (v->diverging > LISTED)
		return;
	mp_put_map(&v->rows, 5);
	mp_put_text(&v->rows, "kind");
	mp_put_text(&v->rows, divergence_names[d->kind]);
	mp_put_text(&v->rows, "need");
	publish_listing_id(v->market, d->need, &v->rows);
	mp_put_text(&v->rows, "offer");
	publish_listing_id(v->market, d->offer, &v->rows);
	put_verdict(&v->rows, "said", d->said);
	put_verdict(&v->rows, "rule", d->rule);
}

/* One event a step, whatever it found. */
static void
log_divergence(const struct verification *v)
{
	const struct listing *pair[2] = {v->first.need, v->first.offer};
	char ids[2][MAX_LISTING_ID + MAX_NAME];
	for (int i = 0; i < 2; i++)
		snprintf(ids[i], sizeof ids[i], "%.*s/%s",
			 STR_FMT(market_participant_at(v->market, pair[i]->participant)->id),
			 pair[i]->key);
	log_write(LOG_ID_INDEX_DIVERGED,
		  LOG_FIELDS({"kind", divergence_names[v->first.kind], 0}, {"need", ids[0], 0},
			     {"offer", ids[1], 0}, {"pairs", NULL, (int64_t)v->diverging}),
		  "matches are not what the rule says, such as of %s and %s", ids[0], ids[1]);
}

/* The first listing from `number` on that is open, and of the exchange unless that is NULL; or NULL. */
static const struct listing *
open_from(const struct market *m, const struct exchange *e, uint32_t number)
{
	const struct listing *l;
	for (; (l = market_listing_at(m, number)); number++)
		if (l->state == STATE_OPEN && (!e || market_exchange_at(m, l->exchange) == e))
			return l;
	return NULL;
}

/* How many listings further the next is, so that at most `sample` of all are taken. */
static uint32_t
stride(const struct market *m, const struct exchange *e, uint32_t sample)
{
	uint32_t count = 0;
	for (const struct listing *l = open_from(m, e, 1); l; l = open_from(m, e, l->number + 1))
		count++;
	return count > sample ? (count + sample - 1) / sample : 1;
}

bool
index_verify(struct call *c)
{
	struct str name = arg_text(c, "exchange");
	const struct exchange *e = NULL;
	struct verification v = {.market = c->market};
	uint64_t left = (uint64_t)arg_int(c, "work", WORK);
	uint32_t every = (uint32_t)arg_int(c, "every", 1);
	uint32_t from = (uint32_t)arg_int(c, "from", 1);
	uint32_t counterpart = (uint32_t)arg_int(c, "from_counterpart", 1);

	if (name.p && !(e = market_exchange(c->market, name))) {
		refuse(&c->refusal, "unknown_exchange", "exchange", NULL,
		       "there is no exchange %.*s", STR_FMT(name));
		return false;
	}
	if (arg_is_there(c, "sample"))
		every = stride(c->market, e, (uint32_t)arg_int(c, "sample", 0));
	const struct listing *l = open_from(c->market, e, from);
	if (l && l->number != from) /* the one that was being checked is open no more */
		counterpart = 1;
	while (l && left > 0) {
		struct checked done =
		    market_check(c->market, l, counterpart, left, take_divergence, &v);
		v.pairs += done.pairs;
		left -= done.work < left ? done.work : left;
		counterpart = done.next;
		if (counterpart > 0)
			break;
		v.listings++;
		counterpart = 1;
		for (uint32_t i = 0; i < every && l; i++)
			l = open_from(c->market, e, l->number + 1);
	}
	c->dispatch->verified_pairs += v.pairs;
	c->dispatch->divergences += v.diverging;
	if (v.diverging > 0)
		log_divergence(&v);

	proto_write_ok(c->reply, c->request->id, l ? 7 : 5);
	put_pair(c, "listings", v.listings);
	put_pair(c, "pairs", v.pairs);
	put_pair(c, "diverging", v.diverging);
	put_key(c, "divergences");
	mp_put_array(c->reply, (uint32_t)(v.diverging < LISTED ? v.diverging : LISTED));
	buf_put(c->reply, v.rows.data, v.rows.len);
	put_pair(c, "every", every);
	if (l) {
		put_pair(c, "next", l->number);
		put_pair(c, "next_counterpart", counterpart);
	}
	buf_free(&v.rows);
	return true;
}
