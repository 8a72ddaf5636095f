#include "client/matchctl/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 17, MAX_EXPONENT = 20 };

/* Lays out "d.ddd" times 10^exponent without the exponent. */
static void
lay_out(const char *digits, int n, int exponent, char *to)
{
	int before = exponent + 1; /* digits in front of the point */
	if (before <= 0) {
		*to++ = '0';
		*to++ = '.';
		for (int i = before; i < 0; i++)
			*to++ = '0';
	}
	for (int i = 0; i < n || i < before; i++) {
		if (i == before && i > 0)
			*to++ = '.';
		*to++ = i < n ? digits[i] : '0';
	}
	*to = '\0';
}

bool
decimal_write(double value, char text[DECIMAL_TEXT])
{
	char shortest[DECIMAL_TEXT], digits[MAX_DIGITS + 1];
	int n = 0;
	if (!isfinite(value))
		return false;
	if (value == 0) {
		strcpy(text, "0");
		return true;
	}
	for (int p = 0; p < MAX_DIGITS; p++) {
		snprintf(shortest, sizeof shortest, "%.*e", p, fabs(value));
		if (strtod(shortest, NULL) == fabs(value))
			break;
	}
	const char *e = strchr(shortest, 'e');
	int exponent = atoi(e + 1);
	if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT)
		return false;
	for (const char *c = shortest; c < e; c++)
		if (*c != '.')
			digits[n++] = *c;
	if (value < 0)
		*text++ = '-';
	lay_out(digits, n, exponent, text);
	return true;
}
