/* A wrong path and a need for "28" misses the offers under "28.41", or meets those of "2.84". */

#include "core/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	enum code_rule rule;
	const char *written, *path, *shown; /* path NULL: not a code */
} codes[] = {
    {CODE_OKVED, "28", "28", "28"},
    {CODE_OKVED, "10", "10", "10"},
    {CODE_OKVED, "28.4", "284", "28.4"},
    {CODE_OKVED, "28.41", "2841", "28.41"},
    {CODE_OKVED, "41.20", "412", "41.2"},
    {CODE_OKVED, "41.2", "412", "41.2"},
    {CODE_OKVED, "41.20.1", "41201", "41.20.1"},
    {CODE_OKVED, "10.00", "10", "10"},
    {CODE_OKVED, "01.11.11.110", "01111111", "01.11.11.11"},
    {CODE_OKVED, "47.30.11.005", "473011005", "47.30.11.005"},
    {CODE_OKVED, " 28.4 ", "284", "28.4"},
    {CODE_OKVED, "", NULL, NULL},
    {CODE_OKVED, " ", NULL, NULL},
    {CODE_OKVED, "2", NULL, NULL},
    {CODE_OKVED, "284", NULL, NULL},
    {CODE_OKVED, "28.", NULL, NULL},
    {CODE_OKVED, "28.4.1", NULL, NULL},
    {CODE_OKVED, "28.411", NULL, NULL},
    {CODE_OKVED, "28.41.11.1111", NULL, NULL},
    {CODE_OKVED, "28.41.11.111.1", NULL, NULL},
    {CODE_OKVED, "28,41", NULL, NULL},
    {CODE_OKVED, "a8", NULL, NULL},
    {CODE_IPC, "A", "A", "A"},
    {CODE_IPC, "A01", "A01", "A01"},
    {CODE_IPC, "a01b", "A01B", "A01B"},
    {CODE_IPC, "A01B 3", "A01B3/", "A01B 3/00"},
    {CODE_IPC, "A01B 3/00", "A01B3/", "A01B 3/00"},
    {CODE_IPC, "A01B 3/12", "A01B3/12;", "A01B 3/12"},
    {CODE_IPC, "A01B3/12", "A01B3/12;", "A01B 3/12"},
    {CODE_IPC, "A01B   3/12  ", "A01B3/12;", "A01B 3/12"},
    {CODE_IPC, "A01B 0003/120000", "A01B3/12;", "A01B 3/12"},
    {CODE_IPC, "A01B0003120000", "A01B3/12;", "A01B 3/12"},
    {CODE_IPC, "A01B0003000000", "A01B3/", "A01B 3/00"},
    {CODE_IPC, "H04L 9999/123456", "H04L9999/123456;", "H04L 9999/123456"},
    {CODE_IPC, "A01B 3/10", "A01B3/10;", "A01B 3/10"},
    {CODE_IPC, "A01B 3/125", "A01B3/125;", "A01B 3/125"},
    {CODE_IPC, "I01", NULL, NULL},
    {CODE_IPC, "A0", NULL, NULL},
    {CODE_IPC, "A01 3/12", NULL, NULL},
    {CODE_IPC, "A01B 0/12", NULL, NULL},
    {CODE_IPC, "A01B 3/1", NULL, NULL},
    {CODE_IPC, "A01B 3/1234567", NULL, NULL},
    {CODE_IPC, "A01B 12345/12", NULL, NULL},
    {CODE_IPC, "A01B 3/12x", NULL, NULL},
    {CODE_IPC, "A01B x", NULL, NULL},
    {CODE_SEPARATED, "49", "49.", "49"},
    {CODE_SEPARATED, "49.43.31", "49.43.31.", "49.43.31"},
    {CODE_SEPARATED, "aB-1_2.x", "aB-1_2.x.", "aB-1_2.x"},
    {CODE_SEPARATED, "49..43", NULL, NULL},
    {CODE_SEPARATED, ".49", NULL, NULL},
    {CODE_SEPARATED, "49.", NULL, NULL},
    {CODE_SEPARATED, "4 9", NULL, NULL},
    {CODE_SEPARATED, "12345678901234567890123456789012345678901234567890123456789012",
     "12345678901234567890123456789012345678901234567890123456789012.",
     "12345678901234567890123456789012345678901234567890123456789012"},
    {CODE_SEPARATED, "123456789012345678901234567890123456789012345678901234567890123", NULL, NULL},
};

static void
codes_are_read_and_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		char path[CODE_PATH], text[CODE_TEXT];
		uint32_t len;
		bool ok = code_path(codes[i].rule, str_of(codes[i].written), path, &len);
		if (ok != (codes[i].path != NULL))
			fail_msg("\"%s\" was %s", codes[i].written, ok ? "read" : "refused");
		if (!ok)
			continue;
		assert_string_equal(path, codes[i].path);
		assert_int_equal(len, strlen(path));
		code_text(codes[i].rule, (struct str){path, len}, text);
		assert_string_equal(text, codes[i].shown);
		assert_true(code_is_path(codes[i].rule, (struct str){path, len}));
	}
}

static const struct {
	enum code_rule rule;
	const char *below, *above;
	bool lies_under;
} pairs[] = {
    {CODE_OKVED, "28.41", "28", true},
    {CODE_OKVED, "28.41", "28.4", true},
    {CODE_OKVED, "28.4", "28.41", false},
    {CODE_OKVED, "41.20.1", "41.2", true},
    {CODE_OKVED, "47.30.1", "47.3", true},
    {CODE_OKVED, "10", "10", true},
    {CODE_IPC, "A01B 3/12", "A01B 3/00", true},
    {CODE_IPC, "A01B 3/12", "A", true},
    {CODE_IPC, "A01B 3/125", "A01B 3/12", false},
    {CODE_IPC, "A01B 33/12", "A01B 3", false},
    {CODE_SEPARATED, "49.43.31", "49.43", true},
    {CODE_SEPARATED, "49.43", "49.4", false},
};

static void
codes_lie_under_their_ancestors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char below[CODE_PATH], above[CODE_PATH];
		struct str a = {below, 0}, b = {above, 0};
		assert_true(code_path(pairs[i].rule, str_of(pairs[i].below), below, &a.len));
		assert_true(code_path(pairs[i].rule, str_of(pairs[i].above), above, &b.len));
		if (code_under(a, b) != pairs[i].lies_under)
			fail_msg("%s, %s", pairs[i].below, pairs[i].above);
		assert_true(code_under(a, STR("")));
	}
}

static void
parents_lead_to_the_root(void **state)
{
	static const struct {
		enum code_rule rule;
		const char *path;
		uint32_t lengths[6];
	} walks[] = {
	    {CODE_OKVED, "2841", {3, 2, 0}},
	    {CODE_OKVED, "41201", {3, 2, 0}},
	    {CODE_OKVED, "1001", {2, 0}},
	    {CODE_IPC, "A01B3/12;", {6, 4, 3, 1, 0}},
	    {CODE_SEPARATED, "49.43.31.", {6, 3, 0}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
		struct str path = str_of(walks[i].path);
		for (int step = 0; path.len > 0; step++) {
			path.len = code_parent(walks[i].rule, path);
			assert_int_equal(path.len, walks[i].lengths[step]);
		}
		assert_int_equal(code_parent(walks[i].rule, path), 0);
	}
	char text[CODE_TEXT];
	code_text(CODE_IPC, STR(""), text);
	assert_string_equal(text, "*");
}

static void
strange_bytes_are_no_path(void **state)
{
	static const struct {
		enum code_rule rule;
		const char *path;
	} strange[] = {
	    {CODE_OKVED, ""},
	    {CODE_OKVED, "2840"},
	    {CODE_OKVED, "2"},
	    {CODE_OKVED, "0123456789"},
	    {CODE_OKVED, "28.4"},
	    {CODE_IPC, "A01B3/12"},
	    {CODE_IPC, "A01B3"},
	    {CODE_IPC, ";"},
	    {CODE_IPC, "A01B3/1200;"},
	    {CODE_IPC, "A01B3/00;"},
	    {CODE_SEPARATED, "49"},
	    {CODE_SEPARATED, "."},
	    {CODE_IPC, "A01B3/12345678901234567890123456789012345678901234567890;"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
		if (code_is_path(strange[i].rule, str_of(strange[i].path)))
			fail_msg("\"%s\" passed", strange[i].path);
}

static void
a_tree_holds_its_codes_and_what_is_above(void **state)
{
	struct tree_code list[] = {
	    {STR("2841"), STR("станки"), STR("machine tools")},
	    {STR("10"), STR_NONE, STR_NONE},
	    {STR("289"), STR("прочее"), STR_NONE},
	};
	struct tree written = {.name = STR("okved2"),
			       .title_ru = STR("виды"),
			       .title_en = STR("kinds"),
			       .codes = list,
			       .n_codes = 3};
	struct buf bytes = BUF_EMPTY;
	(void)state;
	tree_encode(&written, &bytes);
	struct tree *t = tree_decode(buf_str(&bytes));
	assert_non_null(t);
	assert_int_equal(t->n_codes, 3);
	assert_true(str_eq(t->codes[0].path, STR("10"))); /* sorted */
	assert_true(str_eq(t->codes[1].title_en, STR("machine tools")));
	assert_null(t->codes[2].title_en.p);
	static const char *const in[] = {"", "10", "2841", "284", "28", "289"};
	static const char *const out[] = {"101", "2842", "285", "29", "28411", "9"};
	for (size_t i = 0; i < sizeof in / sizeof *in; i++)
		assert_true(tree_has(t, str_of(in[i])));
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		assert_false(tree_has(t, str_of(out[i])));
	tree_free(t);

	written.codes = NULL;
	buf_clear(&bytes);
	tree_encode(&written, &bytes);
	t = tree_decode(buf_str(&bytes));
	assert_non_null(t);
	assert_true(tree_has(t, STR("9999")));
	tree_free(t);
	tree_free(NULL);
	buf_free(&bytes);
}

/* Cut anywhere, or with any byte changed, it is refused or is a tree in canonical form. */
static void
a_damaged_tree_is_refused_or_canonical(void **state)
{
	struct tree_code list[] = {{STR("10"), STR("а"), STR("a")},
				   {STR("28"), STR_NONE, STR_NONE}};
	struct tree written = {.name = STR("t"),
			       .title_ru = STR("т"),
			       .title_en = STR("t"),
			       .codes = list,
			       .n_codes = 2};
	struct buf bytes = BUF_EMPTY, again = BUF_EMPTY;
	(void)state;
	tree_encode(&written, &bytes);
	for (uint32_t len = 0; len < bytes.len; len++)
		assert_null(tree_decode((struct str){(char *)bytes.data, len}));
	for (size_t i = 0; i < bytes.len * 256; i++) {
		uint8_t kept = bytes.data[i / 256];
		bytes.data[i / 256] = (uint8_t)i;
		struct tree *t = tree_decode(buf_str(&bytes));
		if (t) {
			buf_clear(&again);
			tree_encode(t, &again);
			assert_true(str_eq(buf_str(&again), buf_str(&bytes)));
		}
		tree_free(t);
		bytes.data[i / 256] = kept;
	}
	buf_free(&bytes);
	buf_free(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_are_read_and_shown),
	    cmocka_unit_test(codes_lie_under_their_ancestors),
	    cmocka_unit_test(parents_lead_to_the_root),
	    cmocka_unit_test(strange_bytes_are_no_path),
	    cmocka_unit_test(a_tree_holds_its_codes_and_what_is_above),
	    cmocka_unit_test(a_damaged_tree_is_refused_or_canonical),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
