#pragma once

/*
 * Standing searches: what somebody wants to hear of, stated as a listing of one side states it, and
 * compared with the listings of the other side by the same meeting rule.
 *
 * A search is no listing: nobody sees it, nobody is matched with it, and the market does not hold
 * it. It demands every field that it states and does not look at the others, whatever the exchange
 * says of its side (who demands, what absence means, what comes from the participant). What the
 * *listing* does not state counts as its exchange says.
 *
 * Searches lie in columns with a lookup of their own, per exchange and side, so that a listing finds
 * those that it meets among many thousands as it finds its matches.
 */

#include "core/market.h"
#include "core/numbers.h"

struct searches;

/* The market must outlive it; words that searches use go into its dictionary, and nothing else of
 * it changes. Free with searches_free, which takes NULL. */
struct searches *searches_new(struct market *m);
void searches_free(struct searches *s);

/* The definition by which a search that states as `side` does is written (intake) and compared;
 * lives until searches_rebuild. NULL where there is no such exchange. */
const struct exchange *searches_exchange(struct searches *s, size_t exchange, enum side side);

/* Adds a search under a number that no other has, from 1. `body` is canonical, has one box, and is
 * of searches_exchange(s, exchange, side). */
void searches_add(struct searches *s, uint32_t id, size_t exchange, enum side side,
		  struct str body);
/* Removing what is not there does nothing. */
void searches_remove(struct searches *s, uint32_t id);
/* To be called when a definition has changed, an exchange's or a tree's. A search that states what
 * the changed exchange does not know any more meets nothing from then on. */
void searches_rebuild(struct searches *s);
/* Whether it means what it meant when it was added. */
bool searches_fit(const struct searches *s, uint32_t id);

/* Fills `ids` (emptied first) with the searches that some box of the listing meets as it is now,
 * whatever its state; ascending. */
void searches_met(struct searches *s, const struct listing *l, struct numbers *ids);
