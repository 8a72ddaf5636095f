#pragma once

/*
 * A sentence that is made at run time, in both languages. Whoever says what is wrong with a row
 * does not know whether a person or a file gets it: people get it in their language (both_say),
 * and what programs read gets the English one (`en`).
 */

#include "client/matchctl/language.h"

#include <stdarg.h>

/* Bytes; Cyrillic letters take two. What does not fit is cut. */
enum { BOTH_EN = 240, BOTH_RU = 2 * BOTH_EN };

struct both {
	char en[BOTH_EN], ru[BOTH_RU];
};

/* Replaces the sentence. Both formats are given the same arguments. */
void both_set(struct both *b, const char *en, const char *ru, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* The same for texts as they are. */
void both_text(struct both *b, const char *en, const char *ru);
/* Appends another sentence. */
void both_join(struct both *b, const struct both *more);
/* The sentence in the language of this run. */
const char *both_say(const struct both *b);

/* The same for functions that pass on what they are given. */
void both_set_v(struct both *b, const char *en, const char *ru, va_list args)
    __attribute__((format(printf, 2, 0), format(printf, 3, 0)));
