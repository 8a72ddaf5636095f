#pragma once

/*
 * Text for people. What other participants wrote is shown on the reader's terminal, so control
 * characters, which could command it, never get there.
 */

#include "util/buf.h"

#include <stdio.h>

/* Appends the text with every control character (and what is not UTF-8) replaced by a space. */
void text_put(struct buf *out, struct str text);
/* The same, to a stream. */
void text_print(FILE *out, struct str text);
/* Appends the text as it is compared without regard to case; nothing for what is not UTF-8. */
void text_fold(struct buf *out, struct str text);
/* Columns that the text takes on a terminal; East Asian wide characters take two, combining ones
 * none. */
size_t text_width(struct str text);
/* Appends the text cut to at most `width` columns, with "…" at the cut. */
void text_cut(struct buf *out, struct str text, size_t width);
