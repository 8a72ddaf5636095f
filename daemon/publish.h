#pragma once

/* The public part of facts: what subscribers see, without contacts, blocks, and values that are not
 * public. */

#include "core/market.h"
#include "util/buf.h"
#include "util/mp.h"

/*
 * Appends the body of a fact for the feed as one MessagePack map {"fact": kind, "number", "at", …}
 * (docs/protocol.md). Bookkeeping facts have none: returns false and appends nothing. The fact must
 * have been applied to the market.
 */
bool publish_body(const struct market *m, const struct fact *f, struct buf *out);

/* Appends "participant/key" as one text. */
void publish_listing_id(const struct market *m, const struct listing *l, struct buf *out);

/* The hash of canonical bytes of a definition, in hex. */
enum { DEFINITION_HASH = 17 };
void publish_hash(struct str definition, char ret[DEFINITION_HASH]);

/* A cause as clients see it: who blocks whom is private, so a block reads as conditions that do not
 * meet. */
const char *publish_cause(enum cause cause);

/*
 * The statements of a canonical body's "fields" map, or of one variant, as a client writes them.
 * What is not public is left out, or with `mark_hidden` reads "(hidden)".
 */
void publish_fields(const struct exchange *e, enum side side, struct mp fields, bool mark_hidden,
		    struct buf *out);
/* The same for the array of variants. */
void publish_variants(const struct exchange *e, enum side side, struct mp variants,
		      bool mark_hidden, struct buf *out);
