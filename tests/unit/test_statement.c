/* What people write about a field becomes the statement they meant, or is refused by name. */

#include "intake/intake.h"
#include "intake/keyword.h"
#include "intake/statement.h"
#include "json.h"
#include "market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <utf8proc.h>

/* Reads the written JSON; the canonical statement is appended to `out` where it is accepted. */
static int
read_written(const struct exchange *e, const char *field, enum side side, struct str written,
	     struct buf *out, struct refusal *ret)
{
	struct written w = {market_field(e, field), side, ret};
	struct where at = WHERE_KEY(NULL, w.field->name);
	struct mp in = mp_of(written);
	return statement_read(&w, &in, &at, out);
}

/* ---- accepted ---- */

static const struct {
	const char *field;
	const char *written;
	const char *canonical;
	const char *shown;
	enum side side;
} accepted[] = {
    {"material", "\"Steel\"", "[0,0,[\"steel\"],[],[]]", "\"steel\""},
    {"material", "\"  ЁЛКА \"", "[0,0,[\"ёлка\"],[],[]]", "\"ёлка\""},
    {"material", "\"e\u0301\"", "[0,0,[\"é\"],[],[]]", "\"é\""},
    {"material", "\"Straße\"", "[0,0,[\"strasse\"],[],[]]", "\"strasse\""},
    {"material", "[\"zinc\", \"Brass\", \"brass\"]", "[0,0,[\"brass\",\"zinc\"],[],[]]",
     "[\"brass\",\"zinc\"]"},
    {"material", "{\"any_of\": [\"a\", \"b\"], \"none_of\": [\"B\", \"c\"]}", "[0,0,[\"a\"],[],[]]",
     "\"a\""},
    {"material", "{\"none_of\": [\"b\", \"a\"]}", "[0,2,[],[\"a\",\"b\"],[]]",
     "{\"none_of\":[\"a\",\"b\"]}"},
    {"material", "{\"none_of\": []}", "[0,2,[],[],[]]", "{\"none_of\":[]}"},
    {"material", "{\"veto\": [\"x\"]}", "[0,2,[],[],[\"x\"]]", "{\"veto\":[\"x\"]}"},
    {"material", "{\"veto\": []}", "[0,2,[],[],[]]", "{\"none_of\":[]}"},
    {"material", "{\"prefer\": true, \"any_of\": [\"a\"], \"veto\": [\"x\"]}",
     "[0,1,[\"a\"],[],[\"x\"]]", "{\"any_of\":[\"a\"],\"veto\":[\"x\"],\"prefer\":true}"},
    {"material", "{\"prefer\": false, \"any_of\": [\"a\"]}", "[0,0,[\"a\"],[],[]]", "\"a\""},
    {"grade", "\"FIRST\"", "[0,0,[\"first\"],[],[]]", "\"first\""},
    {"certified", "true", "[0,0,[\"true\"],[],[]]", "true"},
    {"certified", "[true, false, true]", "[0,0,[\"false\",\"true\"],[],[]]", "[false,true]"},
    {"certified", "{\"none_of\": [false]}", "[0,2,[],[\"false\"],[]]", "{\"none_of\":[false]}"},
    {"activity", "\"28.41\"", "[0,0,[\"2841\"],[],[]]", "\"28.41\""},
    {"activity", "[\"28.40\", \"28.4\", \"10\"]", "[0,0,[\"10\",\"284\"],[],[]]",
     "[\"10\",\"28.4\"]"},
    {"activity", "{\"any_of\": [\"28\", \"28.41\"], \"none_of\": [\"28.4\"]}",
     "[0,0,[\"28\"],[\"284\"],[]]", "{\"any_of\":[\"28\"],\"none_of\":[\"28.4\"]}"},
    {"activity", "{\"none_of\": [\"28.9\"]}", "[0,2,[\"\"],[\"289\"],[]]",
     "{\"none_of\":[\"28.9\"]}"},
    {"activity", "{\"veto\": [\"10\"], \"prefer\": true}", "[0,3,[\"\"],[],[\"10\"]]",
     "{\"veto\":[\"10\"],\"prefer\":true}"},
    {"patent", "[\"a01b 3/12\", \"A01B 3\"]", "[0,0,[\"A01B3/\",\"A01B3/12;\"],[],[]]",
     "[\"A01B 3/00\",\"A01B 3/12\"]"},
    {"customs", "\"49.43\"", "[0,0,[\"49.43.\"],[],[]]", "\"49.43\""},
    {"price", "1500", "[1,0,150000,150000]", "1500"},
    {"price", "\"19.99\"", "[1,0,1999,1999]", "\"19.99\""},
    {"price", "{\"value\": \"19.90\", \"currency\": \"RUB\", \"prefer\": true}", "[1,1,1990,1990]",
     "{\"value\":\"19.9\",\"prefer\":true}"},
    {"price", "{\"from\": 10}", "[1,0,1000,null]", "{\"from\":10}"},
    {"price", "{\"to\": -1, \"prefer\": true}", "[1,1,null,-100]", "{\"to\":-1,\"prefer\":true}"},
    {"price", "{\"to\": 20, \"from\": \"19.99\"}", "[1,0,1999,2000]",
     "{\"from\":\"19.99\",\"to\":20}"},
    {"pieces", "5", "[1,0,5,null]", "{\"from\":5}", NEED},
    {"pieces", "5", "[1,0,null,5]", "{\"to\":5}", OFFER},
    {"pieces", "{\"from\": 5, \"to\": 5}", "[1,0,5,5]", "{\"from\":5,\"to\":5}", OFFER},
    {"length", "{\"value\": \"2.5\", \"unit\": \"cm\"}", "[1,0,2500,2500]", "25"},
    {"length", "{\"from\": 1, \"to\": 2, \"unit\": \"in\"}", "[1,0,2540,5080]",
     "{\"from\":\"25.4\",\"to\":\"50.8\"}"},
    {"length", "{\"from\": 10, \"unit\": \"um\"}", "[1,0,1,null]", "{\"from\":\"0.01\"}"},
    {"length", "{\"value\": 3, \"unit\": \"mm\"}", "[1,0,300,300]", "3"},
    {"start", "\"2026-11-23\"", "[1,0,20780,20780]", "\"2026-11-23\""},
    {"start", "{\"from\": \"1969-12-31\", \"to\": \"1970-01-01\"}", "[1,0,-1,0]",
     "{\"from\":\"1969-12-31\",\"to\":\"1970-01-01\"}"},
    {"readiness", "\"Middle\"", "[1,0,1,1]", "\"middle\""},
    {"readiness", "{\"from\": \"low\", \"to\": \"high\"}", "[1,0,0,2]",
     "{\"from\":\"low\",\"to\":\"high\"}"},
    {"size", "[1, 3, \"2.5\"]", "[2,0,[30,25,10]]", "[3,\"2.5\",1]"},
    {"size", "{\"value\": [0, \"0.5\"], \"unit\": \"m\", \"prefer\": true}", "[2,1,[5000,0]]",
     "{\"value\":[500,0],\"prefer\":true}"},
    {"place", "{\"lat\": 0, \"lon\": 0}", "[3,0,6371000,0,0,null,0,0,null]",
     "{\"lat\":\"0\",\"lon\":\"0\"}"},
    {"place", "{\"lat\": \"-90\", \"lon\": \"12.5\"}",
     "[3,0,0,0,-6371000,null,-900000000,125000000,null]", "{\"lat\":\"-90\",\"lon\":\"12.5\"}"},
    {"place", "{\"lat\": 0, \"lon\": 180, \"radius_km\": \"1.5\", \"prefer\": true}",
     "[3,1,-6371000,0,0,2250000,0,1800000000,1500]",
     "{\"lat\":\"0\",\"lon\":\"180\",\"radius_m\":1500,\"prefer\":true}"},
    {"place", "{\"lat\": \"55.7558\", \"lon\": \"37.6173\", \"radius_m\": 20016000}",
     "[3,0,2839775,2188287,5266566,162358564000000,557558000,376173000,20016000]",
     "{\"lat\":\"55.7558\",\"lon\":\"37.6173\",\"radius_km\":20016}"},
    {"place", "{\"lat\": 0, \"lon\": 90, \"radius_m\": 0}", "[3,0,0,6371000,0,0,0,900000000,0]",
     "{\"lat\":\"0\",\"lon\":\"90\",\"radius_km\":0}"},
};

static void
written_values_have_one_canonical_form(void **state)
{
	const struct exchange *e = *state;
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY, shown = BUF_EMPTY, text = BUF_EMPTY;
	struct refusal refusal;
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		buf_clear(&written);
		buf_clear(&canonical);
		buf_clear(&shown);
		json_to_mp(accepted[i].written, &written);
		if (read_written(e, accepted[i].field, accepted[i].side, buf_str(&written),
				 &canonical, &refusal))
			fail_msg("%s %s: %s: %s", accepted[i].field, accepted[i].written,
				 refusal.code, refusal.message);
		assert_string_equal(mp_to_json(buf_str(&canonical), &text), accepted[i].canonical);
		intake_show_statement(market_field(e, accepted[i].field), buf_str(&canonical),
				      &shown);
		assert_string_equal(mp_to_json(buf_str(&shown), &text), accepted[i].shown);
	}
	buf_free(&written);
	buf_free(&canonical);
	buf_free(&shown);
	buf_free(&text);
}

/* ---- refused ---- */

static const struct {
	const char *field;
	const char *written;
	const char *code;
	const char *at;
} refused[] = {
    {"material", "5", "bad_type", "material"},
    {"material", "null", "bad_type", "material"},
    {"material", "true", "bad_type", "material"},
    {"material", "\"  \"", "bad_value", "material"},
    {"material", "\"a\001b\"", "bad_value", "material"},
    {"material", "\"a\xff\"", "bad_utf8", "material"},
    {"material", "\"\xd0\x96\xff\"", "bad_utf8", "material"},
    {"material", "[]", "empty_set", "material"},
    {"material", "{}", "bad_value", "material"},
    {"material", "{\"prefer\": true}", "bad_value", "material"},
    {"material", "{\"prefer\": 1, \"any_of\": [\"a\"]}", "bad_type", "material.prefer"},
    {"material", "{\"any_of\": []}", "empty_set", "material"},
    {"material", "{\"any_of\": \"a\"}", "bad_type", "material.any_of"},
    {"material", "{\"any_of\": [\"a\"], \"none_of\": [\"A\"]}", "empty_set", "material"},
    {"material", "{\"any_of\": [\"a\", [\"b\"]]}", "bad_type", "material.any_of[1]"},
    {"material", "{\"some_of\": [\"a\"]}", "unknown_field", "material.some_of"},
    {"grade", "\"third\"", "bad_value", "grade"},
    {"grade", "{\"veto\": [\"third\"]}", "bad_value", "grade.veto[0]"},
    {"certified", "\"true\"", "bad_type", "certified"},
    {"certified", "1", "bad_type", "certified"},
    {"activity", "\"28.99.9999\"", "unknown_code", "activity"},
    {"activity", "\"28.42\"", "unknown_code", "activity"},
    {"activity", "[\"28\", \"29\"]", "unknown_code", "activity[1]"},
    {"activity", "28", "bad_type", "activity"},
    {"activity", "{\"any_of\": [\"28.41\"], \"none_of\": [\"28\"]}", "empty_set", "activity"},
    {"patent", "\"Z99\"", "unknown_code", "patent"},
    {"customs", "\"4..9\"", "unknown_code", "customs"},
    {"price", "1.5", "bad_type", "price"},
    {"price", "NaN", "not_finite", "price"},
    {"price", "{\"from\": Infinity}", "not_finite", "price.from"},
    {"price", "{\"value\": 19.99}", "bad_type", "price.value"},
    {"price", "\"19.999\"", "too_many_decimals", "price"},
    {"price", "\"ten\"", "bad_value", "price"},
    {"price", "\"\"", "bad_value", "price"},
    {"price", "10000000000001", "too_large", "price"},
    {"price", "18446744073709551615", "too_large", "price"},
    {"price", "-9223372036854775808", "too_large", "price"},
    {"price", "{\"from\": 2, \"to\": 1}", "range_reversed", "price"},
    {"price", "{}", "bad_value", "price"},
    {"price", "{\"prefer\": true}", "bad_value", "price"},
    {"price", "{\"currency\": \"RUB\"}", "bad_value", "price"},
    {"price", "{\"value\": 1, \"from\": 1}", "bad_value", "price.value"},
    {"price", "{\"value\": 1, \"currency\": \"USD\"}", "unknown_currency", "price.currency"},
    {"price", "{\"value\": 1, \"currency\": 643}", "bad_type", "price.currency"},
    {"price", "{\"value\": 1, \"unit\": \"kg\"}", "unknown_field", "price.unit"},
    {"price", "{\"value\": 1, \"prefer\": \"yes\"}", "bad_type", "price.prefer"},
    {"price", "{\"from\": null}", "bad_type", "price.from"},
    {"price", "[1, 2]", "bad_type", "price"},
    {"length", "{\"value\": 1, \"unit\": \"ell\"}", "unknown_unit", "length.unit"},
    {"length", "{\"value\": 1, \"unit\": 5}", "bad_type", "length.unit"},
    {"length", "{\"value\": 1, \"currency\": \"RUB\"}", "unknown_field", "length.currency"},
    {"length", "{\"value\": 1, \"unit\": \"um\"}", "too_many_decimals", "length.value"},
    {"length", "{\"to\": 1000000000001, \"unit\": \"cm\"}", "too_large", "length.to"},
    {"pieces", "{\"value\": 1, \"unit\": \"mm\"}", "unknown_unit", "pieces.unit"},
    {"pieces", "\"1.5\"", "too_many_decimals", "pieces"},
    {"start", "\"2023-02-29\"", "bad_value", "start"},
    {"start", "20780", "bad_type", "start"},
    {"start", "{\"from\": \"2024-01-02\", \"to\": \"2024-01-01\"}", "range_reversed", "start"},
    {"start", "{\"from\": \"2024-01-02\", \"unit\": \"d\"}", "unknown_field", "start.unit"},
    {"readiness", "\"highest\"", "bad_value", "readiness"},
    {"readiness", "1", "bad_type", "readiness"},
    {"readiness", "{\"from\": \"high\", \"to\": \"low\"}", "range_reversed", "readiness"},
    {"size", "5", "bad_type", "size"},
    {"size", "[]", "bad_value", "size"},
    {"size", "[1, 2, 3, 4]", "too_many_values", "size"},
    {"size", "[1, -1]", "bad_value", "size[1]"},
    {"size", "{\"value\": [1, \"x\"]}", "bad_value", "size.value[1]"},
    {"size", "{\"prefer\": true}", "bad_value", "size"},
    {"size", "{\"value\": 5}", "bad_type", "size.value"},
    {"size", "{\"value\": [5], \"unit\": \"km\"}", "unknown_unit", "size.unit"},
    {"size", "{\"value\": [5], \"from\": 1}", "unknown_field", "size.from"},
    {"place", "[55, 37]", "bad_type", "place"},
    {"place", "{\"lat\": 55}", "bad_value", "place.lon"},
    {"place", "{\"lon\": 55}", "bad_value", "place.lat"},
    {"place", "{\"lat\": 91, \"lon\": 0}", "bad_value", "place.lat"},
    {"place", "{\"lat\": 0, \"lon\": \"-180.0000001\"}", "bad_value", "place.lon"},
    {"place", "{\"lat\": \"0.00000001\", \"lon\": 0}", "too_many_decimals", "place.lat"},
    {"place", "{\"lat\": 55.75, \"lon\": 0}", "bad_type", "place.lat"},
    {"place", "{\"lat\": 0, \"lon\": 0, \"radius_m\": -1}", "bad_value", "place.radius_m"},
    {"place", "{\"lat\": 0, \"lon\": 0, \"radius_m\": \"0.5\"}", "too_many_decimals",
     "place.radius_m"},
    {"place", "{\"lat\": 0, \"lon\": 0, \"radius_m\": 1, \"radius_km\": 1}", "bad_value",
     "place.radius_km"},
    {"place", "{\"lat\": 0, \"lon\": 0, \"radius\": 1}", "unknown_field", "place.radius"},
    {"place", "{\"lat\": 0, \"lon\": 0, \"prefer\": 0}", "bad_type", "place.prefer"},
};

static void
what_cannot_be_meant_is_refused_by_name(void **state)
{
	const struct exchange *e = *state;
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY;
	struct refusal refusal;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		buf_clear(&written);
		json_to_mp(refused[i].written, &written);
		if (!read_written(e, refused[i].field, NEED, buf_str(&written), &canonical,
				  &refusal))
			fail_msg("%s %s was accepted", refused[i].field, refused[i].written);
		if (strcmp(refusal.code, refused[i].code) != 0 ||
		    strcmp(refusal.field, refused[i].at) != 0)
			fail_msg("%s %s: %s at %s", refused[i].field, refused[i].written,
				 refusal.code, refusal.field);
		assert_true(refusal.message[0] != '\0');
		assert_int_equal(canonical.len, 0);
	}
	buf_free(&written);
	buf_free(&canonical);
}

static void
sizes_are_bounded(void **state)
{
	const struct exchange *e = *state;
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY;
	struct refusal refusal;
	char text[MAX_KEYWORD * 5];

	mp_put_array(&written, MAX_VALUES + 1);
	for (int i = 0; i <= MAX_VALUES; i++)
		mp_put_text(&written, "a");
	assert_int_equal(read_written(e, "material", NEED, buf_str(&written), &canonical, &refusal),
			 1);
	assert_string_equal(refusal.code, "too_many_values");

	memset(text, 'A', sizeof text);
	for (uint32_t len = MAX_KEYWORD; len < sizeof text; len++) {
		buf_clear(&written);
		mp_put_str(&written, (struct str){text, len});
		int result =
		    read_written(e, "material", NEED, buf_str(&written), &canonical, &refusal);
		assert_int_equal(result, len > MAX_KEYWORD);
		if (result)
			assert_string_equal(refusal.code, "key_too_long");
	}
	/* 128 bytes of folded Cyrillic, then two more */
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "Ж", 2);
	char folded[MAX_KEYWORD];
	uint32_t len;
	assert_int_equal(keyword_fold((struct str){text, 128}, folded, &len), TEXT_OK);
	assert_int_equal(keyword_fold((struct str){text, 130}, folded, &len), TEXT_TOO_LONG);
	buf_free(&written);
	buf_free(&canonical);
}

/* ---- folding ---- */

/* Folds twice; the second time nothing may change. */
static void
check_fold(const char *text, uint32_t len)
{
	char once[MAX_KEYWORD], twice[MAX_KEYWORD];
	uint32_t once_len, twice_len;
	if (keyword_fold((struct str){text, len}, once, &once_len) != TEXT_OK)
		return;
	assert_int_equal(keyword_fold((struct str){once, once_len}, twice, &twice_len), TEXT_OK);
	if (once_len != twice_len || memcmp(once, twice, once_len) != 0)
		fail_msg("%.*s folds to %.*s, then %.*s", (int)len, text, (int)once_len, once,
			 (int)twice_len, twice);
}

static void
folding_is_done_after_once(void **state)
{
	uint8_t text[64];
	uint64_t seed = 1;
	(void)state;
	for (utf8proc_int32_t c = 0; c < 0x110000; c++)
		if (utf8proc_codepoint_valid(c))
			check_fold((char *)text, (uint32_t)utf8proc_encode_char(c, text));
	/* letters with marks in all orders, where folding and composing meet */
	static const utf8proc_int32_t pool[] = {
	    'A',   0xc5,  0x130, 0x345, 0x301,	0x308,	0x3b1,	0x1f80, 0x1fbc, 0x1e9e, 0x149,
	    0x390, 0x327, 0x323, 0x3a3, 0x212a, 0x1e9b, 0xfb03, 0x587,	0x13a0, 0x10d0};
	for (int i = 0; i < 200000; i++) {
		uint32_t len = 0;
		for (int k = 0; k < 6; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			utf8proc_int32_t c = pool[(seed >> 33) % (sizeof pool / sizeof *pool)];
			len += (uint32_t)utf8proc_encode_char(c, text + len);
		}
		check_fold((char *)text, len);
	}
}

/* ---- round trip ---- */

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static void
put_random_number(uint64_t *seed, unsigned decimals, struct buf *out)
{
	char text[NUMBER_TEXT];
	int64_t v = (int64_t)next(seed, 2000000) - 1000000;
	if (next(seed, 2)) {
		mp_put_int(out, v);
		return;
	}
	number_format(v, decimals, text);
	mp_put_text(out, text);
}

static void
put_random_element(uint64_t *seed, enum field_type type, const char *name, struct buf *out)
{
	static const char *const words[] = {"Сталь", "steel", "ŁÓDŹ", "ﬁn", "a b", "ß"};
	static const char *const okved[] = {"28", "28.4", "28.41", "28.9", "28.90", "10"};
	static const char *const ipc[] = {"A", "A01", "A01B", "A01B 3/12", "A01B 3", "H04L 1/00"};
	static const char *const customs[] = {"1", "1.2", "1.2.3", "49", "49.4", "49.43"};
	size_t i = next(seed, 6);
	if (type == FIELD_FLAG)
		mp_put_bool(out, i & 1);
	else if (type == FIELD_KEYWORD)
		mp_put_text(out, words[i]);
	else
		mp_put_text(out, *name == 'a' ? okved[i] : *name == 'p' ? ipc[i] : customs[i]);
}

static void
put_random_set(uint64_t *seed, enum field_type type, const char *name, struct buf *out)
{
	static const char *const keys[] = {"any_of", "none_of", "veto"};
	unsigned which = 1 + (unsigned)next(seed, 7);
	uint32_t count = (which & 1) + (which >> 1 & 1) + (which >> 2 & 1);
	mp_put_map(out, count + 1);
	for (int k = 0; k < 3; k++) {
		if (!(which >> k & 1))
			continue;
		uint32_t n = (uint32_t)next(seed, 4);
		mp_put_text(out, keys[k]);
		mp_put_array(out, n);
		for (uint32_t i = 0; i < n; i++)
			put_random_element(seed, type, name, out);
	}
	mp_put_text(out, "prefer");
	mp_put_bool(out, next(seed, 2));
}

static void
put_random_end(uint64_t *seed, const struct field *f, struct buf *out)
{
	char date[16];
	if (f->type == FIELD_DATE) {
		snprintf(date, sizeof date, "%04d-%02d-%02d", 1 + (int)next(seed, 9999),
			 1 + (int)next(seed, 12), 1 + (int)next(seed, 28));
		mp_put_text(out, date);
	} else if (f->type == FIELD_ORDINAL) {
		mp_put_str(out, f->labels[next(seed, f->n_labels)].name);
	} else {
		put_random_number(seed, f->decimals, out);
	}
}

static void
put_random_interval(uint64_t *seed, const struct field *f, struct buf *out)
{
	static const char *const units[] = {"mm", "cm", "in"};
	uint64_t form = next(seed, 4);
	if (form == 0) {
		put_random_end(seed, f, out);
		return;
	}
	bool unit = f->n_units > 0;
	mp_put_map(out, (form == 3 ? 2 : 1) + unit);
	if (form & 1) {
		mp_put_text(out, "from");
		put_random_end(seed, f, out);
	}
	if (form & 2) {
		mp_put_text(out, "to");
		put_random_end(seed, f, out);
	}
	if (unit) {
		mp_put_text(out, "unit");
		mp_put_text(out, units[next(seed, 3)]);
	}
}

static void
put_random_place(uint64_t *seed, struct buf *out)
{
	char text[NUMBER_TEXT];
	mp_put_map(out, 3);
	mp_put_text(out, "lat");
	number_format((int64_t)next(seed, 1800000001) - 900000000, 7, text);
	mp_put_text(out, text);
	mp_put_text(out, "lon");
	number_format((int64_t)next(seed, 1800000001) - 900000000, 7, text);
	mp_put_text(out, text);
	mp_put_text(out, "radius_m");
	mp_put_int(out, (int64_t)next(seed, 30000000));
}

static void
put_random(uint64_t *seed, const struct field *f, struct buf *out)
{
	if (field_is_set(f)) {
		put_random_set(seed, f->type, f->name.p, out);
	} else if (field_is_interval(f)) {
		put_random_interval(seed, f, out);
	} else if (f->type == FIELD_GEO) {
		put_random_place(seed, out);
	} else {
		uint32_t n = 1 + (uint32_t)next(seed, 3);
		mp_put_array(out, n);
		for (uint32_t i = 0; i < n; i++)
			put_random_number(seed, f->decimals, out);
	}
}

/* Publishing what a listing shows must not change the listing. */
static void
shown_statements_read_back(void **state)
{
	const struct exchange *e = *state;
	struct buf written = BUF_EMPTY, first = BUF_EMPTY, shown = BUF_EMPTY, second = BUF_EMPTY;
	uint64_t seed = 7;
	int accepted_count = 0;
	for (int i = 0; i < 40000; i++) {
		const struct field *f = &e->fields[next(&seed, e->n_fields)];
		enum side side = (enum side)next(&seed, 2);
		struct refusal refusal;
		struct where at = WHERE_KEY(NULL, f->name);
		struct written w = {f, side, &refusal};
		buf_clear(&written);
		buf_clear(&first);
		buf_clear(&shown);
		buf_clear(&second);
		put_random(&seed, f, &written);
		struct mp in = mp_of(buf_str(&written));
		if (f->values || statement_read(&w, &in, &at, &first))
			continue;
		assert_int_equal(mp_check(buf_str(&first), 4, 10000, NULL), MP_OK);
		intake_show_statement(f, buf_str(&first), &shown);
		in = mp_of(buf_str(&shown));
		if (statement_read(&w, &in, &at, &second))
			fail_msg("%.*s: shown is refused: %s", STR_FMT(f->name), refusal.message);
		assert_true(str_eq(buf_str(&first), buf_str(&second)));
		accepted_count++;
	}
	assert_true(accepted_count > 10000);
	buf_free(&written);
	buf_free(&first);
	buf_free(&shown);
	buf_free(&second);
}

static int
open_market(void **state)
{
	*state = market_open();
	return 0;
}

static int
close_market(void **state)
{
	market_close(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(written_values_have_one_canonical_form),
	    cmocka_unit_test(what_cannot_be_meant_is_refused_by_name),
	    cmocka_unit_test(sizes_are_bounded),
	    cmocka_unit_test(folding_is_done_after_once),
	    cmocka_unit_test(shown_statements_read_back),
	};
	return cmocka_run_group_tests(tests, open_market, close_market);
}
