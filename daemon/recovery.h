#pragma once

/* At start: the market from what the store holds. */

struct market;
struct store;

enum { RECOVERY_MESSAGE = 300 };

/*
 * Loads every row into the (new) market, lets it build what is derived, and compares its digest
 * with the one that was committed. Returns 0, or 1 and in `message` what does not fit, for the
 * operator: then the market is not to be used.
 */
int recovery_load(struct store *store, struct market *market, char message[RECOVERY_MESSAGE]);
