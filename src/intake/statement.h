#pragma once

/* One field's written value as a canonical statement: the first table of docs/semantics.md. */

#include "core/body.h"
#include "intake/number.h"
#include "intake/where.h"
#include "util/mp.h"

/* A reader of one written value: what every part of it needs to know. */
struct written {
	const struct field *field;
	enum side side;
	struct refusal *ret; /* filled in by whoever finds something wrong */
};

/* Reads one token from `in` and appends the statement, or refuses it and appends nothing. */
int statement_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out);

/* The part for keyword, code and flag (sets.c). */
int set_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out);

/* ---- shared with the participant's attributes ---- */

/* An integer or a decimal string, scaled. */
int number_read(struct mp *in, unsigned decimals, struct ratio unit, const struct where *at,
		struct refusal *ret, int64_t *ret_value);
/* Refuses a token of the wrong type, floats by their own names. */
int wrong_type(const struct mp *in, const struct where *at, const char *expected,
	       struct refusal *ret);

/*
 * Sorted distinct texts, collected one by one.
 */
struct texts {
	char *room; /* `max` times MAX_KEYWORD bytes */
	size_t used;
	struct str *list;
	size_t n;
};

void texts_init(struct texts *t, size_t max);
void texts_add(struct texts *t, struct str text);
/* Sorts by bytes and drops repetitions. */
void texts_sort(struct texts *t);
bool texts_have(const struct texts *t, struct str text);
void texts_put(const struct texts *t, struct buf *out);
void texts_done(struct texts *t);
/* Reads a list of at most `max` codes of the rule as paths; with a tree, codes that it holds. */
int codes_read(struct mp *in, enum code_rule rule, const struct tree *tree, size_t max,
	       const struct where *at, struct texts *ret_codes, struct refusal *ret);
