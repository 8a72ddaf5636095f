#pragma once

/* A participant as the market holds it. */

#include "core/exchange.h"
#include "core/fact.h"

#include "util/hash.h"

struct participant {
	uint32_t number; /* from 1, in order of registration */
	uint32_t revision;
	enum status status;
	struct str id;	    /* owned */
	struct str content; /* canonical (core/body.h); owned; the texts below point into it */
	struct str name, kind, inn, ogrn, region, size;
	int64_t headcount, revenue_kopecks, founded_day; /* PARTICIPANT_UNKNOWN where absent */
	uint32_t *blocks;				 /* participants' numbers, ascending */
	size_t n_blocks;
	uint32_t blocked_by; /* how many participants block this one */
	uint32_t *listings;  /* numbers, in the order of their keys */
	size_t n_listings, cap_listings;
	uint64_t checksum; /* of its row as last flushed; 0: never */
	bool dirty;
	UT_hash_handle by_id, by_inn, by_ogrn;
};

#define PARTICIPANT_UNKNOWN INT64_MIN
