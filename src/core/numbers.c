#include "core/numbers.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* The place of the first element not below `number`. */
static size_t
place_of(const struct numbers *n, uint32_t number)
{
	size_t lo = 0, hi = n->len;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (n->at[mid] < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
numbers_push(struct numbers *n, uint32_t number)
{
	n->at = mem_grow(n->at, n->len, &n->cap, sizeof *n->at);
	n->at[n->len++] = number;
}

void
numbers_add(struct numbers *n, uint32_t number)
{
	size_t i = n->len;
	if (i > 0 && n->at[i - 1] >= number)
		i = place_of(n, number);
	if (i < n->len && n->at[i] == number)
		return;
	numbers_push(n, number);
	memmove(n->at + i + 1, n->at + i, (n->len - 1 - i) * sizeof *n->at);
	n->at[i] = number;
}

void
numbers_remove(struct numbers *n, uint32_t number)
{
	size_t i = place_of(n, number);
	if (i == n->len || n->at[i] != number)
		return;
	n->len--;
	memmove(n->at + i, n->at + i + 1, (n->len - i) * sizeof *n->at);
}

bool
numbers_hold(const struct numbers *n, uint32_t number)
{
	size_t i = place_of(n, number);
	return i < n->len && n->at[i] == number;
}

static int
number_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

void
numbers_sort(uint32_t *at, size_t len)
{
	enum { SHORT = 16 };
	if (len > SHORT) {
		qsort(at, len, sizeof *at, number_cmp);
		return;
	}
	for (size_t i = 1; i < len; i++) {
		uint32_t number = at[i];
		size_t place = i;
		for (; place > 0 && at[place - 1] > number; place--)
			at[place] = at[place - 1];
		at[place] = number;
	}
}

void
numbers_free(struct numbers *n)
{
	free(n->at);
	*n = (struct numbers){0};
}
