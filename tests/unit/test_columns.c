/* What listings state, packed: nothing is lost or mixed up by packing, and what is given back is
 * used again, so that a market that is revised all day does not grow. */

#include "core/columns.h"
#include "intake/intake.h"
#include "json.h"
#include "market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char whole[] =
    "{\"title\": \"t\", \"fields\": {"
    "\"material\": {\"any_of\": [\"steel\", \"brass\", \"tin\"], \"veto\": [\"lead\"], \"prefer\": "
    "true},"
    "\"grade\": {\"none_of\": [\"first\"]}, \"activity\": [\"28.41\", \"10\"], \"certified\": true,"
    "\"price\": {\"to\": \"9.50\"}, \"start\": \"1970-01-11\", \"size\": [\"2\", \"3.5\"],"
    "\"place\": {\"lat\": 0, \"lon\": 0, \"radius_m\": 1000}},"
    "\"variants\": [{}, {\"material\": [\"tin\"], \"price\": null}, {\"grade\": null}]}";

struct world {
	struct exchange *exchange;
	struct columns *columns;
	struct dict *dict;
	uint32_t listings;
};

static int
open_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	if (!w)
		return -1;
	w->exchange = market_open();
	w->dict = dict_new();
	w->columns = columns_new(w->exchange, NEED, w->dict);
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;
	columns_free(w->columns);
	dict_free(w->dict);
	market_close(w->exchange);
	free(w);
	return 0;
}

/* Adds a listing that is written in JSON; returns its first row. */
static uint32_t
add(struct world *w, const char *json)
{
	struct buf written = BUF_EMPTY, canonical = BUF_EMPTY;
	struct refusal refusal;
	json_to_mp(json, &written);
	if (intake_body(w->exchange, NEED, mp_of(buf_str(&written)), true, &canonical, &refusal))
		fail_msg("%s: %s", refusal.field, refusal.message);
	uint32_t n, row = columns_add(w->columns, ++w->listings, buf_str(&canonical), NULL, &n);
	buf_free(&written);
	buf_free(&canonical);
	return row;
}

static struct statement
stated(const struct world *w, uint32_t row, const char *field)
{
	size_t i = (size_t)(market_field(w->exchange, field) - w->exchange->fields);
	return box_statement((struct box){w->columns, row}, i);
}

static bool
holds(const struct world *w, const uint32_t *list, size_t n, const char *text)
{
	uint32_t number = dict_find(w->dict, str_of(text));
	for (size_t i = 0; i < n; i++)
		if (list[i] == number)
			return true;
	return false;
}

static void
what_is_packed_is_what_was_stated(void **state)
{
	struct world *w = *state;
	uint32_t row = add(w, whole);
	assert_int_equal(w->columns->listing[row], 1);

	struct statement s = stated(w, row, "material");
	assert_true(s.stated && s.prefer && !s.everything_but);
	assert_int_equal(s.n_any, 3);
	assert_int_equal(s.n_none, 0);
	assert_int_equal(s.n_veto, 1);
	assert_true(holds(w, statement_any(&s), s.n_any, "brass"));
	assert_true(holds(w, statement_veto(&s), s.n_veto, "lead"));
	s = stated(w, row, "grade");
	assert_true(s.stated && !s.prefer && s.everything_but);
	assert_true(s.n_none == 1 && holds(w, statement_none(&s), 1, "first"));
	s = stated(w, row, "activity");
	assert_true(s.n_any == 2 && holds(w, statement_any(&s), 2, "2841"));
	s = stated(w, row, "certified");
	assert_true(s.n_any == 1 && holds(w, statement_any(&s), 1, "true"));
	s = stated(w, row, "price");
	assert_true(s.interval.lo == INT64_MIN && s.interval.hi == 950);
	s = stated(w, row, "start");
	assert_true(s.interval.lo == 10 && s.interval.hi == 10);
	s = stated(w, row, "size");
	assert_int_equal(s.n_any, 2);
	assert_true(s.lengths[0] == 35 && s.lengths[1] == 20);
	s = stated(w, row, "place");
	assert_int_equal(s.place.x, 6371000);
	assert_int_equal(s.place.r2, 1000 * 1000);
	assert_false(stated(w, row, "pieces").stated);
}

static void
variants_replace_and_remove(void **state)
{
	struct world *w = *state;
	uint32_t row = add(w, whole);
	struct statement s = stated(w, row + 1, "material");
	assert_true(s.n_any == 1 && s.n_veto == 0 && !s.prefer);
	assert_false(stated(w, row + 1, "price").stated);
	assert_int_equal(stated(w, row + 1, "start").interval.lo, 10);
	assert_false(stated(w, row + 2, "grade").stated);
	s = stated(w, row + 2, "material");
	assert_true(s.n_any == 3 && s.n_veto == 1 && s.prefer);
	/* what two boxes share lies in memory once */
	assert_ptr_equal(stated(w, row, "activity").values, stated(w, row + 2, "activity").values);
}

static void
rows_are_compared_by_what_they_state(void **state)
{
	struct world *w = *state;
	static const char *const others[] = {
	    "{\"title\": \"t\", \"fields\": {\"material\": [\"tin\"]}}",
	    "{\"title\": \"t\", \"fields\": {\"material\": {\"any_of\": [\"tin\"], \"prefer\": "
	    "true}}}",
	    "{\"title\": \"t\", \"fields\": {\"material\": {\"none_of\": [\"tin\"]}}}",
	    "{\"title\": \"t\", \"fields\": {\"material\": {\"any_of\": [\"tin\"], \"veto\": "
	    "[\"tin\"]}}}",
	    "{\"title\": \"t\", \"fields\": {\"price\": 5}}",
	    "{\"title\": \"t\", \"fields\": {\"price\": {\"to\": 5}}}",
	    "{\"title\": \"t\", \"fields\": {\"size\": [5, 4]}}",
	    "{\"title\": \"t\", \"fields\": {\"size\": [5, 4, 0]}}",
	    "{\"title\": \"t\", \"fields\": {\"place\": {\"lat\": 1, \"lon\": 1}}}",
	    "{\"title\": \"t\", \"fields\": {\"place\": {\"lat\": 1, \"lon\": 1, \"radius_m\": "
	    "7}}}",
	    "{\"title\": \"t\"}",
	};
	enum { OTHERS = sizeof others / sizeof *others };
	uint32_t first[OTHERS], second[OTHERS];
	for (int i = 0; i < OTHERS; i++) {
		first[i] = add(w, others[i]);
		second[i] = add(w, others[i]);
	}
	for (int i = 0; i < OTHERS; i++)
		for (int k = 0; k < OTHERS; k++)
			assert_int_equal(columns_equal(w->columns, first[i], second[k], 1), i == k);
}

/* A column that is packed anew, since a number is too large, has ends, or a place has a radius,
 * states what it stated. */
static void
what_was_packed_narrow_stays_when_a_column_widens(void **state)
{
	struct world *w = *state;
	static const char *const prices[] = {"5",
					     "{\"from\": 2, \"to\": 7}",
					     "{\"from\": -3}",
					     "\"21474836.47\"",
					     "{\"to\": \"-21474836.48\"}",
					     "{\"from\": 1, \"to\": 9000000000}"};
	static const struct interval expected[] = {{500, 500},
						   {200, 700},
						   {-300, INT64_MAX},
						   {2147483647, 2147483647},
						   {INT64_MIN, -2147483648},
						   {100, 900000000000}};
	enum { PRICES = sizeof prices / sizeof *prices };
	uint32_t rows[PRICES];
	for (int i = 0; i < PRICES; i++) {
		char json[300];
		snprintf(json, sizeof json,
			 "{\"title\": \"t\", \"fields\": {\"price\": %s, \"size\": [%d, %d],"
			 " \"place\": {\"lat\": 0, \"lon\": 0%s}}}",
			 prices[i], 1 + (i == 4) * 2000000000, 1,
			 i == 3 ? ", \"radius_m\": 10" : "");
		rows[i] = add(w, json);
		for (int k = 0; k <= i; k++) {
			struct statement s = stated(w, rows[k], "price");
			assert_true(s.interval.lo == expected[k].lo);
			assert_true(s.interval.hi == expected[k].hi);
			s = stated(w, rows[k], "size");
			assert_true(s.n_any == 2 && s.lengths[1] == 10);
			assert_true(s.lengths[0] == (k == 4 ? 20000000010 : 10));
			s = stated(w, rows[k], "place");
			assert_true(s.place.x == 6371000 && s.place.y == 0);
			assert_true(s.place.r2 == (k == 3 ? 100 : PLACE_NO_RADIUS));
		}
	}
}

/* Short sets stand once, whoever states them, and for as long as somebody does: also where two
 * boxes of one listing state the same. */
static void
a_short_set_stands_until_nobody_states_it(void **state)
{
	struct world *w = *state;
	static const char tin[] = "{\"title\": \"t\", \"fields\": {\"material\": [\"tin\"]}}";
	static const char twice[] = "{\"title\": \"t\", \"fields\": {\"material\": [\"tin\"]},"
				    "\"variants\": [{}, {\"material\": [\"tin\"]}]}";
	static const char brass[] = "{\"title\": \"t\", \"fields\": {\"material\": [\"brass\"]}}";
	uint32_t first = add(w, tin), boxes = add(w, twice);
	assert_ptr_equal(stated(w, first, "material").values, stated(w, boxes, "material").values);
	assert_ptr_equal(stated(w, boxes, "material").values,
			 stated(w, boxes + 1, "material").values);
	columns_remove(w->columns, boxes, 2);
	uint32_t other = add(w, brass);
	struct statement s = stated(w, first, "material");
	assert_true(s.n_any == 1 && holds(w, statement_any(&s), 1, "tin"));
	columns_remove(w->columns, first, 1);
	s = stated(w, add(w, tin), "material");
	assert_true(s.n_any == 1 && holds(w, statement_any(&s), 1, "tin"));
	s = stated(w, other, "material");
	assert_true(s.n_any == 1 && holds(w, statement_any(&s), 1, "brass"));
}

static void
revisions_leave_no_garbage(void **state)
{
	struct world *w = *state;
	uint32_t kept = add(w, whole);
	columns_remove(w->columns, add(w, whole), 3);
	size_t bytes = columns_bytes(w->columns);
	for (int i = 0; i < 10000; i++)
		columns_remove(w->columns, add(w, whole), 3);
	assert_int_equal(columns_bytes(w->columns), bytes);
	assert_int_equal(stated(w, kept, "material").n_any, 3);
	assert_int_equal(stated(w, kept + 1, "material").n_any, 1);
}

/* Somebody who states other words each time, short sets and long ones. */
static void
words_go_with_the_last_who_states_them(void **state)
{
	struct world *w = *state;
	uint32_t kept = add(w, whole);
	size_t words = dict_count(w->dict);
	for (int i = 0; i < 1000; i++) {
		char json[300];
		snprintf(json, sizeof json,
			 "{\"title\": \"t\", \"fields\": {\"material\": [\"a%d\", \"b%d\", \"c\", "
			 "\"d\"]},"
			 " \"variants\": [{\"material\": [\"a%d\"]}, {}, {}]}",
			 i, i, i);
		uint32_t row = add(w, json);
		assert_int_equal(dict_count(w->dict), words + 4);
		columns_remove(w->columns, row, 3);
		assert_int_equal(dict_count(w->dict), words);
	}
	add(w, whole);
	assert_int_equal(stated(w, kept, "material").n_any, 3);
	columns_clear(w->columns);
	assert_int_equal(dict_count(w->dict), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_packed_is_what_was_stated, open_world,
					    close_world),
	    cmocka_unit_test_setup_teardown(variants_replace_and_remove, open_world, close_world),
	    cmocka_unit_test_setup_teardown(rows_are_compared_by_what_they_state, open_world,
					    close_world),
	    cmocka_unit_test_setup_teardown(what_was_packed_narrow_stays_when_a_column_widens,
					    open_world, close_world),
	    cmocka_unit_test_setup_teardown(words_go_with_the_last_who_states_them, open_world,
					    close_world),
	    cmocka_unit_test_setup_teardown(a_short_set_stands_until_nobody_states_it, open_world,
					    close_world),
	    cmocka_unit_test_setup_teardown(revisions_leave_no_garbage, open_world, close_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
