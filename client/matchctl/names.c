#include "client/matchctl/names.h"

#include "core/listing.h"
#include "core/market.h"
#include "core/participant.h"
#include "recovery/recovery.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static_assert((int)NAMES_WHY >= (int)RECOVERY_MESSAGE, "room for what recovery says");

/* A names is a market whose rows are loaded and whose indexes are not built. */
static const struct market *
market_of(const struct names *n)
{
	return (const struct market *)n;
}

struct names *
names_load(struct store *store, char why[NAMES_WHY])
{
	struct market *m = market_new();
	uint64_t rows;
	if (recovery_load_rows(store, m, &rows, why) == 0)
		return (struct names *)m;
	market_free(m);
	return NULL;
}

void
names_free(struct names *n)
{
	market_free((struct market *)n);
}

static const struct participant *
participant_at(const struct names *n, uint32_t number)
{
	return n ? market_participant_at(market_of(n), number) : NULL;
}

static const struct listing *
listing_at(const struct names *n, uint32_t number)
{
	return n ? market_listing_at(market_of(n), number) : NULL;
}

static void
put_number(struct buf *out, uint32_t number)
{
	char text[16];
	int len = snprintf(text, sizeof text, "#%" PRIu32, number);
	buf_put(out, text, (size_t)len);
}

void
names_put_participant(const struct names *n, struct buf *out, uint32_t number)
{
	const struct participant *p = participant_at(n, number);
	if (p)
		buf_put(out, p->id.p, p->id.len);
	else
		put_number(out, number);
}

void
names_put_listing(const struct names *n, struct buf *out, uint32_t number)
{
	const struct listing *l = listing_at(n, number);
	if (!l) {
		put_number(out, number);
		return;
	}
	names_put_participant(n, out, l->participant);
	buf_put(out, "/", 1);
	buf_put(out, l->key, strlen(l->key));
}

void
names_put_exchange(const struct names *n, struct buf *out, uint32_t index)
{
	const struct exchange *e = n ? market_exchange_at(market_of(n), index) : NULL;
	if (e)
		buf_put(out, e->name.p, e->name.len);
	else
		put_number(out, index);
}

uint32_t
names_participant(const struct names *n, struct str id)
{
	const struct participant *p;
	for (uint32_t number = 1; (p = participant_at(n, number)); number++)
		if (str_eq(p->id, id))
			return number;
	return 0;
}

uint32_t
names_listing(const struct names *n, struct str id)
{
	const char *slash = memchr(id.p, '/', id.len);
	if (!slash)
		return 0;
	uint32_t len = (uint32_t)(slash - id.p);
	uint32_t participant = names_participant(n, (struct str){id.p, len});
	struct str key = {slash + 1, id.len - len - 1};
	const struct listing *l;
	for (uint32_t number = 1; participant && (l = listing_at(n, number)); number++)
		if (l->participant == participant && str_eq(str_of(l->key), key))
			return number;
	return 0;
}

uint32_t
names_owner(const struct names *n, uint32_t listing)
{
	const struct listing *l = listing_at(n, listing);
	return l ? l->participant : 0;
}
