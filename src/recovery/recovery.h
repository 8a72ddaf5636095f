#pragma once

/* The market from what the store holds. */

#include "util/buf.h"

struct market;
struct store;

enum { RECOVERY_MESSAGE = 300 };

/*
 * Loads every row into the (new) market, lets it build what is derived, and compares its digest
 * with the one that was committed. Returns 0, or 1 and in `message` what does not fit, for the
 * operator: then the market is not to be used.
 *
 * From there on the market reads listings' bodies from the store, which must outlive it: to be
 * followed by market_kept after each commit of what it flushed. A row that cannot be had, or is not
 * the one that was committed, is the end (store_lost).
 */
int recovery_load(struct store *store, struct market *market, char message[RECOVERY_MESSAGE]);

/* Whether a row's bytes are what its checksum says, which the market makes. */
bool recovery_is_row(unsigned table, uint64_t key, struct str bytes, uint64_t checksum);

/* Its two halves. After the first, which tells what is wrong with rows, participants and listings
 * can be had by number, and nothing else is to be done with the market. */
int recovery_load_rows(struct store *store, struct market *market, uint64_t *ret_count,
		       char message[RECOVERY_MESSAGE]);
int recovery_settle(struct store *store, struct market *market, char message[RECOVERY_MESSAGE]);
