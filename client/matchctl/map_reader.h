#pragma once

/* What the files that read maps share. */

#include "client/matchctl/map.h"
#include "intake/reader.h"

struct map_reader {
	struct reader r; /* first: handlers are given it */
	struct map *map;
	struct mistakes *mistakes;
};

/* The reader around the one that a handler is given. */
struct map_reader *map_reader_of(struct reader *r);
/* The column of that name, noted if it is new; false if there are too many. */
bool map_column(struct map_reader *m, const struct doc_node *at, struct str name, column_ref *ret);
/* Any text of a map, also of several lines. */
bool map_text(struct map_reader *m, const struct doc_node *node, struct str *ret);
/* A scalar, or with `lists` a list of scalars, as one token of the document's memory. */
bool map_token(struct map_reader *m, const struct doc_node *node, bool lists, struct str *ret);
/* A list of texts, or one text. */
bool map_texts(struct map_reader *m, const struct doc_node *node, size_t max,
	       const struct str **ret, size_t *ret_n);
/* `when`: a condition or a list of them. */
void map_conditions(struct map_reader *m, const struct doc_node *node, struct conditions *ret);
/* A lookup table's entries. */
void map_lookup(struct map_reader *m, const struct doc_node *node, struct lookup *ret);
/* What fills a key: a bare value, a transform, or, with `statements`, a map of these. */
void map_target(struct map_reader *m, const struct doc_node *node, bool statements,
		struct target *ret);
/* A plain number; false and a mistake for anything else. */
bool map_exact(struct reader *r, const struct doc_node *node, struct decimal *ret);

/* Handlers of a number's keys; the target is its transform. */
void map_number_decimal_mark(struct reader *r, const struct doc_node *node, void *target);
void map_number_thousands(struct reader *r, const struct doc_node *node, void *target);
void map_number_drop(struct reader *r, const struct doc_node *node, void *target);
void map_number_multipliers(struct reader *r, const struct doc_node *node, void *target);
void map_number_times(struct reader *r, const struct doc_node *node, void *target);
void map_number_above(struct reader *r, const struct doc_node *node, void *target);
void map_number_round(struct reader *r, const struct doc_node *node, void *target);
