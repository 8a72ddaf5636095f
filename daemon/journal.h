#pragma once

/* The store as the journal that dispatch reads from. */

#include "daemon/dispatch.h"

struct store;

/* Wires `ret` to the store, which must outlive it. */
void journal_of_store(struct journal *ret, struct store *store);
