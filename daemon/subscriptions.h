#pragma once

/*
 * Durable subscriptions: who wants which facts, and how far each has come.
 *
 * A subscription belongs to a client and has a name of its own there. It is kept as an aside
 * (store.h), outside facts and digest. How far it has come is a place among the facts, and while the
 * state comes first, one among the things that stood when it began.
 *
 * A picky filter (filter.h) is judged when a fact is made, and the subscriptions that it passes are
 * noted with the fact; so what is given later, or again, is the same. A match is in the *view* of a
 * picky subscription from the fact that passed to the one that says that it is gone from there:
 * `match.changed` passes if it was in view or is now, `match.ended` if it was.
 */

#include "daemon/filter.h"
#include "daemon/replies.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SUBSCRIPTION_NAME = 65, /* with the zero */
	SUBSCRIPTION_EPOCH = 16,
	ACK_TIMEOUT_MS = 30000, /* unless told */
	CONSUMERS_KNOWN = 8, /* numbers of earlier consumers, whose late fetches are told apart */
};

/* A place among what a subscription is given: while the state comes first, how much of it was given
 * (a listing's number, or a told pair's serial behind PLACE_PAIRS); then the last fact's number. */
#define PLACE_PAIRS (UINT64_C(1) << 32)
#define STATE_DONE  UINT64_MAX
struct place_in {
	uint64_t state; /* STATE_DONE: the state is over, or never came */
	uint64_t number;
};

struct fetch; /* delivery.h */

struct subscription {
	uint32_t number; /* never used again */
	char client[SUBSCRIPTION_NAME], name[SUBSCRIPTION_NAME];
	struct filter filter;
	int64_t created_ms;
	uint64_t created_at;	 /* the head then */
	uint32_t state_listings; /* the state is made of listings up to this number */
	int64_t ack_timeout_ms;
	struct place_in acked;		   /* all up to here is done with */
	int64_t acked_ms;		   /* 0: never */
	uint8_t epoch[SUBSCRIPTION_EPOCH]; /* in which the consumer counts */

	/* What a process remembers, and begins anew with. */
	struct place_in seen;  /* looked at */
	struct place_in given; /* the last that was handed out; not above acked: nothing is out */
	int64_t given_ms;      /* by the monotonic clock */
	uint64_t consumer;     /* who fetches; 0: nobody yet */
	uint64_t before[CONSUMERS_KNOWN]; /* whom it was taken over from, the oldest at n_before */
	unsigned n_before;
	uint64_t asked;	     /* the id of its last request */
	struct fetch *fetch; /* that waits; NULL: none */
	bool seeding;	     /* told pairs are being looked through for it */
	size_t seed_from;    /* all have been when that place comes again */
	bool misfit; /* its exchange has changed in what its conditions state: nothing passes */
	bool dirty;
	struct subscription *prev, *next;	  /* in the order of their numbers */
	struct subscription *own_prev, *own_next; /* of the client */
};

struct subscriptions;

/* Market must outlive it. Free with subscriptions_free, which takes NULL. */
struct subscriptions *subscriptions_new(struct market *m);
void subscriptions_free(struct subscriptions *s);

/* For writing conditions, see core/search.h. */
struct searches *subscriptions_searches(struct subscriptions *s);

/* How a new one begins. */
struct beginning {
	struct place_in at; /* state: 0 to begin with the state */
	uint64_t head;
	int64_t now_ms, ack_timeout_ms;
	const uint8_t *epoch;
};
/* Takes over the decoded filter. The client must have none of that name, and room for one more
 * (subscriptions_room). */
struct subscription *subscriptions_add(struct subscriptions *s, struct str client, struct str name,
				       struct filter *filter, const struct beginning *b);
enum subscriptions_room { ROOM_ENOUGH, ROOM_CLIENT_FULL, ROOM_FULL };
enum subscriptions_room subscriptions_room(const struct subscriptions *s, struct str client);
struct subscription *subscriptions_find(const struct subscriptions *s, struct str client,
					struct str name);
/* Nobody may be waiting on it. */
void subscriptions_remove(struct subscriptions *s, struct subscription *sub);
/* The first, whose `next` is the next one; NULL for none. `subscriptions_own`: the client's first,
 * whose `own_next` is the next. */
struct subscription *subscriptions_all(const struct subscriptions *s);
struct subscription *subscriptions_own(const struct subscriptions *s, struct str client);
size_t subscriptions_count(const struct subscriptions *s);

/* ---- what passes ---- */

/*
 * Judges a fact that has just been applied for all picky subscriptions. Appends to `note` the
 * MessagePack array of those that it passes, or nothing where there are none. Called once for each
 * fact, in order.
 */
void subscriptions_judge(struct subscriptions *s, const struct fact *f, const struct about *a,
			 struct buf *note);
/* Whether it passes; `ids`, ascending, are those that a note names. */
bool subscription_passes(const struct subscriptions *s, const struct subscription *sub,
			 const struct about *a, const uint32_t *ids, size_t n_ids);
/* Whether a listing, or a told pair, passes as it stands now: for the state. */
bool subscription_passes_now(struct subscriptions *s, const struct subscription *sub,
			     const struct about *a);

/*
 * Looks at so many told pairs, for the picky subscriptions that have begun with the state; before a
 * commit, so that a pair is given only once it is known to be in view. Returns whether more are to
 * be looked at.
 */
bool subscriptions_seed(struct subscriptions *s, uint32_t looks);

/* ---- stored ---- */

/* Moves what is done with. */
void subscription_ack(struct subscriptions *s, struct subscription *sub, struct place_in at,
		      int64_t now_ms);
/* Its consumer counts in this epoch from now on. */
void subscription_confirm(struct subscriptions *s, struct subscription *sub,
			  const uint8_t epoch[SUBSCRIPTION_EPOCH]);
/* Whether something must be stored with the next commit (a subscription was made or removed, a view
 * changed), or could be (one has moved on). */
bool subscriptions_must_store(const struct subscriptions *s);
bool subscriptions_could_store(const struct subscriptions *s);
/* What storing what must be may take of the disk, in bytes: an estimate from above. */
uint64_t subscriptions_unstored(const struct subscriptions *s);
/* Hands out what must be stored or removed, by table; with `all` also what could be, some MiB of it at
 * most. */
typedef void (*subscriptions_put_fn)(void *arg, bool views, uint64_t key, struct str bytes);
void subscriptions_flush(struct subscriptions *s, bool all, subscriptions_put_fn put, void *arg);
/* Take stored ones back, before any fact is judged: subscriptions first, then views. store_aside_fn.
 */
bool subscriptions_load(void *subscriptions, uint64_t key, struct str bytes);
bool subscriptions_load_view(void *subscriptions, uint64_t key, struct str bytes);
