#pragma once

/*
 * Everything that a store holds against everything else that it holds: the journal against its
 * chain, rows against their checksums and the digest, the market that they make, the daemon's asides
 * and the table of streams' heads, and, where no fact was trimmed, the market that all facts make
 * when they are applied to an empty one.
 *
 * The journal is read in parts, so that beside a running daemon pages are not kept for long.
 */

#include "store/inspect.h"

/* What is checked, in the order in which it is. */
enum verify_part {
	VERIFY_ROWS,
	VERIFY_MARKET,
	VERIFY_ASIDES,
	VERIFY_HEADS,
	VERIFY_JOURNAL,
	VERIFY_STREAMS, /* the table of heads, and links, against the facts */
	VERIFY_REPLAY,
	VERIFY_PARTS
};

struct verify_watch {
	/* Facts read, of so many; often. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	/* One kind of damage, as a sentence. */
	void (*finding)(void *arg, enum verify_part part, const char *message);
	void *arg;
};

/* What was looked at. */
struct verified {
	unsigned findings[VERIFY_PARTS];
	uint64_t rows, asides, heads, facts;
	uint64_t first, head; /* of the journal, when the rows were read */
	uint64_t skipped;     /* facts trimmed while they were to be read */
	uint64_t digest;
	bool replayed; /* to `head`, with the digest compared */
};

/* Returns how many findings there were. */
unsigned verify_store(struct store *store, const struct verify_watch *watch, struct verified *ret);
