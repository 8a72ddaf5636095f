#pragma once

/* Colours, for people at a terminal only. What is shown means the same without them. */

#include "util/buf.h"

#include <stdbool.h>
#include <stdio.h>

enum style {
	STYLE_PLAIN,
	STYLE_HEADING,
	STYLE_GOOD,
	STYLE_DOUBT,
	STYLE_BAD,
	STYLE_FAINT,
};

/*
 * Decides for this run: "always", "never", or "auto", which takes colours where the stream is a
 * terminal, $NO_COLOR is unset or empty, and $TERM is not "dumb". False for any other word. Until
 * it is called there are none.
 */
bool style_choose(const char *when);
/* What to print before and behind; empty texts where there are no colours. Every stream but stderr
 * counts as what the reader of stdout sees. */
const char *style_begin(FILE *out, enum style style);
const char *style_end(FILE *out, enum style style);
/* How a state, a status, or yes and no are shown. */
enum style style_of_word(struct str word);
