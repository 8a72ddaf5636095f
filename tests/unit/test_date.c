/* A wrong day opens or closes a listing's window. The C library's calendar is the yardstick. */

#include "intake/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void
dates_are_real_days(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t days;
	} dates[] = {
	    {"1970-01-01", true, 0},
	    {"1969-12-31", true, -1},
	    {"2026-11-23", true, 20780},
	    {"2000-02-29", true, 11016},
	    {"2024-02-29", true, 19782},
	    {"0001-01-01", true, -719162},
	    {"9999-12-31", true, 2932896},
	    {"2023-02-29", false, 0},
	    {"1900-02-29", false, 0},
	    {"2023-04-31", false, 0},
	    {"2023-13-01", false, 0},
	    {"2023-00-10", false, 0},
	    {"2023-01-00", false, 0},
	    {"0000-01-01", false, 0},
	    {"2023-1-1", false, 0},
	    {"2023/01/01", false, 0},
	    {"23-01-01", false, 0},
	    {"2023-01-01T", false, 0},
	    {"2023-01-0x", false, 0},
	    {"-023-01-01", false, 0},
	    {"", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		int64_t days = 0;
		bool ok = date_parse(str_of(dates[i].text), &days);
		if (ok != dates[i].ok || days != dates[i].days)
			fail_msg("%s: %d, %lld", dates[i].text, ok, (long long)days);
	}
}

static void
check_against_libc(int64_t days)
{
	char text[DATE_TEXT], expected[DATE_TEXT];
	struct tm tm;
	time_t t = days * 86400;
	int64_t again;
	gmtime_r(&t, &tm);
	snprintf(expected, sizeof expected, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday);
	date_format(days, text);
	if (strcmp(text, expected) != 0 || !date_parse(str_of(text), &again) || again != days)
		fail_msg("day %lld: %s, libc %s", (long long)days, text, expected);
}

static void
the_calendar_agrees_with_libc(void **state)
{
	(void)state;
	/* 1890 to 2110 day by day; all years in steps that fall on every day of the year */
	for (int64_t days = -29219; days <= 51500; days++)
		check_against_libc(days);
	for (int64_t days = -719162; days <= 2932896; days += 11)
		check_against_libc(days);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_are_real_days),
	    cmocka_unit_test(the_calendar_agrees_with_libc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
