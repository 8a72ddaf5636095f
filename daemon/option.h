#pragma once

/*
 * One option: a row of the table, and its value in struct options. Used by the readers of the
 * command line (options.c) and of the file (options_file.c); nobody else sees rows.
 */

#include "daemon/options.h"

enum option_type {
	OPTION_PATH,	 /* absolute */
	OPTION_SOCKET,	 /* an absolute path that fits a socket address */
	OPTION_ENDPOINT, /* daemon/endpoint.h */
	OPTION_WORD,	 /* a name */
	OPTION_LIST,	 /* words; between commas where written as one text */
	OPTION_INT,
	OPTION_SIZE,   /* bytes, with K, M, G */
	OPTION_MODE,   /* octal */
	OPTION_CHOICE, /* one of `choices` */
};

struct option {
	const char *name;
	enum option_type type;
	unsigned programs;    /* enum program, summed */
	size_t offset;	      /* in struct options: char *, struct text_list, or uint64_t */
	const char *fallback; /* the default as one would write it; NULL: options.c works it out */
	const char *shown;    /* how the default is shown where fallback is NULL */
	uint64_t min, max;    /* of a number; a list's longest */
	const char *unit;
	const char *const *choices;
	const char *help;
};

/* Ends with a NULL name. */
extern const struct option options_table[];

/* NULL: no option has that name. */
const struct option *option_find(struct str name);
/* Sets from written text; a list is replaced. False and the reason in `why` otherwise. */
bool option_set(struct options *o, const struct option *row, const char *text, char *why,
		size_t size);
/* Adds one entry to a list. */
bool option_append(struct options *o, const struct option *row, const char *text, char *why,
		   size_t size);
/* The value as one would write it, but a list; free() it. */
char *option_text(const struct options *o, const struct option *row);
/* Frees the value. */
void option_clear(struct options *o, const struct option *row);
/* Adds a mistake, unless there are too many already. */
void option_mistake(struct mistakes *m, unsigned line, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
