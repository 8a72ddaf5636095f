#include "daemon/views.h"

#include "util/hash.h"
#include "util/mp.h"

struct view {
	uint64_t pair;
	uint32_t *ids; /* owned */
	uint32_t n;
	bool dirty;
	UT_hash_handle hh;
};

struct views {
	struct view *by_pair; /* uthash; owned */
	uint64_t *dirty;
	size_t n_dirty, cap_dirty;
};

struct views *
views_new(void)
{
	return mem_zalloc(sizeof(struct views));
}

static struct view *
find(const struct views *v, uint64_t pair)
{
	struct view *found;
	HASH_FIND(hh, v->by_pair, &pair, sizeof pair, found);
	return found;
}

static struct view *
add(struct views *v, uint64_t pair)
{
	struct view *view = mem_zalloc(sizeof *view);
	view->pair = pair;
	HASH_ADD(hh, v->by_pair, pair, sizeof view->pair, view);
	return view;
}

static void
drop(struct views *v, struct view *view)
{
	HASH_DEL(v->by_pair, view);
	free(view->ids);
	free(view);
}

void
views_free(struct views *v)
{
	if (!v)
		return;
	while (v->by_pair)
		drop(v, v->by_pair);
	free(v->dirty);
	free(v);
}

const uint32_t *
views_of(const struct views *v, uint64_t pair, size_t *ret_n)
{
	const struct view *view = find(v, pair);
	*ret_n = view ? view->n : 0;
	return view ? view->ids : NULL;
}

static void
set_ids(struct view *view, const uint32_t *ids, size_t n)
{
	uint32_t *copy = mem_dup(ids, n * sizeof *ids);
	free(view->ids);
	view->ids = copy;
	view->n = (uint32_t)n;
}

/* A pair that nobody has in view any more stays until that is stored. */
void
views_set(struct views *v, uint64_t pair, const uint32_t *ids, size_t n)
{
	struct view *view = find(v, pair);
	if (!view && n == 0)
		return;
	if (!view)
		view = add(v, pair);
	set_ids(view, ids, n);
	if (view->dirty)
		return;
	view->dirty = true;
	v->dirty = mem_grow(v->dirty, v->n_dirty, &v->cap_dirty, sizeof *v->dirty);
	v->dirty[v->n_dirty++] = pair;
}

size_t
views_changed(const struct views *v)
{
	return v->n_dirty;
}

void
views_flush(struct views *v, views_put_fn put, void *arg)
{
	struct buf bytes = BUF_EMPTY;
	for (size_t i = 0; i < v->n_dirty; i++) {
		struct view *view = find(v, v->dirty[i]);
		view->dirty = false;
		if (view->n == 0) {
			put(arg, view->pair, STR_NONE);
			drop(v, view);
			continue;
		}
		buf_clear(&bytes);
		mp_put_array(&bytes, view->n);
		for (uint32_t k = 0; k < view->n; k++)
			mp_put_uint(&bytes, view->ids[k]);
		put(arg, view->pair, buf_str(&bytes));
	}
	v->n_dirty = 0;
	buf_free(&bytes);
}

bool
views_load(struct views *v, uint64_t pair, struct str bytes)
{
	struct mp in = mp_of(bytes);
	uint32_t n = mp_get_array(&in);
	if (in.failed || n == 0 || n > bytes.len || find(v, pair))
		return false;
	uint32_t *ids = mem_alloc(n * sizeof *ids);
	for (uint32_t i = 0; i < n; i++)
		ids[i] = (uint32_t)mp_get_uint(&in);
	if (!in.failed)
		set_ids(add(v, pair), ids, n);
	free(ids);
	return !in.failed;
}
