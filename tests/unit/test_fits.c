/* A definition that changes under its listings: nothing that is stored may come to mean something
 * else, and nothing that still fits may be refused. */

#include "core/fits.h"
#include "intake/files.h"
#include "intake/intake.h"
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T   "title: {ru: х, en: x}"
#define TOP "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\n"

/* Its fields, one a line, so that a case can give one of them anew. */
static const char *const stored[] = {
    "  material: {type: keyword, " T ", values: {steel: {ru: с, en: s}, tin: {ru: о, en: t}}}\n",
    "  price: {type: money, " T
    ", currency: RUB, need: {reading: at_most, weight: 1, better: lower, span: 9}}\n",
    "  length: {type: number, " T ", unit: mm, units: {cm: 10}, decimals: 1}\n",
    "  level: {type: ordinal, " T ", labels: [low, middle, high]}\n",
    "  note: {type: keyword, " T "}\n",
    "  area: {type: keyword, " T ", offer: {from: participant.region}}\n",
};
enum { FIELDS = sizeof stored / sizeof *stored };

static struct exchange *
read_exchange(const char *yaml)
{
	static struct mistakes mistakes;
	struct buf canonical = BUF_EMPTY;
	if (exchange_read(str_of(yaml), &canonical, &mistakes))
		fail_msg("line %u, %s: %s", mistakes.list[0].line, mistakes.list[0].field,
			 mistakes.list[0].message);
	struct exchange *e = exchange_decode(buf_str(&canonical));
	buf_free(&canonical);
	return e;
}

/* The stored definition with one field given anew ("" removes it) and other words at the top. */
static struct exchange *
changed(const char *top, int field, const char *anew)
{
	char yaml[4096];
	int len = snprintf(yaml, sizeof yaml, "%s%sfields:\n", TOP, top);
	for (int i = 0; i < FIELDS; i++)
		len += snprintf(yaml + len, sizeof yaml - (size_t)len, "%s",
				i == field ? anew : stored[i]);
	return read_exchange(yaml);
}

static const char listing[] =
    "{\"title\": \"t\", \"fields\": {\"material\": {\"none_of\": [\"tin\"]}, \"price\": 5,"
    "\"length\": {\"from\": \"1.5\"}, \"level\": {\"from\": \"middle\"}},"
    "\"variants\": [{}, {\"price\": null, \"note\": [\"x\"]}]}";

/* What becomes of that need. */
static const struct {
	int field;
	const char *anew;
	const char *misfit; /* field and what; NULL: it fits */
} cases[] = {
    {0, "  material: {type: keyword, " T "}\n", NULL},
    {0, "  material: {type: keyword, " T ", values: {tin: {ru: о, en: t}}}\n", NULL},
    {0, "  material: {type: keyword, " T ", values: {steel: {ru: с, en: s}}}\n",
     "material no longer has a value that is stated"},
    {0, "", "material is gone"},
    {0, "  material: {type: keyword, " T ", need: {from: participant.region}}\n",
     "material would come from the participant"},
    {0, "  material: {type: flag, " T "}\n", "material has another type"},
    {1, "  price: {type: money, " T ", currency: USD}\n", "price is counted in something else"},
    {1, "  price: {type: money, " T ", currency: RUB, decimals: 0}\n", "price has other decimals"},
    {1, "  price: {type: money, " T ", currency: RUB, need: {absent: required}}\n",
     "price is required and not stated"},
    {1, "  price: {type: money, " T ", currency: RUB, offer: {absent: required}}\n", NULL},
    {2, "  length: {type: number, " T ", unit: mm, decimals: 1}\n", NULL},
    {2, "  length: {type: number, " T ", unit: m, decimals: 1}\n",
     "length is counted in something else"},
    {2, "  length: {type: number, " T ", decimals: 1}\n", "length is counted in something else"},
    {3, "  level: {type: ordinal, " T ", labels: [lowest, middle, higher, highest]}\n", NULL},
    {3, "  level: {type: ordinal, " T ", labels: [middle, high]}\n",
     "level no longer has a label where it was"},
    {4, "", "note is gone"},
    {5, "", NULL},
    {5, "  area: {type: keyword, " T ", need: {absent: required}}\n",
     "area is required and not stated"},
};

static void
what_is_stored_fits_or_is_named(void **state)
{
	struct exchange *was = changed("", -1, "");
	struct buf written = BUF_EMPTY, body = BUF_EMPTY;
	struct refusal refusal;
	(void)state;
	json_to_mp(listing, &written);
	assert_int_equal(intake_body(was, NEED, mp_of(buf_str(&written)), true, &body, &refusal),
			 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange *now = changed("", cases[i].field, cases[i].anew);
		struct misfit misfit;
		char text[200] = "";
		bool fits = listing_fits(was, now, NEED, buf_str(&body), &misfit);
		if (!fits)
			snprintf(text, sizeof text, "%.*s %s", STR_FMT(misfit.field), misfit.what);
		assert_string_equal(text, cases[i].misfit ? cases[i].misfit : "");
		exchange_free(now);
	}
	exchange_free(was);
	buf_free(&written);
	buf_free(&body);
}

static void
only_what_matching_reads_has_matches_looked_at_again(void **state)
{
	static const struct {
		const char *top;
		int field;
		const char *anew;
		bool alike;
	} changes[] = {
	    {"help: {ru: а, en: b}\n", -1, "", true},
	    {"lifetime: {default_days: 3, notice_days: 1}\nmoderated: both\n", -1, "", true},
	    {"max_matches: 5\n", -1, "", false},
	    {"made_for: newcomer\n", -1, "", false},
	    {"", 0, "  material: {type: keyword, title: {ru: а, en: b}}\n", true},
	    {"", 0, "  material: {type: keyword, " T ", demanded_by: need}\n", false},
	    {"", 1,
	     "  price: {type: money, " T
	     ", currency: RUB, need: {reading: at_most, weight: 2, better: lower, span: 9}}\n",
	     false},
	    {"", 2, "  length: {type: number, " T ", unit: mm, decimals: 1}\n", true},
	    {"", 2,
	     "  length: {type: number, " T
	     ", unit: mm, units: {cm: 10}, decimals: 1, min_overlap: 1}\n",
	     false},
	    {"", 3, "  level: {type: ordinal, " T ", labels: [low, middle, high, highest]}\n",
	     true},
	    {"", 4, "", false},
	    /* which regions count as stated depends on the vocabulary */
	    {"", 5,
	     "  area: {type: keyword, " T
	     ", values: {'77': {ru: М, en: M}}, offer: {from: participant.region}}\n",
	     false},
	};
	struct exchange *was = changed("", -1, "");
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct exchange *now = changed(changes[i].top, changes[i].field, changes[i].anew);
		if (exchange_matches_alike(was, now) != changes[i].alike)
			fail_msg("change %zu", i);
		exchange_free(now);
	}
	exchange_free(was);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_stored_fits_or_is_named),
	    cmocka_unit_test(only_what_matching_reads_has_matches_looked_at_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
