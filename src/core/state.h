#pragma once

/*
 * The market's inside, for the files of this folder that work on it: apply.c changes it, decide.c
 * and telling.c read it and make facts, rows.c stores it.
 */

#include "core/bodies.h"
#include "core/columns.h"
#include "core/find.h"
#include "core/listing.h"
#include "core/lookup.h"
#include "core/market.h"
#include "core/marks.h"
#include "core/participant.h"

/* A pair that was announced. Both listings hold its place. */
struct told_pair {
	uint64_t serial;   /* the number of its match.made fact: the row's key; 0 on a free place */
	uint64_t checksum; /* of its row as last flushed; 0: never */
	uint32_t need, offer;
	uint16_t score;
	uint8_t need_box, offer_box;
	bool dirty;
};

/* Telling work that waits. The head of the queue may have been begun. */
struct job {
	uint64_t serial; /* the row's key; grows */
	uint64_t checksum;
	enum job_kind kind;
	uint32_t listing, against; /* as in struct fact */
	bool begun, dirty;
	uint32_t *pairs; /* counterparts' numbers, once begun */
	uint32_t n_pairs, worked;
	struct job *prev, *next;
};

/* A row that changed since the last flush. */
struct change {
	bool removed;
	uint32_t place; /* TABLE_TOLD: of the pair */
	uint64_t key;
	uint64_t checksum; /* removed: the row's, as last flushed */
};

/* Of one table, in the order in which they happened: mostly that of the keys. */
struct changes {
	struct change *at;
	size_t len, cap;
};

/* A moment at which a listing opens, is about to expire, or expires. Entries that no longer hold are passed over. */
struct deadline {
	int64_t ms;
	uint32_t listing;
};

/* An exchange with what its listings state, and the lookups over those that are open. */
struct floor {
	struct exchange *exchange;
	struct columns *columns[2]; /* by side */
	struct lookup *lookup[2];
	uint32_t listings[2]; /* by side, in any state */
	uint64_t checksum;
	bool dirty;
};

struct shelf {
	struct tree *tree;
	uint64_t checksum;
	bool dirty;
};

struct scratch;

struct market {
	/* settings */
	struct str settings; /* canonical; owned */
	uint32_t work;
	struct str *regions; /* admitted; into `settings`; none: any */
	size_t n_regions;
	uint64_t settings_checksum;
	bool settings_dirty;

	struct shelf *shelves;
	size_t n_shelves, cap_shelves;
	struct floor *floors;
	size_t n_floors, cap_floors;

	struct participant **participants; /* [number - 1] */
	size_t n_participants, cap_participants;
	struct participant *by_id, *by_inn, *by_ogrn;

	struct listing **listings; /* in blocks of LISTINGS_BLOCK, that stay where they are */
	size_t n_listings, cap_blocks;
	uint64_t n_open;
	struct bodies bodies;
	char **key_blocks; /* keys of listings, one behind another; they are never given back */
	size_t n_key_blocks, cap_key_blocks;
	size_t key_room; /* bytes left in the last block */

	struct told_pair *told;
	size_t n_places, cap_places;
	uint32_t *free_places;
	size_t n_free, cap_free;

	struct job *queue; /* utlist */
	uint64_t jobs_made;
	uint64_t queue_units;
	uint32_t head_worked; /* while loading: how many pairs of the head were worked off */

	struct deadline *deadlines; /* a binary heap, earliest first */
	size_t n_deadlines, cap_deadlines;

	struct dict *dict;

	/* counters */
	uint64_t head;
	int64_t stamp_ms;
	uint32_t openings;
	uint64_t counters_checksum;

	/* rows */
	struct changes changes[TABLES];
	uint64_t digest;

	/* What the last applied fact did, for the command that goes on from there. */
	struct numbers changed; /* listings whose boxes differ now */

	struct scratch *scratch;
	struct workers *workers; /* who share long work; not owned; NULL: nobody */
};

/* A match of some listing, found by looking for all of them. */
struct found {
	uint32_t counterpart; /* number */
	uint32_t opening;     /* the counterpart's */
	uint16_t score;
	uint8_t need_box, offer_box;
};

/* Room that reads work in and leave no trace in. */
struct scratch {
	struct finder finder;
	struct marks listings;	/* of telling */
	struct hit *candidates; /* matches whose score is not known yet: one row of each */
	size_t n_candidates, cap_candidates;
	struct found *found;
	size_t n_found, cap_found;
};

enum { DEFAULT_WORK = 256, LISTINGS_BLOCK = 1024 };

static inline struct participant *
participant_at(const struct market *m, uint32_t number)
{
	return m->participants[number - 1];
}

static inline struct listing *
listing_at(const struct market *m, uint32_t number)
{
	return &m->listings[(number - 1) / LISTINGS_BLOCK][(number - 1) % LISTINGS_BLOCK];
}

static inline const struct exchange *
exchange_of(const struct market *m, const struct listing *l)
{
	return m->floors[l->exchange].exchange;
}

static inline const struct columns *
columns_of(const struct market *m, const struct listing *l)
{
	return m->floors[l->exchange].columns[l->side];
}

static inline struct box
listing_box(const struct market *m, const struct listing *l, uint32_t box)
{
	return (struct box){columns_of(m, l), l->row + box};
}

static inline const struct participant *
owner_of(const struct market *m, const struct listing *l)
{
	return participant_at(m, l->participant);
}

/* The exchange's index, or -1. */
int market_floor(const struct market *m, struct str exchange);
/* The participant's listing of that key, or NULL. */
struct listing *market_listing_of(const struct market *m, const struct participant *p,
				  struct str key);

/* ---- state.c: participants and told pairs ---- */

bool participant_blocks(const struct participant *p, uint32_t other);
/* Where in p's listings a key is, or would be inserted. */
size_t participant_listing_place(const struct market *m, const struct participant *p,
				 struct str key);
/* Fills in the members that are read from `content`; the blocks of unknown participants are left
 * out. */
void participant_read(const struct market *m, struct participant *p);
/* Gives it its number's place, and its id. */
void market_add_participant(struct market *m, struct participant *p);
/* Makes its INN and OGRN findable, or not any more; to be called around every change of content. */
void market_index_participant(struct market *m, struct participant *p);
void market_unindex_participant(struct market *m, struct participant *p);
/* Makes the next listing, a draft that states nothing and has no body yet, and gives its key a
 * place among its participant's. */
struct listing *market_new_listing(struct market *m, uint32_t participant, uint32_t exchange,
				   enum side side, struct str key);
void participant_free(struct participant *p);

/* A listing's order of matches: score descending, then the counterpart's opening. Negative where a
 * comes first. */
static inline int
rank_cmp(uint16_t a_score, uint32_t a_opening, uint16_t b_score, uint32_t b_opening)
{
	if (a_score != b_score)
		return a_score > b_score ? -1 : 1;
	return (a_opening > b_opening) - (a_opening < b_opening);
}
/* The counterpart of `l` in a told pair. */
static inline uint32_t
told_counterpart(const struct told_pair *t, const struct listing *l)
{
	return l->side == NEED ? t->offer : t->need;
}
/* The told pair of two listings, or NULL. */
struct told_pair *told_find(const struct market *m, const struct listing *a,
			    const struct listing *b);
/* Makes room for one more among the listing's told pairs. */
void told_make_room(struct listing *l);
/* Puts the pair at `place` into the listing's told pairs by rank, or takes it out; its score must
 * be the one it has. */
void told_insert(struct market *m, struct listing *l, uint32_t place);
void told_remove(struct market *m, struct listing *l, uint32_t place);
/* A free place for a new told pair. */
uint32_t told_place(struct market *m);

/* ---- deadlines.c ---- */

/* When something about the listing is due by itself, or 0. */
int64_t listing_deadline_ms(const struct listing *l);
/* To be called whenever a listing's state or times have changed. */
void deadlines_note(struct market *m, const struct listing *l);
/* The earliest that still holds, or false. */
bool deadlines_first(struct market *m, struct deadline *ret);

/* Whether a job's numbers point at something that is there. */
bool job_is_sound(const struct market *m, enum job_kind kind, uint32_t listing, uint32_t against);

/* ---- changes (rows.c) ---- */

void changed_settings(struct market *m);
void changed_tree(struct market *m, size_t index);
void changed_exchange(struct market *m, size_t index);
void changed_participant(struct market *m, struct participant *p);
void changed_listing(struct market *m, struct listing *l);
void changed_told(struct market *m, uint32_t place);
void removed_told(struct market *m, uint32_t place);
void changed_job(struct market *m, struct job *j);
void removed_job(struct market *m, struct job *j);
/* Loading definitions from rows notes them as changed, which they are not. */
void forget_changes(struct market *m);
/* The body in a listing's row. */
struct str row_body(struct str row);

/* ---- apply.c ---- */

/* Take canonical definitions; false where the bytes are none. */
bool apply_settings(struct market *m, struct str definition);
bool apply_tree(struct market *m, struct str definition);
bool apply_exchange(struct market *m, struct str definition);

#define ALL_EXCHANGES SIZE_MAX
/* Fills the lookups of an exchange, or of all, which must be empty. */
void listings_look_up(struct market *m, size_t exchange);
/* Packs what a listing that has no boxes yet states, by its body and its participant. */
void listing_take_boxes(struct market *m, struct listing *l, struct str body);

/* ---- pair.c ---- */

/* How a need and an offer of one exchange stand: CAUSE_NONE for a match. */
struct pairing {
	enum cause cause;
	uint16_t score; /* of a match */
	uint8_t need_box, offer_box;
};
struct pairing pair_judge(const struct market *m, const struct listing *need,
			  const struct listing *offer);
/* Everything but the fields: statuses, blocks, states, in the order of blame. */
enum cause pair_standing(const struct market *m, const struct listing *need,
			 const struct listing *offer);
/* MessagePack [[field, need's points, offer's points]…] of the weighted fields of two boxes. */
void pair_reasons(const struct market *m, const struct listing *need, const struct listing *offer,
		  uint32_t need_box, uint32_t offer_box, struct buf *out);
/*
 * All matches of a listing, best first: m->scratch->found, until the next call. A listing that is
 * not open, or whose participant is no member, has none.
 */
void pair_find(const struct market *m, const struct listing *l);
/* The same of its `most` best alone; returns how many matches there are in all. */
size_t pair_best(const struct market *m, const struct listing *l, size_t most);

/* ---- decide.c ---- */

enum decision { DECIDED_FACT, DECIDED_UNCHANGED, DECIDED_REFUSED };

/*
 * What the command itself (not deadlines and queue) does at `now`: one fact, nothing, or a refusal.
 * `room` holds what the fact points to. Tick is never decided.
 */
enum decision decide(const struct market *m, const struct command *c, int64_t now_ms,
		     struct fact *ret_fact, struct buf *room, struct refusal *ret_refusal);
/* The fact of a deadline that is due. */
struct fact decide_deadline(const struct listing *l);
/* The fact that opens a member's standing need. */
struct fact decide_standing(const struct market *m, const struct participant *p, uint32_t exchange,
			    struct buf *room);

/* ---- telling.c ---- */

/* One command being executed: where its facts go. */
struct run {
	struct market *market;
	int64_t stamp_ms;
	fact_fn emit;
	void *arg;
	uint32_t work;	    /* pairs that a review at once judges */
	struct buf bytes;   /* of the fact being made */
	struct buf reasons; /* of a match fact */
	struct buf pairs;   /* of a queue fact */
};

/* Numbers the fact, applies it and hands it out. */
void run_fact(struct run *r, struct fact *f);
/* Works off up to `work` units of the queue. */
void tell_queue(struct run *r);
/* Reviews a listing at once: its first `work` pairs; the rest joins the queue. */
void tell_now(struct run *r, uint32_t listing);
/* Adds a job to the end of the queue. */
void tell_later(struct run *r, enum job_kind kind, uint32_t listing, uint32_t against);
