/* What the tool says: in which language, and that nothing that matchd says is left without words. */

#include "client/matchctl/language.h"
#include "client/matchctl/refusals.h"
#include "client/matchctl/table.h"
#include "client/matchctl/value.h"
#include "proto/proto.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Sets the variables, in this order: MATCHCTL_LANG, LC_ALL, LC_MESSAGES, LANG; NULL unsets. */
static bool
russian_with(const char *const values[4])
{
	static const char *const names[] = {"MATCHCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < 4; i++) {
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
	}
	language_from_environment();
	return language_is_russian();
}

static void
the_language_follows_the_locale_unless_told_otherwise(void **state)
{
	(void)state;
	static const struct {
		const char *values[4];
		bool russian;
	} rows[] = {
	    {{NULL, NULL, NULL, NULL}, false},		{{NULL, NULL, NULL, "ru_RU.UTF-8"}, true},
	    {{NULL, NULL, NULL, "en_US.UTF-8"}, false}, {{NULL, NULL, "ru", "en_US.UTF-8"}, true},
	    {{NULL, "C", "ru_RU", "ru_RU"}, false},	{{NULL, "", "", "ru_RU"}, true},
	    {{"en", "ru_RU.UTF-8", NULL, NULL}, false}, {{"ru", "C", NULL, NULL}, true},
	    {{"fr", NULL, NULL, "ru_RU"}, true},	{{"", NULL, NULL, "ru_RU"}, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (russian_with(rows[i].values) != rows[i].russian)
			fail_msg("row %zu", i);
	assert_false(language_set("fr"));
	assert_true(language_set("ru"));
	assert_string_equal(say((struct texts)TEXTS("open", "открыто")), "открыто");
	assert_string_equal(TR("need", "потребность"), "потребность");
	assert_true(language_set("en"));
	assert_string_equal(TR("need", "потребность"), "need");
}

/* A refusal in Russian must not come out as a bare English sentence. */
static void
every_refusal_has_words(void **state)
{
	(void)state;
	size_t codes = 0, rows = 0;
	for (const struct proto_error_code *e = proto_error_codes; e->code; e++, codes++)
		if (!refusals_find(e->code))
			fail_msg("refusals.c has no row for %s", e->code);
	for (const struct refusal_words *w = refusal_words; w->code; w++, rows++) {
		assert_non_null(w->ru);
		if (!w->hint.en != !w->hint.ru)
			fail_msg("the hint of %s stands in one language only", w->code);
	}
	assert_int_equal(codes, rows);
	assert_null(refusals_find("no_such_code"));
}

static void
values_are_worded_in_the_language(void **state)
{
	(void)state;
	struct buf value = BUF_EMPTY, out = BUF_EMPTY;
	mp_put_map(&value, 1);
	mp_put_text(&value, "to");
	mp_put_int(&value, 5);
	language_set("ru");
	value_put(&out, NULL, mp_of(buf_str(&value)));
	assert_true(str_eq(buf_str(&out), STR("до 5")));
	buf_clear(&out);
	language_set("en");
	value_put(&out, NULL, mp_of(buf_str(&value)));
	assert_true(str_eq(buf_str(&out), STR("up to 5")));
	buf_free(&value);
	buf_free(&out);
}

static void
headings_line_up_in_both_languages(void **state)
{
	(void)state;
	static const struct column columns[] = {
	    {TEXTS("SIDE", "СТОРОНА")}, {TEXTS("N", "ЧИСЛО"), .right = true}, {TEXTS(NULL, NULL)}};
	char *text = NULL;
	size_t size = 0;
	struct table *t = table_new(columns);
	table_cell(t, STR("need"));
	table_cell(t, STR("7"));
	FILE *out = open_memstream(&text, &size);
	table_print(t, out);
	language_set("ru");
	table_print(t, out);
	language_set("en");
	fclose(out);
	assert_string_equal(text, "SIDE  N\nneed  7\nСТОРОНА  ЧИСЛО\nneed         7\n");
	free(text);
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_language_follows_the_locale_unless_told_otherwise),
	    cmocka_unit_test(every_refusal_has_words),
	    cmocka_unit_test(values_are_worded_in_the_language),
	    cmocka_unit_test(headings_line_up_in_both_languages),
	};
	return cmocka_run_group_tests_name("matchctl_words", tests, NULL, NULL);
}
