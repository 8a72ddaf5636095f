#pragma once

/* Times between what people write and milliseconds of Unix time. Everything is UTC unless it says
 * otherwise. */

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads whole milliseconds, YYYY-MM-DD (its beginning; with `end` the beginning of the next day, so
 * that the day is included), or RFC 3339: YYYY-MM-DDThh:mm:ss[.fff](Z|±hh:mm), the seconds
 * optional. Returns false for anything else, dates that do not exist among it.
 */
bool times_read(struct str text, bool end, int64_t *ret_ms);

enum { TIMES_TEXT = 32 };
/* "2026-05-01 09:00:00Z" */
void times_write(int64_t ms, char text[TIMES_TEXT]);
