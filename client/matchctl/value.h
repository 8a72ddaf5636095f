#pragma once

/* MessagePack values, as people read them. */

#include "util/buf.h"
#include "util/mp.h"

#include <stdio.h>

/*
 * Appends one value on one line, control characters made harmless. Statements read as one would say
 * them: "100 … 350 RUB", "steel, brass", "not: lead". `key` is the name it stands under: where that
 * names a time, milliseconds are shown as one; NULL for none.
 */
void value_put(struct buf *out, const char *key, struct mp value);
/* Prints a map as aligned lines "name  value"; a map inside it as indented lines below its name. */
void value_print_record(FILE *out, struct mp map);
/* The same value under a key of a map; an empty text if it is not there. */
void value_put_key(struct buf *out, struct mp map, const char *key);
