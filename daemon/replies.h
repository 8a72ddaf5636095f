#pragma once

/*
 * Replies to commands that carried an idempotency key, kept so that the same command sent again has
 * one effect and gets the same reply, after a restart too.
 *
 * A key belongs to its client. Its reply is stored in the commit that stores the command's effect
 * (turn.h), so that there is never one without the other. Replies are kept for a day
 * (REPLIES_WINDOW_MS); where they take too much, a client's own oldest go first, then the oldest of
 * all.
 *
 * Stored as asides (store.h), keyed by a number that grows: one MessagePack array
 * [at_ms, client, key, request's hash (bin), reply (bin)].
 */

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	REPLIES_WINDOW_MS = 24 * 60 * 60 * 1000,
	REPLIES_CLIENT_MAX = 64 << 20, /* bytes, of one client's replies: some 180,000 */
	REPLIES_MAX = 256 << 20,       /* bytes, of all */
};

/* What tells one request from another: everything in it but its id. */
struct request_hash {
	uint64_t low, high;
};

struct replies;

struct replies *replies_new(void);
/* Takes NULL. */
void replies_free(struct replies *r);

enum replies_found {
	REPLIES_NONE, /* the key is new */
	REPLIES_SAME, /* the same request: here is its reply */
	REPLIES_OTHER /* another request had this key */
};
/* Looks for the client's key. The reply lives until the next call that keeps one. */
enum replies_found replies_find(const struct replies *r, struct str client, struct str key,
				struct request_hash hash, int64_t now_ms, struct str *ret_reply);
/* Keeps a reply under a key that was not found, and drops what is too old or too much. */
void replies_keep(struct replies *r, struct str client, struct str key, struct request_hash hash,
		  int64_t now_ms, struct str reply);

/* Whether something is to be stored since the last flush. */
bool replies_changed(const struct replies *r);
/* Bytes of those that are to be stored. */
uint64_t replies_unstored(const struct replies *r);
/* Hands out what is to be stored, or removed (bytes.p NULL). */
typedef void (*aside_put_fn)(void *arg, uint64_t number, struct str bytes);
void replies_flush(struct replies *r, aside_put_fn put, void *arg);
/* Takes a stored reply back, numbers ascending; false where the bytes are none. A store_aside_fn. */
bool replies_load(void *replies, uint64_t number, struct str bytes);

/* How many are kept, and the bytes that they take. */
void replies_count(const struct replies *r, uint64_t *ret_count, uint64_t *ret_bytes);
