/* Subscriptions as asides of the store, and back. */

#include "daemon/subscriptions_internal.h"

#include "util/mp.h"

enum {
	ROW_COUNTER = 0,       /* the aside that holds the last number given */
	VIEW_COST = 6144,      /* a page and what leads there, for views may lie apart */
	SETTLED_MAX = 4 << 20, /* bytes at once of what could wait, so that no commit takes long */
};

bool
subscriptions_must_store(const struct subscriptions *s)
{
	return s->counter_dirty || s->changed.len > 0 || s->removed.len > 0 ||
	       views_changed(s->views) > 0;
}

bool
subscriptions_could_store(const struct subscriptions *s)
{
	return s->n_dirty > 0 || subscriptions_must_store(s);
}

uint64_t
subscriptions_unstored(const struct subscriptions *s)
{
	return s->changed_bytes + s->removed.len * ROW_COST + views_changed(s->views) * VIEW_COST;
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

static size_t
put_row(struct subscriptions *s, struct subscription *sub, subscriptions_put_fn put, void *arg,
	struct buf *bytes)
{
	s->n_dirty -= sub->dirty;
	sub->dirty = false;
	encode(sub, bytes);
	put(arg, false, sub->number, buf_str(bytes));
	return bytes->len;
}

/* What could wait, from where it was left, once around at most. */
static void
settle(struct subscriptions *s, subscriptions_put_fn put, void *arg, struct buf *bytes)
{
	size_t written = 0;
	for (int round = 0; round < 2; round++) {
		for (struct subscription *sub = s->all; sub && s->n_dirty > 0; sub = sub->next) {
			if (!sub->dirty || (round == 0 && sub->number <= s->settled))
				continue;
			written += put_row(s, sub, put, arg, bytes);
			s->settled = sub->number;
			if (written >= SETTLED_MAX)
				return;
		}
	}
}

void
subscriptions_flush(struct subscriptions *s, bool all, subscriptions_put_fn put, void *arg)
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
	for (size_t i = 0; i < s->changed.len; i++)
		put_row(s, subscriptions_by_number(s, s->changed.at[i]), put, arg, &bytes);
	s->changed.len = 0;
	s->changed_bytes = 0;
	if (all)
		settle(s, put, arg, &bytes);
	views_flush(s->views, put_view, &views);
	s->counter_dirty = false;
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
	    subscriptions_find(s, str_of(e->sub.client), str_of(e->sub.name))) {
		filter_done(&e->sub.filter);
		free(e);
		return false;
	}
	return subscriptions_insert(s, e);
}

bool
subscriptions_load_view(void *subscriptions, uint64_t key, struct str bytes)
{
	struct subscriptions *s = subscriptions;
	return views_load(s->views, key, bytes);
}
