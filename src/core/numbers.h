#pragma once

/* Numbers of listings or the like: ascending without repetition, or in the order in which they came. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numbers {
	uint32_t *at;
	size_t len, cap;
};

/* Cheap at the end, which is where new listings come; elsewhere it moves what follows. Adding twice
 * is once. */
void numbers_add(struct numbers *n, uint32_t number);
/* Removing what is not there does nothing. */
void numbers_remove(struct numbers *n, uint32_t number);
/* Appends, for lists that need no order. */
void numbers_push(struct numbers *n, uint32_t number);
/* Whether an ascending list holds the number. */
bool numbers_hold(const struct numbers *n, uint32_t number);
/* Sorts any run of numbers, ascending. */
void numbers_sort(uint32_t *at, size_t len);
void numbers_free(struct numbers *n);
