#include "core/body.h"

#include "util/mp.h"

const char *const participant_keys[] = {"name",	    "kind",   "inn",	   "ogrn",    "region",
					"okved",    "size",   "headcount", "revenue", "founded",
					"contacts", "blocks", NULL};
const char *const participant_kinds[] = {"legal_entity", "sole_proprietor", "person",
					 "foreign_entity", NULL};
const char *const participant_sizes[] = {"micro", "small", "medium", "large", NULL};

/* One map that is walked pair by pair; key.p is NULL behind the last. */
struct pairs {
	struct mp in;
	uint32_t left;
	struct str key, value;
};

static void
pairs_next(struct pairs *p)
{
	if (p->left == 0) {
		p->key = STR_NONE;
		return;
	}
	p->left--;
	p->key = mp_get_str(&p->in);
	p->value = mp_get_raw(&p->in);
}

static struct pairs
pairs_of(struct mp map)
{
	struct pairs p = {.in = map};
	p.left = mp_get_map(&p.in);
	pairs_next(&p);
	return p;
}

static bool
is_nil(struct str token)
{
	struct mp in = mp_of(token);
	return mp_peek(&in) == MP_NIL;
}

/* Merges two maps in byte order of their keys: a pair of the patch replaces, its nil removes.
 * Returns how many pairs there are. */
static uint32_t
merge_pairs(struct mp old, struct mp patch, struct buf *out)
{
	struct pairs a = pairs_of(old), b = pairs_of(patch);
	uint32_t n = 0;
	while (a.key.p || b.key.p) {
		int c = !a.key.p ? 1 : !b.key.p ? -1 : str_cmp(a.key, b.key);
		struct pairs *from = c < 0 ? &a : &b;
		if (c < 0 || !is_nil(b.value)) {
			mp_put_str(out, from->key);
			mp_put_raw(out, from->value);
			n++;
		}
		if (c == 0)
			pairs_next(&a);
		pairs_next(from);
	}
	return n;
}

/* The patch's value of the key, or the body's where the patch has none. */
static void
put_newer(struct str body, struct str patch, const char *key, struct buf *out)
{
	struct mp value = mp_find(mp_of(patch), str_of(key));
	if (mp_peek(&value) == MP_END)
		value = mp_find(mp_of(body), str_of(key));
	mp_put_text(out, key);
	mp_put_raw(out, mp_get_raw(&value));
}

void
body_patch(struct str body, struct str patch, struct buf *out)
{
	struct mp old = mp_find(mp_of(body), STR("fields"));
	struct mp change = mp_find(mp_of(patch), STR("fields"));
	struct buf fields = BUF_EMPTY;
	uint32_t n = merge_pairs(old, change, &fields);

	mp_put_map(out, 5);
	put_newer(body, patch, "title", out);
	put_newer(body, patch, "text", out);
	put_newer(body, patch, "language", out);
	mp_put_text(out, "fields");
	mp_put_map(out, n);
	mp_put_raw(out, buf_str(&fields));
	put_newer(body, patch, "variants", out);
	buf_free(&fields);
}

void
participant_patch(struct str content, struct str patch, struct buf *out)
{
	struct buf pairs = BUF_EMPTY;
	uint32_t n = 0;
	for (const char *const *key = participant_keys; *key; key++) {
		struct mp value = mp_find(mp_of(patch), str_of(*key));
		if (mp_peek(&value) == MP_END)
			value = mp_find(mp_of(content), str_of(*key));
		if (mp_peek(&value) == MP_END || mp_peek(&value) == MP_NIL)
			continue;
		mp_put_text(&pairs, *key);
		mp_put_raw(&pairs, mp_get_raw(&value));
		n++;
	}
	mp_put_map(out, n);
	mp_put_raw(out, buf_str(&pairs));
	buf_free(&pairs);
}
