#pragma once

/* Decimal numbers as exact texts: the protocol has no floating point. */

#include <stdbool.h>

enum { DECIMAL_TEXT = 64 };

/*
 * Writes the shortest decimal that reads back as the same double, without an exponent: 19.99 gives
 * "19.99", which is what stood in the JSON wherever that had at most 15 digits. Returns false for
 * what has no such text of sensible length: infinities, NaN, beyond 10^20, closer to 0 than 10^-20.
 */
bool decimal_write(double value, char text[DECIMAL_TEXT]);
