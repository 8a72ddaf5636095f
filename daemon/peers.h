#pragma once

/*
 * The clients that the gateway owes something: requests in flight, and replies that ZeroMQ would
 * not take yet. A client is known here from its first request in flight until nothing is owed, so
 * the table is bounded by the bounds on both.
 */

#include "util/buf.h"
#include "util/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct parcel {
	struct parcel *prev, *next;
	uint32_t len;
	uint8_t bytes[];
};

struct peer {
	uint64_t in_flight;
	uint64_t asked; /* bytes, since the round began */
	uint64_t round;
	struct parcel *parcels; /* replies that wait, oldest first (utlist) */
	size_t waiting;		/* their bytes */
	int64_t since_ms;	/* when the first of them was put there */
	UT_hash_handle hh;
	uint32_t len;
	uint8_t id[]; /* the routing id */
};

struct peers {
	struct peer *by_id;
	uint64_t in_flight; /* of all */
	uint64_t round;	    /* grows when everything that was asked has been taken */
	size_t waiting;	    /* bytes, of all */
};

/* NULL where nothing is owed to it. */
struct peer *peers_find(struct peers *p, struct str id);
/* One more request of so many bytes is in flight. */
void peers_asked(struct peers *p, struct str id, uint32_t bytes);
/* All that was asked has been taken by the core. */
void peers_clear(struct peers *p);
/* How many bytes it has asked since then. */
uint64_t peers_asked_bytes(const struct peers *p, const struct peer *peer);
/* One of its requests was answered. */
void peers_answered(struct peers *p, struct str id);
/* Nothing is in flight any more: the core is gone. */
void peers_forget_requests(struct peers *p);

/* Keeps a reply for later, behind those that wait. */
void peers_keep(struct peers *p, struct str id, struct str reply, int64_t now_ms);
/* Drops its oldest reply; its last one may take the peer along. Returns whether one still waits. */
bool peers_drop_first(struct peers *p, struct peer *peer);
/* Drops all its replies; may take the peer along. */
void peers_drop_all(struct peers *p, struct peer *peer);

void peers_done(struct peers *p);
