/* Requests that only read: the session, participants, listings. */

#include "daemon/dispatch_reads.h"

#include "core/body.h"
#include "core/listing.h"
#include "core/participant.h"
#include "daemon/publish.h"
#include "intake/intake.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 100 };

void
put_epoch(struct call *c)
{
	const struct journal *j = c->dispatch->journal;
	put_key(c, "epoch");
	mp_put_bin(c->reply, (struct str){(const char *)j->epoch(j->self), PROTO_EPOCH});
}

void
put_head_number(struct call *c)
{
	put_key(c, "head");
	mp_put_uint(c->reply, market_head(c->market));
}

/* ---- session ---- */

static bool
hello(struct call *c)
{
	struct mp versions = proto_arg(c->request, "versions")->raw;
	bool spoken = false;
	for (uint32_t i = 0, n = mp_get_array(&versions); i < n; i++)
		spoken |= mp_get_int(&versions) == PROTO_VERSION;
	if (!spoken || versions.failed) {
		refuse(&c->refusal, "unsupported_version", "versions", "a list with 1 in it",
		       "this server speaks version %d", PROTO_VERSION);
		return false;
	}
	proto_write_ok(c->reply, c->request->id, 5);
	put_pair(c, "version", PROTO_VERSION);
	put_key(c, "server");
	mp_put_text(c->reply, "matchd " MATCHD_VERSION);
	put_epoch(c);
	put_head_number(c);
	put_pair(c, "max_request", PROTO_MAX_REQUEST);
	return true;
}

static const char *const room_names[] = {"enough", "reserve", "none", NULL};

enum { HEALTH_PAIRS = 7 };

static void
put_health(struct call *c)
{
	struct health h = {0};
	c->dispatch->health(c->dispatch->health_arg, &h);
	put_pair(c, "store_bytes", h.store_bytes);
	put_pair(c, "map_bytes", h.map_bytes);
	put_pair(c, "free_bytes", h.free_bytes);
	put_key(c, "clock_held");
	mp_put_bool(c->reply, h.clock_held);
	put_word(c, "room", room_names[c->dispatch->room]);
	put_pair(c, "first", h.first);
	put_pair(c, "subscriptions", h.subscriptions);
}

static bool
status(struct call *c)
{
	struct market_counts counts = market_count(c->market);
	const struct dispatch *d = c->dispatch;
	char digest[17];

	snprintf(digest, sizeof digest, "%016llx", (unsigned long long)market_digest(c->market));
	proto_write_ok(c->reply, c->request->id, 13 + (d->health ? HEALTH_PAIRS : 0));
	put_key(c, "server");
	mp_put_text(c->reply, "matchd " MATCHD_VERSION);
	put_epoch(c);
	put_head_number(c);
	put_key(c, "stamp");
	mp_put_int(c->reply, market_stamp_ms(c->market));
	put_key(c, "digest");
	mp_put_text(c->reply, digest);
	put_pair(c, "participants", counts.participants);
	put_pair(c, "listings", counts.listings);
	put_pair(c, "open", counts.open);
	put_pair(c, "told", counts.told);
	put_pair(c, "queue", market_queue(c->market));
	put_pair(c, "verified_pairs", d->verified_pairs);
	put_pair(c, "divergences", d->divergences);
	put_key(c, "uptime_ms");
	mp_put_int(c->reply, c->clock_ms - c->dispatch->started_ms);
	if (d->health)
		put_health(c);
	return true;
}

/* ---- participants ---- */

static const struct participant *
wanted_participant(struct call *c)
{
	struct str id = arg_text(c, "participant");
	const struct participant *p = market_participant(c->market, id);
	if (!p)
		refuse(&c->refusal, "unknown_participant", "participant",
		       "the id of a registered participant", "there is no participant %.*s",
		       STR_FMT(id));
	return p;
}

static bool
is_private(struct str attribute)
{
	return str_eq(attribute, STR("contacts")) || str_eq(attribute, STR("blocks"));
}

static bool
participant_show(struct call *c)
{
	const struct participant *p = wanted_participant(c);
	if (!p)
		return false;
	struct mp content = mp_of(p->content), again = content;
	uint32_t n = mp_get_map(&content), shown = 0;
	mp_get_map(&again);
	for (uint32_t i = 0; i < n; i++) {
		shown += !is_private(mp_get_str(&content));
		mp_get_raw(&content);
	}
	proto_write_ok(c->reply, c->request->id, 1);
	put_key(c, "participant");
	mp_put_map(c->reply, 4 + shown);
	put_key(c, "id");
	mp_put_str(c->reply, p->id);
	put_key(c, "status");
	mp_put_text(c->reply, status_names[p->status]);
	put_pair(c, "revision", p->revision);
	put_pair(c, "listings", p->n_listings);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&again);
		struct str value = mp_get_raw(&again);
		if (is_private(key))
			continue;
		mp_put_str(c->reply, key);
		intake_show_attribute(key, mp_of(value), c->reply);
	}
	return true;
}

/* A page of rows that are counted only as they are written: rows first, then the array's head
 * before them. */
struct page {
	struct buf rows;
	uint32_t count;
	uint32_t next; /* 0: the end was reached */
};

static bool
answer_page(struct call *c, const char *key, struct page *page)
{
	proto_write_ok(c->reply, c->request->id, page->next ? 2 : 1);
	put_key(c, key);
	mp_put_array(c->reply, page->count);
	buf_put(c->reply, page->rows.data, page->rows.len);
	if (page->next)
		put_pair(c, "next", page->next);
	buf_free(&page->rows);
	return true;
}

static void
put_participant_row(const struct participant *p, struct buf *out)
{
	mp_put_map(out, 6);
	mp_put_text(out, "id");
	mp_put_str(out, p->id);
	mp_put_text(out, "name");
	mp_put_str(out, p->name);
	mp_put_text(out, "status");
	mp_put_text(out, status_names[p->status]);
	mp_put_text(out, "kind");
	mp_put_str(out, p->kind);
	mp_put_text(out, "region");
	mp_put_str(out, p->region);
	mp_put_text(out, "listings");
	mp_put_uint(out, p->n_listings);
}

/* A word argument's place in its list, -1 where it is not given; false where it is no such word. */
static bool
read_word(struct call *c, const char *name, const char *const *words, int *ret)
{
	struct str word = arg_text(c, name);
	char expected[REFUSAL_TEXT] = "";
	*ret = word.p ? str_place(word, words) : -1;
	if (!word.p || *ret >= 0)
		return true;
	for (size_t i = 0, at = 0; words[i] && at < sizeof expected; i++)
		at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s",
				       i > 0 ? ", " : "", words[i]);
	refuse(&c->refusal, "bad_value", name, expected, "%.*s is no %s", STR_FMT(word), name);
	return false;
}

static bool
participant_list(struct call *c)
{
	struct page page = {0};
	int wanted, kind;
	uint32_t limit = (uint32_t)arg_int(c, "limit", PAGE);
	uint32_t number = (uint32_t)arg_int(c, "after", 0);
	struct str region = arg_text(c, "region");
	const struct participant *p;

	if (!read_word(c, "status", status_names, &wanted) ||
	    !read_word(c, "kind", participant_kinds, &kind))
		return false;
	while ((p = market_participant_at(c->market, ++number))) {
		if ((wanted >= 0 && (int)p->status != wanted) ||
		    (kind >= 0 && !str_eq(p->kind, str_of(participant_kinds[kind]))) ||
		    (region.p && !str_eq(p->region, region)))
			continue;
		if (page.count == limit || page.rows.len > REPLY_PAGE) {
			page.next = number - 1;
			break;
		}
		put_participant_row(p, &page.rows);
		page.count++;
	}
	return answer_page(c, "participants", &page);
}

/* ---- listings ---- */

const struct listing *
wanted_listing(struct call *c, const char *arg)
{
	struct str id = arg_text(c, arg);
	const struct listing *l = market_listing(c->market, id);
	if (!l)
		refuse(&c->refusal, "unknown_listing", arg, "participant/key of a listing",
		       "there is no listing %.*s", STR_FMT(id));
	return l;
}

static void
put_time(struct call *c, const char *key, int64_t ms)
{
	put_key(c, key);
	if (ms)
		mp_put_int(c->reply, ms);
	else
		mp_put_nil(c->reply);
}

static bool
listing_show(struct call *c)
{
	const struct listing *l = wanted_listing(c, "listing");
	if (!l)
		return false;
	const struct exchange *e = market_exchange_at(c->market, l->exchange);
	enum side side = (enum side)l->side;
	struct mp body = mp_of(market_body(c->market, l));
	static const char *const texts[] = {"title", "text", "language"};

	proto_write_ok(c->reply, c->request->id, 1);
	put_key(c, "listing");
	mp_put_map(c->reply, 14);
	put_key(c, "listing");
	publish_listing_id(c->market, l, c->reply);
	put_key(c, "exchange");
	mp_put_str(c->reply, e->name);
	put_key(c, "side");
	mp_put_text(c->reply, side_names[side]);
	put_key(c, "state");
	mp_put_text(c->reply, listing_state_names[l->state]);
	put_pair(c, "revision", l->revision);
	for (size_t i = 0; i < 3; i++) {
		struct mp at = mp_find(body, str_of(texts[i]));
		put_key(c, texts[i]);
		mp_put_raw(c->reply, mp_get_raw(&at));
	}
	put_key(c, "fields");
	publish_fields(e, side, mp_find(body, STR("fields")), true, c->reply);
	put_key(c, "variants");
	publish_variants(e, side, mp_find(body, STR("variants")), true, c->reply);
	put_time(c, "valid_from", l->valid_from_ms);
	put_time(c, "valid_until", l->valid_until_ms);
	put_pair(c, "told", l->n_told);
	put_key(c, "member");
	mp_put_bool(c->reply,
		    market_participant_at(c->market, l->participant)->status == STATUS_MEMBER);
	return true;
}

struct str
listing_title(const struct market *m, const struct listing *l)
{
	struct mp title = mp_find(mp_of(market_body(m, l)), STR("title"));
	return mp_get_str(&title);
}

static bool
of_member(const struct market *m, const struct listing *l)
{
	return market_participant_at(m, l->participant)->status == STATUS_MEMBER;
}

static void
put_listing_row(const struct market *m, const struct listing *l, struct buf *out)
{
	mp_put_map(out, 10);
	mp_put_text(out, "listing");
	publish_listing_id(m, l, out);
	mp_put_text(out, "exchange");
	mp_put_str(out, market_exchange_at(m, l->exchange)->name);
	mp_put_text(out, "side");
	mp_put_text(out, side_names[l->side]);
	mp_put_text(out, "state");
	mp_put_text(out, listing_state_names[l->state]);
	mp_put_text(out, "revision");
	mp_put_uint(out, l->revision);
	mp_put_text(out, "title");
	mp_put_str(out, listing_title(m, l));
	mp_put_text(out, "told");
	mp_put_uint(out, l->n_told);
	mp_put_text(out, "member");
	mp_put_bool(out, of_member(m, l));
	mp_put_text(out, "opening");
	mp_put_uint(out, l->opening);
	mp_put_text(out, "valid_until");
	if (l->valid_until_ms)
		mp_put_int(out, l->valid_until_ms);
	else
		mp_put_nil(out);
}

struct listing_filter {
	const struct participant *participant;
	const struct exchange *exchange;
	int side, state;
	int64_t member, told;	 /* -1: either */
	int64_t until_before_ms; /* 0: whatever */
};

static bool
read_filter(struct call *c, struct listing_filter *ret)
{
	struct str exchange = arg_text(c, "exchange");
	*ret = (struct listing_filter){
	    .member = arg_int(c, "member", -1),
	    .told = arg_int(c, "told", -1),
	    .until_before_ms = arg_int(c, "until_before", 0),
	};
	if (arg_text(c, "participant").p && !(ret->participant = wanted_participant(c)))
		return false;
	if (exchange.p && !(ret->exchange = market_exchange(c->market, exchange))) {
		refuse(&c->refusal, "unknown_exchange", "exchange", NULL,
		       "there is no exchange %.*s", STR_FMT(exchange));
		return false;
	}
	return read_word(c, "side", side_names, &ret->side) &&
	       read_word(c, "state", listing_state_names, &ret->state);
}

static bool
passes(const struct call *c, const struct listing_filter *f, const struct listing *l)
{
	return (!f->participant || f->participant->number == l->participant) &&
	       (!f->exchange || f->exchange == market_exchange_at(c->market, l->exchange)) &&
	       (f->side < 0 || f->side == l->side) && (f->state < 0 || f->state == l->state) &&
	       (f->told < 0 || f->told == (l->n_told > 0)) &&
	       (f->member < 0 || f->member == of_member(c->market, l)) &&
	       (!f->until_before_ms ||
		(l->valid_until_ms && l->valid_until_ms < f->until_before_ms));
}

static bool
listing_list(struct call *c)
{
	struct page page = {0};
	struct listing_filter filter;
	uint32_t limit = (uint32_t)arg_int(c, "limit", PAGE);
	uint32_t number = (uint32_t)arg_int(c, "after", 0);
	const struct listing *l;

	if (!read_filter(c, &filter))
		return false;
	while ((l = market_listing_at(c->market, ++number))) {
		if (!passes(c, &filter, l))
			continue;
		if (page.count == limit || page.rows.len > REPLY_PAGE) {
			page.next = number - 1;
			break;
		}
		put_listing_row(c->market, l, &page.rows);
		page.count++;
	}
	return answer_page(c, "listings", &page);
}

handler_fn
dispatch_read_handler(const char *message)
{
	static const struct {
		const char *message;
		handler_fn handler;
	} handlers[] = {
	    {"hello", hello},
	    {"status", status},
	    {"exchange.list", exchange_list},
	    {"exchange.show", exchange_show},
	    {"participant.show", participant_show},
	    {"participant.list", participant_list},
	    {"listing.show", listing_show},
	    {"listing.list", listing_list},
	    {"listing.matches", listing_matches},
	    {"match.explain", match_explain},
	    {"index.verify", index_verify},
	    {"facts.read", facts_read},
	    {"streams.heads", streams_heads},
	};
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (strcmp(handlers[i].message, message) == 0)
			return handlers[i].handler;
	return NULL;
}
