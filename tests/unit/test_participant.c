/* Who somebody is: attributes are kept as meant, and numbers that do not fit are refused. */

#include "intake/intake.h"
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	bool whole;
	const char *written, *canonical;
} contents[] = {
    {true,
     "{\"id\": \"acme\", \"kind\": \"legal_entity\", \"name\": \"Сбер\", \"inn\": \"7707083893\", "
     "\"ogrn\": \"1027700132195\", \"region\": \"RU-Mow\", \"okved\": [\"64.19\", \"41.20\", "
     "\"41.2\"], \"size\": \"large\", \"headcount\": 280000, \"revenue\": \"1.50\", \"founded\": "
     "\"1991-06-20\", \"contacts\": {\"phone\": \"8\", \"mail\": \"a@b\"}, \"blocks\": [\"z\", "
     "\"a.b\", \"z\"]}",
     "{\"name\":\"Сбер\",\"kind\":\"legal_entity\",\"inn\":\"7707083893\",\"ogrn\":"
     "\"1027700132195\",\"region\":\"ru-mow\",\"okved\":[\"412\",\"6419\"],\"size\":\"large\","
     "\"headcount\":280000,\"revenue\":150,\"founded\":7840,\"contacts\":{\"mail\":\"a@b\","
     "\"phone\":\"8\"},\"blocks\":[\"a.b\",\"z\"]}"},
    {true,
     "{\"kind\": \"person\", \"name\": \"П\", \"region\": null, \"blocks\": [], \"okved\": []}",
     "{\"name\":\"П\",\"kind\":\"person\"}"},
    {true, "{\"kind\": \"person\", \"name\": \"П\", \"inn\": \"500100732259\"}",
     "{\"name\":\"П\",\"kind\":\"person\",\"inn\":\"500100732259\"}"},
    {true, "{\"kind\": \"legal_entity\", \"name\": \"G\", \"ogrn\": \"1027739198662\"}",
     "{\"name\":\"G\",\"kind\":\"legal_entity\",\"ogrn\":\"1027739198662\"}"},
    {true, "{\"kind\": \"sole_proprietor\", \"name\": \"I\", \"ogrn\": \"304500116000157\"}",
     "{\"name\":\"I\",\"kind\":\"sole_proprietor\",\"ogrn\":\"304500116000157\"}"},
    {true, "{\"kind\": \"foreign_entity\", \"name\": \"F\"}",
     "{\"name\":\"F\",\"kind\":\"foreign_entity\"}"},
    {false, "{\"revenue\": null, \"headcount\": \"7\", \"contacts\": {}, \"name\": \"n\"}",
     "{\"name\":\"n\",\"headcount\":7,\"revenue\":null,\"contacts\":null}"},
    {false, "{\"inn\": \"500100732259\"}", "{\"inn\":\"500100732259\"}"},
    {false, "{}", "{}"},
};

static void
contents_have_one_canonical_form(void **state)
{
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY, text = BUF_EMPTY;
	struct refusal refusal;
	(void)state;
	for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
		buf_clear(&written);
		buf_clear(&canonical);
		json_to_mp(contents[i].written, &written);
		if (intake_participant(mp_of(buf_str(&written)), contents[i].whole, "participant",
				       &canonical, &refusal))
			fail_msg("%s: %s at %s", contents[i].written, refusal.code, refusal.field);
		assert_string_equal(mp_to_json(buf_str(&canonical), &text), contents[i].canonical);
		if (contents[i].whole)
			assert_int_equal(intake_participant_check(buf_str(&canonical), &refusal),
					 0);
	}
	buf_free(&written);
	buf_free(&canonical);
	buf_free(&text);
}

/* Beside name and kind. */
#define LEGAL	"\"name\": \"n\", \"kind\": \"legal_entity\", \"inn\": \"7707083893\""
#define PERSON	"\"name\": \"n\", \"kind\": \"person\""
#define SOLE	"\"name\": \"n\", \"kind\": \"sole_proprietor\""
#define FOREIGN "\"name\": \"n\", \"kind\": \"foreign_entity\""

static const struct {
	const char *written, *code, *at;
} refused[] = {
    {"[]", "bad_type", "set"},
    {"{}", "required_missing", "set.name"},
    {"{\"name\": \"n\"}", "required_missing", "set.kind"},
    {"{\"name\": null}", "bad_type", "set.name"},
    {"{\"name\": \"\"}", "bad_value", "set.name"},
    {"{\"name\": \"n\", \"kind\": null}", "bad_type", "set.kind"},
    {"{\"name\": \"n\", \"kind\": \"robot\"}", "bad_value", "set.kind"},
    {"{\"status\": \"member\"}", "unknown_field", "set.status"},
    {"{" PERSON ", \"inn\": 500100732259}", "bad_type", "set.inn"},
    {"{" PERSON ", \"inn\": \"500100732258\"}", "inn_invalid", "set.inn"},
    {"{" PERSON ", \"inn\": \"7707083893\"}", "inn_invalid", "set.inn"},
    {"{" PERSON ", \"ogrn\": \"304500116000157\"}", "ogrn_invalid", "set.ogrn"},
    {"{" SOLE ", \"inn\": \"7707083893\"}", "inn_invalid", "set.inn"},
    {"{" SOLE ", \"ogrn\": \"1027700132195\"}", "ogrn_invalid", "set.ogrn"},
    {"{" FOREIGN ", \"inn\": \"500100732259\"}", "inn_invalid", "set.inn"},
    {"{" FOREIGN ", \"ogrn\": \"1027700132195\"}", "ogrn_invalid", "set.ogrn"},
    {"{" LEGAL ", \"ogrn\": \"304500116000157\"}", "ogrn_invalid", "set.ogrn"},
    {"{" LEGAL ", \"ogrn\": \"1027700132196\"}", "ogrn_invalid", "set.ogrn"},
    {"{" LEGAL ", \"ogrn\": 1027700132195}", "bad_type", "set.ogrn"},
    {"{" LEGAL ", \"region\": \"\"}", "bad_value", "set.region"},
    {"{" LEGAL ", \"region\": \"123456789\"}", "bad_value", "set.region"},
    {"{" LEGAL ", \"region\": \"7_7\"}", "bad_value", "set.region"},
    {"{" LEGAL ", \"region\": 77}", "bad_type", "set.region"},
    {"{" LEGAL ", \"okved\": \"28\"}", "bad_type", "set.okved"},
    {"{" LEGAL ", \"okved\": [\"28\", \"x\"]}", "unknown_code", "set.okved[1]"},
    {"{" LEGAL ", \"size\": \"huge\"}", "bad_value", "set.size"},
    {"{" LEGAL ", \"size\": 5}", "bad_type", "set.size"},
    {"{" LEGAL ", \"headcount\": 10000001}", "too_large", "set.headcount"},
    {"{" LEGAL ", \"headcount\": -1}", "bad_value", "set.headcount"},
    {"{" LEGAL ", \"headcount\": 1.5}", "bad_type", "set.headcount"},
    {"{" LEGAL ", \"headcount\": \"1.5\"}", "too_many_decimals", "set.headcount"},
    {"{" LEGAL ", \"revenue\": \"1.005\"}", "too_many_decimals", "set.revenue"},
    {"{" LEGAL ", \"revenue\": -1}", "bad_value", "set.revenue"},
    {"{" LEGAL ", \"revenue\": NaN}", "not_finite", "set.revenue"},
    {"{" LEGAL ", \"founded\": 1991}", "bad_type", "set.founded"},
    {"{" LEGAL ", \"founded\": \"1991\"}", "bad_value", "set.founded"},
    {"{" LEGAL ", \"contacts\": []}", "bad_type", "set.contacts"},
    {"{" LEGAL ", \"contacts\": {\"\": \"x\"}}", "bad_value", "set.contacts"},
    {"{" LEGAL ", \"contacts\": {\"phone\": 8}}", "bad_type", "set.contacts.phone"},
    {"{" LEGAL ", \"contacts\": {\"phone\": \"\002\"}}", "bad_value", "set.contacts.phone"},
    {"{" LEGAL ", \"blocks\": \"a\"}", "bad_type", "set.blocks"},
    {"{" LEGAL ", \"blocks\": [\"a\", 5]}", "bad_type", "set.blocks[1]"},
    {"{" LEGAL ", \"blocks\": [\"a b\"]}", "bad_value", "set.blocks[0]"},
    {"{" LEGAL ", \"blocks\": [\"\"]}", "bad_value", "set.blocks[0]"},
};

static void
what_is_wrong_is_named(void **state)
{
	struct buf written = BUF_EMPTY, out = BUF_EMPTY;
	struct refusal refusal;
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		buf_clear(&written);
		json_to_mp(refused[i].written, &written);
		if (!intake_participant(mp_of(buf_str(&written)), true, "set", &out, &refusal))
			fail_msg("%s was accepted", refused[i].written);
		if (strcmp(refusal.code, refused[i].code) != 0 ||
		    strcmp(refusal.field, refused[i].at) != 0)
			fail_msg("%s: %s at %s", refused[i].written, refusal.code, refusal.field);
		assert_int_equal(out.len, 0);
	}
	buf_free(&written);
	buf_free(&out);
}

static void
lists_are_bounded(void **state)
{
	static const struct {
		const char *key, *element;
		uint32_t max;
	} lists[] = {{"okved", "28", MAX_OKVED}, {"blocks", "a", MAX_BLOCKS}};
	struct buf written = BUF_EMPTY, out = BUF_EMPTY;
	struct refusal refusal;
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (uint32_t more = 0; more < 2; more++) {
			buf_clear(&written);
			mp_put_map(&written, 1);
			mp_put_text(&written, lists[i].key);
			mp_put_array(&written, lists[i].max + more);
			for (uint32_t k = 0; k < lists[i].max + more; k++)
				mp_put_text(&written, lists[i].element);
			assert_int_equal(intake_participant(mp_of(buf_str(&written)), false, "set",
							    &out, &refusal),
					 more);
		}
		assert_string_equal(refusal.code, "too_many_values");
	}
	buf_clear(&written);
	mp_put_map(&written, 1);
	mp_put_text(&written, "contacts");
	mp_put_map(&written, MAX_CONTACTS + 1);
	for (int k = 0; k <= MAX_CONTACTS; k++) {
		char name[8];
		snprintf(name, sizeof name, "c%d", k);
		mp_put_text(&written, name);
		mp_put_text(&written, "x");
	}
	assert_int_equal(intake_participant(mp_of(buf_str(&written)), false, "set", &out, &refusal),
			 1);
	assert_string_equal(refusal.code, "too_many_values");
	buf_free(&written);
	buf_free(&out);
}

/* The kind changes while the INN stays: only the merged content shows that they disagree. */
static void
a_patched_content_is_checked_as_a_whole(void **state)
{
	struct buf content = BUF_EMPTY, patch = BUF_EMPTY, out = BUF_EMPTY, text = BUF_EMPTY;
	struct refusal refusal;
	(void)state;
	json_to_mp("{\"name\": \"n\", \"kind\": \"legal_entity\", \"inn\": \"7707083893\"}",
		   &content);
	json_to_mp("{\"kind\": \"person\", \"region\": \"77\"}", &patch);
	participant_patch(buf_str(&content), buf_str(&patch), &out);
	assert_string_equal(
	    mp_to_json(buf_str(&out), &text),
	    "{\"name\":\"n\",\"kind\":\"person\",\"inn\":\"7707083893\",\"region\":\"77\"}");
	assert_int_equal(intake_participant_check(buf_str(&out), &refusal), 1);
	assert_string_equal(refusal.code, "inn_invalid");
	assert_string_equal(refusal.field, "inn");

	buf_free(&content);
	buf_free(&patch);
	buf_free(&out);
	buf_free(&text);
}

static void
attributes_are_shown_as_written(void **state)
{
	static const struct {
		const char *key, *canonical, *shown;
	} attributes[] = {
	    {"revenue", "150", "\"1.5\""},
	    {"revenue", "100", "1"},
	    {"founded", "7840", "\"1991-06-20\""},
	    {"okved", "[\"412\",\"6419\"]", "[\"41.2\",\"64.19\"]"},
	    {"headcount", "7", "7"},
	    {"contacts", "{\"a\":\"b\"}", "{\"a\":\"b\"}"},
	};
	struct buf canonical = BUF_EMPTY, shown = BUF_EMPTY, text = BUF_EMPTY;
	(void)state;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		buf_clear(&canonical);
		buf_clear(&shown);
		json_to_mp(attributes[i].canonical, &canonical);
		intake_show_attribute(str_of(attributes[i].key), mp_of(buf_str(&canonical)),
				      &shown);
		assert_string_equal(mp_to_json(buf_str(&shown), &text), attributes[i].shown);
	}
	buf_free(&canonical);
	buf_free(&shown);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(contents_have_one_canonical_form),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(lists_are_bounded),
	    cmocka_unit_test(a_patched_content_is_checked_as_a_whole),
	    cmocka_unit_test(attributes_are_shown_as_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
