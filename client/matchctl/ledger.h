#pragma once

/*
 * What became of an import's rows and objects. Two sums hold at every moment:
 * rows read = skipped + wrong + mapped, and objects sent = stored + unchanged + refused.
 */

#include "util/buf.h"

#include <jansson.h>
#include <stdio.h>

/* Names in the books that are the tool's own, as programs read them. */
#define LEDGER_NOTHING                                                                             \
	"nothing to make of it" /* why a row is skipped of which the map makes nothing */
#define LEDGER_PARTICIPANTS "participants"
#define LEDGER_OTHER	    "other"

enum { TALLIES = 64, TALLY_NAME = 120, LEDGER_BOOKS = 65 };

/* Counts by name. Beyond the last place all go to "other": nothing is lost from the sum. */
struct tallies {
	struct tally {
		char name[TALLY_NAME];
		uint64_t n;
	} list[TALLIES];
	size_t count;
};

void tallies_add(struct tallies *t, const char *name, uint64_t n);
uint64_t tallies_sum(const struct tallies *t);

/* Of the participants, or of one exchange's listings. */
struct book {
	char name[TALLY_NAME];
	uint64_t stored, unchanged;
	struct tallies refused;
};

struct ledger {
	uint64_t read, mapped;
	struct tallies skipped, wrong; /* rows, by reason and by code */
	struct tallies left_out;       /* fields, by name and code */
	struct book books[LEDGER_BOOKS];
	size_t n_books;
};

/* The book of that name, made if need be. */
struct book *ledger_book(struct ledger *l, const char *name);
uint64_t book_sent(const struct book *b);
/* As JSON and back; false where it is none. */
json_t *ledger_json(const struct ledger *l);
bool ledger_from_json(struct ledger *l, const json_t *json);
/* For people, in the language of this run. `dry`: nothing was sent, and what counts as stored was made only. */
void ledger_print(const struct ledger *l, bool dry, FILE *out);
