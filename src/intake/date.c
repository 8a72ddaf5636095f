#include "intake/date.h"

#include <stdio.h>

/*
 * Days and dates by counting years from March, so that a leap day ends its year, in cycles of 400
 * years (146,097 days). After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
 */
enum { DAYS_OF_CYCLE = 146097, YEARS_OF_CYCLE = 400, EPOCH = 719468 /* days from 0000-03-01 */ };

static int
days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static int64_t
days_of(int year, int month, int day)
{
	int y = year - (month <= 2); /* 0 or more */
	int cycle = y / YEARS_OF_CYCLE, of_cycle = y % YEARS_OF_CYCLE;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_cycle = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year;
	return (int64_t)cycle * DAYS_OF_CYCLE + day_of_cycle - EPOCH;
}

/* The number that `len` digits make, or -1. */
static int
digits(const char *p, int len)
{
	int value = 0;
	for (int i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value;
}

bool
date_parse(struct str text, int64_t *ret_days)
{
	if (text.len != 10 || text.p[4] != '-' || text.p[7] != '-')
		return false;
	int year = digits(text.p, 4), month = digits(text.p + 5, 2), day = digits(text.p + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	*ret_days = days_of(year, month, day);
	return true;
}

void
date_format(int64_t days, char text[DATE_TEXT])
{
	int64_t z = days + EPOCH;
	int64_t cycle = (z >= 0 ? z : z - (DAYS_OF_CYCLE - 1)) / DAYS_OF_CYCLE;
	int64_t day_of_cycle = z - cycle * DAYS_OF_CYCLE;
	int64_t of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
			    day_of_cycle / (DAYS_OF_CYCLE - 1)) /
			   365;
	int64_t of_year = day_of_cycle - (365 * of_cycle + of_cycle / 4 - of_cycle / 100);
	int64_t march = (5 * of_year + 2) / 153;
	int64_t month = march < 10 ? march + 3 : march - 9;
	int64_t day = of_year - (153 * march + 2) / 5 + 1;
	int64_t year = cycle * YEARS_OF_CYCLE + of_cycle + (month <= 2);
	snprintf(text, DATE_TEXT, "%04lld-%02lld-%02lld", (long long)year, (long long)month,
		 (long long)day);
}
