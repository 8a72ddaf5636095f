#pragma once

/*
 * Parts: a lookup's rows once more, by the values of one field.
 *
 * Where most probes name one of a field's values, most of each set of rows is of no use to them.
 * So the lookup keeps a smaller lookup for each frequent value of the field that divides its rows
 * best, in which places are numbered anew, and a probe that names the value looks there. A part
 * has no lanes and no numbers of values: those are the whole's.
 */

#include "core/lookup.h"

struct parts;

/* To be called when a row has come (then with its places to be found) or goes. */
void parts_add(struct lookup *whole, uint32_t row, struct dict *d);
void parts_remove(struct lookup *whole, uint32_t row, struct dict *d);
/* Divides the rows by the best field, if one is good enough and they are many; again where they
 * are divided already. */
void parts_divide(struct lookup *whole, struct dict *d);
void parts_free(struct parts *p);
size_t parts_bytes(const struct parts *p);

/* The part of the rows that name no value. */
const struct lookup *parts_rest(const struct lookup *whole);

/* Where a probe looks. */
struct where {
	const struct lookup *in[MAX_VALUES + 1];
	size_t n;
	int decided; /* the field that holds for every row of them but the rest, odd ones apart;
			or -1 */
};
/* Fills in the parts that together hold every row that can meet the probe, each row once; or the
 * whole. */
void parts_for(const struct lookup *whole, struct box probe, struct where *ret);
