#pragma once

/*
 * Exact decimals: "19.90" <-> 1990 with two decimals, and units by exact fractions.
 *
 * No floating point: a value is a run of digits and a power of ten, and conversion is one division
 * in 128 bits that must leave nothing over.
 */

#include "util/buf.h"

#include <stdint.h>

/* One of the value's unit is num / den of the field's; 1 / 1 for the field's own. */
struct ratio {
	int64_t num, den;
};

#define RATIO_ONE ((struct ratio){1, 1})

enum number_problem {
	NUMBER_OK,
	NUMBER_MALFORMED, /* not an optional minus, digits, and optionally a point and digits */
	NUMBER_TOO_LARGE, /* beyond MAX_MAGNITUDE when scaled */
	NUMBER_TOO_FINE,  /* more decimals than the field has, or no exact conversion */
};

/* The value times ratio times 10^decimals. Zeros at the end of the fraction do not count as
 * decimals. */
enum number_problem number_parse(struct str text, unsigned decimals, struct ratio unit,
				 int64_t *ret);
/* The same for an integer that was written as one. */
enum number_problem number_scale(int64_t value, unsigned decimals, struct ratio unit, int64_t *ret);

enum { NUMBER_TEXT = 32 };

/* The shortest decimal text of a scaled integer: 1990 with two decimals is "19.9". */
void number_format(int64_t scaled, unsigned decimals, char text[NUMBER_TEXT]);

/* A unit's factor from an exact decimal, in lowest terms; false unless it is above zero and within
 * MAX_UNIT_NUM and MAX_UNIT_DEN. */
bool number_ratio(struct str text, struct ratio *ret);
