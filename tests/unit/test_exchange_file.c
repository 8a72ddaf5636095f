/* Authors mend a file in one go: every mistake comes with its line and field. */

#include "core/exchange.h"
#include "intake/files.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static struct mistakes mistakes;

#define T "title: {ru: х, en: x}"
/* A file whose fields begin in line 6. */
#define TOP "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\nfields:\n"

static struct exchange *
read_exchange(const char *yaml)
{
	struct buf canonical = BUF_EMPTY;
	if (exchange_read(str_of(yaml), &canonical, &mistakes))
		fail_msg("line %u, %s: %s", mistakes.list[0].line, mistakes.list[0].field,
			 mistakes.list[0].message);
	assert_int_equal(mistakes.count, 0);
	struct exchange *e = exchange_decode(buf_str(&canonical));
	assert_non_null(e);
	assert_true(str_eq(e->canonical, buf_str(&canonical)));
	buf_free(&canonical);
	return e;
}

/* ---- what is right ---- */

static const char full[] =
    "exchange: parts-2\n"
    "title: {ru: Детали, en: Parts}\n"
    "help: {ru: Помощь, en: Help}\n"
    "need: {title: {ru: Заказ, en: Order}, from: participant}\n"
    "offer: {title: {ru: Цех, en: Shop}}\n"
    "max_matches: all\n"
    "made_for: newcomer\n"
    "lifetime: {default_days: 30, max_days: 90, notice_days: 7}\n"
    "moderated: offer\n"
    "fields:\n"
    "  activity: {type: code, " T ", tree: okved2, relation: need_within_offer,\n"
    "    need: {from: participant.okved, absent: required}, offer: {title: {ru: а, en: b}}}\n"
    "  grade: {type: keyword, " T ", values: {Second: {ru: а, en: a}, FIRST: {ru: б, en: b}},\n"
    "    demanded_by: offer, visibility: mutual, offer: {visibility: match_only}}\n"
    "  size: {type: ordinal, " T ", labels: {small: {ru: а, en: a}, big: {ru: б, en: b}},\n"
    "    min_overlap: 1, need: {from: participant.size, weight: 5, better: higher, span: 2}}\n"
    "  price: {type: money, " T ", currency: RUB, min_overlap: '0.5',\n"
    "    need: {reading: at_most, weight: 1000, better: lower, span: own},\n"
    "    offer: {reading: at_least, weight: 1, nearer: true, span: 99.99}}\n"
    "  length: {type: number, " T ", unit: mm, units: {cm: 10, um: 0.001}, decimals: 3}\n"
    "  level: {type: ordinal, " T ", labels: [c, a, b+]}\n"
    "  place: {type: geo, " T ", offer: {weight: 2, span: 50000}}\n"
    "  certified: {type: flag, " T ", need: {weight: 2}}\n";

static void
every_key_reaches_the_exchange(void **state)
{
	(void)state;
	struct exchange *e = read_exchange(full);
	assert_true(str_eq(e->name, STR("parts-2")));
	assert_true(str_eq(e->title.ru, STR("Детали")));
	assert_true(str_eq(e->help.en, STR("Help")));
	assert_true(str_eq(e->side_title[OFFER].en, STR("Shop")));
	assert_true(e->standing_needs && e->newcomer);
	assert_int_equal(e->max_matches, 0);
	assert_int_equal(e->default_days, 30);
	assert_int_equal(e->max_days, 90);
	assert_int_equal(e->notice_days, 7);
	assert_true(!e->moderated[NEED] && e->moderated[OFFER]);
	assert_int_equal(e->n_fields, 8);

	const struct field *f = &e->fields[0];
	assert_true(str_eq(f->name, STR("activity")) && str_eq(f->tree_name, STR("okved2")));
	assert_int_equal(f->relation, RELATION_NEED_WITHIN_OFFER);
	assert_int_equal(f->side[NEED].from, ATTRIBUTE_OKVED);
	assert_int_equal(f->side[NEED].absent, ABSENT_REQUIRED);
	assert_true(f->demanded_by[NEED] && f->demanded_by[OFFER]);
	assert_true(str_eq(f->side[OFFER].title.ru, STR("а")));

	f = &e->fields[1];
	assert_true(str_eq(f->values[0].name, STR("first")));
	assert_true(field_allows(f, STR("second")) && !field_allows(f, STR("third")));
	assert_true(!f->demanded_by[NEED] && f->demanded_by[OFFER]);
	assert_int_equal(f->side[NEED].visibility, VISIBLE_MUTUAL);
	assert_int_equal(f->side[OFFER].visibility, VISIBLE_MATCH_ONLY);

	f = &e->fields[2];
	assert_int_equal(field_label(f, STR("big")), 1);
	assert_int_equal(field_label(f, STR("middle")), -1);
	assert_int_equal(f->min_overlap, 1);
	assert_int_equal(f->side[NEED].span, 2);

	f = &e->fields[3];
	assert_int_equal(f->decimals, 2);
	assert_int_equal(f->min_overlap, 50);
	assert_true(f->side[NEED].span_own && !f->side[NEED].has_span);
	assert_int_equal(f->side[NEED].better, BETTER_LOWER);
	assert_int_equal(f->side[NEED].reading, READING_AT_MOST);
	assert_int_equal(f->side[OFFER].better, BETTER_NEARER);
	assert_int_equal(f->side[OFFER].span, 9999);

	f = exchange_field(e, STR("length"));
	assert_true(str_eq(f->units[1].name, STR("um")));
	assert_int_equal(f->units[1].num, 1);
	assert_int_equal(f->units[1].den, 1000);
	f = exchange_field(e, STR("level"));
	assert_true(str_eq(f->labels[0].name, STR("c")) && str_eq(f->labels[2].name, STR("b+")));
	assert_int_equal(exchange_field(e, STR("place"))->side[OFFER].span, 50000);
	assert_null(exchange_field(e, STR("colour")));
	exchange_free(e);
	exchange_free(NULL);
}

static void
defaults_are_those_of_the_page(void **state)
{
	(void)state;
	struct exchange *e = read_exchange(TOP "  a: {type: number, " T "}\n");
	const struct field *f = &e->fields[0];
	assert_int_equal(e->max_matches, 20);
	assert_false(e->newcomer || e->standing_needs);
	assert_int_equal(e->default_days, 0);
	assert_int_equal(f->relation, RELATION_OVERLAP);
	assert_true(f->demanded_by[NEED] && f->demanded_by[OFFER]);
	assert_int_equal(f->decimals, 0);
	for (int side = NEED; side <= OFFER; side++) {
		assert_int_equal(f->side[side].absent, ABSENT_ANY);
		assert_int_equal(f->side[side].reading, READING_EXACTLY);
		assert_int_equal(f->side[side].visibility, VISIBLE_PUBLIC);
		assert_int_equal(f->side[side].weight, 0);
	}
	exchange_free(e);
}

/* ---- what is wrong ---- */

struct expected {
	unsigned line;
	const char *field, *message; /* message: a part of it */
};

static void
expect_mistakes(int refused, const struct expected *expected, size_t n)
{
	assert_int_equal(refused, 1);
	for (size_t i = 0; i < mistakes.count || i < n; i++) {
		const struct mistake *m = &mistakes.list[i];
		if (i >= mistakes.count)
			fail_msg("not reported: %u %s", expected[i].line, expected[i].field);
		if (i >= n || m->line != expected[i].line ||
		    strcmp(m->field, expected[i].field) != 0 ||
		    !strstr(m->message, expected[i].message))
			fail_msg("mistake %zu: %u %s: %s", i, m->line, m->field, m->message);
	}
}

static void
standing_needs_cannot_be_moderated(void **state)
{
	static const char yaml[] = "exchange: parts\n" T "\n"
				   "need: {" T ", from: participant}\noffer: {" T "}\n"
				   "moderated: both\n"
				   "lifetime: {notice_days: 0}\n"
				   "fields:\n  a: {type: flag, " T "}\n";
	static const struct expected expected[] = {
	    {5, "moderated", "expected offer"},
	    {6, "lifetime.notice_days", "1 to 3650"},
	};
	struct buf canonical = BUF_EMPTY;
	(void)state;
	expect_mistakes(exchange_read(STR(yaml), &canonical, &mistakes), expected,
			sizeof expected / sizeof *expected);
	buf_free(&canonical);
}

static void
all_mistakes_come_at_once(void **state)
{
	static const char yaml[] = "exchange: Parts\n"				/* 1 */
				   "title: {ru: х}\n"				/* 2 */
				   "colour: red\n"				/* 3 */
				   "need: {" T ", from: nobody}\n"		/* 4 */
				   "offer: {" T ", from: participant}\n"	/* 5 */
				   "max_matches: 0\n"				/* 6 */
				   "made_for: all\n"				/* 7 */
				   "lifetime: {default_days: 9, max_days: 8}\n" /* 8 */
				   "fields:\n"					/* 9 */
				   "  Price: {type: money, " T "}\n"		/* 10 */
				   "  a: {type: number, " T ",\n"		/* 11 */
				   "    labels: [x, y],\n"			/* 12 */
				   "    need: {weight: 5},\n"			/* 13 */
				   "    offer: {weight: 5, better: lower}}\n"	/* 14 */
				   "  b: {type: geo, " T ",\n"			/* 15 */
				   "    relation: need_within_offer}\n"		/* 16 */
				   "  c: {type: colour, colour: red}\n"		/* 17 */
				   "  d: 5\n"					/* 18 */
				   "  d: {type: flag, " T "}\n";		/* 19 */
	static const struct expected expected[] = {
	    {1, "exchange", "is not a name"},
	    {2, "title.en", "missing"},
	    {3, "colour", "unknown key"},
	    {4, "need.from", "expected participant"},
	    {5, "offer.from", "unknown key"},
	    {6, "max_matches", "1 to 10000"},
	    {7, "made_for", "expected either, newcomer"},
	    {8, "lifetime.default_days", "above max_days"},
	    {10, "fields.Price", "expected a name"},
	    {10, "fields.Price.currency", "missing"},
	    {12, "fields.a.labels", "does not belong to this type"},
	    {13, "fields.a.need.weight", "needs better or nearer"},
	    {14, "fields.a.offer.better", "needs span"},
	    {16, "fields.b.relation", "overlap only"},
	    {17, "fields.c.colour", "unknown key"},
	    {17, "fields.c.title", "missing"},
	    {17, "fields.c.type", "\"colour\" cannot stand here; expected keyword"},
	    {18, "fields.d", "expected a map"},
	    {19, "fields.d", "repeats; it stands in line 18"},
	};
	struct buf canonical = BUF_EMPTY;
	(void)state;
	expect_mistakes(exchange_read(STR(yaml), &canonical, &mistakes), expected,
			sizeof expected / sizeof *expected);
	assert_int_equal(canonical.len, 0);
	buf_free(&canonical);
}

/* One field each, in line 6. */
static const struct {
	const char *field, *at, *message;
} fields[] = {
    {"{type: keyword, " T ", values: {}}", "values", "at least one key"},
    {"{type: keyword, " T ", values: {A: {ru: а, en: a}, a: {ru: а, en: a}}}", "values",
     "the same word"},
    {"{type: keyword, " T ", values: {\"a\\tb\": {ru: а, en: a}}}", "values.a?b", "control"},
    {"{type: keyword, " T ", values: {a: b}}", "values.a", "expected a map"},
    {"{type: keyword, " T ", tree: okved2}", "tree", "does not belong"},
    {"{type: keyword, " T ", need: {reading: at_most}}", "need.reading", "does not belong"},
    {"{type: keyword, " T ", need: {span: 5}}", "need.span", "does not belong"},
    {"{type: keyword, " T ", need: {from: participant.okved}}", "need.from", "does not fit"},
    {"{type: keyword, " T ", need: {from: participant.name}}", "need.from",
     "expected participant.kind"},
    {"{type: keyword, " T ", need: {from: kind}}", "need.from", "expected participant.kind"},
    {"{type: code, " T "}", "tree", "missing"},
    {"{type: code, " T ", tree: OKVED}", "tree", "is not a name"},
    {"{type: flag, " T ", need: {from: participant.kind}}", "need.from", "does not belong"},
    {"{type: flag, " T ", need: {weight: 0}}", "need.weight", "1 to 1000"},
    {"{type: flag, " T ", need: {weight: 1.5}}", "need.weight", "a whole number"},
    {"{type: flag, " T ", need: {absent: never}}", "need.absent", "expected any, none, required"},
    {"{type: flag, " T ", need: {weight: 5}, offer: {visibility: mutual}}", "need.weight",
     "does not show"},
    {"{type: flag, " T ", need: [5]}", "need", "expected a map"},
    {"{type: flag, " T ", demanded_by: nobody}", "demanded_by", "expected need, offer, both"},
    {"{type: flag, title: x}", "title", "expected a map"},
    {"{type: flag, title: {ru: х, en: ''}}", "title.en", "is empty"},
    {"{type: flag, title: {ru: х, en: x, de: x}}", "title.de", "unknown key"},
    {"{type: flag, " T ", help: {ru: х}}", "help.en", "missing"},
    {"{type: number, " T ", units: {cm: 10}}", "units", "needs unit"},
    {"{type: number, " T ", unit: mm, units: {mm: 1}}", "units.mm", "own unit"},
    {"{type: number, " T ", unit: mm, units: {cm: 0}}", "units.cm", "above 0"},
    {"{type: number, " T ", unit: mm, units: {cm: ten}}", "units.cm", "above 0"},
    {"{type: number, " T ", unit: mm, units: {cm: [10]}}", "units.cm", "above 0"},
    {"{type: number, " T ", unit: ''}", "unit", "is empty"},
    {"{type: number, " T ", decimals: 7}", "decimals", "0 to 6"},
    {"{type: number, " T ", currency: RUB}", "currency", "does not belong"},
    {"{type: number, " T ", min_overlap: 0.5}", "min_overlap", "at most 0 decimals"},
    {"{type: number, " T ", min_overlap: -1}", "min_overlap", "0 or more"},
    {"{type: number, " T ", relation: need_within_offer, min_overlap: 1}", "min_overlap",
     "overlap only"},
    {"{type: number, " T ", need: {weight: 1, nearer: yes, span: 5}}", "need.nearer",
     "expected true"},
    {"{type: number, " T ", need: {weight: 1, nearer: true, better: lower, span: 5}}",
     "need.nearer", "beside better"},
    {"{type: number, " T ", need: {weight: 1, better: nearer, span: 5}}", "need.better",
     "expected lower, higher"},
    {"{type: number, " T ", need: {weight: 1, nearer: true, span: own}}", "need.span",
     "with better only"},
    {"{type: number, " T ", need: {weight: 1, better: lower, span: 0}}", "need.span", "above 0"},
    {"{type: number, " T ", need: {weight: 1, better: lower, span: far}}", "need.span",
     "expected a number"},
    {"{type: number, " T ", need: {better: lower, span: 5}}", "need.better", "needs weight"},
    {"{type: number, " T ", need: {from: participant.headcount, reading: at_most}}", "need.reading",
     "read exactly"},
    {"{type: number, " T ", need: {from: participant.founded}}", "need.from", "does not fit"},
    {"{type: money, " T ", currency: rub}", "currency", "three capital letters"},
    {"{type: money, " T ", currency: USD, need: {from: participant.revenue}}", "need.from",
     "type and currency"},
    {"{type: date, " T ", decimals: 1}", "decimals", "does not belong"},
    {"{type: date, " T ", need: {weight: 1, nearer: true, span: 0.5}}", "need.span", "0 decimals"},
    {"{type: ordinal, " T "}", "labels", "missing"},
    {"{type: ordinal, " T ", labels: [a]}", "labels", "2 to 64"},
    {"{type: ordinal, " T ", labels: a}", "labels", "2 to 64"},
    {"{type: ordinal, " T ", labels: [a, b, a]}", "labels.a", "repeats"},
    {"{type: ordinal, " T ", labels: [a, B]}", "labels.B", "small letters"},
    {"{type: ordinal, " T ", labels: [a, [b]]}", "labels", "small letters"},
    {"{type: ordinal, " T ", labels: {a: {ru: а, en: a}, b: {ru: а}}}", "labels.b.en", "missing"},
    {"{type: dimensions, " T ", need: {weight: 1}}", "need.weight", "does not belong"},
    {"{type: dimensions, " T ", need: {from: participant.kind}}", "need.from", "does not belong"},
    {"{type: geo, " T ", need: {span: 5}}", "need.span", "needs weight"},
    {"{type: geo, " T ", need: {weight: 1, span: own}}", "need.span", "with better only"},
};

static void
each_mistake_in_a_field_is_named(void **state)
{
	struct buf canonical = BUF_EMPTY;
	char yaml[1024], at[96];
	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(yaml, sizeof yaml, TOP "  a: %s\n", fields[i].field);
		if (!exchange_read(str_of(yaml), &canonical, &mistakes))
			fail_msg("%s was accepted", fields[i].field);
		bool found = false;
		snprintf(at, sizeof at, "fields.a.%s", fields[i].at);
		for (size_t k = 0; k < mistakes.count; k++) {
			const struct mistake *m = &mistakes.list[k];
			found |= m->line == 6 && strcmp(m->field, at) == 0 &&
				 strstr(m->message, fields[i].message);
		}
		if (!found)
			fail_msg("%s: %u %s: %s", fields[i].field, mistakes.list[0].line,
				 mistakes.list[0].field, mistakes.list[0].message);
		assert_int_equal(canonical.len, 0);
	}
	buf_free(&canonical);
}

static void
standing_needs_ask_nothing_of_a_listing(void **state)
{
	static const char yaml[] = "exchange: x\n" T "\nneed: {" T ", from: participant}\n"
				   "offer: {" T "}\n"
				   "fields:\n"
				   "  a: {type: flag, " T ", need: {absent: required}}\n"
				   "  b: {type: flag, " T ", offer: {absent: required}}\n";
	static const struct expected expected[] = {{6, "fields.a.need", "needs from"}};
	struct buf canonical = BUF_EMPTY;
	(void)state;
	expect_mistakes(exchange_read(STR(yaml), &canonical, &mistakes), expected, 1);
	buf_free(&canonical);
}

/* ---- what is not YAML, or too much of it ---- */

static void
expect_one(const char *yaml, unsigned line, const char *message)
{
	struct buf canonical = BUF_EMPTY;
	assert_int_equal(exchange_read(str_of(yaml), &canonical, &mistakes), 1);
	for (size_t i = 0; i < mistakes.count; i++) {
		if (mistakes.list[i].line == line && strstr(mistakes.list[i].message, message)) {
			buf_free(&canonical);
			return;
		}
	}
	fail_msg("%u %s: %s", mistakes.list[0].line, mistakes.list[0].field,
		 mistakes.list[0].message);
}

static void
foreign_yaml_is_refused(void **state)
{
	(void)state;
	expect_one("", 1, "empty");
	expect_one("# nothing\n", 1, "empty");
	expect_one("hello", 1, "expected a map");
	expect_one("[1, 2]", 1, "expected a map");
	expect_one("a: 1\nb: *x\n", 2, "aliases");
	expect_one("a: 1\nb: &x 2\n", 2, "anchors");
	expect_one("a: 1\nb: !!str 2\n", 2, "tags");
	expect_one("a: 1\nb: ! 2\n", 2, "tags");
	expect_one("a: &x [1]\nb: {<<: *x}\n", 1, "anchors");
	expect_one("*x : 1\n", 1, "aliases");
	expect_one("a: 1\n---\nb: 2\n", 2, "one document");
	expect_one("a: 1\n? [b]\n: 2\n", 2, "a key has to be a text");
	expect_one("a: 1\n? {b: c}\n: 2\n", 2, "a key has to be a text");
	expect_one("a: [1\nb: 2\n", 2, "not YAML");
	expect_one("a: 1\n\tb: 2\n", 2, "not YAML");
	expect_one("a: \"\xff\"\n", 1, "not YAML");
	expect_one("a: 1\na: 2\n", 2, "repeats");
	expect_one("[[[[[[[[[[[[[1]]]]]]]]]]]]]", 1, "too deep");
}

/* A second and more for such a file would let one author hold up the daemon. */
static void
hostile_yaml_is_refused_quickly(void **state)
{
	static const char *const patterns[] = {
	    "[",     "{",    "- ",   "? ",     "a: ",	"[a, ",	 "{a: ",   "a: b\n",
	    "- a\n", "'",    "\"",   "&a ",    "*a ",	"!!a ",	 "#\n",	   "\n",
	    " ",     "a\n",  "a,",   "[]\n",   "%TAG ", "---\n", "- - \n", "{a: b}, ",
	    "? a\n", "a : ", "|\n ", ">\n\n ", "\\x",	"[a],",
	};
	static char yaml[200000];
	struct buf canonical = BUF_EMPTY;
	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		size_t n = strlen(patterns[i]);
		for (size_t k = 0; k + n <= sizeof yaml; k += n)
			memcpy(yaml + k, patterns[i], n);
		for (int open = 0; open < 3; open++) {
			static const char opening[] = " [{";
			yaml[0] = open ? opening[open] : patterns[i][0];
			clock_t begin = clock();
			assert_int_equal(
			    exchange_read((struct str){yaml, sizeof yaml}, &canonical, &mistakes),
			    1);
			double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
			if (seconds > 2)
				fail_msg("\"%s\" took %.1f s", patterns[i], seconds);
		}
	}
	char *large = mem_zalloc(FILE_MAX + 1);
	memset(large, ' ', FILE_MAX + 1);
	assert_int_equal(exchange_read((struct str){large, FILE_MAX + 1}, &canonical, &mistakes),
			 1);
	assert_true(strstr(mistakes.list[0].message, "larger than"));
	free(large);
	buf_free(&canonical);
}

static void
more_mistakes_than_fit_are_dropped(void **state)
{
	struct buf yaml = BUF_EMPTY, canonical = BUF_EMPTY;
	(void)state;
	for (int i = 0; i < 3 * FILE_MISTAKES; i++) {
		char line[32];
		snprintf(line, sizeof line, "unknown%d: 1\n", i);
		buf_put(&yaml, line, strlen(line));
	}
	assert_int_equal(exchange_read(buf_str(&yaml), &canonical, &mistakes), 1);
	assert_int_equal(mistakes.count, FILE_MISTAKES);
	buf_free(&yaml);
	buf_free(&canonical);
}

/* ---- trees ---- */

static void
trees_are_read(void **state)
{
	static const char yaml[] = "tree: okved2\nrule: okved\n" T "\ncodes:\n"
				   "  41.2: Строительство зданий\n"
				   "  41.20: Строительство\n"
				   "  '28.4': {ru: Станки, en: Machine tools}\n";
	struct buf canonical = BUF_EMPTY;
	(void)state;
	assert_int_equal(tree_read(STR(yaml), &canonical, &mistakes), 0);
	struct tree *t = tree_decode(buf_str(&canonical));
	assert_non_null(t);
	assert_int_equal(t->n_codes, 2);
	assert_true(str_eq(t->codes[0].title_en, STR("Machine tools")));
	assert_true(str_eq(t->codes[1].title_ru, STR("Строительство зданий")));
	assert_true(tree_has(t, STR("41")) && !tree_has(t, STR("42")));
	tree_free(t);
	buf_free(&canonical);
}

static void
mistakes_in_a_tree_come_at_once(void **state)
{
	static const char yaml[] = "tree: OKVED\nrule: ipc\ncodes:\n"
				   "  A01B: {ru: х}\n"
				   "  28.4: х\n"
				   "  A01C: [x]\n"
				   "weight: 5\n";
	static const struct expected expected[] = {
	    {1, "title", "missing"},
	    {1, "tree", "is not a name"},
	    {4, "codes.A01B.en", "missing"},
	    {5, "codes.28.4", "not a code of the rule ipc"},
	    {6, "codes.A01C", "expected a map"},
	    {7, "weight", "unknown key"},
	};
	struct buf canonical = BUF_EMPTY;
	(void)state;
	expect_mistakes(tree_read(STR(yaml), &canonical, &mistakes), expected,
			sizeof expected / sizeof *expected);
	buf_free(&canonical);
}

/* ---- canonical bytes ---- */

static void
a_damaged_exchange_is_refused_or_canonical(void **state)
{
	struct buf canonical = BUF_EMPTY, again = BUF_EMPTY;
	int survived = 0;
	(void)state;
	assert_int_equal(exchange_read(str_of(full), &canonical, &mistakes), 0);
	for (uint32_t len = 0; len < canonical.len; len++)
		assert_null(exchange_decode((struct str){(char *)canonical.data, len}));
	for (size_t i = 0; i < canonical.len * 64; i++) {
		uint8_t kept = canonical.data[i / 64];
		canonical.data[i / 64] = (uint8_t)(i % 64 * 4 + i / 64 % 4);
		struct exchange *e = exchange_decode(buf_str(&canonical));
		if (e) {
			buf_clear(&again);
			exchange_encode(e, &again);
			assert_true(str_eq(buf_str(&again), buf_str(&canonical)));
			survived++;
		}
		exchange_free(e);
		canonical.data[i / 64] = kept;
	}
	assert_true(survived > 0);
	buf_free(&canonical);
	buf_free(&again);
}

static const struct tree *
find_nothing(void *arg, struct str name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void
a_missing_tree_is_named(void **state)
{
	struct str missing = STR_NONE;
	(void)state;
	struct exchange *e = read_exchange(full);
	assert_false(exchange_bind_trees(e, find_nothing, NULL, &missing));
	assert_true(str_eq(missing, STR("activity")));
	exchange_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_reaches_the_exchange),
	    cmocka_unit_test(defaults_are_those_of_the_page),
	    cmocka_unit_test(standing_needs_cannot_be_moderated),
	    cmocka_unit_test(all_mistakes_come_at_once),
	    cmocka_unit_test(each_mistake_in_a_field_is_named),
	    cmocka_unit_test(standing_needs_ask_nothing_of_a_listing),
	    cmocka_unit_test(foreign_yaml_is_refused),
	    cmocka_unit_test(hostile_yaml_is_refused_quickly),
	    cmocka_unit_test(more_mistakes_than_fit_are_dropped),
	    cmocka_unit_test(trees_are_read),
	    cmocka_unit_test(mistakes_in_a_tree_come_at_once),
	    cmocka_unit_test(a_damaged_exchange_is_refused_or_canonical),
	    cmocka_unit_test(a_missing_tree_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
