#include "daemon/subscriptions.h"

#include "core/listing.h"
#include "daemon/views.h"
#include "util/hash.h"
#include "util/mp.h"

#include <assert.h>
#include <utlist.h>

enum { ROW_COUNTER = 0 }; /* the aside that holds the last number given */

/* A subscription in the tables by name and by number. */
struct entry {
	struct subscription sub;
	UT_hash_handle by_name, by_number;
	uint32_t key_len;
	char key[2 * SUBSCRIPTION_NAME]; /* "client" 0 "name" */
};

struct owner {
	struct subscription *own;
	size_t count;
	UT_hash_handle hh;
	uint32_t len;
	char name[SUBSCRIPTION_NAME];
};

struct subscriptions {
	struct market *market;
	struct searches *searches;
	struct views *views;
	struct entry *by_name, *by_number;
	struct owner *owners;
	struct subscription *all;
	uint32_t made;	       /* the last number given */
	struct numbers scored; /* picky ones without conditions */
	size_t n_picky, n_dirty;
	bool must_store, counter_dirty;
	struct numbers removed;	 /* stored ones that are gone */
	struct numbers now, met; /* room for judging */
};

struct subscriptions *
subscriptions_new(struct market *m)
{
	struct subscriptions *s = mem_zalloc(sizeof *s);
	s->market = m;
	s->searches = searches_new(m);
	s->views = views_new();
	return s;
}

struct searches *
subscriptions_searches(struct subscriptions *s)
{
	return s->searches;
}

/* ---- the registry ---- */

static uint32_t
join(struct str client, struct str name, char ret[2 * SUBSCRIPTION_NAME])
{
	assert(client.len < SUBSCRIPTION_NAME && name.len < SUBSCRIPTION_NAME);
	memcpy(ret, client.p, client.len);
	ret[client.len] = '\0';
	memcpy(ret + client.len + 1, name.p, name.len);
	return client.len + 1 + name.len;
}

static struct entry *
find(const struct subscriptions *s, struct str client, struct str name)
{
	char key[2 * SUBSCRIPTION_NAME];
	uint32_t len = join(client, name, key);
	struct entry *found;
	HASH_FIND(by_name, s->by_name, key, len, found);
	return found;
}

static struct subscription *
by_number(const struct subscriptions *s, uint32_t number)
{
	struct entry *found;
	HASH_FIND(by_number, s->by_number, &number, sizeof number, found);
	return found ? &found->sub : NULL;
}

static struct owner *
find_owner(const struct subscriptions *s, struct str client)
{
	struct owner *found;
	HASH_FIND(hh, s->owners, client.p, client.len, found);
	return found;
}

static struct owner *
owner_of(struct subscriptions *s, struct str client)
{
	struct owner *o = find_owner(s, client);
	if (o)
		return o;
	o = mem_zalloc(sizeof *o);
	o->len = client.len;
	memcpy(o->name, client.p, client.len);
	HASH_ADD_KEYPTR(hh, s->owners, o->name, o->len, o);
	return o;
}

/* Conditions that name an exchange become a search. */
static bool
add_search(struct subscriptions *s, struct subscription *sub)
{
	const struct filter *f = &sub->filter;
	const struct exchange *e;
	if (!f->body.p || sub->misfit)
		return true;
	for (size_t i = 0; (e = market_exchange_at(s->market, i)); i++) {
		if (!str_eq(e->name, f->exchange) || f->side == ANY_SIDE)
			continue;
		searches_add(s->searches, sub->number, i, side_other((enum side)f->side), f->body);
		return true;
	}
	return false;
}

/* Judged by its score alone. */
static bool
is_scored(const struct subscription *sub)
{
	return filter_is_picky(&sub->filter) && !sub->filter.body.p;
}

/* Puts it into all tables; false where its conditions have no exchange. */
static bool
insert(struct subscriptions *s, struct entry *e)
{
	struct subscription *sub = &e->sub;
	struct owner *o = owner_of(s, str_of(sub->client));
	e->key_len = join(str_of(sub->client), str_of(sub->name), e->key);
	HASH_ADD_KEYPTR(by_name, s->by_name, e->key, e->key_len, e);
	HASH_ADD(by_number, s->by_number, sub.number, sizeof sub->number, e);
	DL_APPEND(s->all, sub);
	DL_APPEND2(o->own, sub, own_prev, own_next);
	o->count++;
	s->n_picky += filter_is_picky(&sub->filter);
	if (is_scored(sub))
		numbers_add(&s->scored, sub->number);
	sub->seen = sub->given = sub->acked;
	return add_search(s, sub);
}

static void
take_out(struct subscriptions *s, struct subscription *sub)
{
	struct entry *e = (struct entry *)((char *)sub - offsetof(struct entry, sub));
	struct owner *o = find_owner(s, str_of(sub->client));
	searches_remove(s->searches, sub->number);
	s->n_picky -= filter_is_picky(&sub->filter);
	s->n_dirty -= sub->dirty;
	numbers_remove(&s->scored, sub->number);
	HASH_DELETE(by_name, s->by_name, e);
	HASH_DELETE(by_number, s->by_number, e);
	DL_DELETE(s->all, sub);
	DL_DELETE2(o->own, sub, own_prev, own_next);
	o->count--;
	if (!o->own) {
		HASH_DEL(s->owners, o);
		free(o);
	}
	filter_done(&sub->filter);
	free(sub->pairs);
	free(e);
}

void
subscriptions_free(struct subscriptions *s)
{
	if (!s)
		return;
	while (s->all)
		take_out(s, s->all);
	searches_free(s->searches);
	views_free(s->views);
	numbers_free(&s->removed);
	numbers_free(&s->scored);
	numbers_free(&s->now);
	numbers_free(&s->met);
	free(s);
}

enum subscriptions_room
subscriptions_room(const struct subscriptions *s, struct str client)
{
	const struct owner *o = find_owner(s, client);
	if (o && o->count >= SUBSCRIPTIONS_CLIENT_MAX)
		return ROOM_CLIENT_FULL;
	return subscriptions_count(s) >= SUBSCRIPTIONS_MAX ? ROOM_FULL : ROOM_ENOUGH;
}

struct subscription *
subscriptions_find(const struct subscriptions *s, struct str client, struct str name)
{
	struct entry *e = find(s, client, name);
	return e ? &e->sub : NULL;
}

struct subscription *
subscriptions_all(const struct subscriptions *s)
{
	return s->all;
}

struct subscription *
subscriptions_own(const struct subscriptions *s, struct str client)
{
	const struct owner *o = find_owner(s, client);
	return o ? o->own : NULL;
}

size_t
subscriptions_count(const struct subscriptions *s)
{
	return HASH_CNT(by_name, s->by_name);
}

/* To be stored with the next commit that comes anyhow. */
static void
mark_dirty(struct subscriptions *s, struct subscription *sub)
{
	s->n_dirty += !sub->dirty;
	sub->dirty = true;
}

/* ---- what passes ---- */

static bool
score_suffices(const struct subscription *sub, const struct about *a)
{
	return !about_is_match(a) || a->score >= sub->filter.min_score;
}

/* Fills `s->met` with the searches that the fact's listings meet. */
static void
find_met(struct subscriptions *s, const struct about *a)
{
	struct numbers one = {0};
	s->met.len = 0;
	for (enum side side = NEED; side <= OFFER; side++) {
		if (!a->listing[side])
			continue;
		searches_met(s->searches, market_listing_at(s->market, a->listing[side]), &one);
		for (size_t i = 0; i < one.len; i++)
			numbers_push(&s->met, one.at[i]);
	}
	numbers_sort(s->met.at, s->met.len);
	numbers_free(&one);
}

/* Whether a picky subscription whose conditions are met has the fact's subject in view after the
 * fact, whatever kinds it wants. */
static bool
views_it(const struct subscriptions *s, const struct subscription *sub, const struct about *a)
{
	return score_suffices(sub, a) && filter_covers(&sub->filter, s->market, a);
}

/* The same for any picky one; find_met has been called. */
static bool
in_view_now(const struct subscriptions *s, const struct subscription *sub, const struct about *a)
{
	return (!sub->filter.body.p || numbers_hold(&s->met, sub->number)) && views_it(s, sub, a);
}

/* Fills `s->now` with those picky ones that have it in view now. */
static void
find_now(struct subscriptions *s, const struct about *a)
{
	const struct numbers *const lists[] = {&s->scored, &s->met};
	s->now.len = 0;
	find_met(s, a);
	for (size_t list = 0; list < 2; list++)
		for (size_t i = 0; i < lists[list]->len; i++)
			if (views_it(s, by_number(s, lists[list]->at[i]), a))
				numbers_push(&s->now, lists[list]->at[i]);
	numbers_sort(s->now.at, s->now.len);
}

/* Of `ids` and what has the pair in view, in order, those that want the kind. */
static void
put_note(const struct subscriptions *s, const struct about *a, const uint32_t *ids, size_t n,
	 struct buf *note)
{
	uint32_t count = 0;
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1 && count == 0)
			return;
		if (pass == 1)
			mp_put_array(note, count);
		for (size_t i = 0; i < n; i++) {
			const struct subscription *sub = by_number(s, ids[i]);
			if (!sub || !filter_wants(&sub->filter, a->kind))
				continue;
			if (pass == 0)
				count++;
			else
				mp_put_uint(note, ids[i]);
		}
	}
}

static void
judge_match(struct subscriptions *s, const struct about *a, struct buf *note)
{
	uint64_t pair = views_key(a->listing[NEED], a->listing[OFFER]);
	size_t n;
	const uint32_t *view = views_of(s->views, pair, &n);
	bool ended = a->kind == FACT_MATCH_ENDED;

	if (ended)
		s->now.len = 0;
	else
		find_now(s, a);
	struct numbers told = {0};
	for (size_t i = 0; i < n; i++)
		numbers_push(&told, view[i]);
	for (size_t i = 0; i < s->now.len; i++)
		numbers_add(&told, s->now.at[i]);
	put_note(s, a, told.at, told.len, note);
	if (n != s->now.len || (n > 0 && memcmp(view, s->now.at, n * sizeof *view) != 0))
		views_set(s->views, pair, s->now.at, s->now.len);
	numbers_free(&told);
}

/* A search that lost its meaning stays without, also after a restart. */
static void
follow_definitions(struct subscriptions *s)
{
	searches_rebuild(s->searches);
	for (struct subscription *sub = s->all; sub; sub = sub->next) {
		if (!sub->filter.body.p || sub->misfit || searches_fit(s->searches, sub->number))
			continue;
		sub->misfit = true;
		mark_dirty(s, sub);
		s->must_store = true;
	}
}

void
subscriptions_judge(struct subscriptions *s, const struct fact *f, const struct about *a,
		    struct buf *note)
{
	if (f->kind == FACT_EXCHANGE_LOADED || f->kind == FACT_EXCHANGE_REVISED ||
	    f->kind == FACT_TREE_LOADED)
		follow_definitions(s);
	if (a->kind == 0 || s->n_picky == 0)
		return;
	if (about_is_match(a)) {
		judge_match(s, a, note);
	} else {
		find_now(s, a);
		put_note(s, a, s->now.at, s->now.len, note);
	}
}

static bool
ids_hold(const uint32_t *ids, size_t n, uint32_t number)
{
	struct numbers view = {(uint32_t *)ids, n, n};
	return n > 0 && numbers_hold(&view, number);
}

bool
subscription_passes(const struct subscriptions *s, const struct subscription *sub,
		    const struct about *a, const uint32_t *ids, size_t n_ids)
{
	if (filter_is_picky(&sub->filter))
		return ids_hold(ids, n_ids, sub->number);
	return filter_wants(&sub->filter, a->kind) && filter_covers(&sub->filter, s->market, a);
}

bool
subscription_passes_now(struct subscriptions *s, const struct subscription *sub,
			const struct about *a)
{
	size_t n = 0;
	const uint32_t *view = NULL;
	if (!filter_is_picky(&sub->filter))
		return subscription_passes(s, sub, a, NULL, 0);
	if (!filter_wants(&sub->filter, a->kind))
		return false;
	if (about_is_match(a)) {
		view = views_of(s->views, views_key(a->listing[NEED], a->listing[OFFER]), &n);
		return ids_hold(view, n, sub->number);
	}
	find_met(s, a);
	return in_view_now(s, sub, a);
}

/* ---- beginning ---- */

/* Every told pair that passes is in view from the beginning. */
static void
seed_view(struct subscriptions *s, const struct subscription *sub)
{
	struct told told;
	size_t n, places = market_told_places(s->market);
	for (size_t place = 0; place < places; place++) {
		if (!market_told_at(s->market, place, &told))
			continue;
		struct about a = {.kind = FACT_MATCH_MADE,
				  .exchange = told.need->exchange,
				  .participant = {told.need->participant, told.offer->participant},
				  .listing = {told.need->number, told.offer->number},
				  .score = told.score};
		find_met(s, &a);
		if (!in_view_now(s, sub, &a))
			continue;
		uint64_t pair = views_key(told.need->number, told.offer->number);
		const uint32_t *view = views_of(s->views, pair, &n);
		s->now.len = 0;
		for (size_t i = 0; i < n; i++)
			numbers_push(&s->now, view[i]);
		numbers_push(&s->now, sub->number); /* the newest has the greatest number */
		views_set(s->views, pair, s->now.at, s->now.len);
	}
}

static void
copy_name(char to[SUBSCRIPTION_NAME], struct str name)
{
	memcpy(to, name.p, name.len);
	to[name.len] = '\0';
}

struct subscription *
subscriptions_add(struct subscriptions *s, struct str client, struct str name,
		  struct filter *filter, const struct beginning *b)
{
	struct entry *e = mem_zalloc(sizeof *e);
	struct subscription *sub = &e->sub;
	sub->number = ++s->made;
	copy_name(sub->client, client);
	copy_name(sub->name, name);
	sub->filter = *filter;
	sub->created_ms = b->now_ms;
	sub->created_at = b->head;
	sub->ack_timeout_ms = b->ack_timeout_ms;
	sub->acked = b->at;
	if (b->at.state != STATE_DONE)
		sub->state_listings = (uint32_t)market_count(s->market).listings;
	memcpy(sub->epoch, b->epoch, SUBSCRIPTION_EPOCH);
	insert(s, e);
	if (filter_is_picky(&sub->filter) && b->at.state != STATE_DONE)
		seed_view(s, sub);
	mark_dirty(s, sub);
	s->must_store = s->counter_dirty = true;
	return sub;
}

void
subscriptions_remove(struct subscriptions *s, struct subscription *sub)
{
	assert(!sub->fetch);
	numbers_push(&s->removed, sub->number);
	s->must_store = true;
	take_out(s, sub);
}

void
subscription_ack(struct subscriptions *s, struct subscription *sub, struct place_in at,
		 int64_t now_ms)
{
	sub->acked = at;
	sub->acked_ms = now_ms;
	mark_dirty(s, sub);
}

void
subscription_confirm(struct subscriptions *s, struct subscription *sub,
		     const uint8_t epoch[SUBSCRIPTION_EPOCH])
{
	memcpy(sub->epoch, epoch, SUBSCRIPTION_EPOCH);
	mark_dirty(s, sub);
}

/* ---- stored ---- */

bool
subscriptions_must_store(const struct subscriptions *s)
{
	return s->must_store || views_changed(s->views);
}

bool
subscriptions_could_store(const struct subscriptions *s)
{
	return s->n_dirty > 0 || subscriptions_must_store(s);
}

static void
encode(const struct subscription *sub, struct buf *out)
{
	buf_clear(out);
	mp_put_array(out, 12);
	mp_put_text(out, sub->client);
	mp_put_text(out, sub->name);
	mp_put_bin(out, sub->filter.bytes);
	mp_put_int(out, sub->created_ms);
	mp_put_uint(out, sub->created_at);
	mp_put_uint(out, sub->state_listings);
	mp_put_int(out, sub->ack_timeout_ms);
	mp_put_uint(out, sub->acked.state);
	mp_put_uint(out, sub->acked.number);
	mp_put_int(out, sub->acked_ms);
	mp_put_bin(out, (struct str){(const char *)sub->epoch, SUBSCRIPTION_EPOCH});
	mp_put_bool(out, sub->misfit);
}

/* Whom views go to. */
struct put_view {
	subscriptions_put_fn put;
	void *arg;
};

static void
put_view(void *arg, uint64_t pair, struct str bytes)
{
	struct put_view *p = arg;
	p->put(p->arg, true, pair, bytes);
}

void
subscriptions_flush(struct subscriptions *s, subscriptions_put_fn put, void *arg)
{
	struct buf bytes = BUF_EMPTY;
	struct put_view views = {put, arg};

	if (s->counter_dirty) {
		mp_put_uint(&bytes, s->made);
		put(arg, false, ROW_COUNTER, buf_str(&bytes));
	}
	for (size_t i = 0; i < s->removed.len; i++)
		put(arg, false, s->removed.at[i], STR_NONE);
	s->removed.len = 0;
	for (struct subscription *sub = s->all; sub && s->n_dirty > 0; sub = sub->next) {
		if (!sub->dirty)
			continue;
		s->n_dirty--;
		sub->dirty = false;
		encode(sub, &bytes);
		put(arg, false, sub->number, buf_str(&bytes));
	}
	views_flush(s->views, put_view, &views);
	s->must_store = s->counter_dirty = false;
	buf_free(&bytes);
}

static bool
read_name(struct mp *in, char ret[SUBSCRIPTION_NAME])
{
	struct str name = mp_get_str(in);
	if (in->failed || name.len == 0 || name.len >= SUBSCRIPTION_NAME)
		return false;
	copy_name(ret, name);
	return true;
}

static bool
decode(struct subscription *sub, struct str bytes)
{
	struct mp in = mp_of(bytes);
	if (mp_get_array(&in) != 12 || !read_name(&in, sub->client) || !read_name(&in, sub->name))
		return false;
	struct str filter = mp_get_bin(&in);
	sub->created_ms = mp_get_int(&in);
	sub->created_at = mp_get_uint(&in);
	sub->state_listings = (uint32_t)mp_get_uint(&in);
	sub->ack_timeout_ms = mp_get_int(&in);
	sub->acked.state = mp_get_uint(&in);
	sub->acked.number = mp_get_uint(&in);
	sub->acked_ms = mp_get_int(&in);
	struct str epoch = mp_get_bin(&in);
	sub->misfit = mp_get_bool(&in);
	if (in.failed || epoch.len != SUBSCRIPTION_EPOCH)
		return false;
	memcpy(sub->epoch, epoch.p, SUBSCRIPTION_EPOCH);
	return filter_decode(filter, &sub->filter);
}

bool
subscriptions_load(void *subscriptions, uint64_t key, struct str bytes)
{
	struct subscriptions *s = subscriptions;
	if (key == ROW_COUNTER) {
		struct mp in = mp_of(bytes);
		s->made = (uint32_t)mp_get_uint(&in);
		return !in.failed;
	}
	struct entry *e = mem_zalloc(sizeof *e);
	e->sub.number = (uint32_t)key;
	if (key > s->made || !decode(&e->sub, bytes) ||
	    find(s, str_of(e->sub.client), str_of(e->sub.name))) {
		filter_done(&e->sub.filter);
		free(e);
		return false;
	}
	return insert(s, e);
}

bool
subscriptions_load_view(void *subscriptions, uint64_t key, struct str bytes)
{
	struct subscriptions *s = subscriptions;
	return views_load(s->views, key, bytes);
}
