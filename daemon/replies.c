#include "daemon/replies.h"

#include "util/hash.h"
#include "util/mp.h"

#include <assert.h>
#include <utlist.h>

enum { NAMES = 64 + 1 + 64, HASH_BYTES = 16, DROPPED_AT_ONCE = 1000 };

/* A reply that is kept: in the order of all, and in its client's. */
struct kept {
	uint64_t number;
	int64_t at_ms;
	struct request_hash hash;
	struct client *client;
	struct kept *prev, *next;	  /* of all, oldest first */
	struct kept *own_prev, *own_next; /* of the client */
	UT_hash_handle hh;
	uint32_t reply_len;
	uint16_t name_len;
	char bytes[]; /* "client" 0 "key", then the reply */
};

struct client {
	struct kept *own;
	uint64_t size;
	UT_hash_handle hh;
	uint32_t name_len;
	char name[];
};

struct replies {
	struct kept *by_name; /* uthash; owned */
	struct kept *all;     /* utlist */
	struct client *clients;
	uint64_t made; /* the last number given */
	uint64_t size;
	uint64_t flushed;  /* numbers up to here are stored */
	uint64_t unstored; /* bytes of those that are not */
	uint64_t *removed; /* stored ones that are gone */
	size_t n_removed, cap_removed;
};

struct replies *
replies_new(void)
{
	return mem_zalloc(sizeof(struct replies));
}

static uint64_t
size_of(const struct kept *k)
{
	return sizeof *k + k->name_len + k->reply_len;
}

/* "client" 0 "key": neither holds a zero. */
static uint32_t
join(struct str client, struct str key, char ret[NAMES])
{
	assert(client.len + 1 + key.len <= NAMES);
	memcpy(ret, client.p, client.len);
	ret[client.len] = '\0';
	memcpy(ret + client.len + 1, key.p, key.len);
	return client.len + 1 + key.len;
}

static struct kept *
find(const struct replies *r, struct str client, struct str key)
{
	char name[NAMES];
	uint32_t len = join(client, key, name);
	struct kept *found;
	HASH_FIND(hh, r->by_name, name, len, found);
	return found;
}

static struct client *
client_of(struct replies *r, struct str name)
{
	struct client *c;
	HASH_FIND(hh, r->clients, name.p, name.len, c);
	if (c)
		return c;
	c = mem_zalloc(sizeof *c + name.len);
	c->name_len = name.len;
	memcpy(c->name, name.p, name.len);
	HASH_ADD_KEYPTR(hh, r->clients, c->name, c->name_len, c);
	return c;
}

static void
insert(struct replies *r, uint64_t number, struct str client, struct str key,
       struct request_hash hash, int64_t at_ms, struct str reply)
{
	char name[NAMES];
	uint32_t len = join(client, key, name);
	struct kept *k = mem_zalloc(sizeof *k + len + reply.len);

	k->number = number;
	k->at_ms = at_ms;
	k->hash = hash;
	k->name_len = (uint16_t)len;
	k->reply_len = reply.len;
	memcpy(k->bytes, name, len);
	memcpy(k->bytes + len, reply.p, reply.len);
	k->client = client_of(r, client);
	HASH_ADD_KEYPTR(hh, r->by_name, k->bytes, k->name_len, k);
	DL_APPEND(r->all, k);
	DL_APPEND2(k->client->own, k, own_prev, own_next);
	k->client->size += size_of(k);
	r->size += size_of(k);
	r->unstored += size_of(k);
	r->made = number;
}

static void
take_out(struct replies *r, struct kept *k)
{
	struct client *c = k->client;

	HASH_DEL(r->by_name, k);
	DL_DELETE(r->all, k);
	DL_DELETE2(c->own, k, own_prev, own_next);
	c->size -= size_of(k);
	r->size -= size_of(k);
	if (!c->own) {
		HASH_DEL(r->clients, c);
		free(c);
	}
	free(k);
}

/* Takes it out of the store as well. */
static void
drop(struct replies *r, struct kept *k)
{
	if (k->number <= r->flushed) {
		r->removed =
		    mem_grow(r->removed, r->n_removed, &r->cap_removed, sizeof *r->removed);
		r->removed[r->n_removed++] = k->number;
	}
	take_out(r, k);
}

void
replies_free(struct replies *r)
{
	if (!r)
		return;
	while (r->all)
		take_out(r, r->all);
	free(r->removed);
	free(r);
}

static bool
is_old(const struct kept *k, int64_t now_ms)
{
	return k->at_ms < now_ms - REPLIES_WINDOW_MS;
}

enum replies_found
replies_find(const struct replies *r, struct str client, struct str key, struct request_hash hash,
	     int64_t now_ms, struct str *ret_reply)
{
	const struct kept *k = find(r, client, key);
	if (!k || is_old(k, now_ms))
		return REPLIES_NONE;
	if (k->hash.low != hash.low || k->hash.high != hash.high)
		return REPLIES_OTHER;
	*ret_reply = (struct str){k->bytes + k->name_len, k->reply_len};
	return REPLIES_SAME;
}

void
replies_keep(struct replies *r, struct str client, struct str key, struct request_hash hash,
	     int64_t now_ms, struct str reply)
{
	struct kept *same = find(r, client, key);
	if (same) /* too old to be found */
		drop(r, same);
	insert(r, r->made + 1, client, key, hash, now_ms, reply);
	for (int i = 0; i < DROPPED_AT_ONCE && is_old(r->all, now_ms); i++)
		drop(r, r->all);
	const struct client *c = client_of(r, client);
	while (c->size > REPLIES_CLIENT_MAX)
		drop(r, c->own);
	while (r->size > REPLIES_MAX)
		drop(r, r->all);
}

/* ---- stored ---- */

bool
replies_changed(const struct replies *r)
{
	return r->flushed < r->made || r->n_removed > 0;
}

uint64_t
replies_unstored(const struct replies *r)
{
	return r->unstored;
}

static void
encode(const struct kept *k, struct buf *out)
{
	uint32_t client = k->client->name_len;
	uint64_t hash[2] = {k->hash.low, k->hash.high};

	buf_clear(out);
	mp_put_array(out, 5);
	mp_put_int(out, k->at_ms);
	mp_put_str(out, (struct str){k->bytes, client});
	mp_put_str(out, (struct str){k->bytes + client + 1, k->name_len - client - 1});
	mp_put_bin(out, (struct str){(const char *)hash, sizeof hash});
	mp_put_bin(out, (struct str){k->bytes + k->name_len, k->reply_len});
}

void
replies_flush(struct replies *r, aside_put_fn put, void *arg)
{
	struct buf bytes = BUF_EMPTY;
	struct kept *first = r->all ? r->all->prev : NULL; /* utlist: the head's prev is the last */

	for (size_t i = 0; i < r->n_removed; i++)
		put(arg, r->removed[i], STR_NONE);
	r->n_removed = 0;
	while (first && first != r->all && first->prev->number > r->flushed)
		first = first->prev;
	for (struct kept *k = first; k; k = k->next) {
		if (k->number <= r->flushed)
			continue;
		encode(k, &bytes);
		put(arg, k->number, buf_str(&bytes));
	}
	r->flushed = r->made;
	r->unstored = 0;
	buf_free(&bytes);
}

bool
replies_load(void *replies, uint64_t number, struct str bytes)
{
	struct replies *r = replies;
	struct mp in = mp_of(bytes);
	uint64_t hash[2];

	if (mp_get_array(&in) != 5)
		return false;
	int64_t at_ms = mp_get_int(&in);
	struct str client = mp_get_str(&in), key = mp_get_str(&in);
	struct str written = mp_get_bin(&in), reply = mp_get_bin(&in);
	if (in.failed || written.len != HASH_BYTES || client.len + 1 + key.len > NAMES ||
	    number <= r->made)
		return false;
	memcpy(hash, written.p, sizeof hash);
	insert(r, number, client, key, (struct request_hash){hash[0], hash[1]}, at_ms, reply);
	r->flushed = number;
	r->unstored = 0;
	return true;
}

void
replies_count(const struct replies *r, uint64_t *ret_count, uint64_t *ret_bytes)
{
	*ret_count = HASH_COUNT(r->by_name);
	*ret_bytes = r->size;
}
