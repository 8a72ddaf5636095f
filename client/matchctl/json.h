#pragma once

/* JSON to MessagePack and back, with jansson. */

#include "util/buf.h"
#include "util/mp.h"

#include <jansson.h>

enum { JSON_WHY = 160 };

/*
 * Appends one value. Decimal numbers become exact texts (decimal.h). Returns 0, or 1 with a
 * sentence in `why` for what the protocol cannot carry: nesting beyond its limit, or such numbers;
 * then `out` holds rubbish behind its former end.
 */
int json_to_mp(const json_t *value, struct buf *out, char why[JSON_WHY]);
/* One value from text, such as an option's; nothing may follow it. As json_to_mp. */
int json_text_to_mp(struct str text, struct buf *out, char why[JSON_WHY]);
/* Bytes become hexadecimal text. The value has been checked. */
json_t *json_from_mp(struct mp value);
/* Prints an object on one line; takes the reference. */
void json_print_line(FILE *out, json_t *object);
