#pragma once

/*
 * Reading a document by a table of keys.
 *
 * Each map of a file has a table: which keys there are, for which kinds they make sense, which are
 * required, and the handler that reads the value. Whatever does not fit the table is reported with
 * its line and field, and reading goes on.
 */

#include "core/exchange.h"
#include "intake/document.h"
#include "intake/number.h"

enum { FIELD_PATH = 160 };

struct reader {
	struct doc doc;
	struct mistakes *mistakes;
	char path[FIELD_PATH]; /* of what is being read: "fields.price.need" */
	size_t path_len;
	unsigned kind; /* of the map that is being read; EVERY_KIND: unknown */
};

/* A kind is a bit: for a field's keys, 1 << its type. */
#define EVERY_KIND (~0u)

struct key_rule {
	const char *name;
	unsigned kinds;	 /* for which it makes sense */
	unsigned needed; /* by which it is required */
	void (*read)(struct reader *r, const struct doc_node *value, void *target);
};

/* Reads the document of a file and hands its root to the table. Returns 0, or 1 with mistakes. */
int reader_run(struct reader *r, struct str yaml, const struct key_rule *rules, void *target);
/* Orders the mistakes by line and lets the document go. */
void reader_done(struct reader *r);

/* Goes down to a key or element, for error fields; returns where to leave to. */
size_t reader_enter(struct reader *r, struct str key);
void reader_leave(struct reader *r, size_t back);
/* Reports what is wrong at the current path. */
void wrong(struct reader *r, const struct doc_node *at, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports what is wrong with a key of the map that is being read. */
void wrong_key(struct reader *r, const struct doc_node *map, const char *key, const char *message,
	       ...) __attribute__((format(printf, 4, 5)));

/* Reads a map by its table: the handlers run in the table's order, not the file's. `kind` is one
 * kind's bit, or EVERY_KIND where the kind is unknown. `rules` ends with a NULL name. */
void read_map(struct reader *r, const struct doc_node *map, const struct key_rule *rules,
	      unsigned kind, void *target);
/* Whether it is a map of at least one and at most `max` pairs; reports otherwise, and each key that
 * repeats. */
bool is_map(struct reader *r, const struct doc_node *node, size_t max);

/* Single values: each reports what does not fit and returns whether it did. */
bool read_text(struct reader *r, const struct doc_node *node, uint32_t max, struct str *ret);
/* {ru, en}, both. */
bool read_titles(struct reader *r, const struct doc_node *node, uint32_t max, struct titles *ret);
bool read_word(struct reader *r, const struct doc_node *node, const char *const *words, int *ret);
bool read_integer(struct reader *r, const struct doc_node *node, int64_t low, int64_t high,
		  int64_t *ret);
bool read_decimal(struct reader *r, const struct doc_node *node, unsigned decimals, int64_t *ret);
/* A name of the form `[a-z][a-z0-9<joiner>]{0,63}`. */
bool read_name(struct reader *r, const struct doc_node *node, char joiner, struct str *ret);
