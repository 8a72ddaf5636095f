#pragma once

/*
 * Numbers as people write them in tables: "1 250,50 м²", "от 5", "$250K - $2M", "15 %".
 *
 * Exact: digits and powers of ten, never floating point. Everything in the cell must be accounted
 * for: a number, a word that the rule knows, or a range; what is not is refused, not passed over.
 */

#include "client/matchctl/both.h"
#include "util/buf.h"

enum {
	AMOUNT_WORDS = 64,
	AMOUNT_TEXT = 64,
	AMOUNT_CELL = 120, /* bytes of a cell */
};

/* An exact decimal: digits times ten to the minus `scale`. */
struct decimal {
	__int128 digits;
	unsigned scale;
};

struct amount_word {
	struct str text;      /* folded */
	struct decimal times; /* {1, 0} for words that are passed over */
};

struct amount_rule {
	char decimal_mark;	   /* '.' or ',' */
	struct str thousands;	   /* beside spaces; empty: none */
	struct amount_word *words; /* passed over, or multiplying; the longest first */
	size_t n_words;
	bool scaled; /* multiply by `times` */
	struct decimal times;
	int round;	  /* decimals to keep; -1: all */
	bool above_given; /* values not above this count as empty: "1 or less means unknown" */
	struct decimal above;
};

/* Texts of the ends; empty where the end is open, equal for a single number. */
struct amount {
	char from[AMOUNT_TEXT], to[AMOUNT_TEXT];
};

enum amount_result { AMOUNT_OK, AMOUNT_NONE, AMOUNT_WRONG };

/* Reads a cell. AMOUNT_NONE: not above `above`. AMOUNT_WRONG: `why` says what does not fit. */
enum amount_result amount_read(struct str text, const struct amount_rule *rule, struct amount *ret,
			       struct both *why);
/* A plain decimal of at most 18 digits; false for anything else. */
bool decimal_read(struct str text, struct decimal *ret);
