#pragma once

/* How long facts are kept: whatever is older than `keep-days`, or more than `keep-size`, goes. */

#include "daemon/dispatch.h"
#include "daemon/options.h"

struct store;

/* The last fact before the time, by halving: times never go back. 0, or the journal's code. `head` may
 * be ahead of what is committed; such facts count as not before. */
int retention_find_time(const struct journal *j, uint64_t head, int64_t ms, uint64_t *ret);

/* Tells the store what may go (store_trim); the next commits drop it. Worth a look now and then.
 * Where the journal cannot be read `keep-days` lets nothing go, and the log says so. */
void retention_apply(const struct options *o, struct store *s, const struct journal *j,
		     int64_t now_ms);
