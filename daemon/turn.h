#pragma once

/*
 * One turn's facts: gathered as the market makes them, stored in one commit, then published.
 *
 * The order is the whole point. A fact's public body is written at once, while the market is as the
 * fact left it (a later command of the same turn may change the listing again); it is given out
 * only after the commit. What the commit did not keep nobody is told.
 *
 * What the daemon keeps beside the market (replies, subscriptions) is stored in the same commit: a
 * command's effect and the reply under its key are there both or neither.
 *
 * The store gathers a turn in memory until its commit, so reads of the journal within the turn see
 * what is committed and nothing else. While it is stored the next one is gathered here: *open* is
 * the one, *sealed* the other.
 */

#include "core/market.h"
#include "util/buf.h"

#include <stddef.h>

struct delivery;
struct replies;
struct store;
struct subscriptions;
struct turn;

/* Tables of asides in the store (store.h). Stored: never renumber. */
enum aside { ASIDE_REPLIES, ASIDE_SUBSCRIPTIONS, ASIDE_VIEWS };

/* What a turn is about; all of it outlives it. */
struct turn_parts {
	struct market *market;
	struct store *store;
	struct replies *replies;
	struct subscriptions *subscriptions;
};
/* Free with turn_free, which takes NULL. */
struct turn *turn_new(const struct turn_parts *parts);
void turn_free(struct turn *t);

/* Takes a fact just applied (fact_fn; the argument is the turn). */
void turn_emit(void *turn, const struct fact *f, struct str bytes);
/* Facts that wait to be committed, and the bytes of their bodies. */
size_t turn_facts(const struct turn *t);
size_t turn_bytes(const struct turn *t);
/*
 * What the turn takes of the disk, at most, in bytes of pages: each fact touches a few rows, each
 * on a page of its own, and those above it; with the replies and what must be stored of
 * subscriptions.
 */
uint64_t turn_cost(const struct turn *t);

/* Hands the facts to delivery, which may give them to those whose replies wait for this turn's
 * commit. */
void turn_deliver(const struct turn *t, struct delivery *d);
/*
 * Stores the facts and the rows that changed, in one commit. Returns 0, or a STORE_E_* code: then
 * nothing of the turn is kept, the market is ahead of the store, and the process must stop without
 * an answer. Without facts or asides there is nothing to store: 0 at once.
 *
 * The facts are sealed then, and the next turn can be gathered. turn_hand_over may return before
 * they are stored (store_hand_over), and turn_finish says whether they were.
 */
int turn_commit(struct turn *t);
int turn_hand_over(struct turn *t);
/* Waits for that, if need be, and lets go what the market held until its rows were stored. To be
 * called before the next turn is closed. */
int turn_finish(struct turn *t);

/* Has the next commit store how far subscriptions have come, too; no other does. */
void turn_settle(struct turn *t);

/* Appends the sealed facts, once they are stored, to `out`, each as a frame of the channel
 * (CHANNEL_FACT). */
void turn_publish(const struct turn *t, struct buf *out);
/* Forgets the sealed facts; keeps the memory for the next turn. */
void turn_clear(struct turn *t);
