#include "core/fits.h"

#include "core/body.h"
#include "core/boxes.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* ---- one statement ---- */

/* Whether one text of a set is in the vocabulary or tree. */
static bool
word_fits(const struct field *now, struct str word)
{
	if (now->type == FIELD_CODE)
		return tree_has(now->tree, word);
	return now->type == FIELD_FLAG || field_allows(now, word);
}

static bool
set_fits(const struct field *now, struct mp *in)
{
	bool fits = true;
	for (int list = 0; list < 3; list++)
		for (uint32_t n = mp_get_array(in); n > 0; n--)
			fits = word_fits(now, mp_get_str(in)) && fits;
	return fits;
}

/* Whether the label at that place is the one that it was; nil is an open end. */
static bool
label_fits(const struct field *was, const struct field *now, struct mp *in)
{
	if (mp_get_nil(in))
		return true;
	size_t place = (size_t)mp_get_int(in);
	return place < was->n_labels && place < now->n_labels &&
	       str_eq(was->labels[place].name, now->labels[place].name);
}

static bool
same_text(struct str a, struct str b)
{
	return a.p && b.p ? str_eq(a, b) : a.p == b.p;
}

/* What is wrong, or NULL. */
static const char *
statement_misfit(const struct field *was, const struct field *now, struct str canonical)
{
	struct mp in = mp_of(canonical);
	if (was->type != now->type)
		return "has another type";
	if (was->decimals != now->decimals)
		return "has other decimals";
	if (!same_text(was->unit, now->unit) || !same_text(was->currency, now->currency))
		return "is counted in something else";
	if (now->type == FIELD_CODE && was->tree->rule != now->tree->rule)
		return "has a tree of another rule";
	mp_get_array(&in);
	mp_get_int(&in);
	mp_get_int(&in);
	if (field_is_set(now))
		return set_fits(now, &in) ? NULL : "no longer has a value that is stated";
	if (now->type == FIELD_ORDINAL)
		return label_fits(was, now, &in) && label_fits(was, now, &in)
			   ? NULL
			   : "no longer has a label where it was";
	return NULL;
}

/* ---- a listing ---- */

/* Of a map field: statement or nil. */
static bool
fields_fit(const struct exchange *was, const struct exchange *now, enum side side, struct mp map,
	   struct misfit *ret)
{
	for (uint32_t n = mp_get_map(&map); n > 0; n--) {
		struct str name = mp_get_str(&map), token = mp_get_raw(&map);
		struct mp value = mp_of(token);
		const struct field *f = exchange_field(now, name);
		*ret = (struct misfit){name, NULL};
		if (!f)
			ret->what = "is gone";
		else if (f->side[side].from != ATTRIBUTE_NONE)
			ret->what = "would come from the participant";
		else if (mp_peek(&value) != MP_NIL)
			ret->what = statement_misfit(exchange_field(was, name), f, token);
		if (ret->what)
			return false;
	}
	return true;
}

bool
listing_fits(const struct exchange *was, const struct exchange *now, enum side side,
	     struct str body, struct misfit *ret)
{
	struct mp variants = mp_find(mp_of(body), STR("variants"));
	size_t box;
	if (!fields_fit(was, now, side, mp_find(mp_of(body), STR("fields")), ret))
		return false;
	for (uint32_t n = mp_get_array(&variants); n > 0; n--) {
		if (!fields_fit(was, now, side, variants, ret))
			return false;
		mp_get_raw(&variants);
	}
	const struct field *lacking = body_lacks(now, side, body, NULL, &box);
	if (lacking)
		*ret = (struct misfit){lacking->name, "is required and not stated"};
	return !lacking;
}

/* ---- definitions ---- */

/* The canonical bytes of the definition without what only people and publication read. */
static void
encode_bare(const struct exchange *e, struct buf *out)
{
	struct exchange bare = *e;
	bare.title = bare.help = bare.side_title[NEED] = bare.side_title[OFFER] =
	    (struct titles){0};
	bare.default_days = bare.max_days = bare.notice_days = 0;
	bare.moderated[NEED] = bare.moderated[OFFER] = false;
	bare.fields = mem_dup(e->fields, e->n_fields * sizeof *e->fields);
	for (size_t i = 0; i < e->n_fields; i++) {
		struct field *f = &bare.fields[i];
		f->title = f->help = f->side[NEED].title = f->side[OFFER].title =
		    (struct titles){0};
		f->n_values = f->n_units = 0;
		/* A participant's attribute is read by vocabulary and labels. */
		bool drawn = f->side[NEED].from || f->side[OFFER].from;
		if (!drawn)
			f->n_labels = 0;
		else
			f->n_values = e->fields[i].n_values;
	}
	exchange_encode(&bare, out);
	free(bare.fields);
}

bool
exchange_matches_alike(const struct exchange *a, const struct exchange *b)
{
	struct buf x = BUF_EMPTY, y = BUF_EMPTY;
	encode_bare(a, &x);
	encode_bare(b, &y);
	bool alike = str_eq(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return alike;
}
