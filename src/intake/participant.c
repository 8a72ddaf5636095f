/* A participant's attributes as canonical content or patch (core/body.h). */

#include "core/requisites.h"
#include "intake/date.h"
#include "intake/intake.h"
#include "intake/keyword.h"
#include "intake/statement.h"
#include "intake/where.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEADCOUNT_MAX = 10000000, REGION_MAX = 8, KOPECK_DECIMALS = 2 };

/* ---- texts ---- */

static int
line_read(struct mp *in, uint32_t max, const struct where *at, struct refusal *ret,
	  struct str *ret_text)
{
	char expected[48];
	snprintf(expected, sizeof expected, "1 to %u bytes on one line", max);
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	*ret_text = mp_get_str(in);
	enum text_problem problem = text_check(*ret_text, max, false);
	if (!problem)
		return 0;
	return refuse_at(ret, at,
			 problem == TEXT_TOO_LONG   ? "too_large"
			 : problem == TEXT_BAD_UTF8 ? "bad_utf8"
						    : "bad_value",
			 expected, "the text %s", text_problem_name(problem));
}

static int
name_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	struct str name;
	if (line_read(in, MAX_TITLE, at, ret, &name))
		return 1;
	mp_put_str(out, name);
	return 0;
}

static int
word_read(struct mp *in, const char *const *words, const char *expected, const struct where *at,
	  struct buf *out, struct refusal *ret)
{
	char shown[QUOTE];
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	struct str word = mp_get_str(in);
	for (; *words; words++) {
		if (str_eq(str_of(*words), word)) {
			mp_put_str(out, word);
			return 0;
		}
	}
	return refuse_at(ret, at, "bad_value", expected, "\"%s\" is none of these",
			 quote(word, shown));
}

static int
kind_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	return word_read(in, participant_kinds,
			 "legal_entity, sole_proprietor, person or foreign_entity", at, out, ret);
}

static int
size_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	return word_read(in, participant_sizes, "micro, small, medium or large", at, out, ret);
}

static int
inn_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	static const char expected[] = "10 or 12 digits with the right check digits";
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	struct str inn = mp_get_str(in);
	if (!inn_valid(inn))
		return refuse_at(ret, at, "inn_invalid", expected, "this is not an INN");
	mp_put_str(out, inn);
	return 0;
}

static int
ogrn_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	static const char expected[] = "13 digits (OGRN) or 15 (OGRNIP) with the right check digit";
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	struct str ogrn = mp_get_str(in);
	if (!ogrn_valid(ogrn))
		return refuse_at(ret, at, "ogrn_invalid", expected, "this is not an OGRN");
	mp_put_str(out, ogrn);
	return 0;
}

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Kept in small letters, as the keywords are with which it is compared. */
static int
region_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	static const char expected[] = "1 to 8 letters, digits and -";
	char folded[REGION_MAX];
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	struct str region = mp_get_str(in);
	bool ok = region.len > 0 && region.len <= REGION_MAX;
	for (uint32_t i = 0; ok && i < region.len; i++) {
		char c = region.p[i];
		ok = is_alphanumeric(c) || c == '-';
		folded[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	if (!ok)
		return refuse_at(ret, at, "bad_value", expected, "this is not a region's code");
	mp_put_str(out, (struct str){folded, region.len});
	return 0;
}

/* ---- numbers and dates ---- */

static int
headcount_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	int64_t v;
	if (number_read(in, 0, RATIO_ONE, at, ret, &v))
		return 1;
	if (v < 0 || v > HEADCOUNT_MAX)
		return refuse_at(ret, at, v < 0 ? "bad_value" : "too_large", "0 to 10000000",
				 "this is no number of people");
	mp_put_int(out, v);
	return 0;
}

static int
revenue_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	int64_t v;
	if (number_read(in, KOPECK_DECIMALS, RATIO_ONE, at, ret, &v))
		return 1;
	if (v < 0)
		return refuse_at(ret, at, "bad_value", "0 or more roubles",
				 "revenue cannot be below zero");
	mp_put_int(out, v);
	return 0;
}

static int
founded_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	int64_t days;
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "a date YYYY-MM-DD", ret);
	if (!date_parse(mp_get_str(in), &days))
		return refuse_at(ret, at, "bad_value", "a date YYYY-MM-DD", "there is no such day");
	mp_put_int(out, days);
	return 0;
}

/* ---- lists; an empty one says nothing and becomes nil ---- */

static int
okved_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	struct texts codes;
	if (codes_read(in, CODE_OKVED, NULL, MAX_OKVED, at, &codes, ret))
		return 1;
	if (codes.n > 0)
		texts_put(&codes, out);
	else
		mp_put_nil(out);
	texts_done(&codes);
	return 0;
}

static int
block_read(struct mp *in, const struct where *at, struct texts *to, struct refusal *ret)
{
	static const char expected[] = "a participant's id: 1 to 64 letters, digits, . _ and -";
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, expected, ret);
	struct str id = mp_get_str(in);
	if (!id_is_valid(id))
		return refuse_at(ret, at, "bad_value", expected, "this is not an id");
	texts_add(to, id);
	return 0;
}

static int
blocks_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	struct texts ids;
	int refused = 0;
	if (mp_peek(in) != MP_ARRAY)
		return wrong_type(in, at, "a list of participants' ids", ret);
	uint32_t n = mp_get_array(in);
	if (n > MAX_BLOCKS)
		return refuse_at(ret, at, "too_many_values", "at most 1000 ids",
				 "%u ids are too many", n);
	texts_init(&ids, n);
	for (uint32_t i = 0; i < n && !refused; i++) {
		struct where item = WHERE_ITEM(at, i);
		refused = block_read(in, &item, &ids, ret);
	}
	texts_sort(&ids);
	if (!refused && ids.n > 0)
		texts_put(&ids, out);
	else if (!refused)
		mp_put_nil(out);
	texts_done(&ids);
	return refused;
}

struct contact {
	struct str name, value;
};

static int
by_name(const void *a, const void *b)
{
	return str_cmp(((const struct contact *)a)->name, ((const struct contact *)b)->name);
}

static int
contacts_read(struct mp *in, const struct where *at, struct buf *out, struct refusal *ret)
{
	struct contact list[MAX_CONTACTS];
	if (mp_peek(in) != MP_MAP)
		return wrong_type(in, at, "a map of texts", ret);
	uint32_t n = mp_get_map(in);
	if (n > MAX_CONTACTS)
		return refuse_at(ret, at, "too_many_values", "at most 16 contacts",
				 "%u contacts are too many", n);
	for (uint32_t i = 0; i < n; i++) {
		struct mp key = *in;
		if (line_read(&key, MAX_CONTACT, at, ret, &list[i].name))
			return 1;
		*in = key;
		struct where place = WHERE_KEY(at, list[i].name);
		if (line_read(in, MAX_CONTACT, &place, ret, &list[i].value))
			return 1;
	}
	if (n == 0) {
		mp_put_nil(out);
		return 0;
	}
	qsort(list, n, sizeof *list, by_name);
	mp_put_map(out, n);
	for (uint32_t i = 0; i < n; i++) {
		mp_put_str(out, list[i].name);
		mp_put_str(out, list[i].value);
	}
	return 0;
}

/* ---- the whole ---- */

/* In the order of participant_keys. */
static int (*const attribute_read[])(struct mp *in, const struct where *at, struct buf *out,
				     struct refusal *ret) = {
    name_read, kind_read,      inn_read,     ogrn_read,	   region_read,	  okved_read,
    size_read, headcount_read, revenue_read, founded_read, contacts_read, blocks_read,
};

enum { KEYS = sizeof attribute_read / sizeof *attribute_read, KEY_NAME = 0, KEY_KIND = 1 };

static int
key_index(struct str key)
{
	for (int i = 0; i < KEYS; i++)
		if (str_eq(str_of(participant_keys[i]), key))
			return i;
	return -1;
}

/* Reads the attributes in the order written, remembering where each one's canonical value is. */
static int
attributes_read(struct mp *in, const struct where *at, bool whole, struct buf *values,
		struct str *ret_value, struct refusal *ret)
{
	size_t begin[KEYS], len[KEYS] = {0};
	char shown[QUOTE];
	uint32_t n = mp_get_map(in);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(in);
		struct where place = WHERE_KEY(at, key);
		int k = key_index(key);
		if (k < 0 && whole && str_eq(key, STR("id"))) {
			mp_get_raw(in);
			continue;
		}
		if (k < 0)
			return refuse_at(ret, &place, "unknown_field", NULL,
					 "a participant has no \"%s\"", quote(key, shown));
		begin[k] = values->len;
		if (mp_peek(in) == MP_NIL && k != KEY_NAME && k != KEY_KIND)
			mp_put_raw(values, mp_get_raw(in));
		else if (attribute_read[k](in, &place, values, ret))
			return 1;
		len[k] = values->len - begin[k];
	}
	for (int k = 0; k < KEYS; k++)
		ret_value[k] =
		    len[k] ? (struct str){(const char *)values->data + begin[k], (uint32_t)len[k]}
			   : STR_NONE;
	return 0;
}

/* Writes a whole content without its nils, a patch with them. */
static void
attributes_put(const struct str *value, bool whole, struct buf *out)
{
	static const struct str nil = {"\xc0", 1};
	uint32_t count = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (int k = 0; k < KEYS; k++) {
			if (!value[k].p || (whole && str_eq(value[k], nil)))
				continue;
			if (pass == 0) {
				count++;
			} else {
				mp_put_text(out, participant_keys[k]);
				mp_put_raw(out, value[k]);
			}
		}
		if (pass == 0)
			mp_put_map(out, count);
	}
}

/* What each kind's numbers look like; 0 digits: such a participant has none. */
static const struct kind_rule {
	const char *kind;
	uint32_t inn_digits, ogrn_digits;
	const char *inn_expected, *ogrn_expected;
} kind_rules[] = {
    {"legal_entity", 10, 13, "an INN of 10 digits", "an OGRN of 13 digits"},
    {"sole_proprietor", 12, 15, "an INN of 12 digits", "an OGRNIP of 15 digits"},
    {"person", 12, 0, "an INN of 12 digits", "no OGRN"},
    {"foreign_entity", 10, 0, "an INN of 10 digits", "no OGRN"},
};

static int
numbers_check(const struct kind_rule *rule, struct mp content, const struct where *at,
	      struct refusal *ret)
{
	struct mp inn_at = mp_find(content, STR("inn")), ogrn_at = mp_find(content, STR("ogrn"));
	struct str inn = mp_peek(&inn_at) == MP_STR ? mp_get_str(&inn_at) : STR_NONE;
	struct str ogrn = mp_peek(&ogrn_at) == MP_STR ? mp_get_str(&ogrn_at) : STR_NONE;
	struct where inn_place = WHERE_KEY(at, STR("inn")), ogrn_place = WHERE_KEY(at, STR("ogrn"));
	if (inn.p && inn.len != rule->inn_digits)
		return refuse_at(ret, &inn_place, "inn_invalid", rule->inn_expected,
				 "this INN does not fit the kind %s", rule->kind);
	if (ogrn.p && ogrn.len != rule->ogrn_digits)
		return refuse_at(ret, &ogrn_place, "ogrn_invalid", rule->ogrn_expected,
				 "this OGRN does not fit the kind %s", rule->kind);
	return 0;
}

static int
content_check(struct mp content, const struct where *at, struct refusal *ret)
{
	struct where name_place = WHERE_KEY(at, STR("name")),
		     kind_place = WHERE_KEY(at, STR("kind"));
	struct mp name = mp_find(content, STR("name")), kind_at = mp_find(content, STR("kind"));
	struct str kind = mp_get_str(&kind_at);
	if (mp_peek(&name) == MP_END)
		return refuse_at(ret, &name_place, "required_missing", "1 to 500 bytes on one line",
				 "a participant needs a name");
	for (size_t i = 0; i < sizeof kind_rules / sizeof *kind_rules; i++)
		if (str_eq(str_of(kind_rules[i].kind), kind))
			return numbers_check(&kind_rules[i], content, at, ret);
	return refuse_at(ret, &kind_place, "required_missing",
			 "legal_entity, sole_proprietor, person or foreign_entity",
			 "a participant needs a kind");
}

int
intake_participant_check(struct str content, struct refusal *ret)
{
	return content_check(mp_of(content), NULL, ret);
}

int
intake_participant(struct mp written, bool whole, const char *prefix, struct buf *out,
		   struct refusal *ret)
{
	struct where at = WHERE_KEY(NULL, str_of(prefix));
	struct buf values = BUF_EMPTY;
	struct str value[KEYS];
	size_t before = out->len;
	if (mp_peek(&written) != MP_MAP)
		return wrong_type(&written, &at, "a map of attributes", ret);
	int refused = attributes_read(&written, &at, whole, &values, value, ret);
	if (!refused) {
		attributes_put(value, whole, out);
		struct str content = {(const char *)out->data + before,
				      (uint32_t)(out->len - before)};
		if (whole && content_check(mp_of(content), &at, ret)) {
			out->len = before;
			refused = 1;
		}
	}
	buf_free(&values);
	return refused;
}
