#pragma once

/* What was wrong with rows and objects, one at a time: into a file as JSON lines, or on the
 * terminal. */

#include "client/matchctl/command.h"
#include "client/matchctl/progress.h"

#include <stdint.h>
#include <stdio.h>

enum { ERRORS_SHOWN = 30 /* on the terminal */, ERRORS_KEPT = 1000000 /* in the file */ };

struct row_error {
	const char *file;
	unsigned line;
	uint64_t row;
	const char *column; /* of the file; empty: none in particular */
	const char *object; /* id of what was refused; empty: the row itself */
	const char *field;  /* of the object, as matchd names it; may be empty */
	const char *code;   /* stable */
	const char *reason; /* in English, for programs */
	const char *said;   /* the same for people, in the language of this run */
};

struct row_errors {
	FILE *out; /* NULL: the terminal */
	bool json; /* on the terminal, too */
	struct progress *progress;
	uint64_t written, dropped;
};

/* `path` NULL: the terminal. Of a file that is there, the first `keep` bytes stay. Returns an exit
 * code, having said why. */
int row_errors_open(struct row_errors *e, const char *path, uint64_t keep, bool json,
		    struct progress *progress);
void row_errors_add(struct row_errors *e, const struct row_error *error);
/* Bytes of the file so far, all written; 0 without one. */
uint64_t row_errors_flush(struct row_errors *e);
/* Says how many more there were. Returns an exit code. */
int row_errors_close(struct row_errors *e);
