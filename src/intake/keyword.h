#pragma once

/* Texts that people write: keywords folded so that the same word is the same bytes, and titles
 * checked. */

#include "core/limits.h"
#include "util/buf.h"

enum text_problem {
	TEXT_OK,
	TEXT_BAD_UTF8,
	TEXT_CONTROL, /* a control character */
	TEXT_BLANK,   /* nothing but spaces */
	TEXT_TOO_LONG,
};

/*
 * Trimmed, Unicode NFC, case-folded (and NFC again, which folding can undo). Writes at most
 * MAX_KEYWORD bytes. Folding what is folded changes nothing.
 */
enum text_problem keyword_fold(struct str written, char folded[MAX_KEYWORD], uint32_t *ret_len);

/* Checks a text that is kept as it is written: UTF-8, at most `max` bytes, no control characters
 * but (in `lines`) tabs and line ends. Blank is reported unless `lines`. */
enum text_problem text_check(struct str text, uint32_t max, bool lines);

/* For messages: "is too long", … */
const char *text_problem_name(enum text_problem problem);
