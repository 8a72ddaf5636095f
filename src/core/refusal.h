#pragma once

/* Why something was refused, in the form in which every caller passes it on: one typed error. */

enum {
	REFUSAL_CODE = 32,
	REFUSAL_FIELD = 160,
	REFUSAL_TEXT = 240,
};

struct refusal {
	char code[REFUSAL_CODE]; /* stable, for programs: "inn_taken"; docs/protocol.md lists all */
	char field[REFUSAL_FIELD];   /* path into the command: "fields.price.from"; may be empty */
	char message[REFUSAL_TEXT];  /* for people: what is wrong */
	char expected[REFUSAL_TEXT]; /* for people: what would have been right; may be empty */
};

/* Fills it in, cutting what does not fit; NULL for empty. Returns 1, so that a check can `return
 * refuse(…)`. */
int refuse(struct refusal *r, const char *code, const char *field, const char *expected,
	   const char *message, ...) __attribute__((format(printf, 5, 6)));
