#pragma once

/* Dates as days since 1970-01-01 of the proleptic Gregorian calendar, years 0001 to 9999. */

#include "util/buf.h"

enum { DATE_TEXT = 64 };

/* YYYY-MM-DD of a day that exists; false otherwise. */
bool date_parse(struct str text, int64_t *ret_days);
void date_format(int64_t days, char text[DATE_TEXT]);
