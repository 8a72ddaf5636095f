#include "recovery/recovery.h"

#include "core/market.h"
#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static_assert((int)RECOVERY_MESSAGE >= (int)STORE_MESSAGE, "room for the store's own words");

struct loading {
	struct market *market;
	unsigned table; /* of the row that was refused */
	uint64_t key;
	uint64_t count;
};

static bool
load_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct loading *l = arg;

	l->table = table;
	l->key = key;
	l->count++;
	return market_load_row(l->market, (enum table)table, key, bytes, checksum);
}

/* After loading nothing has changed, so there is nothing to write. */
static void
ignore_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg, (void)table, (void)key, (void)bytes, (void)checksum;
}

/* A row_keeper's `row`. */
static struct str
give_row(void *arg, enum table table, uint64_t key, uint64_t checksum)
{
	struct store *s = arg;
	struct str bytes = STR_NONE;
	uint64_t has = 0;

	int failed = store_read_row(s, table, key, &bytes, &has);
	if (failed)
		store_lost(failed, store_message(s));
	if (has != checksum || !recovery_is_row(table, key, bytes, has))
		store_lost(STORE_E_CORRUPT, "a row is not the one that was committed");
	return bytes;
}

bool
recovery_is_row(unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	return table < TABLES && market_row_checksum((enum table)table, key, bytes) == checksum;
}

int
recovery_load_rows(struct store *store, struct market *market, uint64_t *ret_count,
		   char message[RECOVERY_MESSAGE])
{
	struct loading loading = {.market = market};
	int failed = store_load(store, load_row, &loading);

	*ret_count = loading.count;
	if (failed) {
		snprintf(message, RECOVERY_MESSAGE, "at table %u, key %" PRIu64 ": %s",
			 loading.table, loading.key, store_message(store));
		return 1;
	}
	return 0;
}

int
recovery_settle(struct store *store, struct market *market, char message[RECOVERY_MESSAGE])
{
	if (!market_loaded(market)) {
		snprintf(message, RECOVERY_MESSAGE, "the rows do not fit together");
		return 1;
	}
	if (store_head(store) == 0)
		return 0; /* a new store: nothing was committed, so there is no digest */
	market_flush(market, ignore_row, NULL);
	if (market_head(market) != store_head(store)) {
		snprintf(message, RECOVERY_MESSAGE,
			 "the market's last fact is %" PRIu64 ", the journal's %" PRIu64,
			 market_head(market), store_head(store));
		return 1;
	}
	if (market_digest(market) != store_digest(store)) {
		snprintf(message, RECOVERY_MESSAGE,
			 "the market's digest is %016" PRIx64 ", %016" PRIx64 " was committed",
			 market_digest(market), store_digest(store));
		return 1;
	}
	return 0;
}

int
recovery_load(struct store *store, struct market *market, char message[RECOVERY_MESSAGE])
{
	uint64_t count;
	market_keep(market, (struct row_keeper){give_row, store});
	int failed = recovery_load_rows(store, market, &count, message);

	return failed ? failed : recovery_settle(store, market, message);
}
