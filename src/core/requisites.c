#include "core/requisites.h"

/* Zeros all through fit every check digit and are nobody's number. */
static bool
is_number(struct str s)
{
	bool some = false;
	for (uint32_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		some |= s.p[i] != '0';
	}
	return some;
}

/* Whether the digit at `at` is the weighted sum of those before it, mod 11 mod 10. */
static bool
inn_digit(struct str inn, const int *weights, uint32_t at)
{
	int sum = 0;
	for (uint32_t i = 0; i < at; i++)
		sum += weights[i] * (inn.p[i] - '0');
	return sum % 11 % 10 == inn.p[at] - '0';
}

bool
inn_valid(struct str inn)
{
	/* each list of weights is the end of the next longer one */
	static const int weights[] = {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8};
	if (!is_number(inn))
		return false;
	if (inn.len == 10)
		return inn_digit(inn, weights + 2, 9);
	return inn.len == 12 && inn_digit(inn, weights + 1, 10) && inn_digit(inn, weights, 11);
}

bool
ogrn_valid(struct str ogrn)
{
	if ((ogrn.len != 13 && ogrn.len != 15) || !is_number(ogrn))
		return false;
	uint64_t number = 0;
	for (uint32_t i = 0; i + 1 < ogrn.len; i++)
		number = number * 10 + (uint64_t)(ogrn.p[i] - '0');
	return number % (ogrn.len - 2) % 10 == (uint64_t)(ogrn.p[ogrn.len - 1] - '0');
}
