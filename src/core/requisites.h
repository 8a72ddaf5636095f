#pragma once

/*
 * Registration numbers with check digits.
 *
 * INN (taxpayer number): 10 digits for organisations, 12 for persons. Check digits by the weights
 * that the Federal Tax Service published (order MM-7-6/435@ of 2012-06-29 and before): sum of
 * digit*weight mod 11 mod 10. OGRN, 13 digits: the first 12 as a number mod 11 mod 10. OGRNIP, 15
 * digits: the first 14 mod 13 mod 10.
 */

#include "util/buf.h"

#include <stdbool.h>

/* 10 or 12 digits with right check digits. */
bool inn_valid(struct str inn);
/* 13 digits (OGRN) or 15 (OGRNIP) with the right check digit. */
bool ogrn_valid(struct str ogrn);
