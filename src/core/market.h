#pragma once

/*
 * The market: participants, listings, matches, told pairs and the queue of telling work, as one
 * value in memory.
 *
 * Pure: no clock, no file, no random number. A command with its time goes in (market_execute),
 * facts come out, and facts are the only thing that changes it (market_apply). Whoever applies the
 * same facts holds the same market; whoever executes the same commands makes the same facts, byte
 * for byte.
 *
 * For storage the market is a set of *rows* (table, key, bytes). market_flush hands out those that
 * changed since the last flush; market_load_row takes them back at start. The digest is the sum of
 * the rows' checksums.
 */

#include "core/exchange.h"
#include "core/fact.h"
#include "core/refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct market;
struct workers;	    /* util/workers.h */
struct participant; /* core/participant.h */
struct listing;	    /* core/listing.h */

struct market *market_new(void);
void market_free(struct market *m);
/* Has long work shared with these workers from now on, which must outlive the market; NULL: with
 * nobody. Facts, answers and digests do not depend on it. */
void market_share(struct market *m, struct workers *workers);

/* ---- commands ---- */

enum command_kind {
	COMMAND_TICK,
	COMMAND_SETTINGS,
	COMMAND_LOAD_TREE,
	COMMAND_LOAD_EXCHANGE,
	COMMAND_REGISTER,
	COMMAND_REVISE_PARTICIPANT,
	COMMAND_STATUS,
	COMMAND_PUBLISH,
	COMMAND_REVISE,
	COMMAND_PAUSE,
	COMMAND_RESUME,
	COMMAND_RENEW,
	COMMAND_WITHDRAW,
	COMMAND_APPROVE,
	COMMAND_REJECT,
};

/* A time that a command may give, leave alone, or remove. */
struct given_time {
	bool given;
	int64_t ms; /* given and 0: removed */
};

/* Only the members that the kind needs are looked at. Content is canonical (core/body.h): intake
 * has made it. */
struct command {
	enum command_kind kind;
	int64_t clock_ms;
	struct str definition;	/* SETTINGS (market_settings_encode), LOAD_TREE, LOAD_EXCHANGE */
	struct str participant; /* id */
	struct str key;		/* of a listing: with participant, its id */
	struct str
	    content; /* participant or listing: whole on REGISTER, PUBLISH; a patch on revisions */
	enum status status;			   /* REGISTER, STATUS */
	struct str exchange;			   /* PUBLISH */
	enum side side;				   /* PUBLISH */
	bool draft;				   /* PUBLISH */
	struct given_time valid_from, valid_until; /* PUBLISH, REVISE; RENEW: valid_until */
	struct str reason;			   /* REJECT; STR_NONE: none given */
	uint32_t expect_revision;		   /* 0: whatever is stored */
	bool alone;   /* deadlines and queue wait: there is room for little */
	bool a_share; /* TICK: of deadlines, as many as the setting `work` says */
};

enum outcome_kind { OUTCOME_CHANGED, OUTCOME_UNCHANGED, OUTCOME_REFUSED };

/* What came of a command, or, tried, would come of it. */
struct outcome {
	enum outcome_kind kind;
	struct refusal refusal;		       /* OUTCOME_REFUSED */
	const struct participant *participant; /* whom it was about, where there is one stored */
	const struct listing *listing;	       /* likewise */
	uint32_t revision; /* of the listing, or where the command named none, of the participant */
	enum status status;	  /* of the participant, where the command named no listing */
	enum listing_state state; /* of the listing, where it did */
};

/* Takes each fact as it is made and applied: the fact, and its bytes. */
typedef void (*fact_fn)(void *arg, const struct fact *f, struct str bytes);

/*
 * Executes one command: deadlines up to its stamp, queued work, the command itself
 * (docs/semantics.md, section 5). The facts of the first two are made even where the command is
 * refused. Whoever has many deadlines due ticks by shares until none is left
 * (market_next_deadline_ms), and then executes commands.
 */
void market_execute(struct market *m, const struct command *c, fact_fn emit, void *arg,
		    struct outcome *ret);

/* Decides a command about a participant or listing as market_execute does, and does nothing of it:
 * no fact, no deadline, no work, no step of time. */
void market_try(const struct market *m, const struct command *c, struct outcome *ret);

/* Applies a fact that another market made. Facts come in number order; false where this one does
 * not fit. */
bool market_apply(struct market *m, const struct fact *f);

/* Settings as canonical bytes. `regions` empty: any. Texts sorted and distinct are the caller's
 * business. */
void market_settings_encode(uint32_t work, const struct str *regions, size_t n_regions,
			    struct buf *out);

/* ---- what is in it ---- */

uint64_t market_head(const struct market *m);	 /* the last fact's number */
int64_t market_stamp_ms(const struct market *m); /* the last fact's time */
/* Units of telling work that wait: pairs not judged, and jobs not begun. */
uint64_t market_queue(const struct market *m);
/* The earliest deadline, or INT64_MAX. */
int64_t market_next_deadline_ms(struct market *m);

struct market_counts {
	uint64_t participants, listings, open, told;
};
struct market_counts market_count(const struct market *m);

const struct tree *market_tree(const struct market *m, struct str name);
const struct exchange *market_exchange(const struct market *m, struct str name);
/* By order of loading, from 0; NULL past the end. */
const struct exchange *market_exchange_at(const struct market *m, size_t index);
/* How many listings the exchange has on a side, in any state. */
uint64_t market_exchange_listings(const struct market *m, size_t index, enum side side);
/* By id; by number, from 1; NULL where there is none. */
const struct participant *market_participant(const struct market *m, struct str id);
const struct participant *market_participant_at(const struct market *m, uint32_t number);
/* "participant/key"; by number, from 1; NULL where there is none. */
const struct listing *market_listing(const struct market *m, struct str id);
const struct listing *market_listing_at(const struct market *m, uint32_t number);
/* The listing's canonical body (core/body.h); good until the market is changed or flushed. */
struct str market_body(const struct market *m, const struct listing *l);

/* ---- matches, read ---- */

/* One counterpart of a listing. */
struct match {
	const struct listing *counterpart;
	uint16_t score; /* 0..1000 */
	uint8_t need_box, offer_box;
	bool told;
};
/* All matches of the listing, best first; free() it. */
struct match *market_matches(const struct market *m, const struct listing *l, size_t *ret_count);
/* The same of its `most` best alone; *ret_total: how many matches there are in all. */
struct match *market_best_matches(const struct market *m, const struct listing *l, size_t most,
				  size_t *ret_count, size_t *ret_total);

/* A told pair. */
struct told {
	uint64_t serial; /* the number of its match.made fact */
	const struct listing *need, *offer;
	uint16_t score;
	uint8_t need_box, offer_box;
};
/* Told pairs by place, from 0, for walking all of them: false where the place is free. A pair keeps
 * its place for as long as it is told, another may have it after. */
/* MessagePack [[field, need's points, offer's points]…], as its fact has them now. */
void market_reasons(const struct market *m, const struct told *t, struct buf *out);
size_t market_told_places(const struct market *m);
bool market_told_at(const struct market *m, size_t place, struct told *ret);
/* The told pair with the next serial above `after`, or false. Slow: for tests and inspection. */
bool market_told_after(const struct market *m, uint64_t after, struct told *ret);

enum { POINTS_LEFT_OUT = -1 };

/* One field of an explanation. A statement is canonical bytes, STR_NONE where the side states
 * nothing. */
struct explained_field {
	const struct field *field;
	struct str statement[2]; /* by side; owned by the explanation */
	bool unknown[2];	 /* it would come from the participant, who lacks it */
	bool met;
	bool blamed[2];
	int points[2]; /* 0..1000 or POINTS_LEFT_OUT */
};
struct explanation {
	const struct exchange *exchange;
	bool meets, told;
	enum cause cause;
	uint16_t score;
	uint8_t need_box, offer_box;
	size_t n_fields;
	struct explained_field *fields;
};
/* Two listings, a need and an offer of one exchange: false otherwise. Free with explanation_done.
 */
bool market_explain(const struct market *m, const struct listing *need, const struct listing *offer,
		    struct explanation *ret);
void explanation_done(struct explanation *e);

/* ---- matches, checked ---- */

/* How what is found, or was told, can differ from the rule of matching. */
enum divergence_kind {
	DIVERGENCE_MISSED, /* it matches and is not found */
	DIVERGENCE_EXTRA,  /* it is found, or found twice, and does not match */
	DIVERGENCE_SCORE,  /* it is found with another score, or by other boxes */
	DIVERGENCE_RANK,   /* it is among the best, and not found where only these are looked for */
	DIVERGENCE_TOLD,   /* it is told and does not match, or has another score */
};
/* By kind, for people and programs; ends with NULL. */
extern const char *const divergence_names[];

/* Whether two listings match, and if so how well; all zero where they do not. */
struct verdict {
	bool match;
	uint16_t score; /* 0..1000 */
	uint8_t need_box, offer_box;
};
struct divergence {
	enum divergence_kind kind;
	const struct listing *need, *offer;
	struct verdict said; /* by the index; TOLD: as it was told */
	struct verdict rule;
};
typedef void (*divergence_fn)(void *arg, const struct divergence *d);

/* What a step of checking did. */
struct checked {
	uint64_t pairs; /* judged */
	uint64_t work;	/* done: listings looked at, and pairs of boxes judged */
	uint32_t next;	/* the number of the first listing not looked at; 0: it was the last step */
};
/*
 * Judges an open listing with the listings of the other side of its exchange, by number from `from`
 * (1: the first) on, and reports where the index finds something else among these. The first step
 * checks the listing's best matches and, while no telling work waits, its told pairs as well. Ends
 * behind about `work` units, or as many as the listing has matches, for finding these takes as long.
 */
struct checked market_check(const struct market *m, const struct listing *l, uint32_t from,
			    uint64_t work, divergence_fn report, void *arg);

/* ---- streams ---- */

/*
 * The streams that a fact concerns, as keys: x.<exchange> is 1 << 32 | index, p.<participant> 2 <<
 * 32 | number. At most three. The fact must have been applied.
 */
enum { MAX_STREAMS = 3 };
size_t market_streams(const struct market *m, const struct fact *f, uint64_t ret[MAX_STREAMS]);
/* "x.patents", "p.acme" and back; 0 where there is no such stream. */
uint64_t market_stream(const struct market *m, struct str name);
void market_stream_name(const struct market *m, uint64_t stream, struct buf *out);

/* ---- rows ---- */

enum table {
	TABLE_COUNTERS,
	TABLE_SETTINGS,
	TABLE_TREE,
	TABLE_EXCHANGE,
	TABLE_PARTICIPANT,
	TABLE_LISTING,
	TABLE_TOLD,
	TABLE_JOB,
	TABLES
};

/* A row was written, or removed (bytes.p NULL). `checksum` is of (table, key, bytes): store it
 * beside them. */
typedef void (*row_fn)(void *arg, enum table table, uint64_t key, struct str bytes,
		       uint64_t checksum);

/* Hands out every row that changed since the last flush, in (table, key) order, and brings the
 * digest up to date. */
void market_flush(struct market *m, row_fn put, void *arg);
/* As of the last flush. */
uint64_t market_digest(const struct market *m);
uint64_t market_row_checksum(enum table table, uint64_t key, struct str bytes);

/*
 * Takes a row back, into a market made by market_new: tables in enum order, keys ascending. false
 * where the bytes are no such row or its checksum differs. Then market_loaded builds what is
 * derived (boxes, lookup, deadlines); false where the rows do not fit together.
 */
bool market_load_row(struct market *m, enum table table, uint64_t key, struct str bytes,
		     uint64_t checksum);
bool market_loaded(struct market *m);

/* ---- rows, given back ---- */

/*
 * Whoever keeps the rows that were flushed may offer to give them back. Then the market does not
 * hold in memory what it seldom reads: the bodies of listings.
 */
struct row_keeper {
	/* The row's bytes as they were kept last, of which `checksum` is the checksum; good until
	 * the market is changed or flushed. Where they cannot be had it does not return. */
	struct str (*row)(void *arg, enum table table, uint64_t key, uint64_t checksum);
	void *arg;
};
/* To be called while the market is empty. */
void market_keep(struct market *m, struct row_keeper keeper);
/* All rows that were flushed are kept now, for good: what they hold need not be held here as well. */
void market_kept(struct market *m);
