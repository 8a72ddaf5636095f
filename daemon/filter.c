#include "daemon/filter.h"

#include "core/listing.h"
#include "core/participant.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* ---- what a fact is about ---- */

static void
about_listing(const struct listing *l, struct about *ret)
{
	ret->listing[l->side] = l->number;
	ret->participant[l->side] = l->participant;
	ret->exchange = l->exchange;
}

/* The exchange of a definition, by order of loading. */
static int
exchange_index(const struct market *m, struct str name)
{
	const struct exchange *e;
	for (size_t i = 0; (e = market_exchange_at(m, i)); i++)
		if (str_eq(e->name, name))
			return (int)i;
	return NOWHERE;
}

void
about_fact(const struct market *m, const struct fact *f, struct about *ret)
{
	*ret = (struct about){.exchange = NOWHERE};
	if (f->kind == FACT_EXCHANGE_REVISED) {
		ret->exchange = exchange_index(m, exchange_name_of(f->definition));
	} else if (f->kind < FACT_PARTICIPANT_REGISTERED || f->kind >= FACT_QUEUE_ADDED) {
		return;
	} else if (f->kind < FACT_LISTING_DRAFTED) {
		ret->participant[NEED] = ret->participant[OFFER] = f->participant.number;
	} else if (f->kind < FACT_MATCH_MADE) {
		about_listing(market_listing_at(m, f->listing.number), ret);
	} else {
		about_listing(market_listing_at(m, f->match.need), ret);
		about_listing(market_listing_at(m, f->match.offer), ret);
		ret->score = f->match.score;
	}
	ret->kind = f->kind;
}

/* ---- the filter ---- */

unsigned
kind_number(struct str name)
{
	for (unsigned kind = FACT_EXCHANGE_REVISED; kind < FACT_QUEUE_ADDED; kind++) {
		const char *known = fact_kind_name((enum fact_kind)kind);
		if (known && str_eq(str_of(known), name))
			return kind;
	}
	return 0;
}

static bool
read_kinds(struct mp in, uint64_t *ret)
{
	uint32_t n = mp_get_array(&in);
	for (uint32_t i = 0; i < n; i++) {
		unsigned kind = kind_number(mp_get_str(&in));
		if (kind == 0)
			return false;
		*ret |= UINT64_C(1) << kind;
	}
	return !in.failed;
}

static bool
read_pair(struct filter *f, struct str key, struct mp value)
{
	struct mp text = value;
	if (str_eq(key, STR("kinds")))
		return read_kinds(value, &f->kinds);
	if (str_eq(key, STR("min_score"))) {
		f->min_score = (uint16_t)mp_get_uint(&value);
		return !value.failed && f->min_score <= 1000;
	}
	if (str_eq(key, STR("body"))) {
		f->body = mp_get_raw(&value);
		return !value.failed;
	}
	if (str_eq(key, STR("side"))) {
		f->side = str_place(mp_get_str(&text), side_names);
		return f->side >= 0;
	}
	struct str *place = str_eq(key, STR("exchange"))      ? &f->exchange
			    : str_eq(key, STR("participant")) ? &f->participant
			    : str_eq(key, STR("listing"))     ? &f->listing
							      : NULL;
	if (!place)
		return false;
	*place = mp_get_str(&text);
	return !text.failed;
}

bool
filter_decode(struct str bytes, struct filter *ret)
{
	*ret = (struct filter){.side = ANY_SIDE};
	ret->bytes = (struct str){mem_dup(bytes.p, bytes.len), bytes.len};
	struct mp in = mp_of(ret->bytes);
	uint32_t n = mp_get_map(&in);
	bool good = !in.failed;
	for (uint32_t i = 0; good && i < n; i++) {
		struct str key = mp_get_str(&in);
		good = !in.failed && read_pair(ret, key, in);
		mp_get_raw(&in);
	}
	if (!good || in.failed)
		filter_done(ret);
	return good && !in.failed;
}

void
filter_done(struct filter *f)
{
	free((char *)f->bytes.p);
	*f = (struct filter){.side = ANY_SIDE};
}

bool
filter_is_picky(const struct filter *f)
{
	return f->min_score > 0 || f->body.p;
}

/* Whether `number`, of the side that the filter is about or else of either, is among the fact's. */
static bool
names(const struct filter *f, const uint32_t by_side[2], uint32_t number)
{
	if (f->side != ANY_SIDE)
		return by_side[f->side] == number;
	return by_side[NEED] == number || by_side[OFFER] == number;
}

bool
filter_wants(const struct filter *f, enum fact_kind kind)
{
	return kind != 0 && (f->kinds == 0 || f->kinds >> kind & 1);
}

bool
filter_covers(const struct filter *f, const struct market *m, const struct about *a)
{
	if (f->exchange.p &&
	    (a->exchange == NOWHERE ||
	     !str_eq(market_exchange_at(m, (size_t)a->exchange)->name, f->exchange)))
		return false;
	if (f->side != ANY_SIDE && !a->listing[f->side])
		return false;
	if (f->participant.p) {
		const struct participant *p = market_participant(m, f->participant);
		if (!p || !names(f, a->participant, p->number))
			return false;
	}
	if (f->listing.p) {
		const struct listing *l = market_listing(m, f->listing);
		if (!l || !names(f, a->listing, l->number))
			return false;
	}
	return true;
}
