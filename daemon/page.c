#include "daemon/page.h"

#include "core/listing.h"
#include "daemon/publish.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <stdlib.h>

enum {
	PAGE_BYTES = 512 << 10, /* of rows; the last may go beyond */
	LOOK = 4096, /* facts at a time, or things of the state, whether they pass or not */
	LOOKED_MOST = 2 * LOOK, /* with what it takes to say why */
	ASKED_AT_ONCE = 8,	/* subscriptions are asked, likewise */
	LISTED_AT_ONCE = 64,	/* pairs are listed while one is looked at */
};

static bool
is_full(const struct page *p)
{
	return p->credit == 0 || p->rows.len >= PAGE_BYTES || p->looked >= LOOKED_MOST;
}

static void
put_head(struct page *p, uint32_t pairs, uint64_t number)
{
	mp_put_map(&p->rows, pairs);
	mp_put_text(&p->rows, "number");
	mp_put_uint(&p->rows, number);
}

static void
count_row(struct page *p)
{
	p->count++;
	p->credit--;
}

/* The names of the client's subscriptions that let a match through: as was noted with its fact, or,
 * for the state, as it stands now (`noted` NULL). Those of a thousand take a while. */
static void
put_because(struct page *p, const struct page_source *from, const struct subscription *sub,
	    uint64_t number, const struct about *a, const struct numbers *noted)
{
	struct subscriptions *s = from->subscriptions;
	const struct subscription *own = subscriptions_own(s, str_of(sub->client));
	struct buf names = BUF_EMPTY;
	uint32_t n = 0, asked = 0;
	for (; own; own = own->own_next) {
		bool there = own == sub || own->created_at < number + !noted;
		asked++;
		if (!there || !(noted ? subscription_passes(s, own, a, noted->at, noted->len)
				      : subscription_passes_now(s, own, a)))
			continue;
		mp_put_text(&names, own->name);
		n++;
	}
	mp_put_text(&p->rows, "because");
	mp_put_array(&p->rows, n);
	buf_put(&p->rows, names.data, names.len);
	buf_free(&names);
	p->looked += asked / ASKED_AT_ONCE;
}

/* ---- the state that comes first ---- */

/* A told pair: where the market has it, and by which serial it is still the same. */
struct state_pair {
	uint64_t serial;
	size_t place;
};

static int
by_serial(const void *a, const void *b)
{
	const struct state_pair *x = a, *y = b;
	return (x->serial > y->serial) - (x->serial < y->serial);
}

/* All that are told now. */
static void
list_pairs(const struct market *m, struct state_pairs *list)
{
	size_t places = market_told_places(m);
	struct told told;
	state_pairs_done(list);
	list->head = market_head(m);
	list->at = mem_alloc((places + 1) * sizeof *list->at);
	for (size_t place = 0; place < places; place++)
		if (market_told_at(m, place, &told))
			list->at[list->n++] = (struct state_pair){told.serial, place};
	qsort(list->at, list->n, sizeof *list->at, by_serial);
}

void
state_pairs_done(struct state_pairs *list)
{
	free(list->at);
	*list = (struct state_pairs){0};
}

/* The first that comes behind the place in the state. */
static size_t
pair_behind(const struct state_pairs *list, uint64_t state)
{
	size_t lo = 0, hi = list->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (PLACE_PAIRS + list->at[mid].serial <= state)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The fact that would make it what it is now, as a row with its place in the state. */
static void
put_state(struct page *p, const struct page_source *from, struct subscription *sub, struct fact *f)
{
	struct about a;
	f->number = sub->seen.number;
	f->at_ms = market_stamp_ms(from->market);
	about_fact(from->market, f, &a);
	if (!subscription_passes_now(from->subscriptions, sub, &a))
		return;
	put_head(p, about_is_match(&a) ? 4 : 3, f->number);
	mp_put_text(&p->rows, "state");
	mp_put_uint(&p->rows, sub->seen.state);
	if (about_is_match(&a))
		put_because(p, from, sub, f->number, &a, NULL);
	mp_put_text(&p->rows, "body");
	publish_body(from->market, f, &p->rows);
	count_row(p);
	sub->given = sub->seen;
}

static void
put_listing(struct page *p, const struct page_source *from, struct subscription *sub,
	    const struct listing *l)
{
	struct fact f = {.kind = FACT_LISTING_OPENED};
	if (l->state != STATE_OPEN)
		return;
	f.listing.number = l->number;
	f.listing.participant = l->participant;
	f.listing.exchange = l->exchange;
	f.listing.side = (enum side)l->side;
	f.listing.state = (enum listing_state)l->state;
	f.listing.valid_from_ms = l->valid_from_ms;
	f.listing.valid_until_ms = l->valid_until_ms;
	f.listing.body = market_body(from->market, l);
	put_state(p, from, sub, &f);
}

static void
put_pair_row(struct page *p, const struct page_source *from, struct subscription *sub,
	     const struct state_pair *pair)
{
	struct fact f = {.kind = FACT_MATCH_MADE};
	struct buf reasons = BUF_EMPTY;
	struct told told;
	if (!market_told_at(from->market, pair->place, &told) || told.serial != pair->serial)
		return; /* it has ended since, and a fact that follows says so */
	market_reasons(from->market, &told, &reasons);
	f.match.need = told.need->number;
	f.match.offer = told.offer->number;
	f.match.score = told.score;
	f.match.need_box = told.need_box;
	f.match.offer_box = told.offer_box;
	f.match.reasons = buf_str(&reasons);
	put_state(p, from, sub, &f);
	buf_free(&reasons);
}

static void
fill_listings(struct page *p, const struct page_source *from, struct subscription *sub)
{
	while (sub->seen.state < sub->state_listings && !is_full(p) && p->looked++ < LOOK) {
		uint32_t number = (uint32_t)++sub->seen.state;
		put_listing(p, from, sub, market_listing_at(from->market, number));
	}
}

/* Those told up to the fact with which the subscription began. A list that was made later holds
 * them all, but for those that have ended. */
static void
fill_pairs(struct page *p, const struct page_source *from, struct subscription *sub)
{
	struct state_pairs *list = from->pairs;
	if (!list->at || list->head < sub->seen.number) {
		list_pairs(from->market, list);
		p->looked += (uint32_t)(list->n / LISTED_AT_ONCE);
	}
	list->used = true;
	for (size_t i = pair_behind(list, sub->seen.state); !is_full(p) && p->looked++ < LOOK;
	     i++) {
		if (i == list->n || list->at[i].serial > sub->seen.number) {
			sub->seen.state = STATE_DONE;
			return;
		}
		sub->seen.state = PLACE_PAIRS + list->at[i].serial;
		put_pair_row(p, from, sub, &list->at[i]);
	}
}

/* Some more of the state. Pairs come once it is known which of them the subscription has in view. */
static void
fill_state(struct page *p, const struct page_source *from, struct subscription *sub)
{
	fill_listings(p, from, sub);
	p->waits = sub->seen.state >= sub->state_listings && sub->seeding;
	if (sub->seen.state >= sub->state_listings && !p->waits)
		fill_pairs(p, from, sub);
}

/* ---- facts ---- */

static void
read_note(struct str note, struct numbers *ret)
{
	struct mp in = mp_of(note);
	uint32_t n = note.p ? mp_get_array(&in) : 0;
	ret->len = 0;
	for (uint32_t i = 0; i < n; i++)
		numbers_push(ret, (uint32_t)mp_get_uint(&in));
}

/* Looks at one fact; its body is made by `body`, or stands in it already. */
static void
look_at(struct page *p, const struct page_source *from, struct subscription *sub,
	const struct recent_fact *f, const struct fact *unpublished)
{
	bool match = about_is_match(&f->about);
	sub->seen.number = f->number;
	p->looked++;
	if (f->about.kind == 0)
		return;
	read_note(f->note, &p->ids);
	if (!subscription_passes(from->subscriptions, sub, &f->about, p->ids.at, p->ids.len))
		return;
	put_head(p, match ? 3 : 2, f->number);
	if (match)
		put_because(p, from, sub, f->number, &f->about, &p->ids);
	mp_put_text(&p->rows, "body");
	if (unpublished)
		publish_body(from->market, unpublished, &p->rows);
	else
		buf_put(&p->rows, f->body.p, f->body.len);
	count_row(p);
	sub->given = sub->seen;
}

/* Facts that are in memory, up to `end`. */
static void
fill_recent(struct page *p, const struct page_source *from, struct subscription *sub, uint64_t end)
{
	struct recent_fact f;
	while (!is_full(p) && sub->seen.number < end &&
	       recent_find(from->recent, sub->seen.number + 1, &f))
		look_at(p, from, sub, &f, NULL);
}

/* Whom facts of the journal go to. */
struct look {
	struct page *page;
	const struct page_source *from;
	struct subscription *sub;
};

static bool
take_fact(void *arg, const struct journalled *j)
{
	struct look *l = arg;
	struct recent_fact looked = {.number = j->number, .note = j->note};
	struct fact f;
	if (!fact_decode(j->bytes, &f)) {
		l->page->failed = true;
		return false;
	}
	about_fact(l->from->market, &f, &looked.about);
	look_at(l->page, l->from, l->sub, &looked, &f);
	return !is_full(l->page);
}

static void
fill_journal(struct page *p, const struct page_source *from, struct subscription *sub, uint64_t end)
{
	const struct journal *j = from->journal;
	struct look l = {p, from, sub};
	if (is_full(p) || sub->seen.number >= end)
		return;
	if (j->read(j->self, sub->seen.number + 1, end - sub->seen.number, take_fact, &l) != 0)
		p->failed = true;
}

static void
fill_facts(struct page *p, const struct page_source *from, struct subscription *sub)
{
	uint64_t first = from->journal->first(from->journal->self);
	uint64_t head = market_head(from->market), end = sub->seen.number + LOOK;
	struct recent_fact f;
	if (end > head)
		end = head;
	if (sub->seen.number + 1 < first) {
		p->lost_from = sub->seen.number + 1;
		p->lost_to = p->count == 0 ? first - 1 : 0;
		return;
	}
	if (!recent_find(from->recent, sub->seen.number + 1, &f))
		fill_journal(p, from, sub, end);
	else
		fill_recent(p, from, sub, end);
}

void
page_fill(struct page *p, const struct page_source *from, struct subscription *sub)
{
	if (sub->seen.state != STATE_DONE)
		fill_state(p, from, sub);
	if (sub->seen.state == STATE_DONE)
		fill_facts(p, from, sub);
}

void
page_done(struct page *p)
{
	buf_free(&p->rows);
	numbers_free(&p->ids);
}
