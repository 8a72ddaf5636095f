#pragma once

/*
 * How far an import has come, kept in a file so that one that was killed goes on where it was.
 *
 * The file is replaced whole, never changed, and says: which map and which files (by what is in
 * them), the row up to which every row is dealt with and answered, and the sums of those rows.
 * What was answered behind that row is sent once more and answered `unchanged`.
 */

#include "client/matchctl/ledger.h"

enum { IMPORT_FILES = 1000, IMPORT_WHY = 300 };

struct import_file {
	const char *path;
	uint64_t size, hash;
};

struct import_state {
	uint64_t map_hash;
	const struct import_file *files;
	size_t n_files;
	size_t file;	     /* all before it are dealt with */
	uint64_t row;	     /* and of this one the rows up to this */
	uint64_t errors_len; /* bytes of the errors' file that belong to these rows */
	bool done;
	struct ledger ledger;
};

/* Size and hash of what is in the file. Returns 0 or an errno code. */
int import_file_look(const char *path, struct import_file *ret);
/*
 * Reads the state's file into `state`, whose map_hash and files say what it must be of. Returns 0,
 * also where there is none; or 1 with a sentence in `why`.
 */
int import_state_load(const char *path, struct import_state *state, char why[IMPORT_WHY]);
/* Returns 0 or an errno code. */
int import_state_save(const char *path, const struct import_state *state);
