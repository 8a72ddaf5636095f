#pragma once

/* A listing as the market holds it. Its body is had from market_body. */

#include "core/exchange.h"
#include "core/fact.h"

struct listing {
	uint32_t number; /* from 1, in order of creation */
	uint32_t participant;
	uint32_t revision;
	uint32_t opening; /* its place among listings in the order in which they first opened; 0:
			     never open yet */
	int64_t valid_from_ms, valid_until_ms; /* 0: none */
	uint64_t checksum;		       /* of its row as last flushed; 0: never */
	const char *key;		       /* zero-terminated; the market's */
	uint32_t *told; /* places in the market's told pairs, best first; owned */
	uint32_t n_told;
	uint32_t row; /* of its first box in its side's columns; 0: not there yet */
	uint16_t
	    notice_days;   /* so long before its end `listing.expiring` is due; 0: not, or told */
	uint8_t n_rows;	   /* boxes */
	uint8_t exchange;  /* by order of loading, from 0 */
	uint8_t side;	   /* enum side */
	uint8_t state;	   /* enum listing_state */
	bool approved : 1; /* its content was open or scheduled, or the operator approved it */
	bool dirty : 1;
	bool refill_waits : 1;
};
_Static_assert(MAX_VARIANTS <= UINT8_MAX && MAX_EXCHANGES <= UINT8_MAX && MAX_DAYS <= UINT16_MAX,
	       "there are millions of them: no wider than needed");

/* When `listing.expiring` is due; 0: not, or told. */
static inline int64_t
listing_notice_ms(const struct listing *l)
{
	return l->notice_days ? l->valid_until_ms - l->notice_days * DAY_MS : 0;
}

/* participant/~exchange: stands for the participant in an exchange of standing needs. */
static inline bool
listing_is_standing(const struct listing *l)
{
	return l->key[0] == '~';
}
