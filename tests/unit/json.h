#pragma once

/*
 * Written values in tests, as people read them: JSON text to MessagePack and back. Numbers with a
 * point, NaN and Infinity become floats; texts know no escapes but \" and \\.
 */

#include "util/buf.h"

/* Appends one token; fails the test where the text is not JSON. */
void json_to_mp(const char *json, struct buf *out);
/* The token as JSON without spaces, zero-terminated, replacing what `out` held. */
const char *mp_to_json(struct str token, struct buf *out);
