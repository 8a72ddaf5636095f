#pragma once

/*
 * A market with people in it, for the tests of what stands beside the market. What is written in
 * JSON goes through intake and is executed; what is refused fails the test.
 */

#include "core/listing.h"
#include "core/market.h"

struct trade {
	struct market *market;
	fact_fn emit; /* takes each fact; NULL: nobody does */
	void *arg;
	unsigned listings; /* published, for their keys */
};

/* Loads a canonical definition, or an exchange in YAML. */
void trade_load(struct trade *t, enum command_kind kind, struct str canonical);
void trade_define(struct trade *t, const char *yaml);
/* Registers a member. */
void trade_enlist(struct trade *t, const char *id, const char *json);
/* Writes a canonical body, as a side of the definition states it, or a patch; replaces what `out`
 * held. */
void trade_write(const struct exchange *e, enum side side, const char *json, bool whole,
		 struct buf *out);
/* Publishes in the first exchange; returns the listing. */
const struct listing *trade_publish(struct trade *t, const char *participant, enum side side,
				    const char *json);
void trade_revise(struct trade *t, const struct listing *l, const char *json);
void trade_withdraw(struct trade *t, const struct listing *l);
