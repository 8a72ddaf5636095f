#pragma once

/*
 * Facts: the only things that change the market, and its canonical record of what happened.
 *
 * Bytes: one MessagePack array [number, at_ms, kind, …], the rest by kind as fact.c writes them.
 * The same history gives the same bytes on every machine. Subscribers never see these:
 * daemon/publish writes the public part.
 */

#include "core/exchange.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Values are stored: never reuse a number. */
enum fact_kind {
	FACT_SETTINGS_CHANGED = 1,
	FACT_TREE_LOADED = 2,
	FACT_EXCHANGE_LOADED = 3,
	FACT_EXCHANGE_REVISED = 4,
	FACT_PARTICIPANT_REGISTERED = 10,
	FACT_PARTICIPANT_REVISED = 11,
	FACT_PARTICIPANT_STATUS = 12,
	FACT_LISTING_DRAFTED = 20,
	FACT_LISTING_SCHEDULED = 21,
	FACT_LISTING_OPENED = 22,
	FACT_LISTING_REVISED = 23,
	FACT_LISTING_PAUSED = 24,
	FACT_LISTING_RESUMED = 25,
	FACT_LISTING_RENEWED = 26,
	FACT_LISTING_WITHDRAWN = 27,
	FACT_LISTING_EXPIRED = 28,
	FACT_LISTING_SUBMITTED = 29,
	FACT_LISTING_APPROVED = 30,
	FACT_LISTING_REJECTED = 31,
	FACT_LISTING_EXPIRING = 32,
	FACT_MATCH_MADE = 40,
	FACT_MATCH_CHANGED = 41,
	FACT_MATCH_ENDED = 42,
	FACT_QUEUE_ADDED = 60,
	FACT_QUEUE_BEGUN = 61,
	FACT_QUEUE_WORKED = 62,
};

enum status { STATUS_APPLICANT, STATUS_MEMBER, STATUS_SUSPENDED, STATUS_EXCLUDED };
enum listing_state {
	STATE_DRAFT,
	STATE_SCHEDULED,
	STATE_OPEN,
	STATE_PAUSED,
	STATE_WITHDRAWN,
	STATE_EXPIRED,
	STATE_PENDING, /* waits for the operator */
};
enum cause {
	CAUSE_NONE,
	CAUSE_NEED_STATUS,
	CAUSE_OFFER_STATUS,
	CAUSE_SAME_PARTICIPANT,
	CAUSE_BLOCKED,
	CAUSE_NEED_STATE,
	CAUSE_OFFER_STATE,
	CAUSE_CONDITIONS,
};
/*
 * Reviews and refills are about a listing and its matches. JOB_REMATCH is about an exchange whose
 * definition changed: its pairs are needs, each of which gets a review.
 */
enum job_kind { JOB_REVIEW, JOB_REVIEW_AGAINST, JOB_REFILL, JOB_REMATCH };

/* Names as clients see them, in enum order, NULL-terminated. */
extern const char *const status_names[];
extern const char *const listing_state_names[];
extern const char *const cause_names[];
/* "listing.opened"; NULL for a number that is no kind. */
const char *fact_kind_name(enum fact_kind kind);

/* Texts are views into whatever the fact was made from; they live as long as that. */
struct fact {
	uint64_t number;
	int64_t at_ms;
	enum fact_kind kind;
	union {
		/* settings, tree, exchange: the canonical definition */
		struct str definition;
		/* participant.*: content where it changed (registered, revised), else STR_NONE */
		struct {
			uint32_t number; /* of the participant, from 1 in order of registration */
			enum status status;
			struct str id; /* registered only */
			struct str content;
		} participant;
		/* listing.*: body where the content changed, reason where one was given, else
		 * STR_NONE; times 0 for none */
		struct {
			uint32_t number; /* of the listing, from 1 in order of creation */
			uint32_t participant, exchange;
			enum side side;
			enum listing_state state;
			int64_t valid_from_ms, valid_until_ms;
			struct str key;
			struct str body;
			struct str reason; /* rejected */
		} listing;
		/* match.*: listings by number */
		struct {
			uint32_t need, offer;
			uint16_t score; /* 0..1000; ended: the told one */
			uint8_t need_box, offer_box;
			enum cause cause;   /* ended */
			struct str reasons; /* made, changed: MessagePack [[field, points or nil,
					       points or nil]…] */
		} match;
		/* queue.added, queue.begun (of the head: pairs only) */
		struct {
			enum job_kind kind;
			uint32_t listing; /* JOB_REMATCH: 0 */
			uint32_t against; /* JOB_REVIEW_AGAINST: the participant; JOB_REMATCH: the
					     exchange */
			bool begun;
			struct str pairs; /* MessagePack array of counterparts' numbers; empty array
					     where not begun */
		} job;
		/* queue.worked: of the head */
		struct {
			uint32_t pairs;
			bool done; /* the head is gone, whatever is left of it */
		} worked;
	};
};

void fact_encode(const struct fact *f, struct buf *out);
/* Texts point into the bytes. Returns false where they hold no fact. */
bool fact_decode(struct str bytes, struct fact *ret);
