/* A listing's content as a canonical body or patch (core/body.h). */

#include "intake/intake.h"
#include "intake/keyword.h"
#include "intake/statement.h"
#include "intake/where.h"

static int
text_refuse(enum text_problem problem, const char *expected, const struct where *at,
	    struct refusal *ret)
{
	const char *code = problem == TEXT_TOO_LONG   ? "too_large"
			   : problem == TEXT_BAD_UTF8 ? "bad_utf8"
						      : "bad_value";
	return refuse_at(ret, at, code, expected, "the text %s", text_problem_name(problem));
}

static int
title_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	static const char expected[] = "1 to 500 bytes on one line";
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "a text", ret);
	struct str title = mp_get_str(in);
	enum text_problem problem = text_check(title, MAX_TITLE, false);
	if (problem)
		return text_refuse(problem, expected, at, ret);
	mp_put_str(out, title);
	return 0;
}

static int
text_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	if (mp_peek(in) != MP_STR && mp_peek(in) != MP_NIL)
		return wrong_type(in, at, "a text or null", ret);
	struct str text = mp_get_str_or_nil(in);
	enum text_problem problem = text_check(text, MAX_TEXT, true);
	if (problem)
		return text_refuse(problem, "at most 16000 bytes", at, ret);
	mp_put_str(out, text.len ? text : STR_NONE);
	return 0;
}

static int
language_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	static const char expected[] = "a language like ru or en: two or three small letters";
	if (mp_peek(in) != MP_STR && mp_peek(in) != MP_NIL)
		return wrong_type(in, at, expected, ret);
	struct str language = mp_get_str_or_nil(in);
	bool ok = !language.p || language.len == 2 || language.len == 3;
	for (uint32_t i = 0; ok && i < language.len; i++)
		ok = language.p[i] >= 'a' && language.p[i] <= 'z';
	if (!ok)
		return refuse_at(ret, at, "bad_value", expected, "this is not a language");
	mp_put_str(out, language);
	return 0;
}

/* ---- statements by field ---- */

/* What a box says of a field of the exchange: where its statement stands in the scratch buffer. */
struct slot {
	enum { UNSTATED, REMOVED, STATED } state;
	size_t begin, len;
};

/* Who writes, and about what. */
struct writer {
	const struct exchange *exchange;
	enum side side;
	struct refusal *ret;
};

static int
slot_read(const struct writer *w, const struct field *f, struct mp *in, const struct where *at,
	  struct buf *scratch, struct slot *slot)
{
	const struct side_rule *rule = &f->side[w->side];
	struct written written = {f, w->side, w->ret};
	if (rule->from != ATTRIBUTE_NONE)
		return refuse_at(w->ret, at, "from_participant", NULL,
				 "the field is filled from the participant's %s",
				 attribute_names[rule->from]);
	if (mp_get_nil(in)) {
		slot->state = REMOVED;
		return 0;
	}
	slot->begin = scratch->len;
	if (statement_read(&written, in, at, scratch))
		return 1;
	slot->len = scratch->len - slot->begin;
	slot->state = STATED;
	return 0;
}

static void
slots_put(const struct exchange *e, const struct slot *slots, const struct buf *scratch,
	  bool removals, struct buf *out)
{
	uint32_t n = 0;
	for (size_t i = 0; i < e->n_fields; i++)
		n += slots[i].state == STATED || (removals && slots[i].state == REMOVED);
	mp_put_map(out, n);
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct slot *slot = &slots[e->by_name[i]];
		if (slot->state == UNSTATED || (slot->state == REMOVED && !removals))
			continue;
		mp_put_str(out, e->fields[e->by_name[i]].name);
		if (slot->state == STATED)
			buf_put(out, scratch->data + slot->begin, slot->len);
		else
			mp_put_nil(out);
	}
}

/* A map of written values by field name. Null removes: with `removals` it is passed on, else it
 * says nothing. */
static int
fields_read(const struct writer *w, struct mp *in, const struct where *at, bool removals,
	    struct buf *out)
{
	const struct exchange *e = w->exchange;
	struct slot slots[MAX_FIELDS] = {0};
	struct buf scratch = BUF_EMPTY;
	char shown[QUOTE];
	int refused = 0;

	if (mp_peek(in) != MP_MAP)
		return wrong_type(in, at, "a map of fields", w->ret);
	uint32_t n = mp_get_map(in);
	for (uint32_t i = 0; i < n && !refused; i++) {
		struct str name = mp_get_str(in);
		struct where place = WHERE_KEY(at, name);
		const struct field *f = exchange_field(e, name);
		if (f)
			refused = slot_read(w, f, in, &place, &scratch, &slots[f - e->fields]);
		else
			refused = refuse_at(w->ret, &place, "unknown_field", NULL,
					    "the exchange %.*s has no field \"%s\"",
					    STR_FMT(e->name), quote(name, shown));
	}
	if (!refused)
		slots_put(e, slots, &scratch, removals, out);
	buf_free(&scratch);
	return refused;
}

static int
variants_read(const struct writer *w, struct mp *in, const struct where *at, struct buf *out)
{
	if (mp_get_nil(in)) {
		mp_put_array(out, 0);
		return 0;
	}
	if (mp_peek(in) != MP_ARRAY)
		return wrong_type(in, at, "a list of variants", w->ret);
	uint32_t n = mp_get_array(in);
	if (n > MAX_VARIANTS)
		return refuse_at(w->ret, at, "too_many_variants", "at most 16 variants",
				 "%u variants are too many", n);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++) {
		/* "variants[2].price", so the element belongs to the name */
		struct where item = WHERE_ITEM(at, i);
		if (fields_read(w, in, &item, true, out))
			return 1;
	}
	return 0;
}

/* ---- the whole ---- */

enum { BODY_TITLE, BODY_TEXT, BODY_LANGUAGE, BODY_FIELDS, BODY_VARIANTS, BODY_KEYS };

static const char *const part_names[] = {"title", "text", "language", "fields", "variants", NULL};

/* Where each part's value stands; MP_END where there is none. */
static void
parts_find(struct mp written, struct mp ret[BODY_KEYS])
{
	memset(ret, 0, BODY_KEYS * sizeof *ret);
	for (uint32_t n = mp_get_map(&written); n > 0; n--) {
		struct str name = mp_get_str(&written);
		for (int key = 0; key < BODY_KEYS; key++)
			if (str_is(name, part_names[key]))
				ret[key] = written;
		mp_get_raw(&written);
	}
}

static int
part_read(const struct writer *w, int key, struct mp *in, const struct where *at, bool whole,
	  struct buf *out)
{
	switch (key) {
	case BODY_TITLE:
		return title_read(in, at, out, w->ret);
	case BODY_TEXT:
		return text_read(in, at, out, w->ret);
	case BODY_LANGUAGE:
		return language_read(in, at, out, w->ret);
	case BODY_FIELDS:
		return fields_read(w, in, at, !whole, out);
	default:
		return variants_read(w, in, at, out);
	}
}

/* What stands for a part that is not written in a whole body; the title has to be. */
static int
part_missing(const struct writer *w, int key, const struct where *at, struct buf *out)
{
	switch (key) {
	case BODY_TITLE:
		return refuse_at(w->ret, at, "required_missing", "1 to 500 bytes on one line",
				 "a listing needs a title");
	case BODY_FIELDS:
		mp_put_map(out, 0);
		return 0;
	case BODY_VARIANTS:
		mp_put_array(out, 0);
		return 0;
	default:
		mp_put_nil(out);
		return 0;
	}
}

static int
parts_read(const struct writer *w, struct mp written, bool whole, struct buf *out,
	   uint32_t *ret_count)
{
	struct mp values[BODY_KEYS];
	*ret_count = 0;
	parts_find(written, values);
	for (int key = 0; key < BODY_KEYS; key++) {
		struct str name = str_of(part_names[key]);
		struct where at = WHERE_KEY(NULL, name);
		struct mp in = values[key];
		bool missing = mp_peek(&in) == MP_END;
		if (missing && !whole)
			continue;
		mp_put_str(out, name);
		if (missing ? part_missing(w, key, &at, out)
			    : part_read(w, key, &in, &at, whole, out))
			return 1;
		(*ret_count)++;
	}
	return 0;
}

int
intake_body(const struct exchange *e, enum side side, struct mp written, bool whole,
	    struct buf *out, struct refusal *ret)
{
	struct writer w = {e, side, ret};
	struct buf parts = BUF_EMPTY;
	uint32_t count = 0;
	int refused = 0;
	if (mp_peek(&written) != MP_MAP)
		return wrong_type(&written, NULL, "a map", ret);
	refused = parts_read(&w, written, whole, &parts, &count);
	if (!refused && parts.len >= MAX_BODY)
		refused = refuse_at(ret, NULL, "too_large", "less than 60000 bytes",
				    "the listing takes %zu bytes", parts.len);
	if (!refused) {
		mp_put_map(out, count);
		mp_put_raw(out, buf_str(&parts));
	}
	buf_free(&parts);
	return refused;
}
