/* A number that passes wrongly is a participant under somebody else's name. */

#include "core/requisites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
real_numbers_pass(void **state)
{
	(void)state;
	/* Sberbank, Gazprom; then made up, with check digits by the formula */
	assert_true(inn_valid(STR("7707083893")));
	assert_true(inn_valid(STR("7736050003")));
	assert_true(inn_valid(STR("500100732259")));
	assert_true(ogrn_valid(STR("1027700132195")));
	assert_true(ogrn_valid(STR("1027739198662")));
}

static void
others_do_not(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "7707083894",
	    "770708389",
	    "77070838930",
	    "7707083893 ",
	    "770708389x",
	    "0000000000",
	    "000000000000",
	    "500100732258",
	    "500100732269",
	    "5001007322590",
	    "７７０",
	};
	static const char *const wrong_ogrn[] = {
	    "",
	    "1027700132196",
	    "102770013219",
	    "10277001321950",
	    "0000000000000",
	    "000000000000000",
	    "102770013219x",
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(inn_valid(str_of(wrong[i])));
	for (size_t i = 0; i < sizeof wrong_ogrn / sizeof *wrong_ogrn; i++)
		assert_false(ogrn_valid(str_of(wrong_ogrn[i])));
}

/* Of all values of the check digits, exactly the computed ones pass. */
static void
exactly_one_check_value_passes(void **state)
{
	static const struct {
		const char *number;
		int check_digits;
	} numbers[] = {
	    {"7707083893", 1},
	    {"500100732259", 2},
	    {"1027700132195", 1},
	    {"304500116000157", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char text[16];
		size_t len = strlen(numbers[i].number);
		int values = numbers[i].check_digits == 2 ? 100 : 10, passed = 0;
		for (int v = 0; v < values; v++) {
			strcpy(text, numbers[i].number);
			snprintf(text + len - (size_t)numbers[i].check_digits, 4, "%0*d",
				 numbers[i].check_digits, v);
			struct str s = {text, (uint32_t)len};
			bool ok = len == 10 || len == 12 ? inn_valid(s) : ogrn_valid(s);
			passed += ok;
			if (ok)
				assert_string_equal(text, numbers[i].number);
		}
		assert_int_equal(passed, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(real_numbers_pass),
	    cmocka_unit_test(others_do_not),
	    cmocka_unit_test(exactly_one_check_value_passes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
