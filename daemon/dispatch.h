#pragma once

/*
 * From a request's bytes to a command or a read on the market, and to a reply's bytes. The only
 * place where protocol and core meet. Takes bytes, touches no socket, so that tests and fuzzers
 * call it as the daemon does.
 */

#include "core/market.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* A fact with its streams, as the journal gives it back. */
struct journalled {
	uint64_t number;
	struct str bytes;
	struct str note; /* kept with it by turn.h; STR_NONE: none */
	size_t n_links;
	struct {
		uint64_t stream, prev;
	} links[MAX_STREAMS];
};

/* What reads need of the journal; the store in the daemon, memory in tests. */
struct journal {
	void *self;
	const uint8_t *(*epoch)(void *self); /* 16 bytes */
	uint64_t (*first)(void *self);	     /* the oldest fact that can be read */
	uint64_t (*stream_head)(void *self, uint64_t stream);
	/* From `from` on, at most `limit`, until `fact` returns false. Returns 0, or a negative
	 * code: the read failed. */
	int (*read)(void *self, uint64_t from, uint64_t limit,
		    bool (*fact)(void *arg, const struct journalled *f), void *arg);
	const char *(*message)(void *self); /* why the last read failed */
};

/* How the process is, beside the market. */
struct health {
	uint64_t store_bytes, map_bytes, free_bytes;
	uint64_t first; /* the oldest fact that is kept */
	uint64_t subscriptions;
	bool clock_held;
};

struct delivery;
struct replies;
struct subscriptions;

/* What the store has room for (store.h). */
enum dispatch_room {
	DISPATCH_ROOM_ENOUGH,
	DISPATCH_ROOM_RESERVE, /* what ends something, or makes room */
	DISPATCH_ROOM_NONE,    /* reads */
};

struct dispatch {
	struct market *market;
	const struct journal *journal;
	/* NULL in tests of the market: keys are passed over, and subscriptions refused. */
	struct replies *replies;
	struct subscriptions *subscriptions;
	struct delivery *delivery;
	enum dispatch_room room;
	int64_t monotonic_ms; /* as of this turn, for how long to wait */
	/* Where the request at hand came from, for replies that come later. */
	void *origin;
	struct str envelope;
	fact_fn emit; /* takes the facts that commands make */
	void *emit_arg;
	int64_t started_ms;
	/* By index.verify, since the start: pairs judged, and what was not as the rule says. */
	uint64_t verified_pairs, divergences;
	void (*health)(void *arg, struct health *ret); /* NULL: nothing to tell, as in tests */
	void *health_arg;
	/*
	 * Reads the definitions again and loads what differs; NULL: there are none to read.
	 * Appends *ret_n maps to `list`, as the protocol's reload answers them; false where nothing
	 * was loaded, and *ret says why.
	 */
	bool (*reload)(void *arg, int64_t clock_ms, struct buf *list, uint32_t *ret_n,
		       struct refusal *ret);
	void *reload_arg;
};

/* Whether a request would write. Bytes that cannot be read count as a read: they are refused
 * without the journal. */
bool dispatch_writes(struct str request);

/*
 * Handles one request at the clock's time; appends exactly one reply to `*reply` (also for bytes
 * that are no request), or none where it is answered later, by delivery.h. A read sees the market
 * as it is: the caller holds the reply back until that is committed, and gives facts.read only what
 * is committed.
 */
void dispatch_request(struct dispatch *d, struct str request, int64_t clock_ms, struct buf *reply);

/* The answer where the journal cannot be read; it is logged as well. */
void refuse_unreadable(struct refusal *ret, const struct journal *j);

/* Loads exchange and tree definitions (canonical bytes) and settings: commands without a request.
 * False where refused. */
bool dispatch_command(struct dispatch *d, const struct command *c, struct refusal *ret);
