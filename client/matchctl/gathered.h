#pragma once

/* Rows of an answer, gathered from its pages so that they can be sorted and shown. */

#include "util/buf.h"
#include "util/mp.h"

#include <stdbool.h>
#include <stdio.h>

enum { GATHERED_MAX = 1 << 30 /* bytes */ };

struct gathered {
	struct buf bytes; /* of all rows */
	struct gathered_row {
		size_t at, len;
	} * rows;
	size_t count, cap;
	size_t printed; /* rows given away already */
};

/* Copies a row, a MessagePack map. False where GATHERED_MAX is reached. */
bool gathered_add(struct gathered *g, struct str row);
struct mp gathered_row(const struct gathered *g, size_t i);
/* How many there have been, given away or not. */
size_t gathered_seen(const struct gathered *g);
/*
 * Sorts by the value under a key (NULL: as they came): numbers by size, texts without regard to
 * case, what is missing last in either direction. Equals stay in their order.
 */
void gathered_sort(struct gathered *g, const char *key, bool reverse);
/* Prints each as JSON on a line, and gives them away: none is left. */
void gathered_print_json(struct gathered *g, FILE *out);
void gathered_free(struct gathered *g);
