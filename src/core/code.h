#pragma once

/*
 * Code trees: classifiers in which a code stands for everything under it (docs/semantics.md,
 * section 1).
 *
 * A code's normal form is its *path*: ASCII bytes chosen so that one code lies under another
 * exactly when the other's path begins its own. The root is the empty path. Each rule makes paths
 * that have this property:
 *
 *   okved       28.41 -> "2841"; 41.20 -> "412"; 10 -> "10"     (OK 029-2014, OK 034-2014)
 *   ipc         A01B 3/12 -> "A01B3/12;"; A01B 3/00 -> "A01B3/"; A01 -> "A01"
 *                                                               (WIPO standard ST.8 symbols)
 *   separated   49.43.31 -> "49.43.31."
 */

#include "util/buf.h"

#include <stdbool.h>

enum code_rule {
	CODE_OKVED,
	CODE_IPC,
	CODE_SEPARATED,
};

enum {
	CODE_PATH = 64,
	CODE_TEXT = 64
}; /* room for a path, and for its written form, with a final zero */

/* The words of the tree file for the rules, in enum order, NULL-terminated. */
extern const char *const code_rule_names[];

/* Whether it is the name of a tree or exchange (`joiner` '-') or a field ('_'): a lower-case
 * letter, then up to 63 lower-case letters, digits and joiners. */
bool name_is_valid(struct str name, char joiner);
/* Whether it is a participant's id or a listing's key: 1 to 64 of A-Z a-z 0-9 . _ - */
bool id_is_valid(struct str id);

/* A tree: a rule, and optionally the closed list of codes. Owns a copy of its canonical bytes, into
 * which the rest points. */
struct tree {
	struct str name;
	struct str title_ru, title_en;
	enum code_rule rule;
	struct tree_code
	    *codes; /* sorted by path; NULL where whatever the rule reads is in the tree */
	size_t n_codes;
	struct str canonical;
};

struct tree_code {
	struct str path;
	struct str title_ru, title_en; /* may be STR_NONE */
};

/* Writes the path of a written code (zero-terminated) and its length; false if the rule cannot read
 * it. */
bool code_path(enum code_rule rule, struct str written, char path[CODE_PATH], uint32_t *ret_len);
/* The usual written form of a path: "28.41", "A01B 3/12", "49.43"; "*" for the root. */
void code_text(enum code_rule rule, struct str path, char text[CODE_TEXT]);
/* Whether the bytes are what code_path makes of some code; the root is not. */
bool code_is_path(enum code_rule rule, struct str path);
/* Whether `path` is `ancestor` or lies under it. */
static inline bool
code_under(struct str path, struct str ancestor)
{
	return path.len >= ancestor.len &&
	       (ancestor.len == 0 || memcmp(path.p, ancestor.p, ancestor.len) == 0);
}
/*
 * The path of the next code above (of "2841": "284", then "28", then the root), as a length; 0 for
 * the root. Walking it visits every code under which the path lies.
 */
uint32_t code_parent(enum code_rule rule, struct str path);

/* Whether the tree holds the code: it is listed, or an ancestor of a listed one, or the tree has no
 * list. The root always is. */
bool tree_has(const struct tree *t, struct str path);

/*
 * Canonical bytes: what enters the journal and is hashed. Encoding sorts the codes by path.
 * Decoding copies the bytes and returns NULL where they are not a tree. tree_free takes NULL.
 */
void tree_encode(const struct tree *t, struct buf *out);
struct tree *tree_decode(struct str canonical);
void tree_free(struct tree *t);
