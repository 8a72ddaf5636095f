#include "core/exchange.h"

#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* The form that exchange_encode writes; a later one gets another number. */
enum { EXCHANGE_FORM = 2 };

const char *const field_type_names[] = {"keyword", "code",    "flag",	    "number", "money",
					"date",	   "ordinal", "dimensions", "geo",    NULL};
const char *const relation_names[] = {"overlap", "need_within_offer", "offer_within_need", NULL};
const char *const absent_names[] = {"any", "none", "required", NULL};
const char *const reading_names[] = {"exactly", "at_least", "at_most", NULL};
const char *const visibility_names[] = {"public", "mutual", "match_only", NULL};
const char *const better_names[] = {"", "lower", "higher", "nearer", NULL};
const char *const attribute_names[] = {"",	    "kind",    "region",  "size", "okved",
				       "headcount", "revenue", "founded", NULL};
const char *const side_names[] = {"need", "offer", NULL};

/* ---- looking up ---- */

const struct field *
exchange_field(const struct exchange *e, struct str name)
{
	for (size_t i = 0; i < e->n_fields; i++)
		if (str_eq(e->fields[i].name, name))
			return &e->fields[i];
	return NULL;
}

int
field_label(const struct field *f, struct str label)
{
	for (size_t i = 0; i < f->n_labels; i++)
		if (str_eq(f->labels[i].name, label))
			return (int)i;
	return -1;
}

bool
field_allows(const struct field *f, struct str keyword)
{
	size_t low = 0, high = f->n_values;
	if (!f->values)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = str_cmp(f->values[middle].name, keyword);
		if (c == 0)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
exchange_bind_trees(struct exchange *e, const struct tree *(*find)(void *arg, struct str name),
		    void *arg, struct str *ret_missing)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		struct field *f = &e->fields[i];
		if (f->type != FIELD_CODE)
			continue;
		f->tree = find(arg, f->tree_name);
		if (!f->tree) {
			*ret_missing = f->name;
			return false;
		}
	}
	return true;
}

/* ---- writing ---- */

static void
put_titles(struct buf *out, const struct titles *t)
{
	mp_put_array(out, 2);
	mp_put_str(out, t->ru);
	mp_put_str(out, t->en);
}

static void
put_named(struct buf *out, const struct named_value *list, size_t n)
{
	mp_put_array(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		mp_put_array(out, 2);
		mp_put_str(out, list[i].name);
		put_titles(out, &list[i].title);
	}
}

static void
put_units(struct buf *out, const struct named_value *list, size_t n)
{
	mp_put_array(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		mp_put_array(out, 3);
		mp_put_str(out, list[i].name);
		mp_put_int(out, list[i].num);
		mp_put_int(out, list[i].den);
	}
}

static void
put_side(struct buf *out, const struct side_rule *s)
{
	mp_put_array(out, 10);
	put_titles(out, &s->title);
	mp_put_int(out, s->absent);
	mp_put_int(out, s->reading);
	mp_put_int(out, s->from);
	mp_put_int(out, s->visibility);
	mp_put_int(out, s->better);
	mp_put_bool(out, s->span_own);
	mp_put_bool(out, s->has_span);
	mp_put_int(out, s->weight);
	mp_put_int(out, s->span);
}

static void
put_field(struct buf *out, const struct field *f)
{
	mp_put_array(out, 17);
	mp_put_str(out, f->name);
	put_titles(out, &f->title);
	put_titles(out, &f->help);
	mp_put_int(out, f->type);
	mp_put_int(out, f->relation);
	mp_put_bool(out, f->demanded_by[NEED]);
	mp_put_bool(out, f->demanded_by[OFFER]);
	mp_put_int(out, f->decimals);
	mp_put_str(out, f->unit);
	mp_put_str(out, f->currency);
	mp_put_str(out, f->tree_name);
	mp_put_int(out, f->min_overlap);
	put_named(out, f->values, f->n_values);
	put_named(out, f->labels, f->n_labels);
	put_units(out, f->units, f->n_units);
	put_side(out, &f->side[NEED]);
	put_side(out, &f->side[OFFER]);
}

void
exchange_encode(const struct exchange *e, struct buf *out)
{
	mp_put_array(out, 15);
	mp_put_int(out, EXCHANGE_FORM);
	mp_put_str(out, e->name);
	put_titles(out, &e->title);
	put_titles(out, &e->help);
	put_titles(out, &e->side_title[NEED]);
	put_titles(out, &e->side_title[OFFER]);
	mp_put_bool(out, e->standing_needs);
	mp_put_bool(out, e->newcomer);
	mp_put_uint(out, e->max_matches);
	mp_put_uint(out, e->default_days);
	mp_put_uint(out, e->max_days);
	mp_put_uint(out, e->notice_days);
	mp_put_bool(out, e->moderated[NEED]);
	mp_put_bool(out, e->moderated[OFFER]);
	mp_put_array(out, (uint32_t)e->n_fields);
	for (size_t i = 0; i < e->n_fields; i++)
		put_field(out, &e->fields[i]);
}

/* ---- reading: every get latches in.failed, so that each level checks once ---- */

/* An integer from `low` to `high`. */
static int64_t
get_range(struct mp *in, int64_t low, int64_t high)
{
	int64_t v = mp_get_int(in);
	if (v < low || v > high) {
		in->failed = true;
		return low;
	}
	return v;
}

static void
get_count(struct mp *in, uint32_t want)
{
	if (mp_get_array(in) != want)
		in->failed = true;
}

/* A text of 1 to `max` bytes, or nil. */
static struct str
get_text(struct mp *in, uint32_t max)
{
	struct str s = mp_get_str_or_nil(in);
	if (s.p && (s.len == 0 || s.len > max))
		in->failed = true;
	return s;
}

static void
get_titles(struct mp *in, uint32_t max, struct titles *ret)
{
	get_count(in, 2);
	ret->ru = get_text(in, max);
	ret->en = get_text(in, max);
}

/* A list of at most `max` elements of `size` bytes; NULL for none. */
static void *
get_list(struct mp *in, size_t max, size_t size, size_t *ret_n)
{
	uint32_t n = mp_get_array(in);
	if (n > max)
		in->failed = true;
	*ret_n = in->failed ? 0 : n;
	return *ret_n ? mem_zalloc(*ret_n * size) : NULL;
}

static void
get_named(struct mp *in, size_t max, uint32_t max_name, struct named_value **ret, size_t *ret_n)
{
	*ret = get_list(in, max, sizeof **ret, ret_n);
	for (size_t i = 0; i < *ret_n && !in->failed; i++) {
		get_count(in, 2);
		(*ret)[i].name = get_text(in, max_name);
		get_titles(in, MAX_TITLE, &(*ret)[i].title);
	}
}

static void
get_units(struct mp *in, struct field *f)
{
	f->units = get_list(in, MAX_UNITS, sizeof *f->units, &f->n_units);
	for (size_t i = 0; i < f->n_units && !in->failed; i++) {
		get_count(in, 3);
		f->units[i].name = get_text(in, MAX_NAME);
		f->units[i].num = get_range(in, 1, MAX_UNIT_NUM);
		f->units[i].den = get_range(in, 1, MAX_UNIT_DEN);
	}
}

static void
get_side(struct mp *in, struct side_rule *s)
{
	get_count(in, 10);
	get_titles(in, MAX_TITLE, &s->title);
	s->absent = (enum absent)get_range(in, 0, ABSENT_REQUIRED);
	s->reading = (enum reading)get_range(in, 0, READING_AT_MOST);
	s->from = (enum attribute)get_range(in, 0, ATTRIBUTE_FOUNDED);
	s->visibility = (enum visibility)get_range(in, 0, VISIBLE_MATCH_ONLY);
	s->better = (enum better)get_range(in, 0, BETTER_NEARER);
	s->span_own = mp_get_bool(in);
	s->has_span = mp_get_bool(in);
	s->weight = (uint16_t)get_range(in, 0, MAX_WEIGHT);
	s->span = get_range(in, 0, MAX_MAGNITUDE);
}

static void
get_field(struct mp *in, struct field *f)
{
	get_count(in, 17);
	f->name = get_text(in, MAX_NAME);
	get_titles(in, MAX_TITLE, &f->title);
	get_titles(in, MAX_HELP, &f->help);
	f->type = (enum field_type)get_range(in, 0, FIELD_GEO);
	f->relation = (enum relation)get_range(in, 0, RELATION_OFFER_WITHIN_NEED);
	f->demanded_by[NEED] = mp_get_bool(in);
	f->demanded_by[OFFER] = mp_get_bool(in);
	f->decimals = (uint8_t)get_range(in, 0, MAX_DECIMALS);
	f->unit = get_text(in, MAX_NAME);
	f->currency = get_text(in, MAX_NAME);
	f->tree_name = get_text(in, MAX_NAME);
	f->min_overlap = get_range(in, 0, MAX_MAGNITUDE);
	get_named(in, MAX_VALUES, MAX_KEYWORD, &f->values, &f->n_values);
	get_named(in, MAX_LABELS, MAX_LABEL, &f->labels, &f->n_labels);
	get_units(in, f);
	get_side(in, &f->side[NEED]);
	get_side(in, &f->side[OFFER]);
}

static void
get_exchange(struct mp *in, struct exchange *e)
{
	get_count(in, 15);
	get_range(in, EXCHANGE_FORM, EXCHANGE_FORM);
	e->name = get_text(in, MAX_NAME);
	get_titles(in, MAX_TITLE, &e->title);
	get_titles(in, MAX_HELP, &e->help);
	get_titles(in, MAX_TITLE, &e->side_title[NEED]);
	get_titles(in, MAX_TITLE, &e->side_title[OFFER]);
	e->standing_needs = mp_get_bool(in);
	e->newcomer = mp_get_bool(in);
	e->max_matches = (uint32_t)get_range(in, 0, MAX_MATCHES);
	e->default_days = (uint32_t)get_range(in, 0, MAX_DAYS);
	e->max_days = (uint32_t)get_range(in, 0, MAX_DAYS);
	e->notice_days = (uint32_t)get_range(in, 0, MAX_DAYS);
	e->moderated[NEED] = mp_get_bool(in);
	e->moderated[OFFER] = mp_get_bool(in);
	e->fields = get_list(in, MAX_FIELDS, sizeof *e->fields, &e->n_fields);
	for (size_t i = 0; i < e->n_fields && !in->failed; i++)
		get_field(in, &e->fields[i]);
}

/* ---- what the rules rely on, beyond ranges ---- */

static bool
titled(const struct titles *t)
{
	return t->ru.p && t->en.p;
}

bool
attribute_fits(enum attribute a, const struct field *f)
{
	switch (a) {
	case ATTRIBUTE_NONE:
		return true;
	case ATTRIBUTE_KIND:
	case ATTRIBUTE_REGION:
		return f->type == FIELD_KEYWORD;
	case ATTRIBUTE_SIZE:
		return f->type == FIELD_KEYWORD || f->type == FIELD_ORDINAL;
	case ATTRIBUTE_OKVED:
		return f->type == FIELD_CODE;
	case ATTRIBUTE_HEADCOUNT:
		return f->type == FIELD_NUMBER;
	case ATTRIBUTE_REVENUE:
		return f->type == FIELD_NUMBER ||
		       (f->type == FIELD_MONEY && str_eq(f->currency, STR("RUB")));
	case ATTRIBUTE_FOUNDED:
		return f->type == FIELD_DATE;
	}
	return false;
}

static bool
side_is_sound(const struct field *f, const struct side_rule *s)
{
	bool spans = field_is_interval(f) || f->type == FIELD_GEO;
	return attribute_fits(s->from, f) && (!s->weight || f->type != FIELD_DIMENSIONS) &&
	       (!s->weight || field_is_public(f)) && (!s->better || field_is_interval(f)) &&
	       (!s->weight || !field_is_interval(f) || s->better) &&
	       (!s->better || s->has_span || s->span_own) && !(s->has_span && s->span_own) &&
	       (!s->span_own || s->better == BETTER_LOWER || s->better == BETTER_HIGHER) &&
	       (!s->has_span || spans) && s->has_span == (s->span > 0);
}

static bool
names_differ(const struct named_value *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!list[i].name.p)
			return false;
		for (size_t j = 0; j < i; j++)
			if (str_eq(list[i].name, list[j].name))
				return false;
	}
	return true;
}

/* The closed vocabulary in byte order, as field_allows searches it. */
static bool
values_are_sorted(const struct field *f)
{
	for (size_t i = 0; i < f->n_values; i++)
		if (!f->values[i].name.p ||
		    (i > 0 && str_cmp(f->values[i - 1].name, f->values[i].name) >= 0))
			return false;
	return true;
}

bool
label_is_valid(struct str label)
{
	if (label.len == 0 || label.len > MAX_LABEL)
		return false;
	for (uint32_t i = 0; i < label.len; i++) {
		char c = label.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
		      c == '.' || c == '-'))
			return false;
	}
	return true;
}

bool
currency_is_valid(struct str currency)
{
	bool ok = currency.len == 3;
	for (uint32_t i = 0; ok && i < 3; i++)
		ok = currency.p[i] >= 'A' && currency.p[i] <= 'Z';
	return ok;
}

static bool
labels_are_sound(const struct field *f)
{
	if (f->type != FIELD_ORDINAL)
		return f->n_labels == 0;
	for (size_t i = 0; i < f->n_labels; i++)
		if (!label_is_valid(f->labels[i].name))
			return false;
	return f->n_labels >= 2 && names_differ(f->labels, f->n_labels);
}

static bool
field_is_sound(const struct field *f)
{
	bool measured = f->type == FIELD_NUMBER || f->type == FIELD_DIMENSIONS;
	return name_is_valid(f->name, '_') && titled(&f->title) &&
	       (f->type != FIELD_GEO || f->relation == RELATION_OVERLAP) &&
	       (f->demanded_by[NEED] || f->demanded_by[OFFER]) &&
	       (f->decimals == 0 || measured || f->type == FIELD_MONEY) &&
	       (!f->unit.p || measured) && (f->n_units == 0 || f->unit.p) &&
	       (f->type == FIELD_MONEY ? currency_is_valid(f->currency) : !f->currency.p) &&
	       (f->type == FIELD_CODE ? name_is_valid(f->tree_name, '-') : !f->tree_name.p) &&
	       (f->min_overlap == 0 || (field_is_interval(f) && f->relation == RELATION_OVERLAP)) &&
	       (f->n_values == 0 || f->type == FIELD_KEYWORD) && values_are_sorted(f) &&
	       labels_are_sound(f) && names_differ(f->units, f->n_units) &&
	       side_is_sound(f, &f->side[NEED]) && side_is_sound(f, &f->side[OFFER]);
}

static bool
exchange_is_sound(const struct exchange *e)
{
	if (!name_is_valid(e->name, '-') || !titled(&e->title) || !titled(&e->side_title[NEED]) ||
	    !titled(&e->side_title[OFFER]) || (e->max_days && e->default_days > e->max_days) ||
	    e->n_fields == 0 || (e->standing_needs && e->moderated[NEED]))
		return false;
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		if (!field_is_sound(f) || exchange_field(e, f->name) != f ||
		    (e->standing_needs && f->side[NEED].from == ATTRIBUTE_NONE &&
		     f->side[NEED].absent == ABSENT_REQUIRED))
			return false;
	}
	return true;
}

/* Whether the exchange is written exactly so: no other integer widths. */
static bool
is_canonical(const struct exchange *e)
{
	struct buf again = BUF_EMPTY;
	exchange_encode(e, &again);
	bool same = str_eq(buf_str(&again), e->canonical);
	buf_free(&again);
	return same;
}

struct str
exchange_name_of(struct str canonical)
{
	struct mp in = mp_of(canonical);
	mp_get_array(&in);
	mp_get_int(&in);
	return mp_get_str(&in);
}

static void
sort_names(struct exchange *e)
{
	e->by_name = mem_alloc(e->n_fields * sizeof *e->by_name);
	for (size_t i = 0; i < e->n_fields; i++) {
		size_t at = i;
		for (; at > 0 && str_cmp(e->fields[e->by_name[at - 1]].name, e->fields[i].name) > 0;
		     at--)
			e->by_name[at] = e->by_name[at - 1];
		e->by_name[at] = (uint8_t)i;
	}
}

struct exchange *
exchange_decode(struct str canonical)
{
	/* of a field: its values and labels with a list, a name and titles each; its units; the
	 * rest */
	enum {
		DEPTH = 6,
		FIELD_TOKENS = 5 * (MAX_VALUES + MAX_LABELS) + 4 * MAX_UNITS + 64,
		TOKENS = MAX_FIELDS * FIELD_TOKENS + 64,
	};
	if (mp_check(canonical, DEPTH, TOKENS, NULL) != MP_OK)
		return NULL;
	struct exchange *e = mem_zalloc(sizeof *e);
	e->canonical = (struct str){mem_dup(canonical.p, canonical.len), canonical.len};
	struct mp in = mp_of(e->canonical);
	get_exchange(&in, e);
	if (in.failed || !exchange_is_sound(e) || !is_canonical(e)) {
		exchange_free(e);
		return NULL;
	}
	sort_names(e);
	return e;
}

void
exchange_free(struct exchange *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_fields; i++) {
		free(e->fields[i].values);
		free(e->fields[i].labels);
		free(e->fields[i].units);
	}
	free(e->fields);
	free(e->by_name);
	free((char *)e->canonical.p);
	free(e);
}
