#pragma once

/*
 * The exchanges and code trees of a directory, read at start and on reload: NAME.yaml declares an
 * exchange, trees/NAME.yaml a tree. They enter the market as commands, so that the journal holds the rules
 * under which every fact was made; a definition that the market has already, to the byte, is left
 * alone.
 */

#include "daemon/dispatch.h"

#include <stddef.h>

enum definition_result {
	DEFINITION_UNCHANGED,
	DEFINITION_LOADED,
	DEFINITION_REVISED,
	DEFINITION_REFUSED
};
extern const char *const definition_result_names[]; /* in enum order */

struct definition {
	char *path;
	enum command_kind kind; /* COMMAND_LOAD_TREE or COMMAND_LOAD_EXCHANGE */
	struct str name;	/* a view into what it decodes to */
	struct buf canonical;
	struct tree *tree; /* what it decodes to, by kind; the other is NULL */
	struct exchange *exchange;
	enum definition_result result; /* once loaded */
	struct refusal refusal;	       /* DEFINITION_REFUSED */
};

/* Trees first, each by file name. */
struct definitions {
	struct definition *list;
	size_t n, cap;
	char first_mistake[REFUSAL_TEXT]; /* "FILE:LINE: FIELD: what is wrong"; empty: none */
};

/*
 * Reads every file. Returns 0, or the number of mistakes, each of which was logged with its file
 * and line; a directory that cannot be read is one. Call definitions_done in either case.
 */
unsigned definitions_read(struct definitions *ret, const char *directory);
void definitions_done(struct definitions *d);

/* Loads those that differ from what the market holds, and says in each what became of it. Returns
 * how many the market refused, each of which was logged: it keeps what it has under that name. */
size_t definitions_load(struct definitions *d, struct dispatch *dispatch, int64_t clock_ms);
/* Whether a file declares the exchange. */
bool definitions_have(const struct definitions *d, struct str exchange);
