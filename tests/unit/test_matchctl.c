/* The tool's parts: what people write becomes exactly what they meant, and what they read lines up.
 */

#include "client/matchctl/decimal.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/gathered.h"
#include "client/matchctl/json.h"
#include "client/matchctl/table.h"
#include "client/matchctl/text.h"
#include "client/matchctl/times.h"
#include "client/matchctl/value.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- numbers ---- */

static void
decimals_are_what_was_written(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} rows[] = {
	    {19.99, "19.99"},
	    {0.1, "0.1"},
	    {-0.05, "-0.05"},
	    {350.0, "350"},
	    {1e3, "1000"},
	    {1.5e-7, "0.00000015"},
	    {123456789012345.0, "123456789012345"},
	    {0.3, "0.3"},
	    {1234567.891, "1234567.891"},
	    {0.0, "0"},
	    {-0.0, "0"},
	    {1e20, "100000000000000000000"},
	};
	char text[DECIMAL_TEXT];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(decimal_write(rows[i].value, text));
		assert_string_equal(text, rows[i].text);
	}
	assert_false(decimal_write(NAN, text));
	assert_false(decimal_write(INFINITY, text));
	assert_false(decimal_write(1e300, text));
	assert_false(decimal_write(1e-300, text));
}

/* ---- documents ---- */

/* What a reading gave: "line:json" for each object and "line!message" for each mistake, in order.
 */
struct seen {
	struct buf text;
	int stop_after;
};

static void
note(struct seen *s, unsigned line, char mark, const char *what)
{
	char head[32];
	int n = snprintf(head, sizeof head, "%u%c", line, mark);
	buf_put(&s->text, head, (size_t)n);
	buf_put(&s->text, what, strlen(what));
	buf_put(&s->text, "\n", 1);
}

static int
see_document(void *arg, const struct document *d)
{
	struct seen *s = arg;
	json_t *object = json_from_mp(mp_of(d->map));
	char *text = json_dumps(object, JSON_COMPACT);
	assert_int_equal(mp_check(d->map, 8, 20000, NULL), MP_OK);
	note(s, d->line, ':', text);
	free(text);
	json_decref(object);
	return s->stop_after > 0 && --s->stop_after == 0;
}

static void
see_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	assert_non_null(file);
	note(arg, line, '!', message);
}

static void
read_text(const char *text, size_t len, enum document_format format, struct seen *s)
{
	char path[] = "/tmp/matchd-test-XXXXXX";
	int fd = mkstemp(path);
	const struct document_reader reader = {see_document, see_mistake, s};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	documents_read(path, format, &reader);
	buf_put(&s->text, "", 1);
	unlink(path);
}

static void
expect(const char *text, enum document_format format, const char *expected)
{
	struct seen s = {BUF_EMPTY, 0};
	read_text(text, strlen(text), format, &s);
	assert_string_equal((const char *)s.text.data, expected);
	buf_free(&s.text);
}

static void
json_documents_come_with_their_lines(void **state)
{
	(void)state;
	expect("{\"a\": 1}", FORMAT_JSON, "1:{\"a\":1}\n");
	expect("", FORMAT_JSON, "");
	expect("\n[ ]\n", FORMAT_JSON, "");
	expect("[{\"a\":19.99},\n\n {\"b\":\n[true,null,\"x\"]} ,\n{\"c\":{}}]\n", FORMAT_JSON,
	       "1:{\"a\":\"19.99\"}\n3:{\"b\":[true,null,\"x\"]}\n5:{\"c\":{}}\n");
	expect("{\"a\":1}\n{\"b\":2}", FORMAT_JSON, "1:{\"a\":1}\n2:{\"b\":2}\n");
	expect("[1, {\"a\":1}]", FORMAT_JSON, "1!not an object\n1:{\"a\":1}\n");
	expect("{\"цена\": 0.30}", FORMAT_JSON, "1:{\"цена\":\"0.3\"}\n");
}

static void
json_mistakes_are_told_where_they_are(void **state)
{
	(void)state;
	expect("[{\"a\":1},\n{\"a\":}]", FORMAT_JSON, "1:{\"a\":1}\n2!unexpected token near '}'\n");
	expect("[{\"a\":1}\n", FORMAT_JSON, "1:{\"a\":1}\n2!',' or ']' expected\n");
	expect("[{\"a\":1},\n", FORMAT_JSON, "1:{\"a\":1}\n2!the array does not end\n");
	expect("{\"a\":1,\n\"a\":2}", FORMAT_JSON, "2!duplicate object key near '\"a\"'\n");
	expect("{\"a\":[[[[[[[[1]]]]]]]]}", FORMAT_JSON, "1!nested deeper than 8\n");
	expect("{\"a\":1e30}", FORMAT_JSON,
	       "1!the number 1e+30 cannot be written as a plain decimal\n");
	expect("{\"a\":99999999999999999999}", FORMAT_JSON,
	       "1!too big integer near '99999999999999999999'\n");
}

/* A bad line of many must not cost the others. */
static void
json_lines_go_on_after_a_bad_one(void **state)
{
	(void)state;
	expect("{\"a\":1}\n{\"a\":\n\n{\"b\":2} {\"c\":3}\n[{\"d\":4}]\n{\"e\":5}", FORMAT_JSONL,
	       "1:{\"a\":1}\n2!unexpected token near end of file\n4:{\"b\":2}\n"
	       "4!more than one value in the line\n5!not an object\n6:{\"e\":5}\n");
}

static void
a_reader_may_stop(void **state)
{
	(void)state;
	static const char json[] = "[{\"a\":1},{\"a\":2},{\"a\":3}]";
	static const char lines[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
	static const char yaml[] = "- {a: 1}\n- {a: 2}\n- {a: 3}\n";
	static const struct {
		const char *text;
		enum document_format format;
		const char *expected;
	} rows[] = {
	    {json, FORMAT_JSON, "1:{\"a\":1}\n1:{\"a\":2}\n"},
	    {lines, FORMAT_JSONL, "1:{\"a\":1}\n2:{\"a\":2}\n"},
	    {yaml, FORMAT_YAML, "1:{\"a\":1}\n2:{\"a\":2}\n"},
	};
	for (size_t i = 0; i < 3; i++) {
		struct seen s = {BUF_EMPTY, 2};
		read_text(rows[i].text, strlen(rows[i].text), rows[i].format, &s);
		assert_string_equal((const char *)s.text.data, rows[i].expected);
		buf_free(&s.text);
	}
}

static void
yaml_scalars_mean_what_they_look_like(void **state)
{
	(void)state;
	expect("a: 5\nb: -7\nc: 19.90\nd: true\ne: False\nf: null\ng: ~\nh:\ni: '5'\nj: \"true\"\n"
	       "k: 2026-05-01\nl: 007\nm: 1e3\nn: steel\no: 12345678901234567890\np: +3\nq: yes\n",
	       FORMAT_YAML,
	       "1:{\"a\":5,\"b\":-7,\"c\":\"19.90\",\"d\":true,\"e\":false,\"f\":null,\"g\":null,"
	       "\"h\":null,\"i\":\"5\",\"j\":\"true\",\"k\":\"2026-05-01\",\"l\":\"007\","
	       "\"m\":\"1e3\",\"n\":\"steel\",\"o\":\"12345678901234567890\",\"p\":3,"
	       "\"q\":\"yes\"}\n");
}

static void
yaml_documents_come_with_their_lines(void **state)
{
	(void)state;
	expect("# nothing but this\n", FORMAT_YAML, "");
	expect("---\na: [1, {b: 2}]\n---\n\nc: {d: e}\n...\n", FORMAT_YAML,
	       "2:{\"a\":[1,{\"b\":2}]}\n5:{\"c\":{\"d\":\"e\"}}\n");
	expect("- a: 1\n- b: |\n    two\n    lines\n", FORMAT_YAML,
	       "1:{\"a\":1}\n2:{\"b\":\"two\\nlines\\n\"}\n");
}

static void
yaml_that_is_not_taken_is_told_where_it_is(void **state)
{
	(void)state;
	expect("a: 1\nb: 2\na: 3\n", FORMAT_YAML, "3!the key \"a\" stands here twice\n");
	expect("a: &x 1\nb: *x\n", FORMAT_YAML, "1!anchors and tags are not taken\n");
	expect("a: !!str 1\n", FORMAT_YAML, "1!anchors and tags are not taken\n");
	expect("a:\n  - *x\n", FORMAT_YAML, "2!aliases are not taken\n");
	expect("just text\n", FORMAT_YAML, "1!not a map\n");
	expect("- a: 1\n- 5\n", FORMAT_YAML, "1:{\"a\":1}\n2!not a map\n");
	expect("? [a]\n: b\n", FORMAT_YAML, "1!a key that is not a text\n");
	expect("a: [[[[[[[[1]]]]]]]]\n", FORMAT_YAML, "1!nested deeper than 8\n");
	struct seen s = {BUF_EMPTY, 0};
	read_text("a: [1\nb: 2", 11, FORMAT_YAML, &s);
	assert_non_null(strchr((const char *)s.text.data, '!'));
	buf_free(&s.text);
}

/* A short file must not keep the tool busy for minutes, or fill its memory. */
static void
hostile_yaml_is_refused_at_once(void **state)
{
	(void)state;
	enum { MANY = 200000 };
	char *text = malloc(MANY + 1);
	memset(text, '[', MANY);
	struct seen s = {BUF_EMPTY, 0};
	read_text(text, MANY, FORMAT_YAML, &s);
	assert_string_equal((const char *)s.text.data, "1!not a map\n");
	buf_free(&s.text);

	memcpy(text, "a: ", 3);
	s = (struct seen){BUF_EMPTY, 0};
	read_text(text, MANY, FORMAT_YAML, &s);
	assert_string_equal((const char *)s.text.data, "1!nested deeper than 8\n");
	buf_free(&s.text);
	free(text);
}

static void
formats_go_by_name_or_ending(void **state)
{
	(void)state;
	enum document_format f;
	assert_true(documents_format(NULL, "a.yml", &f));
	assert_int_equal(f, FORMAT_YAML);
	assert_true(documents_format(NULL, "a.jsonl", &f));
	assert_int_equal(f, FORMAT_JSONL);
	assert_true(documents_format(NULL, "-", &f));
	assert_int_equal(f, FORMAT_JSON);
	assert_true(documents_format("yaml", "a.json", &f));
	assert_int_equal(f, FORMAT_YAML);
	assert_false(documents_format("xml", "a.json", &f));
}

/* ---- times ---- */

static void
times_are_read_in_all_their_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool end;
		int64_t ms;
	} good[] = {
	    {"1767225600000", false, 1767225600000},
	    {"2026-01-01", false, 1767225600000},
	    {"2026-01-01", true, 1767312000000},
	    {"2026-01-01T00:00:00Z", true, 1767225600000},
	    {"2026-01-01T03:00:00+03:00", false, 1767225600000},
	    {"2025-12-31t19:30:00.5-04:30", false, 1767225600500},
	    {"2026-01-01 00:00Z", false, 1767225600000},
	    {"2024-02-29", false, 1709164800000},
	    {"2026-01-01T00:00:00.123999Z", false, 1767225600123},
	};
	static const char *const bad[] = {"",
					  "tomorrow",
					  "2026-1-1",
					  "2026-02-29",
					  "2026-13-01",
					  "2026-01-01T00:00:00",
					  "2026-01-01T25:00Z",
					  "2026-01-01T00:00:00+3",
					  "2026-01-01x",
					  "2026-01-01T00:00:00Z ",
					  "1234567890123456",
					  "-5",
					  "1969-12-31",
					  "2026-01-01T00:00:00.Z"};
	int64_t ms;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!times_read(str_of(good[i].text), good[i].end, &ms) || ms != good[i].ms)
			fail_msg("%s: %" PRId64, good[i].text, ms);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (times_read(str_of(bad[i]), false, &ms))
			fail_msg("\"%s\" is no time", bad[i]);
	char text[TIMES_TEXT];
	times_write(1767225600123, text);
	assert_string_equal(text, "2026-01-01 00:00:00Z");
}

/* ---- for people ---- */

static void
expect_table(struct table *t, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	table_print(t, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	table_free(t);
}

static void
tables_line_up_in_any_script(void **state)
{
	(void)state;
	static const struct column columns[] = {
	    {TEXTS("ID", "ИД")},
	    {TEXTS("N", "Ч"), .right = true},
	    {TEXTS("TITLE", "ИМЯ"), .most = 8},
	    {TEXTS(NULL, NULL)},
	};
	struct table *t = table_new(columns);
	const char *const cells[] = {"acme",	       "7",    "Токарные работы",
				     "бета",	       "1042", "Валы",
				     "e\u0301t\u00e9", "",     "日本語のもの"};
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		table_cell(t, str_of(cells[i]));
	expect_table(t, "ID       N  TITLE\n"
			"acme     7  Токарны…\n"
			"бета  1042  Валы\n"
			"e\u0301t\u00e9         日本語…\n");
	expect_table(table_new(columns), "");
}

/* What others wrote must not command the reader's terminal. */
static void
control_characters_never_reach_the_terminal(void **state)
{
	(void)state;
	struct buf out = BUF_EMPTY;
	text_put(&out, STR("a\x1b[2Jb\nc\td\x7f"
			   "e\xc2\x9b"
			   "f\xe2\x80\xae"
			   "g\xff"
			   "h"));
	assert_true(str_eq(buf_str(&out), STR("a [2Jb c d e f g h")));
	buf_free(&out);
}

static void
expect_words(const char *json, const char *expected)
{
	char why[JSON_WHY];
	struct buf value = BUF_EMPTY, out = BUF_EMPTY;
	assert_int_equal(json_text_to_mp(str_of(json), &value, why), 0);
	value_put(&out, NULL, mp_of(buf_str(&value)));
	buf_put(&out, "", 1);
	assert_string_equal((const char *)out.data, expected);
	buf_free(&value);
	buf_free(&out);
}

static void
statements_read_as_one_would_say_them(void **state)
{
	(void)state;
	expect_words("\"steel\"", "steel");
	expect_words("[\"steel\",\"brass\"]", "steel, brass");
	expect_words("{\"from\":100,\"to\":\"350.50\",\"currency\":\"RUB\"}", "100 … 350.50 RUB");
	expect_words("{\"from\":5}", "5 or more");
	expect_words("{\"to\":5,\"prefer\":true}", "up to 5; prefer: yes");
	expect_words("{\"from\":\"trl6\",\"to\":\"trl6\"}", "trl6");
	expect_words("{\"value\":[1,2],\"unit\":\"cm\"}", "1, 2 cm");
	expect_words("{\"none_of\":[\"lead\"]}", "none_of: lead");
	expect_words("{\"any_of\":[\"a\"],\"veto\":[\"b\",\"c\"]}", "a; veto: b, c");
	expect_words("{\"lat\":\"55.7\",\"lon\":\"37.6\"}", "55.7, 37.6");
	expect_words("{\"lat\":\"55.7\",\"lon\":\"37.6\",\"radius_km\":80,\"prefer\":true}",
		     "55.7, 37.6 within 80 km; prefer: yes");
	expect_words("true", "yes");
	expect_words("null", "-");
	expect_words("[]", "(none)");
}

static void
records_show_what_is_inside_them(void **state)
{
	(void)state;
	char why[JSON_WHY];
	struct buf value = BUF_EMPTY;
	char *text = NULL;
	size_t size = 0;
	assert_int_equal(
	    json_text_to_mp(STR("{\"listing\":\"a/b\",\"valid_until\":1767225600000,\"fields\":"
				"{\"price\":{\"to\":5},\"x\":\"y\"},\"variants\":[{\"q\":1}]}"),
			    &value, why),
	    0);
	FILE *out = open_memstream(&text, &size);
	value_print_record(out, mp_of(buf_str(&value)));
	fclose(out);
	assert_string_equal(text, "listing      a/b\n"
				  "valid_until  2026-01-01 00:00:00Z\n"
				  "fields\n"
				  "  price  up to 5\n"
				  "  x      y\n"
				  "variants\n"
				  "  0\n"
				  "    q  1\n");
	free(text);
	buf_free(&value);
}

/* ---- sorting ---- */

static void
gather(struct gathered *g, const char *json)
{
	char why[JSON_WHY];
	struct buf row = BUF_EMPTY;
	assert_int_equal(json_text_to_mp(str_of(json), &row, why), 0);
	assert_true(gathered_add(g, buf_str(&row)));
	buf_free(&row);
}

static void
expect_order(struct gathered *g, const char *expected)
{
	struct buf ids = BUF_EMPTY;
	for (size_t i = 0; i < g->count; i++) {
		struct mp at = mp_find(gathered_row(g, i), STR("id"));
		struct str id = mp_get_str(&at);
		buf_put(&ids, id.p, id.len);
	}
	buf_put(&ids, "", 1);
	assert_string_equal((const char *)ids.data, expected);
	buf_free(&ids);
}

static void
rows_are_sorted_as_people_expect(void **state)
{
	(void)state;
	struct gathered g = {0};
	gather(&g, "{\"id\":\"a\",\"n\":10,\"t\":\"яблоко\"}");
	gather(&g, "{\"id\":\"b\",\"n\":9,\"t\":\"Арбуз\"}");
	gather(&g, "{\"id\":\"c\",\"n\":null,\"t\":\"арбуз\"}");
	gather(&g, "{\"id\":\"d\",\"n\":9}");
	gathered_sort(&g, "n", false);
	expect_order(&g, "bdac");
	gathered_sort(&g, "n", true);
	expect_order(&g, "abdc"); /* equals stay as they were, and what is missing comes last */
	gathered_sort(&g, "t", false);
	expect_order(&g, "bcad");
	gathered_sort(&g, NULL, true);
	expect_order(&g, "dacb");
	gathered_sort(&g, "nothing", false);
	expect_order(&g, "dacb");
	assert_int_equal(gathered_seen(&g), 4);
	gathered_free(&g);
	gathered_sort(&g, "n", false);
	gathered_free(&g);
}

static void
bytes_and_great_numbers_survive_json(void **state)
{
	(void)state;
	struct buf value = BUF_EMPTY;
	mp_put_map(&value, 2);
	mp_put_text(&value, "epoch");
	mp_put_bin(&value, STR("\x00\xff\x10"));
	mp_put_text(&value, "n");
	mp_put_uint(&value, UINT64_MAX);
	json_t *object = json_from_mp(mp_of(buf_str(&value)));
	char *text = json_dumps(object, JSON_COMPACT);
	assert_string_equal(text, "{\"epoch\":\"00ff10\",\"n\":\"18446744073709551615\"}");
	free(text);
	json_decref(object);
	buf_free(&value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decimals_are_what_was_written),
	    cmocka_unit_test(json_documents_come_with_their_lines),
	    cmocka_unit_test(json_mistakes_are_told_where_they_are),
	    cmocka_unit_test(json_lines_go_on_after_a_bad_one),
	    cmocka_unit_test(a_reader_may_stop),
	    cmocka_unit_test(yaml_scalars_mean_what_they_look_like),
	    cmocka_unit_test(yaml_documents_come_with_their_lines),
	    cmocka_unit_test(yaml_that_is_not_taken_is_told_where_it_is),
	    cmocka_unit_test(hostile_yaml_is_refused_at_once),
	    cmocka_unit_test(formats_go_by_name_or_ending),
	    cmocka_unit_test(times_are_read_in_all_their_forms),
	    cmocka_unit_test(tables_line_up_in_any_script),
	    cmocka_unit_test(control_characters_never_reach_the_terminal),
	    cmocka_unit_test(statements_read_as_one_would_say_them),
	    cmocka_unit_test(records_show_what_is_inside_them),
	    cmocka_unit_test(rows_are_sorted_as_people_expect),
	    cmocka_unit_test(bytes_and_great_numbers_survive_json),
	};
	return cmocka_run_group_tests_name("matchctl", tests, NULL, NULL);
}
