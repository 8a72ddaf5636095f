/* A wrong digit here is a wrong price in a listing. */

#include "core/limits.h"
#include "intake/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	const char *text;
	unsigned decimals;
	struct ratio unit;
	enum number_problem problem;
	int64_t value;
} texts[] = {
    {"0", 0, {1, 1}, NUMBER_OK, 0},
    {"-0", 0, {1, 1}, NUMBER_OK, 0},
    {"-0.00", 2, {1, 1}, NUMBER_OK, 0},
    {"19.99", 2, {1, 1}, NUMBER_OK, 1999},
    {"19.9", 2, {1, 1}, NUMBER_OK, 1990},
    {"19", 2, {1, 1}, NUMBER_OK, 1900},
    {"-19.99", 2, {1, 1}, NUMBER_OK, -1999},
    {"0.000001", 6, {1, 1}, NUMBER_OK, 1},
    {"19.9900000", 2, {1, 1}, NUMBER_OK, 1999},
    {"5.000", 0, {1, 1}, NUMBER_OK, 5},
    {"0007", 0, {1, 1}, NUMBER_OK, 7},
    {"19.999", 2, {1, 1}, NUMBER_TOO_FINE, 0},
    {"0.1", 0, {1, 1}, NUMBER_TOO_FINE, 0},
    {"0.0000000000000000000000000000001", 6, {1, 1}, NUMBER_TOO_FINE, 0},
    {"1000000000000000", 0, {1, 1}, NUMBER_OK, MAX_MAGNITUDE},
    {"-1000000000000000", 0, {1, 1}, NUMBER_OK, -MAX_MAGNITUDE},
    {"1000000000000001", 0, {1, 1}, NUMBER_TOO_LARGE, 0},
    {"1000000000", 6, {1, 1}, NUMBER_OK, MAX_MAGNITUDE},
    {"1000000000.000001", 6, {1, 1}, NUMBER_TOO_LARGE, 0},
    {"99999999999999999999999999999999999999999999999", 0, {1, 1}, NUMBER_TOO_LARGE, 0},
    {"999999999999999999999999", 6, {1000000000000, 1}, NUMBER_TOO_LARGE, 0},
    {"", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {"-", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {"+1", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {".5", 1, {1, 1}, NUMBER_MALFORMED, 0},
    {"5.", 1, {1, 1}, NUMBER_MALFORMED, 0},
    {"1.2.3", 1, {1, 1}, NUMBER_MALFORMED, 0},
    {"1,5", 1, {1, 1}, NUMBER_MALFORMED, 0},
    {"1e3", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {" 1", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {"1 000", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {"0x10", 0, {1, 1}, NUMBER_MALFORMED, 0},
    {"NaN", 0, {1, 1}, NUMBER_MALFORMED, 0},
    /* units: cm, um, in and yards of mm, hours of weeks */
    {"2.5", 0, {10, 1}, NUMBER_OK, 25},
    {"2.55", 0, {10, 1}, NUMBER_TOO_FINE, 0},
    {"1500", 1, {1, 1000}, NUMBER_OK, 15},
    {"1550", 1, {1, 1000}, NUMBER_TOO_FINE, 0},
    {"1", 1, {127, 5}, NUMBER_OK, 254},
    {"0.5", 0, {2, 1}, NUMBER_OK, 1},
    {"0.000000001", 0, {1000000000, 1}, NUMBER_OK, 1},
    {"1000000000000000000000000", 0, {1, 1000000000}, NUMBER_TOO_LARGE, 0},
    {"900000000000000000000000", 0, {1, 1000000000}, NUMBER_OK, 900000000000000},
    {"1", 0, {1, 1000000000}, NUMBER_TOO_FINE, 0},
};

static void
texts_become_scaled_integers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int64_t value = 0;
		enum number_problem problem =
		    number_parse(str_of(texts[i].text), texts[i].decimals, texts[i].unit, &value);
		if (problem != texts[i].problem || value != texts[i].value)
			fail_msg("\"%s\": problem %d, value %lld", texts[i].text, problem,
				 (long long)value);
	}
}

static void
integers_are_scaled(void **state)
{
	int64_t value;
	(void)state;
	assert_int_equal(number_scale(-7, 2, RATIO_ONE, &value), NUMBER_OK);
	assert_int_equal(value, -700);
	assert_int_equal(number_scale(INT64_MIN, 0, RATIO_ONE, &value), NUMBER_TOO_LARGE);
	assert_int_equal(number_scale(INT64_MIN, 6, (struct ratio){MAX_UNIT_NUM, 1}, &value),
			 NUMBER_TOO_LARGE);
	assert_int_equal(number_scale(INT64_MAX, 6, RATIO_ONE, &value), NUMBER_TOO_LARGE);
	assert_int_equal(number_scale(15, 0, (struct ratio){1, 10}, &value), NUMBER_TOO_FINE);
}

static void
shown_numbers_read_back(void **state)
{
	static const int64_t values[] = {0,
					 1,
					 -1,
					 9,
					 10,
					 -10,
					 99,
					 100,
					 1990,
					 -1999,
					 1000000,
					 123456789012345,
					 MAX_MAGNITUDE,
					 -MAX_MAGNITUDE};
	char text[NUMBER_TEXT];
	(void)state;
	for (unsigned decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			int64_t again;
			number_format(values[i], decimals, text);
			assert_int_equal(number_parse(str_of(text), decimals, RATIO_ONE, &again),
					 NUMBER_OK);
			assert_int_equal(again, values[i]);
		}
	}
	number_format(1990, 2, text);
	assert_string_equal(text, "19.9");
	number_format(-5, 6, text);
	assert_string_equal(text, "-0.000005");
	number_format(500, 2, text);
	assert_string_equal(text, "5");
}

static void
units_are_exact_fractions(void **state)
{
	static const struct {
		const char *text;
		int64_t num, den; /* 0: refused */
	} units[] = {
	    {"10", 10, 1},
	    {"0.001", 1, 1000},
	    {"25.4", 127, 5},
	    {"0.3048", 381, 1250},
	    {"1", 1, 1},
	    {"1.50", 3, 2},
	    {"0.000000001", 1, 1000000000},
	    {"1000000000000", 1000000000000, 1},
	    {"0", 0, 0},
	    {"-1", 0, 0},
	    {"0.0000000001", 0, 0},
	    {"1000000000001", 0, 0},
	    {"999999999999.999999999", 0, 0},
	    {"ten", 0, 0},
	    {"", 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		struct ratio ratio = {0, 0};
		bool ok = number_ratio(str_of(units[i].text), &ratio);
		if (ok != (units[i].num > 0) || ratio.num != units[i].num ||
		    ratio.den != units[i].den)
			fail_msg("\"%s\": %lld / %lld", units[i].text, (long long)ratio.num,
				 (long long)ratio.den);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_become_scaled_integers),
	    cmocka_unit_test(integers_are_scaled),
	    cmocka_unit_test(shown_numbers_read_back),
	    cmocka_unit_test(units_are_exact_fractions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
