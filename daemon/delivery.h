#pragma once

/*
 * Giving subscriptions what they are due.
 *
 * A consumer *fetches*: it says how many facts it takes (its credit), what it is done with (its
 * ack, cumulative) and how long it is ready to wait. The answer comes when there is something to
 * give, or time is up. Nothing is sent that was not asked for, so a consumer that stops costs
 * nothing; what was given and not acknowledged is given again to another consumer, or to the same
 * after the subscription's ack timeout. A consumer's requests have growing ids: one that comes
 * twice, or late, is passed over without an answer.
 *
 * Facts are given by number, each once to a consumer, from memory (recent.h) or from the journal, a
 * bounded share per turn, so that one that catches up does not hold up the others.
 */

#include "daemon/dispatch.h"
#include "daemon/recent.h"
#include "daemon/subscriptions.h"

enum { FETCH_CREDIT_MAX = 10000, FETCH_WAIT_MAX_MS = 60000 };

struct delivery;

/* Where answers go. */
struct delivery_outlet {
	/* Sends a reply to whoever asked: the origin and envelope of the request. */
	void (*send)(void *arg, void *origin, struct str envelope, struct str reply);
	/* Whether the origin takes more now. */
	bool (*is_ready)(void *arg, const void *origin);
	void *arg;
};

/* All must outlive it. Free with delivery_free, which takes NULL. */
struct delivery *delivery_new(const struct market *m, const struct journal *journal,
			      struct subscriptions *s, const struct delivery_outlet *outlet);
void delivery_free(struct delivery *d);

/* What a fetch asks; texts are copied. */
struct fetch_ask {
	void *origin;
	struct str envelope;
	uint64_t id;	   /* of the request */
	uint64_t consumer; /* not 0 */
	uint32_t credit;
	int64_t wait_ms;
	bool acks, places;
	struct place_in ack;
	struct place_in after; /* begin behind it (places), or behind what was handed out last */
	const uint8_t *epoch;  /* in which the consumer counts; NULL: it does not say */
};
/* Takes a fetch, to be answered by delivery_run; `now_ms` is for showing only. False with *ret
 * where it is refused. */
bool delivery_fetch(struct delivery *d, struct subscription *sub, const struct fetch_ask *ask,
		    int64_t now_ms, int64_t monotonic_ms, struct refusal *ret);
/* Answers what waits on it with a refusal: it goes, or another consumer has it. */
void delivery_end(struct delivery *d, struct subscription *sub, const char *code,
		  const char *message);
/* The origin is gone, and with it whoever waits there. */
void delivery_forget(struct delivery *d, const void *origin);

/* Keeps the facts of a turn at hand, each in its turn: before the first, delivery_turn. */
void delivery_turn(struct delivery *d);
void delivery_keep(struct delivery *d, const struct recent_fact *f);
/* Answers fetches, of whose replies none may leave before what the market has is stored. Returns
 * whether there is more to be looked through at once. */
bool delivery_run(struct delivery *d, int64_t monotonic_ms);
/* When, by the monotonic clock, the next fetch is to be answered at the latest; INT64_MAX: none
 * waits. */
int64_t delivery_deadline_ms(const struct delivery *d);

/* Whether a comes before b. */
bool place_before(struct place_in a, struct place_in b);
