#pragma once

/*
 * The store: the only user of LMDB. One directory, one process, one write transaction a turn.
 *
 * It keeps four things: the *journal* (facts by number, each chained to the one before by a
 * BLAKE2b hash over the previous hash and the record), the market's *rows* (each with its
 * checksum), the *heads* of streams, and *asides*: records that the daemon keeps beside the market
 * (subscriptions, replies), outside chain and digest. What a turn puts is visible after its commit
 * and gone without it. Nothing read is served unchecked.
 *
 * The journal may lose its oldest facts (store_trim), and then says from where on it is whole.
 *
 * Returns: 0; a negative errno-like code from STORE_E_* that the caller reports and stops on (fine,
 * fatal, named). After a failed begin or commit every further begin, commit and read returns the
 * same.
 */

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

enum {
	STORE_EPOCH = 16,
	STORE_STREAMS = 3,   /* links of a fact, at most */
	STORE_TABLES = 16,   /* tables of rows are 0..STORE_TABLES-1 */
	STORE_ASIDES = 8,    /* tables of asides likewise */
	STORE_MESSAGE = 300, /* bytes, with the zero */
};

enum {
	STORE_E_LOCKED = -1,  /* another process has the directory */
	STORE_E_FORMAT = -2,  /* written in a format that this program does not read */
	STORE_E_CORRUPT = -3, /* a checksum, the chain or the digest is wrong */
	STORE_E_SYSTEM = -4,  /* the operating system or LMDB refused */
	STORE_E_GONE = -5,    /* the facts asked for were trimmed; not fatal */
};

/*
 * Called where the store cannot go on and there is no way back to whoever asked. With
 * STORE_E_CORRUPT when LMDB finds its pages contradicting each other (its words name a line of its
 * own), or a row is not the one that was committed; with STORE_E_SYSTEM when a row cannot be read,
 * as after a commit that failed. Must not return; whoever wants other last words than the default
 * (abort) sets it. Nothing of the turn is kept.
 */
extern void (*store_lost)(int code, const char *words) __attribute__((noreturn));

struct store_options {
	const char *directory; /* made (0700) where it is not there */
	uint64_t initial_map;  /* bytes, for a new store; 0: a sensible start. Grows by doubling */
	uint64_t reserve;      /* bytes kept on the disk for when it is full */
	uint64_t limit;	       /* bytes that the data file may take; 0: what the disk has */
};

/* A stream that a fact concerns, and the preceding fact in it (0: none). */
struct store_link {
	uint64_t stream;
	uint64_t prev;
};

/*
 * Opens or creates. On failure returns a STORE_E_* code and a sentence for the operator in
 * `message`. A new store makes its epoch from getrandom().
 */
int store_open(const struct store_options *options, struct store **ret,
	       char message[STORE_MESSAGE]);
/* Takes NULL. An open turn is dropped. */
void store_close(struct store *s);

const uint8_t *store_epoch(const struct store *s);
uint64_t store_head(const struct store *s);   /* the last committed fact's number; 0 for none */
uint64_t store_first(const struct store *s);  /* the oldest kept; head + 1 where none is */
uint64_t store_digest(const struct store *s); /* as committed */
/* The last sentence about what went wrong. */
const char *store_message(const struct store *s);

/*
 * Walks all rows in (table, key) order. `bytes` live for the call. The function returns false to
 * stop as corrupt; it may not use the store. Rows whose checksums do not sum up to the digest are
 * STORE_E_CORRUPT, which is known only at the end.
 */
typedef bool (*store_row_fn)(void *arg, unsigned table, uint64_t key, struct str bytes,
			     uint64_t checksum);
int store_load(struct store *s, store_row_fn row, void *arg);

/* The same for one table of asides; the checksum is the store's own. Their sum is checked when the
 * store is opened. */
typedef bool (*store_aside_fn)(void *arg, uint64_t key, struct str bytes);
int store_load_asides(struct store *s, unsigned table, store_aside_fn aside, void *arg);

/* The format that the store had before this program opened it, where it was an older one and has
 * been upgraded; else 0. */
unsigned store_upgraded_from(const struct store *s);

/* ---- a turn: begin, puts in any order, commit ---- */

int store_begin(struct store *s);
/*
 * Says what turns may hold from here on, and takes room from the disk ahead of need. Not within a
 * read. *ret_budget: bytes that the next turn may take before the reserve is touched
 * (pages, not payload: turn.h says what a fact costs).
 */
enum store_room {
	STORE_ROOM_ENOUGH,
	STORE_ROOM_RESERVE, /* the disk or the limit is reached: only what makes room, or is small
			     */
	STORE_ROOM_NONE,    /* the reserve is used up: nothing */
};
int store_room(struct store *s, enum store_room *ret, uint64_t *ret_budget);
/*
 * Appends a fact; numbers follow each other. Its links name each stream once; fills in their prev.
 * `note` (STR_NONE: none) is kept with the fact under a checksum of its own: it is no part of the
 * chain and goes when the fact is trimmed. Latches errors: commit reports them.
 */
void store_fact(struct store *s, uint64_t number, struct str bytes, struct store_link *links,
		size_t n_links, struct str note);
/* Writes or (bytes.p NULL) removes a row; the last put of a row in a turn counts. */
void store_row(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum);
/* Likewise an aside. */
void store_aside(struct store *s, unsigned table, uint64_t key, struct str bytes);
/*
 * Has the facts below `first` dropped, some of them by this commit and the rest by those that
 * follow (STORE_TRIM_MAX each). At most up to the head.
 */
enum { STORE_TRIM_MAX = 4096 };
void store_trim(struct store *s, uint64_t first);
/* Whether commits are wanted for it, if need be of turns without puts: facts wait to be dropped, or
 * pages that the last commit gave back are no room yet (store_room), where room is short, and one
 * more commit makes them that. */
bool store_trims(const struct store *s);
/* Whether that fits into what room store_room found last, even where it found none for anything
 * else: it is what makes room. */
bool store_can_trim(const struct store *s);
/*
 * Writes head, chain and digest, commits and syncs. `digest` is the sum (modulo 2^64) of the
 * checksums of all rows as the turn leaves them. A turn without puts costs nothing. After anything
 * but 0 nothing of the turn is kept and the process must stop.
 */
int store_commit(struct store *s, uint64_t digest);
/*
 * Turns may be written by a thread of the store's, while the next one is gathered.
 * store_write_beside starts it; `notify` is called from it whenever a turn is written.
 * store_write_alone ends it once it is done; from then on, and without it, everything is written in
 * place.
 *
 * store_hand_over is store_commit, but may return before the turn is stored. That nobody waits for
 * it any more says store_is_written, and whether it was stored store_finish, which waits. In
 * between the next turn can be begun and filled, store_head is as before, and the heads of streams
 * are as after; whatever else is asked of the store does as store_finish first.
 */
int store_write_beside(struct store *s, void (*notify)(void *arg), void *arg);
void store_write_alone(struct store *s);
int store_hand_over(struct store *s, uint64_t digest);
bool store_is_written(struct store *s);
int store_finish(struct store *s);
/* Forgets the turn. */
void store_abort(struct store *s);

/* ---- reads of committed state, each in a short read transaction of its own ---- */

/*
 * Calls for each committed fact from `from` on, in order, at most `limit`, until the function
 * returns false. Each record's hash is checked before the call. `bytes` and `links` live for the
 * call; the function may put into an open turn, but begin or commit none. No fact at or after
 * `from`: 0, without a call. A `from` below store_first: STORE_E_GONE.
 */
struct store_record {
	uint64_t number;
	struct str bytes;
	struct str note; /* STR_NONE: none */
	const struct store_link *links;
	size_t n_links;
};
typedef bool (*store_fact_fn)(void *arg, const struct store_record *fact);
int store_facts(struct store *s, uint64_t from, uint64_t limit, store_fact_fn fact, void *arg);
/*
 * One committed row, and its checksum, which the caller checks. `*ret` points into the data file:
 * it is good until the next begin, commit or store_room. No such row: STORE_E_CORRUPT, for whoever
 * asks knows that it is there.
 */
int store_read_row(struct store *s, unsigned table, uint64_t key, struct str *ret,
		   uint64_t *ret_checksum);
/* The number of the stream's last committed fact; 0 for none. From memory. */
uint64_t store_stream_head(const struct store *s, uint64_t stream);
/* Forgets readers of other processes that ended without a word, which would keep pages from being
 * used again. To be called now and then. */
void store_tidy(struct store *s);
/* Bytes of the data file's pages that hold facts. */
uint64_t store_facts_size(struct store *s);
/* Bytes that the data file takes on disk (its length is the map's: most of it may be a hole). */
uint64_t store_size(const struct store *s);
/* How long the map is, and what the file's disk has left for this process; 0 where it cannot be
 * told. */
void store_space(const struct store *s, uint64_t *ret_map, uint64_t *ret_free);
