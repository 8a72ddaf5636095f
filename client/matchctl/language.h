#pragma once

/*
 * The language in which the tool speaks to people: English or Russian. Both texts stand side by
 * side wherever something is said, so that they are read and changed together, and so that a
 * missing one does not compile. What programs read (--json) is the same in every language, and so
 * is what people type back: names of commands, options, states, fields.
 */

#include <stdbool.h>

/* One text in both languages. */
struct texts {
	const char *en, *ru;
};

/* A struct texts, for static tables. */
#define TEXTS(en, ru)                                                                              \
	{                                                                                          \
		(en), (ru)                                                                         \
	}

/* The text in the language of this run; formats in both are checked against their arguments. */
#define TR(en, ru) (language_is_russian() ? (ru) : (en))

/* Takes the language from $MATCHCTL_LANG, else from the first of LC_ALL, LC_MESSAGES and LANG that
 * is set and not empty. Without it, English. */
void language_from_environment(void);
/* "ru" or "en"; false, changing nothing, for anything else. */
bool language_set(const char *name);
bool language_is_russian(void);
/* The text in the language of this run. */
const char *say(struct texts t);
