#include "daemon/subscriptions_internal.h"

#include "core/listing.h"

#include <assert.h>
#include <utlist.h>

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

struct subscription *
subscriptions_by_number(const struct subscriptions *s, uint32_t number)
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

bool
subscriptions_insert(struct subscriptions *s, struct entry *e)
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
	if (filter_is_picky(&sub->filter) && sub->acked.state != STATE_DONE)
		subscriptions_begin_seeding(s, sub);
	return add_search(s, sub);
}

static void
take_out(struct subscriptions *s, struct subscription *sub)
{
	struct entry *e = (struct entry *)((char *)sub - offsetof(struct entry, sub));
	struct owner *o = find_owner(s, str_of(sub->client));
	searches_remove(s->searches, sub->number);
	subscriptions_end_seeding(s, sub);
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
	numbers_free(&s->changed);
	numbers_free(&s->removed);
	numbers_free(&s->seeding);
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

void
subscription_changed(struct subscriptions *s, struct subscription *sub)
{
	numbers_add(&s->changed, sub->number);
	s->changed_bytes += ROW_COST + 2 * sub->filter.bytes.len;
}

void
subscription_dirty(struct subscriptions *s, struct subscription *sub)
{
	s->n_dirty += !sub->dirty;
	sub->dirty = true;
}

/* ---- beginning ---- */

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
	subscriptions_insert(s, e);
	subscription_changed(s, sub);
	s->counter_dirty = true;
	return sub;
}

void
subscriptions_remove(struct subscriptions *s, struct subscription *sub)
{
	assert(!sub->fetch);
	numbers_push(&s->removed, sub->number);
	numbers_remove(&s->changed, sub->number);
	take_out(s, sub);
}

void
subscription_ack(struct subscriptions *s, struct subscription *sub, struct place_in at,
		 int64_t now_ms)
{
	sub->acked = at;
	sub->acked_ms = now_ms;
	subscription_dirty(s, sub);
}

void
subscription_confirm(struct subscriptions *s, struct subscription *sub,
		     const uint8_t epoch[SUBSCRIPTION_EPOCH])
{
	memcpy(sub->epoch, epoch, SUBSCRIPTION_EPOCH);
	subscription_dirty(s, sub);
}
