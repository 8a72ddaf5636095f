/* What the tool writes as YAML it reads back as the same bytes: else edit would change what nobody
 * touched. */

#include "client/matchctl/json.h"
#include "client/matchctl/yaml_file.h"
#include "client/matchctl/yaml_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int
take_document(void *arg, const struct document *d)
{
	buf_put(arg, d->map.p, d->map.len);
	return 0;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	(void)arg, (void)file;
	fail_msg("line %u: %s", line, message);
}

static void
expect_same(struct mp value)
{
	struct buf text = BUF_EMPTY, back = BUF_EMPTY, pair = BUF_EMPTY;
	const struct document_reader reader = {take_document, take_mistake, &back};
	mp_put_map(&pair, 1);
	mp_put_text(&pair, "key");
	struct mp again = value;
	mp_put_raw(&pair, mp_get_raw(&again));
	yaml_put_pair(&text, 0, STR("key"), value);
	yaml_read("", buf_str(&text), &reader);
	if (!str_eq(buf_str(&back), buf_str(&pair)))
		fail_msg("this does not come back: %.*s", STR_FMT(buf_str(&text)));
	buf_free(&text);
	buf_free(&back);
	buf_free(&pair);
}

static void
texts_come_back(void **state)
{
	(void)state;
	static const char *const texts[] = {"",		 "steel",      "trl6",
					    "Сталь 40Х", "null",       "True",
					    "no",	 "~",	       "5",
					    "007",	 "-5",	       "19.99",
					    "-0.5",	 "1.2.3",      "1.",
					    ".5",	 "a: b",       "a #b",
					    "# no",	 "- no",       "[x]",
					    "{x}",	 "\"quoted\"", "it's",
					    " ahead",	 "behind ",    "a  b",
					    "a\tb",	 "*alias",     "&anchor",
					    "!tag",	 "%x",	       "@x",
					    "`x`",	 "|",	       ">",
					    "?",	 ":",	       "a:",
					    "a,b",	 "2026-01-01", "a\nb",
					    "a\nb\n",	 "a\n\nb",     "a\nb\n\n",
					    "\na",	 " a\nb",      "a\n b",
					    "a\r\nb",	 "a\n",	       "\n",
					    "\x7f",	 "\xc2\x85",   "\xe2\x80\xa8",
					    "\xc2\xa0x", "x\xc2\xa0",  "\xef\xbb\xbfx",
					    "日本語",	 "a/b.c_d-e",  "a\n# no\nb",
					    "a\n---\nb", "a\n...\nb",  "...",
					    "---"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct buf value = BUF_EMPTY;
		mp_put_text(&value, texts[i]);
		expect_same(mp_of(buf_str(&value)));
		buf_clear(&value);
		mp_put_array(&value, 1);
		mp_put_text(&value, texts[i]);
		expect_same(mp_of(buf_str(&value)));
		buf_clear(&value);
		mp_put_map(&value, 1);
		mp_put_text(&value, texts[i]);
		mp_put_text(&value, texts[i]);
		expect_same(mp_of(buf_str(&value)));
		buf_free(&value);
	}
}

static void
statements_come_back(void **state)
{
	(void)state;
	static const char *const values[] = {
	    "null",
	    "true",
	    "-12",
	    "[]",
	    "{}",
	    "[\"steel\",[1,2],{\"a\":null}]",
	    "{\"from\":\"12.5\",\"to\":100,\"currency\":\"RUB\",\"prefer\":true}",
	    "{\"lat\":\"55.7558\",\"lon\":\"-37.6\",\"radius_km\":50}",
	};
	char why[JSON_WHY];
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct buf value = BUF_EMPTY;
		assert_int_equal(json_text_to_mp(str_of(values[i]), &value, why), 0);
		expect_same(mp_of(buf_str(&value)));
		buf_free(&value);
	}
}

/* A remark never becomes a line of its own that is no comment. */
static void
comments_stay_comments(void **state)
{
	(void)state;
	struct buf out = BUF_EMPTY;
	yaml_put_comment(&out, 2, STR("one\nlisting: evil/x\xe2\x80\xa8two"));
	assert_true(str_eq(buf_str(&out), STR("  # one listing: evil/x two\n")));
	buf_clear(&out);
	yaml_put_comment(&out, 0, STR(""));
	assert_int_equal(out.len, 0);
	for (size_t i = 0; i < 40; i++)
		buf_put(&out, "слово ", strlen("слово "));
	struct buf lines = BUF_EMPTY;
	yaml_put_comment(&lines, 0, buf_str(&out));
	assert_non_null(memmem(lines.data, lines.len, "\n# слово", strlen("\n# слово")));
	buf_free(&lines);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_come_back),
	    cmocka_unit_test(statements_come_back),
	    cmocka_unit_test(comments_stay_comments),
	};
	return cmocka_run_group_tests_name("matchctl_yaml", tests, NULL, NULL);
}
