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
	int64_t notice_ms;		       /* when `listing.expiring` is due; 0: not, or told */
	uint64_t checksum;		       /* of its row as last flushed; 0: never */
	const char *key; /* zero-terminated; the market's */
	uint32_t *told; /* places in the market's told pairs, best first; owned */
	uint32_t n_told, cap_told;
	uint32_t row;	   /* of its first box in its side's columns; 0: not there yet */
	uint16_t n_rows;   /* boxes */
	uint16_t exchange; /* by order of loading, from 0 */
	uint8_t side;	   /* enum side */
	uint8_t state;	   /* enum listing_state */
	uint8_t key_len;
	bool approved; /* its content was open or scheduled, or the operator approved it */
	bool dirty;
	bool refill_waits;
};

/* participant/~exchange: stands for the participant in an exchange of standing needs. */
static inline bool
listing_is_standing(const struct listing *l)
{
	return l->key[0] == '~';
}
