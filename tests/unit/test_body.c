/* A listing's whole content: what is missing, patched, or not the listing's to say. */

#include "intake/intake.h"
#include "json.h"
#include "market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- whole bodies and patches ---- */

static const struct {
	bool whole;
	const char *written, *canonical;
} bodies[] = {
    {true, "{\"title\": \"Валы\", \"key\": \"x\"}",
     "{\"title\":\"Валы\",\"text\":null,\"language\":null,\"fields\":{},\"variants\":[]}"},
    {true,
     "{\"variants\": [{\"price\": {\"to\": 5}, \"material\": null}, {}], \"language\": \"ru\", "
     "\"fields\": {\"price\": 1, \"material\": \"B\", \"start\": null}, \"text\": \"a\nb\", "
     "\"title\": \"t\"}",
     "{\"title\":\"t\",\"text\":\"a\nb\",\"language\":\"ru\",\"fields\":{\"material\":[0,0,"
     "[\"b\"],[],[]],\"price\":[1,0,100,100]},\"variants\":[{\"material\":null,\"price\":[1,0,"
     "null,500]},{}]}"},
    {true, "{\"title\": \"t\", \"text\": \"\", \"language\": null, \"variants\": null}",
     "{\"title\":\"t\",\"text\":null,\"language\":null,\"fields\":{},\"variants\":[]}"},
    {false, "{}", "{}"},
    {false, "{\"fields\": {\"start\": null, \"price\": 2}, \"text\": null}",
     "{\"text\":null,\"fields\":{\"price\":[1,0,200,200],\"start\":null}}"},
    {false, "{\"variants\": null, \"title\": \"n\"}", "{\"title\":\"n\",\"variants\":[]}"},
};

static void
bodies_have_one_canonical_form(void **state)
{
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY, text = BUF_EMPTY;
	struct refusal refusal;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		buf_clear(&written);
		buf_clear(&canonical);
		json_to_mp(bodies[i].written, &written);
		if (intake_body(*state, NEED, mp_of(buf_str(&written)), bodies[i].whole, &canonical,
				&refusal))
			fail_msg("%s: %s: %s", bodies[i].written, refusal.code, refusal.message);
		assert_string_equal(mp_to_json(buf_str(&canonical), &text), bodies[i].canonical);
	}
	buf_free(&written);
	buf_free(&canonical);
	buf_free(&text);
}

static const struct {
	enum side side;
	bool whole;
	const char *written, *code, *at;
} refused[] = {
    {NEED, true, "{}", "required_missing", "title"},
    {NEED, true, "[]", "bad_type", ""},
    {NEED, true, "{\"title\": 5}", "bad_type", "title"},
    {NEED, true, "{\"title\": \" \"}", "bad_value", "title"},
    {NEED, true, "{\"title\": \"a\nb\"}", "bad_value", "title"},
    {NEED, true, "{\"title\": \"\xff\"}", "bad_utf8", "title"},
    {NEED, false, "{\"title\": null}", "bad_type", "title"},
    {NEED, true, "{\"title\": \"t\", \"text\": 5}", "bad_type", "text"},
    {NEED, true, "{\"title\": \"t\", \"text\": \"\002\"}", "bad_value", "text"},
    {NEED, true, "{\"title\": \"t\", \"language\": \"Russian\"}", "bad_value", "language"},
    {NEED, true, "{\"title\": \"t\", \"language\": 7}", "bad_type", "language"},
    {NEED, true, "{\"title\": \"t\", \"fields\": []}", "bad_type", "fields"},
    {NEED, true, "{\"title\": \"t\", \"fields\": {\"colour\": 1}}", "unknown_field",
     "fields.colour"},
    {NEED, true, "{\"title\": \"t\", \"fields\": {\"price\": {\"from\": \"x\"}}}", "bad_value",
     "fields.price.from"},
    {NEED, true, "{\"title\": \"t\", \"fields\": {\"pieces\": \"x\", \"price\": \"x\"}}",
     "bad_value", "fields.pieces"},
    {NEED, true, "{\"title\": \"t\", \"fields\": {\"price\": \"x\", \"pieces\": \"x\"}}",
     "bad_value", "fields.price"},
    {OFFER, true, "{\"title\": \"t\", \"fields\": {\"region\": \"77\"}}", "from_participant",
     "fields.region"},
    {OFFER, false, "{\"variants\": [{}, {\"region\": null}]}", "from_participant",
     "variants[1].region"},
    {NEED, false, "{\"variants\": 5}", "bad_type", "variants"},
    {NEED, false, "{\"variants\": [{}, 5]}", "bad_type", "variants[1]"},
    {NEED, false, "{\"variants\": [{}, {}, {\"price\": true}]}", "bad_type", "variants[2].price"},
    {NEED, false, "{\"variants\": [{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
     "too_many_variants", "variants"},
};

static void
what_is_wrong_is_named(void **state)
{
	struct buf written = BUF_EMPTY, out = BUF_EMPTY;
	struct refusal refusal;
	buf_put(&out, "kept", 4);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		buf_clear(&written);
		json_to_mp(refused[i].written, &written);
		if (!intake_body(*state, refused[i].side, mp_of(buf_str(&written)),
				 refused[i].whole, &out, &refusal))
			fail_msg("%s was accepted", refused[i].written);
		if (strcmp(refusal.code, refused[i].code) != 0 ||
		    strcmp(refusal.field, refused[i].at) != 0)
			fail_msg("%s: %s at %s", refused[i].written, refusal.code, refusal.field);
		assert_int_equal(out.len, 4);
	}
	buf_free(&written);
	buf_free(&out);
}

static void
texts_and_bodies_are_bounded(void **state)
{
	static char text[MAX_TEXT + 1];
	static const struct {
		const char *key;
		uint32_t max;
	} texts[] = {{"title", MAX_TITLE}, {"text", MAX_TEXT}};
	struct buf written = BUF_EMPTY, out = BUF_EMPTY;
	struct refusal refusal;
	memset(text, 'x', sizeof text);
	for (int i = 0; i < 2; i++) {
		for (uint32_t more = 0; more < 2; more++) {
			buf_clear(&written);
			mp_put_map(&written, 1);
			mp_put_text(&written, texts[i].key);
			mp_put_str(&written, (struct str){text, texts[i].max + more});
			assert_int_equal(intake_body(*state, NEED, mp_of(buf_str(&written)), false,
						     &out, &refusal),
					 more);
		}
		assert_string_equal(refusal.code, "too_large");
	}
	/* sixteen variants of 500 long keywords each are more than a body may take */
	buf_clear(&written);
	mp_put_map(&written, 1);
	mp_put_text(&written, "variants");
	mp_put_array(&written, MAX_VARIANTS);
	for (int i = 0; i < MAX_VARIANTS; i++) {
		mp_put_map(&written, 1);
		mp_put_text(&written, "material");
		mp_put_array(&written, 500);
		for (int k = 0; k < 500; k++) {
			char word[32];
			snprintf(word, sizeof word, "material number %d", k);
			mp_put_text(&written, word);
		}
	}
	buf_clear(&out);
	assert_int_equal(intake_body(*state, NEED, mp_of(buf_str(&written)), false, &out, &refusal),
			 1);
	assert_string_equal(refusal.code, "too_large");
	assert_int_equal(out.len, 0);
	buf_free(&written);
	buf_free(&out);
}

/* ---- patching ---- */

static void
a_patch_replaces_and_removes(void **state)
{
	static const char body[] =
	    "{\"title\":\"t\",\"text\":\"x\",\"language\":null,\"fields\":{\"b\":[1],\"d\":[2]},"
	    "\"variants\":[{}]}";
	static const struct {
		const char *patch, *result;
	} patches[] = {
	    {"{}", body},
	    {"{\"text\": null, \"language\": \"ru\"}",
	     "{\"title\":\"t\",\"text\":null,\"language\":\"ru\",\"fields\":{\"b\":[1],\"d\":[2]},"
	     "\"variants\":[{}]}"},
	    {"{\"fields\": {\"a\": [7], \"b\": null, \"c\": null, \"d\": [8], \"e\": [9]}}",
	     "{\"title\":\"t\",\"text\":\"x\",\"language\":null,\"fields\":{\"a\":[7],\"d\":[8],"
	     "\"e\":[9]},\"variants\":[{}]}"},
	    {"{\"title\": \"n\", \"fields\": {}, \"variants\": []}",
	     "{\"title\":\"n\",\"text\":\"x\",\"language\":null,\"fields\":{\"b\":[1],\"d\":[2]},"
	     "\"variants\":[]}"},
	};
	struct buf old = BUF_EMPTY, patch = BUF_EMPTY, out = BUF_EMPTY, text = BUF_EMPTY;
	(void)state;
	json_to_mp(body, &old);
	for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
		buf_clear(&patch);
		buf_clear(&out);
		json_to_mp(patches[i].patch, &patch);
		body_patch(buf_str(&old), buf_str(&patch), &out);
		assert_string_equal(mp_to_json(buf_str(&out), &text), patches[i].result);
	}
	buf_free(&old);
	buf_free(&patch);
	buf_free(&out);
	buf_free(&text);
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
	    cmocka_unit_test(bodies_have_one_canonical_form),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(texts_and_bodies_are_bounded),
	    cmocka_unit_test(a_patch_replaces_and_removes),
	};
	return cmocka_run_group_tests(tests, open_market, close_market);
}
