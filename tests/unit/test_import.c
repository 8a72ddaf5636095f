/* Import: what a map makes of a row, and what is said of maps and files that are wrong. */

#include "client/matchctl/json.h"
#include "client/matchctl/mapper.h"
#include "client/matchctl/mistakes.h"
#include "intake/keyword.h"

#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* ---- a file in a directory that is removed ---- */

static char path[] = "/tmp/test-import-XXXXXX";

static void
write_file(struct str text)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.len, f), text.len);
	assert_int_equal(fclose(f), 0);
}

static int
make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static struct str
text(const char *literal)
{
	return str_of(literal);
}

/* ---- transforms ---- */

/* The map of one field `f` that the transform fills, for a file whose columns are a and b. */
static void
read_map(const char *transform, bool jsonl, struct map *map)
{
	static struct mistakes mistakes;
	char yaml[4000];
	snprintf(yaml, sizeof yaml,
		 "map: test\nfile: {format: %s, empty: [\"н/д\"]}\n"
		 "tables:\n  t: {да: true, Нет: false, сталь: steel, два: [x, z], \"7\": seven}\n"
		 "listings:\n  participant: acme\n  key: k\n  exchange: e\n  side: offer\n"
		 "  title: t\n  fields:\n    f: %s\n",
		 jsonl ? "jsonl" : "csv", transform);
	int rc = map_read(text(yaml), map, &mistakes);
	if (rc)
		fail_msg("%s: line %u: %s: %s", transform, mistakes.list[0].line,
			 mistakes.list[0].field, mistakes.list[0].message);
}

/* What the mapper makes of the first row: the field's JSON, "" where it is left out, or "code:
 * column" of what is wrong. */
static void
map_row(const char *transform, bool jsonl, const char *file, char result[1000])
{
	static struct map map;
	static struct mapper mapper;
	struct sheet *sheet;
	struct sheet_trouble trouble;
	struct both why;
	read_map(transform, jsonl, &map);
	write_file(text(file));
	assert_int_equal(sheet_open(path, &map.format, &sheet, &why), 0);
	assert_int_equal(sheet_next(sheet, &trouble), SHEET_ROW);
	mapper_init(&mapper, &map);
	*result = '\0';
	enum mapped mapped = mapper_row(&mapper, sheet);
	if (mapped == MAPPED_WRONG) {
		snprintf(result, 1000, "%s: %.*s", mapper.maker.trouble.code,
			 STR_FMT(mapper.maker.trouble.column));
	} else {
		json_t *object = json_from_mp(mp_of(buf_str(&mapper.objects[0].map)));
		json_t *field = json_object_get(json_object_get(object, "fields"), "f");
		char *dump = field ? json_dumps(field, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
		snprintf(result, 1000, "%s", dump ? dump : "");
		free(dump);
		json_decref(object);
	}
	mapper_done(&mapper);
	sheet_close(sheet);
	map_free(&map);
}

struct example {
	const char *transform, *file, *result;
};

static void
check(const struct example *examples, size_t n, bool jsonl)
{
	char result[1000];
	for (size_t i = 0; i < n; i++) {
		map_row(examples[i].transform, jsonl, examples[i].file, result);
		if (strcmp(result, examples[i].result) != 0)
			fail_msg("%s of %s gave %s, not %s", examples[i].transform,
				 examples[i].file, result, examples[i].result);
	}
}

#define CHECK(examples, jsonl) check(examples, sizeof(examples) / sizeof *(examples), jsonl)

static void
cells_are_copied_split_and_looked_up(void **state)
{
	(void)state;
	static const struct example examples[] = {
	    {"{copy: a}", "a,b\n x ,\n", "\"x\""},
	    {"{copy: a}", "a,b\n,y\n", ""},
	    {"{copy: a}", "a,b\nн/д,y\n", ""},
	    {"{copy: [a, b]}", "a,b\n,y\n", "\"y\""},
	    {"{copy: a}", "a,b\n\"two\nlines, \"\"quoted\"\"\",\n",
	     "\"two\\nlines, \\\"quoted\\\"\""},
	    {"{copy: a, cut: 12}", "a,b\nдлинное слово,\n", "\"длин…\""},
	    {"{copy: a, if_empty: none}", "a,b\n,\n", "\"none\""},
	    {"{copy: a, required: true}", "a,b\n,y\n", "empty: a"},
	    {"{copy: a, when: {column: b, equals: y}}", "a,b\nx,y\n", "\"x\""},
	    {"{copy: a, when: {column: b, not_in: [y, z]}}", "a,b\nx,y\n", ""},
	    {"{copy: a, when: [{column: b, empty: true}, {column: a, in: [x, w]}]}", "a,b\nx,\n",
	     "\"x\""},
	    {"{copy: a, when: {column: b, empty: false}}", "a,b\nx,\n", ""},
	    {"{constant: [1, \"1\", true]}", "a,b\nx,y\n", "[1,\"1\",true]"},
	    {"plain", "a,b\nx,y\n", "\"plain\""},
	    {"{split: a, by: ';'}", "a,b\n x ;;y; x,\n", "[\"x\",\"y\"]"},
	    {"{split: a, by: ';', most: 1}", "a,b\nx;y,\n", "[\"x\"]"},
	    {"{split: [a, b], by: ' / '}", "a,b\nx / y,y\n", "[\"x\",\"y\"]"},
	    {"{split: a, by: ';'}", "a,b\n;;,\n", ""},
	    {"{split: a, by: ';', code_before: ' - '}",
	     "a,b\n62.01 - Title; with - more;71 - Other,\n", "[\"62.01\",\"71\"]"},
	    {"{split: a, by: ';', code_before: ' ('}", "a,b\nG10L 15/30 (2013.01); H04L 12/66,\n",
	     "[\"G10L 15/30\",\"H04L 12/66\"]"},
	    {"{split: a, by: ';', code_before: ' - '}", "a,b\nTitle;71 - Other,\n", "no_code: a"},
	    {"{split: a, by: ';', code_before: ' - '}", "a,b\n62.01 - Title;11- Other,\n",
	     "no_code: a"},
	    {"{split: a, by: ';', code_before: '-'}",
	     "a,b\n62.01 - Title; and-more;11- Other;10 -\u00a0Third,\n",
	     "[\"62.01\",\"11\",\"10\"]"},
	    {"{split: a, by: ',', table: t}", "a,b\n\"сталь,ДВА,два\",\n",
	     "[\"steel\",\"x\",\"z\"]"},
	    {"{split: a, code_before: '.', dots: 2.2.2}", "a,b\n329959.900,\n", "[\"32.99.59\"]"},
	    {"{split: a, dots: 2.2}", "a,b\n620,\n", "[\"62.0\"]"},
	    {"{split: a, dots: 2.2}", "a,b\n62011,\n", "no_code: a"},
	    {"{split: a, dots: 2.2}", "a,b\n6a,\n", "no_code: a"},
	    {"{split: a, by: ',', table: t}", "a,b\n\"сталь,медь\",\n", "not_in_table: a"},
	    {"{split: a, by: ',', table: t, otherwise: leave_out}", "a,b\n\"сталь,медь\",\n",
	     "[\"steel\"]"},
	    {"{lookup: a, table: t}", "a,b\n ДА,\n", "true"},
	    {"{lookup: a, table: t}", "a,b\n7,\n", "\"seven\""},
	    {"{lookup: a, table: {x: 1, y: [2, 3]}}", "a,b\ny,\n", "[2,3]"},
	    {"{lookup: a, table: t}", "a,b\nмедь,\n", "not_in_table: a"},
	    {"{lookup: a, table: t, otherwise: other}", "a,b\nмедь,\n", "\"other\""},
	    {"{lookup: a, table: t, otherwise: leave_out}", "a,b\nмедь,\n", ""},
	    {"{lookup: a, table: t, wrong: leave_out}", "a,b\nмедь,\n", ""},
	    {"{template: 'the {a} of {b}'}", "a,b\nx,y\n", "\"the x of y\""},
	    {"{template: '{a} {{not a hole}}'}", "a,b\nx,y\n", "\"x {not a hole}\""},
	    {"{template: '{a}{b}'}", "a,b\n,\n", ""},
	    {"{id: 'x-{a}-{b}'}", "a,b\n12/34 A,5_6\n", "\"x-12-34-A-5_6\""},
	    {"{id: '{a}'}", "a,b\nимя,\n", "unsafe_id: a"},
	    {"{id: '{a}'}", "a,b\n,y\n", "empty_id: a"},
	    {"{id: '{b}{a}'}",
	     "a,b\n0123456789012345678901234567890123456789,0123456789012345678901234\n",
	     "long_id: "},
	    {"{id: '{a#}'}", "a,b\nимя,\n", "\"d36c8f74d9fb3312\""},
	    {"{any_of: {split: a, by: ','}, prefer: true}", "a,b\n\"x,y\",\n",
	     "{\"any_of\":[\"x\",\"y\"],\"prefer\":true}"},
	    {"{any_of: {split: a, by: ','}, prefer: true}", "a,b\n,\n", ""},
	    {"[{lookup: a, table: {yes: x}}, {split: b, by: ','}]", "a,b\nyes,\"y,z\"\n",
	     "[\"x\",\"y\",\"z\"]"},
	    {"[{lookup: a, table: {yes: x}, otherwise: leave_out}, {copy: b}]", "a,b\nno,\n", ""},
	    {"[{lookup: a, table: {yes: x}}, {copy: b}]", "a,b\nno,y\n", "not_in_table: a"},
	    {"{lookup: a, table: {any: []}}", "a,b\nany,\n", ""},
	    {"{split: a, by: ',', table: {any: []}}", "a,b\nany,\n", ""},
	    {"{any_of: {copy: a}, veto: y}", "a,b\nx,\n", "{\"any_of\":[\"x\"],\"veto\":[\"y\"]}"},
	    {"{any_of: [{copy: a}, {copy: b}]}", "a,b\nx,y\n", "{\"any_of\":[\"x\",\"y\"]}"},
	    {"{from: {number: a}, to: {number: b}}", "a,b\n1,2.5\n", "{\"from\":1,\"to\":\"2.5\"}"},
	};
	CHECK(examples, false);
}

static void
numbers_are_read_as_people_write_them(void **state)
{
	(void)state;
	static const struct example examples[] = {
	    {"{number: a}", "a,b\n5,\n", "5"},
	    {"{number: a}", "a,b\n-5,\n", "-5"},
	    {"{number: a}", "a,b\n5.50,\n", "\"5.5\""},
	    {"{number: a}", "a,b\n1 250 000,\n", "1250000"},
	    {"{number: a}", "a,b\n1\u00a0250.5,\n", "\"1250.5\""},
	    {"{number: a, decimal: ','}", "a,b\n\"1 250,50\",\n", "\"1250.5\""},
	    {"{number: a, thousands: ','}", "a,b\n\"12,345,678\",\n", "12345678"},
	    {"{number: a, thousands: ','}", "a,b\n\"1,5\",\n", "no_number: a"},
	    {"{number: a}", "a,b\n\"1,5\",\n", "no_number: a"},
	    {"{number: a}", "a,b\n2019 100,\n", "no_number: a"},
	    {"{number: a}", "a,b\n12 кг,\n", "no_number: a"},
	    {"{number: a}", "a,b\nкг,\n", "no_number: a"},
	    {"{number: a, drop: [кг, руб.]}", "a,b\n12 КГ,\n", "12"},
	    {"{number: a, drop: '%'}", "a,b\n15 %,\n", "15"},
	    {"{number: a, times: 100}", "a,b\n0.153,\n", "\"15.3\""},
	    {"{number: a, round: 1}", "a,b\n0.25,\n", "\"0.3\""},
	    {"{number: a, round: 0}", "a,b\n-2.5,\n", "-3"},
	    {"{number: a, unit: m}", "a,b\n3,\n", "{\"value\":3,\"unit\":\"m\"}"},
	    {"{number: a, currency: RUB}", "a,b\nот 5,\n", "{\"from\":5,\"currency\":\"RUB\"}"},
	    {"{number: a}", "a,b\nДо 10,\n", "{\"to\":10}"},
	    {"{number: a}", "a,b\nсвыше 10,\n", "{\"from\":10}"},
	    {"{number: a}", "a,b\nдоговор 10,\n", "no_number: a"},
	    {"{number: a}", "a,b\n≥10,\n", "{\"from\":10}"},
	    {"{number: a}", "a,b\nот 5 до 10,\n", "{\"from\":5,\"to\":10}"},
	    {"{number: a}", "a,b\n5-10,\n", "{\"from\":5,\"to\":10}"},
	    {"{number: a}", "a,b\n5 – 5,\n", "5"},
	    {"{number: a}", "a,b\n-5 - -3,\n", "{\"from\":-5,\"to\":-3}"},
	    {"{number: a}", "a,b\n10-5,\n", "no_number: a"},
	    {"{number: a, drop: $, multipliers: {K: 1000, M: 1000000}}", "a,b\n$250K - $2M,\n",
	     "{\"from\":250000,\"to\":2000000}"},
	    {"{number: a, drop: $, multipliers: {K: 1000, M: 1000000}}", "a,b\n$1-5M,\n",
	     "{\"from\":1000000,\"to\":5000000}"},
	    {"{number: a, multipliers: {м: 1, млн: 1000000}}", "a,b\n\"1.5 млн\",\n", "1500000"},
	    {"{number: a, multipliers: {K: 1000}}", "a,b\nK 5,\n", "no_number: a"},
	    {"{number: a, above: 1}", "a,b\n1,\n", ""},
	    {"{number: a, above: 1}", "a,b\n1.01,\n", "\"1.01\""},
	    {"{number: a, as: to}", "a,b\n7,\n", "{\"to\":7}"},
	    {"{number: a, as: text}", "a,b\n2 627 117,\n", "\"2627117\""},
	    {"{number: a}", "a,b\n1234567890123456789012,\n", "no_number: a"},
	    {"{number: a, times: 1000000}", "a,b\n123456789012345678,\n", "no_number: a"},
	};
	CHECK(examples, false);
}

static void
dates_and_places_are_read(void **state)
{
	(void)state;
	static const struct example examples[] = {
	    {"{date: a, formats: '%d.%m.%Y'}", "a,b\n31.12.2018,\n", "\"2018-12-31\""},
	    {"{date: a, formats: ['%m/%d/%Y', '%d %B %Y']}", "a,b\n10 March 2015,\n",
	     "\"2015-03-10\""},
	    {"{date: a, formats: '%d.%m.%Y'}", "a,b\n31.02.2018,\n", "no_date: a"},
	    {"{date: a, formats: '%d.%m.%Y'}", "a,b\n31.12.2018 г.,\n", "no_date: a"},
	    {"{date: a, formats: '%d.%m.%Y', plus_years: 20}", "a,b\n29.11.2012,\n",
	     "\"2032-11-29\""},
	    {"{date: a, formats: '%d.%m.%Y', plus_years: 1}", "a,b\n29.02.2012,\n",
	     "\"2013-02-28\""},
	    {"{date: a, formats: '%Y%m%d', as: from}", "a,b\n19940711,\n",
	     "{\"from\":\"1994-07-11\"}"},
	    {"{geo: [a, b]}", "a,b\n55.79243638932485,37.56\n",
	     "{\"lat\":\"55.7924364\",\"lon\":\"37.56\"}"},
	    {"{geo: a, order: lon_lat, radius_km: 5}", "a,b\n\"37.56, 55.79\",\n",
	     "{\"lat\":\"55.79\",\"lon\":\"37.56\",\"radius_km\":5}"},
	    {"{geo: a}", "a,b\n55.79 37.56,\n", "{\"lat\":\"55.79\",\"lon\":\"37.56\"}"},
	    {"{geo: a}", "a,b\n\"137.56, 55.79\",\n", "no_place: a"},
	    {"{geo: a}", "a,b\n55.79,\n", "no_place: a"},
	    {"{geo: [a, b]}", "a,b\n55.79,\n", ""},
	};
	CHECK(examples, false);
}

static void
json_paths_lead_into_objects_and_lists(void **state)
{
	(void)state;
	static const struct example examples[] = {
	    {"{copy: a}", "{\"a\": 5}\n", "5"},
	    {"{copy: a}", "{\"a\": 5.25}\n", "\"5.25\""},
	    {"{copy: a}", "{\"a\": true}\n", "true"},
	    {"{copy: a}", "{\"a\": null}\n", ""},
	    {"{copy: a}", "{\"a\": [\"x\", 1]}\n", "[\"x\",1]"},
	    {"{copy: a}", "{\"a\": {\"b\": 1}}\n", "nested: a"},
	    {"{copy: a.b}", "{\"a\": {\"b\": 1}}\n", "1"},
	    {"{copy: a.b}", "{\"a.b\": 2, \"a\": {\"b\": 1}}\n", "2"},
	    {"{copy: a.0}", "{\"a\": [\"x\", \"y\"]}\n", "\"x\""},
	    {"{copy: a.7}", "{\"a\": [\"x\", \"y\"]}\n", ""},
	    {"{split: a.b}", "{\"a\": [{\"b\": \"x\"}, {\"b\": \"y\"}, {}]}\n", "[\"x\",\"y\"]"},
	    {"{split: [a.0, b]}", "{\"a\": [\"x\"], \"b\": [\"y\", \"x\"]}\n", "[\"x\",\"y\"]"},
	    {"{number: a}", "{\"a\": [1, 2]}\n", "too_many_values: a"},
	    {"{template: '{a}!'}", "{\"a\": [\"x\", \"y\"]}\n", "\"x, y!\""},
	    {"{copy: a.0.0.0.0.0.0.0.0.0}", "{\"a\": [[[[[[[[[[1]]]]]]]]]]}\n", ""},
	};
	CHECK(examples, true);
}

/* ---- maps that are wrong ---- */

/* "line key: message" of all mistakes. */
static void
mistakes_of(const char *yaml, char result[4000])
{
	static struct mistakes mistakes;
	static struct map map;
	size_t at = 0;
	map_read(text(yaml), &map, &mistakes);
	map_free(&map);
	*result = '\0';
	for (size_t i = 0; i < mistakes.count && at < 3500; i++)
		at += (size_t)snprintf(result + at, 4000 - at, "%u %s: %s\n", mistakes.list[i].line,
				       mistakes.list[i].field, mistakes.list[i].message);
}

static void
all_mistakes_of_a_map_are_told_with_line_and_key(void **state)
{
	(void)state;
	char result[4000];
	mistakes_of("map: test\n"
		    "file:\n"
		    "  encoding: klingon\n"
		    "  delimiter: ab\n"
		    "skip:\n"
		    "  - {when: {column: a, equals: x, in: [y]}, reason: r}\n"
		    "  - {when: {column: a}}\n"
		    "listings:\n"
		    "  participant: acme\n"
		    "  exchange: e\n"
		    "  side: offer\n"
		    "  title: {copy: a, split: a}\n"
		    "  colour: red\n"
		    "  fields:\n"
		    "    x: {lookup: a, table: missing}\n"
		    "    y: {date: a, formats: '%d.%q'}\n"
		    "    z: {number: a, by: ';'}\n"
		    "    z: {template: 'no hole'}\n"
		    "    w: {id: 'имя-{a}'}\n"
		    "    v: {template: 'open {a'}\n",
		    result);
	static const char *const expected[] = {
	    "3 file.encoding: unknown encoding",
	    "4 file.delimiter: expected one ASCII character",
	    "6 skip.when: expected `column` and one of equals, in, not_in, empty",
	    "7 skip.when: expected `column` and one of",
	    "7 skip.reason: the key is missing",
	    "listings.key: the key is missing",
	    "12 listings.title: copy and split at once",
	    "13 listings.colour: unknown key",
	    "15 listings.fields.x.table: expected the name of one of `tables`",
	    "16 listings.fields.y.formats: a format is made of",
	    "17 listings.fields.z.by: the key does not belong to this type",
	    "18 listings.fields.z: the key repeats",
	    "18 listings.fields.z.template: there is no {column} in it",
	    "19 listings.fields.w.id: an id is made of",
	    "20 listings.fields.v.template: expected {column}",
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (!strstr(result, expected[i]))
			fail_msg("\"%s\" is not in:\n%s", expected[i], result);
}

static void
a_map_must_make_something_for_somebody(void **state)
{
	(void)state;
	char result[4000];
	mistakes_of("map: test\n", result);
	assert_non_null(strstr(result, "the map makes nothing"));
	mistakes_of("map: test\nlistings: {key: k, exchange: e, side: need, title: t}\n", result);
	assert_non_null(strstr(result, "listings.participant: the key is missing"));
	mistakes_of("map: test\ntables: {t: {Да: 1, да: 2}}\nparticipants: {id: x, name: x, kind: "
		    "person}\n",
		    result);
	assert_non_null(strstr(result, "only in its case"));
}

/* ---- files that are wrong ---- */

/* "line:code" of each row, "line:ok" of good ones. */
static void
rows_of(const struct sheet_format *format, struct str file, char result[2000])
{
	struct sheet *sheet;
	struct sheet_trouble trouble;
	struct both why;
	size_t at = 0;
	write_file(file);
	if (sheet_open(path, format, &sheet, &why)) {
		snprintf(result, 2000, "not opened: %s", why.en);
		return;
	}
	enum sheet_step step;
	*result = '\0';
	while ((step = sheet_next(sheet, &trouble)) != SHEET_END && at < 1900) {
		at += (size_t)snprintf(result + at, 2000 - at, "%u:%s ", sheet_line(sheet),
				       step == SHEET_ROW ? "ok" : trouble.code);
		if (step == SHEET_BROKEN)
			break;
	}
	sheet_close(sheet);
}

static const struct sheet_format csv = {.delimiter = ','};
static const struct sheet_format jsonl = {.jsonl = true};

static void
rows_have_the_line_on_which_they_begin(void **state)
{
	(void)state;
	char result[2000];
	rows_of(&csv,
		text("\xef\xbb\xbf"
		     "a,b\n1,2\n\n\"x\ny\",3\n4,5"),
		result);
	assert_string_equal(result, "2:ok 4:ok 6:ok ");
	rows_of(&csv, text("a,b\r\n1,2\r\n\r\n\"x\r\ny\",3\r\n4,5\r\n"), result);
	assert_string_equal(result, "2:ok 4:ok 6:ok ");
	rows_of(&csv, text("a,b\r1,2\r3,4\r"), result);
	assert_string_equal(result, "2:ok 3:ok ");
	rows_of(&jsonl, text("{\"a\":1}\n\n  \n{\"a\":2}"), result);
	assert_string_equal(result, "1:ok 4:ok ");
}

static void
bad_rows_are_refused_and_the_next_is_read(void **state)
{
	(void)state;
	char result[2000];
	static const char nul[] = "a,b\n1,2\n\0,3\n4,5\n";
	rows_of(&csv, text("a,b\n1\n1,2,3\n4,5\n"), result);
	assert_string_equal(result, "2:wrong_columns 3:wrong_columns 4:ok ");
	rows_of(&csv, (struct str){nul, sizeof nul - 1}, result);
	assert_string_equal(result, "2:ok 3:nul_byte 4:ok ");
	rows_of(&csv, text("a,b\n\xff,2\n4,5\n"), result);
	assert_string_equal(result, "2:bad_encoding 3:ok ");
	rows_of(&jsonl,
		text("{\"a\":1,\"a\":2}\n[1]\n{\"a\":\"\\u0000\"}\n{\"a\":\"\xff\"}\n{}x\n"
		     "{\"a\":1}\n"),
		result);
	assert_string_equal(result, "1:bad_json 2:bad_json 3:bad_json 4:bad_json 5:bad_json 6:ok ");
}

static void
what_has_no_certain_meaning_ends_the_reading(void **state)
{
	(void)state;
	char result[2000];
	size_t size = 3 << 20;
	char *big = malloc(size);
	memset(big, 'x', size);
	memcpy(big, "a,b\n1,2\n\"", 9);
	rows_of(&csv, (struct str){big, (uint32_t)size}, result);
	assert_string_equal(result, "2:ok 3:too_long ");
	big[size / 2] = '\n';
	rows_of(&jsonl, (struct str){big, (uint32_t)size}, result);
	assert_string_equal(result, "1:bad_json 2:bad_json 3:too_long 4:too_long ");
	free(big);
	rows_of(&csv, text("a,b\n1,2\n3,\"open\n5,6\n"), result);
	assert_string_equal(result, "2:ok 3:open_quote ");
	rows_of(&csv, text(""), result);
	assert_string_equal(result, "not opened: the file is empty: there is no header");
}

static void
other_encodings_and_delimiters_are_read(void **state)
{
	(void)state;
	char result[2000];
	const struct sheet_format format = {.delimiter = ';', .encoding = "windows-1251"};
	struct cells *cells = calloc(1, sizeof *cells);
	struct sheet_trouble trouble;
	struct sheet *sheet;
	struct both why;
	/* "имя;b", "Ёж;2", a byte that the encoding has not, "я;3" */
	write_file(text("\xe8\xec\xff;b\n\xa8\xe6;2\n\x98;9\n\xff;3\n"));
	assert_int_equal(sheet_open(path, &format, &sheet, &why), 0);
	assert_int_equal(sheet_has(sheet, text("имя")), 1);
	assert_int_equal(sheet_next(sheet, &trouble), SHEET_ROW);
	sheet_values(sheet, text("имя"), cells);
	assert_int_equal(cells->n, 1);
	assert_true(str_eq(cells->list[0].text, text("Ёж")));
	assert_int_equal(sheet_next(sheet, &trouble), SHEET_BAD);
	assert_string_equal(trouble.code, "bad_encoding");
	assert_int_equal(sheet_next(sheet, &trouble), SHEET_ROW);
	assert_int_equal(sheet_next(sheet, &trouble), SHEET_END);
	sheet_close(sheet);
	free(cells);
	const struct sheet_format wide = {.delimiter = '\t', .encoding = "UTF-16"};
	static const char utf16[] = "\xff\xfe"
				    "a\0\t\0b\0\n\0"
				    "1\0\t\0"
				    "2\0\n\0";
	rows_of(&wide, (struct str){utf16, sizeof utf16 - 1}, result);
	assert_string_equal(result, "2:ok ");
}

static void
packed_files_are_unpacked_within_reason(void **state)
{
	(void)state;
	char result[2000];
	static char room[1 << 20];
	uLongf len = 0;
	gzFile gz = gzopen(path, "wb9");
	memset(room, '\n', sizeof room);
	gzputs(gz, "a,b\n1,2\n");
	for (int i = 0; i < 80; i++)
		gzwrite(gz, room, sizeof room);
	gzclose(gz);
	/* read it back, for rows_of writes it again */
	FILE *f = fopen(path, "rb");
	len = fread(room, 1, sizeof room, f);
	fclose(f);
	rows_of(&csv, (struct str){room, (uint32_t)len}, result);
	assert_non_null(strstr(result, "2:ok "));
	assert_non_null(strstr(result, ":unreadable "));
	rows_of(&csv, (struct str){room, (uint32_t)len / 2}, result);
	assert_non_null(strstr(result, "unreadable"));
}

/* ---- the books ---- */

static void
books_survive_being_written_down(void **state)
{
	(void)state;
	static struct ledger before, after;
	before.read = 9;
	before.mapped = 4;
	tallies_add(&before.skipped, "too old", 3);
	tallies_add(&before.wrong, "no_number", 2);
	tallies_add(&before.left_out, "price: cut", 1);
	struct book *b = ledger_book(&before, "patents");
	b->stored = 3;
	tallies_add(&b->refused, "bad_value", 1);
	json_t *json = ledger_json(&before);
	assert_true(ledger_from_json(&after, json));
	json_t *again = ledger_json(&after);
	assert_true(json_equal(json, again));
	json_decref(again);
	json_object_del(json, "by");
	assert_false(ledger_from_json(&after, json));
	json_decref(json);
}

static void
too_many_names_are_counted_together(void **state)
{
	(void)state;
	static struct tallies t;
	char name[20];
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "reason %d", i);
		tallies_add(&t, name, 1);
	}
	assert_int_equal(t.count, TALLIES);
	assert_int_equal(tallies_sum(&t), 1000);
}

/* ---- what is told in Russian ---- */

/* The conversions of a format, one after the other: "%.*s%d". */
static void
conversions_of(const char *format, char result[200])
{
	*result = '\0';
	for (const char *c = strchr(format, '%'); c; c = strchr(c, '%')) {
		size_t n = strcspn(c + 1, "diuscfgxX%") + 2;
		assert_true(strlen(result) + n < 200);
		strncat(result, c, n);
		c += n;
	}
}

static void
russian_mistakes_take_the_same_arguments_as_english_ones(void **state)
{
	(void)state;
	char english[200], russian[200];
	for (const struct texts *t = mistake_texts; t->en; t++) {
		conversions_of(t->en, english);
		conversions_of(t->ru, russian);
		assert_string_equal(english, russian);
	}
	assert_null(mistake_words_here());
	language_set("ru");
	mistake_words_fn words = mistake_words_here();
	for (int i = TEXT_OK; i <= TEXT_TOO_LONG; i++)
		assert_true(words(text_problem_name((enum text_problem)i)) !=
			    text_problem_name((enum text_problem)i));
	assert_string_equal(words("no such text"), "no such text");
	language_set("en");
}

static void
a_sentence_is_made_in_both_languages(void **state)
{
	(void)state;
	char cell[2000];
	struct both a, b;
	both_set(&a, "%d rows: ", "строк: %d: ", 3);
	both_text(&b, "bad", "плохо");
	both_join(&a, &b);
	assert_string_equal(a.en, "3 rows: bad");
	assert_string_equal(a.ru, "строк: 3: плохо");
	assert_string_equal(both_say(&a), a.en);
	memset(cell, 'x', sizeof cell - 1);
	cell[sizeof cell - 1] = '\0';
	both_set(&a, "%s", "%s", cell);
	both_join(&a, &b);
	assert_int_equal(strlen(a.en), BOTH_EN - 1);
	assert_int_equal(strlen(a.ru), BOTH_RU - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cells_are_copied_split_and_looked_up),
	    cmocka_unit_test(numbers_are_read_as_people_write_them),
	    cmocka_unit_test(dates_and_places_are_read),
	    cmocka_unit_test(json_paths_lead_into_objects_and_lists),
	    cmocka_unit_test(all_mistakes_of_a_map_are_told_with_line_and_key),
	    cmocka_unit_test(russian_mistakes_take_the_same_arguments_as_english_ones),
	    cmocka_unit_test(a_sentence_is_made_in_both_languages),
	    cmocka_unit_test(a_map_must_make_something_for_somebody),
	    cmocka_unit_test(rows_have_the_line_on_which_they_begin),
	    cmocka_unit_test(bad_rows_are_refused_and_the_next_is_read),
	    cmocka_unit_test(what_has_no_certain_meaning_ends_the_reading),
	    cmocka_unit_test(other_encodings_and_delimiters_are_read),
	    cmocka_unit_test(packed_files_are_unpacked_within_reason),
	    cmocka_unit_test(books_survive_being_written_down),
	    cmocka_unit_test(too_many_names_are_counted_together),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
