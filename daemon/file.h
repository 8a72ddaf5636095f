#pragma once

/* Reading a small file whole. */

#include "util/buf.h"

#include <stdbool.h>

/* Appends the file's bytes, but no more than `max` and one: whoever finds more than `max` knows
 * that the file is too long. False with errno where it cannot be read. */
bool file_read(const char *path, size_t max, struct buf *ret);
