#include "daemon/recent.h"

#include "util/mem.h"

#include <stdlib.h>

enum { GENERATION_MAX = 8 << 20 }; /* bytes */

/* Texts stand in `bytes`, which moves as it grows: places, not pointers. */
struct kept {
	struct about about;
	size_t body_at;
	uint32_t body_len, note_len; /* the note follows the body */
};

/* Facts that follow each other. The older of two is dropped whole when the younger is full. */
struct generation {
	uint64_t first;
	struct kept *facts;
	size_t n, cap;
	struct buf bytes;
};

struct recent {
	struct generation young, old;
};

struct recent *
recent_new(void)
{
	return mem_zalloc(sizeof(struct recent));
}

static void
generation_done(struct generation *g)
{
	free(g->facts);
	buf_free(&g->bytes);
}

void
recent_free(struct recent *r)
{
	if (!r)
		return;
	generation_done(&r->young);
	generation_done(&r->old);
	free(r);
}

static void
turn_over(struct recent *r)
{
	struct generation emptied = r->old;
	r->old = r->young;
	emptied.n = 0;
	buf_clear(&emptied.bytes);
	r->young = emptied;
}

void
recent_age(struct recent *r)
{
	const struct generation *g = &r->young;
	if (g->bytes.len + g->n * sizeof *g->facts > GENERATION_MAX)
		turn_over(r);
}

void
recent_keep(struct recent *r, const struct recent_fact *f)
{
	struct generation *g = &r->young;
	if (g->n > 0 && f->number != g->first + g->n)
		turn_over(r); /* some before it were not kept; those of its turn all are */
	if (g->n == 0)
		g->first = f->number;
	g->facts = mem_grow(g->facts, g->n, &g->cap, sizeof *g->facts);
	g->facts[g->n++] =
	    (struct kept){f->about, g->bytes.len, f->body.len, f->note.p ? f->note.len : 0};
	buf_put(&g->bytes, f->body.p, f->body.len);
	if (f->note.p)
		buf_put(&g->bytes, f->note.p, f->note.len);
}

static bool
find_in(const struct generation *g, uint64_t number, struct recent_fact *ret)
{
	if (number < g->first || number - g->first >= g->n)
		return false;
	const struct kept *k = &g->facts[number - g->first];
	/* nothing at all is there of facts without bodies and notes */
	const char *at = g->bytes.data ? (const char *)g->bytes.data + k->body_at : NULL;
	*ret = (struct recent_fact){number, k->about, {at, k->body_len}, STR_NONE};
	if (k->note_len)
		ret->note = (struct str){at + k->body_len, k->note_len};
	return true;
}

bool
recent_find(const struct recent *r, uint64_t number, struct recent_fact *ret)
{
	return find_in(&r->young, number, ret) || find_in(&r->old, number, ret);
}
