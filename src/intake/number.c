#include "intake/number.h"

#include "core/limits.h"

#include <stdio.h>

/* More significant digits than this can be no value in range under any unit. */
enum { DIGITS = 24 };

typedef unsigned __int128 wide;

/* digits / 10^fraction, with a sign. */
struct decimal {
	wide digits;
	unsigned fraction;
	bool negative;
};

static enum number_problem
decimal_parse(struct str text, struct decimal *ret)
{
	const char *at = text.p, *end = text.p + text.len;
	unsigned significant = 0, zeros = 0; /* zeros: at the end of the fraction so far */
	bool point = false, before = false, after = false;

	*ret = (struct decimal){0};
	if (at < end && *at == '-') {
		ret->negative = true;
		at++;
	}
	for (; at < end; at++) {
		if (*at == '.' && before && !point) {
			point = true;
			continue;
		}
		if (*at < '0' || *at > '9')
			return NUMBER_MALFORMED;
		*(point ? &after : &before) = true;
		if (point && *at == '0') {
			zeros++;
			continue;
		}
		for (unsigned i = 0; i <= zeros; i++) {
			ret->digits = ret->digits * 10 + (i == zeros ? (wide)(*at - '0') : 0);
			ret->fraction += point;
			significant += ret->digits > 0;
			if (significant > DIGITS || ret->fraction > DIGITS)
				return point ? NUMBER_TOO_FINE : NUMBER_TOO_LARGE;
		}
		zeros = 0;
	}
	return before && (after || !point) ? NUMBER_OK : NUMBER_MALFORMED;
}

static enum number_problem
decimal_scale(const struct decimal *d, unsigned decimals, struct ratio unit, int64_t *ret)
{
	/* below 10^24 * 10^12, and never beyond 10^15 * 10^9 * 10 when it has to be multiplied */
	wide num = d->digits * (wide)unit.num, den = (wide)unit.den;
	for (unsigned i = d->fraction; i < decimals; i++) {
		if (num > (wide)MAX_MAGNITUDE * den)
			return NUMBER_TOO_LARGE;
		num *= 10;
	}
	for (unsigned i = decimals; i < d->fraction; i++)
		den *= 10;
	if (num > (wide)MAX_MAGNITUDE * den)
		return NUMBER_TOO_LARGE;
	if (num % den != 0)
		return NUMBER_TOO_FINE;
	int64_t value = (int64_t)(num / den);
	*ret = d->negative ? -value : value;
	return NUMBER_OK;
}

enum number_problem
number_parse(struct str text, unsigned decimals, struct ratio unit, int64_t *ret)
{
	struct decimal d;
	enum number_problem problem = decimal_parse(text, &d);
	return problem ? problem : decimal_scale(&d, decimals, unit, ret);
}

enum number_problem
number_scale(int64_t value, unsigned decimals, struct ratio unit, int64_t *ret)
{
	struct decimal d = {.negative = value < 0};
	d.digits = d.negative ? (wide) - (__int128)value : (wide)value;
	return decimal_scale(&d, decimals, unit, ret);
}

/* Writes the number with at least `width` digits; returns where they end. Publishing writes many:
 * printf takes several times as long. */
static char *
digits_put(uint64_t number, unsigned width, char *to)
{
	char backwards[NUMBER_TEXT];
	unsigned n = 0;
	for (; number > 0 || n < width; number /= 10)
		backwards[n++] = (char)('0' + number % 10);
	while (n > 0)
		*to++ = backwards[--n];
	return to;
}

void
number_format(int64_t scaled, unsigned decimals, char text[NUMBER_TEXT])
{
	uint64_t magnitude = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
	uint64_t power = 1;
	for (unsigned i = 0; i < decimals; i++)
		power *= 10;
	uint64_t fraction = magnitude % power;
	unsigned width = decimals;
	while (width > 0 && fraction % 10 == 0) {
		fraction /= 10;
		width--;
	}
	if (scaled < 0)
		*text++ = '-';
	text = digits_put(magnitude / power, 1, text);
	if (width > 0) {
		*text++ = '.';
		text = digits_put(fraction, width, text);
	}
	*text = '\0';
}

static int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

bool
number_ratio(struct str text, struct ratio *ret)
{
	struct decimal d;
	if (decimal_parse(text, &d) != NUMBER_OK || d.negative || d.digits == 0)
		return false;
	int64_t den = 1;
	for (unsigned i = 0; i < d.fraction; i++) {
		if (den == MAX_UNIT_DEN)
			return false;
		den *= 10;
	}
	if (d.digits > (wide)MAX_UNIT_NUM * (wide)den)
		return false;
	int64_t divisor = common_divisor((int64_t)d.digits, den);
	if ((int64_t)d.digits / divisor > MAX_UNIT_NUM)
		return false;
	*ret = (struct ratio){(int64_t)d.digits / divisor, den / divisor};
	return true;
}
