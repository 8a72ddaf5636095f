#pragma once

/*
 * A gateway with a core behind it, small enough to misbehave on command: it keeps facts in memory,
 * answers streams.heads, facts.read and subscription.fetch, publishes what it is told to and loses what it is told to
 * lose. It runs in a thread of its own; every function here may be called while it does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_PAGE = 7, FAKE_HEARTBEAT_MS = 50 };

struct fake;

/* In a directory of its own, whose name fits a socket address. Not started. */
struct fake *fake_new(void);
void fake_free(struct fake *g);
const char *fake_directory(const struct fake *g);

/* Binds and serves; stopping is a crash: what was queued is gone. The facts stay. */
void fake_start(struct fake *g);
void fake_stop(struct fake *g);

/* Appends a fact that concerns the streams (a list with spaces between, may be ""), publishing it
 * or, if `lost`, not. Returns its number. */
uint64_t fake_fact(struct fake *g, const char *streams, bool lost);
/* Waits until everything appended has been published (or lost). */
void fake_settle(struct fake *g);
/* Another store: no facts, another epoch. */
void fake_new_epoch(struct fake *g);
/* Forgets the facts above `head` without a new epoch. */
void fake_truncate(struct fake *g, uint64_t head);
/* While mute, requests are read and not answered until it is unmuted; then they are, late. */
void fake_mute(struct fake *g, bool mute);
/* While away, the core behind the gateway does not answer; what it published before still comes. */
void fake_away(struct fake *g, bool away);
/* While silent, nothing is published, heartbeats neither, though the connections stand. */
void fake_silence(struct fake *g, bool silent);
/* Before the next facts.read is answered, one more fact of these streams happens and is published.
 */
void fake_fact_before_read(struct fake *g, const char *streams);
/* How many facts.read were answered. */
unsigned fake_reads(struct fake *g);
/* How often somebody has subscribed to the heartbeat. */
unsigned fake_subscriptions(struct fake *g);
/* Facts below `first` are not kept any more. */
void fake_trim(struct fake *g, uint64_t first);

/* ---- the durable subscription "s", of any client ---- */

/* It begins with so many things that stand. */
void fake_state(struct fake *g, uint64_t n);
/* The fetch that waits is refused so; what is fetched next takes the subscription over. */
void fake_end_fetch(struct fake *g, const char *code);
/* The next page that has facts is lost: the core has given it, and the gateway says that the core is
 * away. */
void fake_lose_page(struct fake *g);
/* How it stands: what is given, what acknowledged, in how many fetches, how many consumers it has had, whether
 * a fetch waits, and whose the last one was. */
struct fake_standing {
	uint64_t given, acked, acked_state;
	unsigned acks, consumers;
	bool waits;
	char client[64];
};
struct fake_standing fake_subscription(struct fake *g);
