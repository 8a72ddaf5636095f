#pragma once

/*
 * A small bounded document tree on libyaml's event parser.
 *
 * libyaml's own tree is not used: it resolves aliases, and takes minutes over a file of brackets.
 * Here depth and size are bounded while events come in, and aliases, anchors and tags are refused.
 */

#include "intake/files.h"

enum doc_kind { DOC_TEXT, DOC_LIST, DOC_MAP };

struct doc_node {
	enum doc_kind kind;
	unsigned line;	 /* of the key, in a map; else its own */
	struct str key;	 /* in a map */
	struct str text; /* of a text */
	bool plain; /* a text without quotes, which may stand for a number, true, false or null */
	struct doc_node *first, *next;
	size_t count; /* of elements or pairs */
};

struct doc_block;

/* Owns all nodes and texts, and what doc_alloc gives. */
struct doc {
	struct doc_node *root; /* NULL where the text is no YAML or has nothing in it */
	struct doc_block *blocks;
};

/* Reads the text; mistakes go to the list, without a field. Where the root is set, everything but
 * refused aliases, anchors and tags was read. */
void doc_read(struct doc *doc, struct str yaml, struct mistakes *mistakes);
void doc_free(struct doc *doc);
/* Zeroed memory that lives as long as the document. */
void *doc_alloc(struct doc *doc, size_t size);
/* The value of that key in a map, or NULL; the first, should it repeat. */
const struct doc_node *doc_find(const struct doc_node *map, const char *key);

/* A format or phrase in the language that the list is wished in. */
const char *mistake_words(const struct mistakes *list, const char *english)
    __attribute__((format_arg(2)));
/* Adds a mistake, its message in that language; further ones than fit are dropped. */
void mistake_add(struct mistakes *list, unsigned line, const char *field, const char *message, ...)
    __attribute__((format(printf, 4, 5)));
