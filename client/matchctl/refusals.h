#pragma once

/*
 * matchd's refusals in words for people. matchd itself says in English what is wrong; here every
 * code has a Russian sentence, and where there is one, what to do next.
 */

#include "client/matchctl/language.h"
#include "util/buf.h"

struct refusal_words {
	const char *code;
	const char *ru; /* what it means, without a full stop */
	struct texts
	    hint; /* what to do next, a sentence; NULLs: nothing beyond what was expected */
};

/* A row for each of proto_error_codes (a test looks); ends with a NULL code. */
extern const struct refusal_words refusal_words[];
/* The code's row; NULL for one that a newer matchd may have. */
const struct refusal_words *refusals_find(const char *code);
/* Appends what was refused and why, in the language of this run; in Russian, matchd's own words,
 * which name the case, stand behind the sentence. */
void refusals_put(struct buf *out, const char *code, const char *message, const char *expected);
