#pragma once

/*
 * Files of objects: JSON, JSON lines and YAML, read into MessagePack maps one by one, each with the
 * place where it stands. A mistake is told with its place and the reading goes on where that is
 * possible: at the next line of JSON lines, the next element of a JSON array.
 */

#include "util/buf.h"

#include <stdbool.h>

enum document_format { FORMAT_JSON, FORMAT_JSONL, FORMAT_YAML };
enum { DOCUMENTS_MAX = 1 << 30 /* bytes of a file */ };

struct document {
	const char *file; /* "(stdin)" for - */
	unsigned line;	  /* from 1 */
	struct str map;	  /* MessagePack, checked against the protocol's limits on nesting */
	size_t at;	  /* about how many bytes of the file lie before it */
};

struct document_reader {
	/* Takes one; a result other than 0 ends the reading. */
	int (*document)(void *arg, const struct document *d);
	/* Takes a mistake; line 0 where it concerns the whole file. */
	void (*mistake)(void *arg, const char *file, unsigned line, const char *message);
	void *arg;
};

/* By name ("json", "jsonl", "yaml"), or NULL: by the path's ending, JSON for anything else. False
 * for a name that is none. */
bool documents_format(const char *name, const char *path, enum document_format *ret);

/* Reads a file, "-" being the standard input. Returns 0, or what `document` returned. */
int documents_read(const char *path, enum document_format format,
		   const struct document_reader *reader);

/* The whole file as bytes, at most DOCUMENTS_MAX. Returns 0 or an errno code. */
int documents_slurp(const char *path, struct buf *out);
