#pragma once

/*
 * Reads exchange and tree files (docs/exchange-file.md) with libyaml's event parser: no aliases,
 * anchors or tags, bounded in size and depth, repeated keys refused. All mistakes of a file are
 * gathered, each with line and field, so that an author mends them in one go.
 */

#include "core/exchange.h"
#include "util/buf.h"

enum { FILE_MAX = 4 << 20, FILE_MISTAKES = 100 };

struct mistake {
	unsigned line;	   /* from 1 */
	char field[160];   /* "fields.price.need.span"; may be empty */
	char message[480]; /* what is wrong and what is expected */
};

/* The counterpart of an English format or phrase in another language, taking the same arguments; the
 * text itself where there is none. */
typedef const char *(*mistake_words_fn)(const char *english);

struct mistakes {
	struct mistake list[FILE_MISTAKES];
	size_t count;		/* of those in the list; further ones are dropped */
	mistake_words_fn words; /* for messages in another language; NULL: English */
};

/*
 * Reads an exchange from YAML text and writes its canonical bytes. Trees are not looked up here (a
 * tree's name is only checked for form). Returns 0, or 1 with at least one mistake.
 */
int exchange_read(struct str yaml, struct buf *canonical, struct mistakes *ret);
/* The same for a tree. */
int tree_read(struct str yaml, struct buf *canonical, struct mistakes *ret);
