#include "client/matchctl/gathered.h"

#include "client/matchctl/json.h"
#include "client/matchctl/text.h"
#include "util/mem.h"

#include <stdlib.h>

bool
gathered_add(struct gathered *g, struct str row)
{
	if (g->bytes.len + row.len > GATHERED_MAX)
		return false;
	g->rows = mem_grow(g->rows, g->count, &g->cap, sizeof *g->rows);
	g->rows[g->count++] = (struct gathered_row){g->bytes.len, row.len};
	buf_put(&g->bytes, row.p, row.len);
	return true;
}

struct mp
gathered_row(const struct gathered *g, size_t i)
{
	const struct gathered_row *r = &g->rows[i];
	return mp_of((struct str){(const char *)g->bytes.data + r->at, (uint32_t)r->len});
}

size_t
gathered_seen(const struct gathered *g)
{
	return g->printed + g->count;
}

/* ---- sorting ---- */

/* What a row is sorted by, worked out once. */
struct sort_key {
	struct gathered_row row;
	size_t order;
	enum { KEY_NUMBER, KEY_TEXT, KEY_MISSING } kind;
	int64_t number;
	struct buf text; /* folded */
};

static struct sort_key
make_key(const struct gathered *g, size_t i, const char *name)
{
	struct sort_key k = {.row = g->rows[i], .order = i, .kind = KEY_MISSING};
	struct mp at = mp_of(STR_NONE);
	if (name)
		at = mp_find(gathered_row(g, i), str_of(name));
	if (mp_peek(&at) == MP_INT) {
		k.kind = KEY_NUMBER;
		k.number = mp_get_int(&at);
	} else if (mp_peek(&at) == MP_STR) {
		k.kind = KEY_TEXT;
		text_fold(&k.text, mp_get_str(&at));
	}
	return k;
}

static int
compare(const void *left, const void *right, void *arg)
{
	const struct sort_key *a = left, *b = right;
	int direction = *(const bool *)arg ? -1 : 1, c = 0;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == KEY_NUMBER)
		c = (a->number > b->number) - (a->number < b->number);
	else if (a->kind == KEY_TEXT)
		c = str_cmp(buf_str(&a->text), buf_str(&b->text));
	return c ? c * direction : (a->order > b->order) - (a->order < b->order);
}

static void
turn_around(struct gathered *g)
{
	for (size_t i = 0; i < g->count / 2; i++) {
		struct gathered_row row = g->rows[i];
		g->rows[i] = g->rows[g->count - 1 - i];
		g->rows[g->count - 1 - i] = row;
	}
}

void
gathered_sort(struct gathered *g, const char *key, bool reverse)
{
	if (g->count == 0)
		return;
	if (!key) {
		if (reverse)
			turn_around(g);
		return;
	}
	struct sort_key *keys = mem_alloc(g->count * sizeof *keys);
	for (size_t i = 0; i < g->count; i++)
		keys[i] = make_key(g, i, key);
	qsort_r(keys, g->count, sizeof *keys, compare, &reverse);
	for (size_t i = 0; i < g->count; i++) {
		g->rows[i] = keys[i].row;
		buf_free(&keys[i].text);
	}
	free(keys);
}

/* ---- giving away ---- */

void
gathered_print_json(struct gathered *g, FILE *out)
{
	for (size_t i = 0; i < g->count; i++)
		json_print_line(out, json_from_mp(gathered_row(g, i)));
	g->printed += g->count;
	g->count = 0;
	buf_clear(&g->bytes);
}

void
gathered_free(struct gathered *g)
{
	buf_free(&g->bytes);
	free(g->rows);
	*g = (struct gathered){0};
}
