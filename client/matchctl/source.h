#pragma once

/*
 * A file's bytes as UTF-8, piece by piece: packed by gzip or not (told by its first bytes), in any
 * encoding that iconv knows.
 *
 * What is not valid in the encoding comes out as bytes 0xff, which no UTF-8 has: whoever reads rows
 * refuses the row that holds one, with its line, and goes on.
 */

#include "client/matchctl/both.h"
#include "util/buf.h"

enum {
	SOURCE_PACKED_TIMES = 200, /* a packed file may grow so many times, */
	SOURCE_FREE = 16 << 20,	   /* once it has given so many bytes */
};

struct source;

/* `encoding` NULL: UTF-8. A byte order mark at the beginning is passed over. Returns 0, or 1 with a
 * sentence in `why`. */
int source_open(const char *path, const char *encoding, struct source **ret, struct both *why);
/* Whether iconv knows the encoding. */
bool source_knows(const char *encoding);
/* The next piece, empty at the end; it lives until the next call. Returns 0, or 1 with a sentence
 * in `why` after which nothing more comes. */
int source_read(struct source *s, struct str *ret, struct both *why);
/* Bytes of the file, as it lies on disk, that were read so far; and all of them. */
uint64_t source_position(const struct source *s);
uint64_t source_size(const struct source *s);
/* Takes NULL. */
void source_close(struct source *s);
