#pragma once

/*
 * What the files of the store share.
 *
 * A directory holds `lock`, which is held for as long as the store is open, and `data.mdb`, an LMDB
 * environment (`lock.mdb` beside it is LMDB's own). Its tables:
 *
 *   meta    "format" and "state"                                  meta.c
 *   facts   number -> hash, links, bytes, note                    journal.c
 *   heads   stream -> its last fact, as of the last checkpoint    heads.c
 *   rows.N, aside.N  key -> checksum, bytes                       rows.c
 *
 * A turn is gathered in memory and written by its commit, whole. So a map that proves too small can
 * be grown, which LMDB allows between transactions only, and the turn be written again.
 *
 * LMDB checks none of its pages. What proves the data is ours: facts are chained, and `state` holds
 * the chain's last hash and the one before its first; rows sum up to its digest, checkpointed heads
 * and asides to its sums; `format` and `state` carry a hash each. So a record that is altered, lost
 * or added is noticed.
 *
 * Numbers in records are little-endian. Keys of number tables are in the machine's own order, which
 * is how LMDB compares them quickly; its files do not move between byte orders anyhow.
 */

#include "store/store.h"

#include <endian.h>
#include <lmdb.h>
#include <pthread.h>

/*
 * 128 bits of BLAKE2b for every hash. They guard against rot and mistakes, where 64 bits would do,
 * and whoever noted one hash can prove that the history before it was not replaced later, which
 * takes a second preimage. 256 bits would defend against the one thing left, the daemon itself
 * preparing two histories of one hash, at 16 more bytes in each record.
 */
enum { HASH = 16 };

/*
 * The layout that this program writes. 2: listings have notice and approval, exchanges moderation.
 * 3: facts may be trimmed and have notes; there are asides. What is older than FORMAT and not older
 * than FORMAT_OLDEST is upgraded when it is opened.
 */
enum { FORMAT = 3, FORMAT_OLDEST = 2 };

struct state {
	uint8_t epoch[STORE_EPOCH];
	uint64_t head;
	uint8_t chain[HASH]; /* of fact `head`; the epoch where there is none */
	uint64_t digest;
	uint64_t heads_at; /* the table of heads is as of this fact */
	uint64_t heads_sum;
	uint64_t first;	    /* the oldest fact kept */
	uint8_t base[HASH]; /* of the fact before it; the first epoch where there never was one */
	uint64_t asides_sum;
};

/* The streams' heads, in memory (heads.c). */
struct heads {
	struct head *by_stream;	 /* uthash; owned */
	struct head **turned;	 /* moved in the open turn */
	struct head **unwritten; /* committed, but not in the table of heads */
	size_t n_turned, cap_turned, n_unwritten, cap_unwritten;
};

/* What the disk has given (space.c), in bytes from the file's beginning. */
struct space {
	uint64_t reserve, limit;
	uint64_t allocated; /* up to here, by this process or shown to be; 0: not looked at yet */
	uint64_t prepared;  /* up to here zeros were written */
	uint64_t had;	    /* blocks that the file had when it was opened */
	bool blind;	    /* the file system cannot allocate ahead */
	uint64_t room;	    /* when store_room last looked */
	bool tight;	    /* it found none for a checkpoint of the heads */
};

/* What a turn has put so far. Values stand in `bytes`, one behind the other. */
struct turn {
	bool open;
	int failed;	     /* a STORE_E_* code, latched */
	uint64_t head;	     /* with its facts */
	uint8_t chain[HASH]; /* likewise */
	struct buf bytes;
	struct put_fact {
		size_t at, len;
	} * facts;
	struct put_row {
		uint64_t key;
		size_t order;
		size_t at, len; /* len 0: removed */
		unsigned table; /* of rows, or STORE_TABLES and more: of asides */
	} * rows;
	size_t n_facts, cap_facts, n_rows, cap_rows;
};

/* What a commit does beside adding the turn. */
struct chores {
	bool checkpoint; /* of the heads */
	bool trim;
};

/* The thread that writes turns, where there is one (writer.c). */
struct writer {
	bool there; /* else nothing below is in use */
	pthread_t thread;
	pthread_mutex_t lock; /* for `stage`, `chores`, `rc` and `stop` */
	pthread_cond_t moved;
	enum { WRITER_IDLE, WRITER_ASKED, WRITER_DONE } stage;
	struct chores chores;
	int rc; /* once it is done: 0 or a STORE_E_* code */
	bool stop;
	void (*notify)(void *arg);
	void *arg;
};

struct store {
	int directory; /* file descriptors; -1: not open */
	int lock;
	MDB_env *env;
	MDB_dbi meta, facts, stream_heads, rows[STORE_TABLES + STORE_ASIDES];
	bool inspect;	    /* opened to be read alone, maybe beside a daemon (inspect.c) */
	bool reading;	    /* inside a caller's function, with a transaction open */
	MDB_txn *view;	    /* in which single rows are read; NULL: none was yet */
	bool viewing;	    /* it is open, and keeps the last commit's pages as they are */
	struct state state; /* as committed */
	struct heads heads;
	struct turn turn;
	/* The turn that the writer has, the state with it, and as it was written. */
	struct turn writing;
	struct state next, written;
	struct writer writer;
	struct space space;
	uint64_t trim_to;  /* facts below it are to go */
	bool trimmed;	   /* pages that the last commit gave back are room with one more */
	unsigned upgraded; /* from this format; 0: it was not */
	int failed;	   /* nothing goes on after this */
	char message[STORE_MESSAGE];
};

/* Notes a sentence for the operator; returns `code`. */
int store_fail(struct store *s, int code, const char *message, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- turn.c ---- */

/* Writes the turn in one transaction, growing the map as it needs; `*ret`: the state as written.
 * STORE_E_*. */
int turn_write(struct store *s, const struct turn *t, const struct state *next,
	       struct chores chores, struct state *ret);
void turn_done(struct turn *t);
/* Takes over what turn_write wrote and forgets the turn. */
void turn_adopt(struct store *s, struct turn *t, const struct state *written);

/* ---- writer.c ---- */

/* Whether it has a turn that was not taken over yet. */
bool writer_has_turn(struct store *s);
/* Has it write `writing`, after which the state is `next`. */
void writer_ask(struct store *s, struct chores chores);

/* ---- directory.c ---- */

/* Makes the directory where there is none, and takes its lock. */
int directory_open(struct store *s, const char *path);
/* Opens a directory that is there and takes no lock. */
int directory_look(struct store *s, const char *path);
/* Keeps daemons out; others who look may do so, too. */
int directory_share(struct store *s, const char *path);
void directory_close(struct store *s);
/* Whether it holds a data file: 1 or 0; an empty one is STORE_E_CORRUPT. */
int directory_has_data(struct store *s);
/* Gives a complete new data file its name, for good. */
int directory_publish(struct store *s, const char *name);
/* "directory/name"; false where that is too long. */
enum { DIRECTORY_PATH = 4096 };
bool directory_join(const char *path, const char *name, char ret[DIRECTORY_PATH]);

#define DATA_FILE "data.mdb"
/* A store is made under this name and renamed when it is whole, so that a data file that is there
 * never is one half made. */
#define NEW_FILE "data.new"

/* ---- space.c ---- */

/* Whether store_room found less than what ordinary work needs. */
bool space_is_short(const struct store *s);

/* ---- environment.c: LMDB's environment, map and errors ---- */

/* Translates LMDB's or the system's error; returns a STORE_E_* code. */
int env_fail(struct store *s, int rc, const char *doing);
/* Makes a store with its tables and first records in the directory. `map` in bytes. */
int env_create(struct store *s, const char *directory, uint64_t map);
/* Opens data.mdb, having checked its length against what it claims. */
int env_open(struct store *s, const char *directory);
/* LMDB's environment at the path, with its flags beside our own. `map`: 0: as the file says. */
int env_open_at(struct store *s, const char *path, unsigned flags, uint64_t map);
/* Refuses a file that is shorter than its pages; gives its length and its map's, in bytes. */
int env_check_length(struct store *s, uint64_t *ret_length, uint64_t *ret_map);
/* Makes the file as long as that. */
int env_lengthen(struct store *s, uint64_t length);
/* Begins a read transaction; `doing` for what goes wrong. While a store is inspected `state` is
 * what the transaction sees. STORE_E_*. */
int env_read(struct store *s, MDB_txn **ret, const char *doing);
/* Opens `view` on what was committed last, where it is not open. STORE_E_*. */
int env_view(struct store *s);
/* Closes it: to be called before pages are written or the map moves. */
void env_close_view(struct store *s);
/* Opens the table of each kind in the transaction. */
int env_tables(struct store *s, MDB_txn *txn, unsigned flags);
/* A walk through a number table: begins as {.cursor = ...}, or with `begun` and `key` set where the
 * cursor stands on a key already. */
struct walk {
	MDB_cursor *cursor;
	bool begun;
	uint64_t key;
	MDB_val value;
};
/* Goes on to the next key. LMDB's codes: MDB_NOTFOUND at the end; MDB_CORRUPTED where it is no
 * number or not above the one before, so that a walk of damaged pages has an end. */
int env_next(struct walk *w);
/* Doubles the map. No transaction may be open. */
int env_grow(struct store *s);
/* Grows it where less than a quarter is left. */
int env_make_room(struct store *s);

/* ---- meta.c ---- */

/* Both return LMDB's codes. */
int meta_put_format(struct store *s, MDB_txn *txn);
int meta_put_state(struct store *s, MDB_txn *txn, const struct state *state);
/* Opens the table and reads both records, the format first, which may be an older one. STORE_E_*.
 */
int meta_load(struct store *s, MDB_txn *txn, unsigned *ret_format);

/* ---- journal.c ---- */

/* Appends a fact's record to `out` and moves `chain` on to its hash; returns where the record begins.
 */
size_t journal_encode(struct buf *out, uint8_t chain[HASH], const struct store_record *fact);
/* Writes the turn's facts. LMDB's codes. */
int journal_write(struct store *s, MDB_txn *txn, const struct turn *t);
/* Drops some of the facts that are to go, and says so in `next`. LMDB's codes. */
int journal_trim(struct store *s, MDB_txn *txn, struct state *next);
/* Walks facts from..to, which are there, checking each; STORE_E_*. */
int journal_walk(struct store *s, MDB_txn *txn, uint64_t from, uint64_t to, store_fact_fn fact,
		 void *arg);
/* Checks that the journal begins and ends where `state` says. */
int journal_check_ends(struct store *s, MDB_txn *txn);

/* ---- heads.c ---- */

/* Moves the stream on to the turn's fact; returns where it was. */
uint64_t heads_move(struct heads *h, uint64_t stream, uint64_t number);
void heads_commit(struct heads *h);
void heads_abort(struct heads *h);
uint64_t heads_find(const struct heads *h, uint64_t stream);
/* Whether the table lies so far behind that the turn should write it, and there is room for that. */
bool heads_due(const struct store *s);
/* What writing the table takes of the disk, in bytes of pages, and rather more; 0: no head moved. */
uint64_t heads_cost(const struct store *s);
/* Up to where facts may be dropped: those after the table are needed to complete it, and where there
 * is no room for writing it they stay. */
uint64_t heads_spare(const struct store *s);
/* Writes what is committed but not in the table, the turn's with it, and says so in `next`. LMDB's
 * codes. */
int heads_write(struct store *s, MDB_txn *txn, struct state *next);
/* What heads_write wrote is committed; no head has been committed since. */
void heads_written(struct heads *h);
/* From the table and the facts after it; STORE_E_*. */
int heads_load(struct store *s, MDB_txn *txn);
void heads_done(struct heads *h);
/* Checks the table against its sum and hands out each entry; STORE_E_*. */
typedef void (*head_fn)(void *arg, uint64_t stream, uint64_t number);
int heads_walk(struct store *s, MDB_txn *txn, head_fn head, void *arg);
/* The table's sum under another epoch, which `next` has. The table is sound. STORE_E_*. */
int heads_rekey(struct store *s, MDB_txn *txn, struct state *next);

/* ---- rows.c ---- */

/* Brings the turn's rows into the order of tables and keys, the last put of each alone. */
void rows_sort(struct turn *t);
/* Writes them, sorted, asides too; brings their sum up to date in `next`. LMDB's codes. */
int rows_write(struct store *s, MDB_txn *txn, const struct turn *t, struct state *next);
/* Checks all asides against their sum, and counts them; STORE_E_*. */
int rows_check_asides(struct store *s, MDB_txn *txn, uint64_t *ret_count);

/* ---- inspect.c ---- */

/* A store that nothing is open of. */
struct store *inspect_new(void);
/* Opens the environment of a directory or a backup; STORE_E_*. */
int inspect_open(struct store *s, const char *path);
/* Reads `state` and opens the tables, these only in the present format; `older`: others, of which
 * only `state` is read, are not refused. STORE_E_*. */
int inspect_tables(struct store *s, bool older, unsigned *ret_format);

/* ---- upgrade.c ---- */

/* Brings a store of an older format, whose `state` has been read, to FORMAT, in one transaction. */
int upgrade(struct store *s, unsigned from);

/* ---- numbers in records ---- */

static inline void
put_u64(struct buf *b, uint64_t v)
{
	v = htole64(v);
	buf_put(b, &v, sizeof v);
}

static inline uint64_t
get_u64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* A key of a number table; `*number` must outlive it. */
static inline MDB_val
key_of(uint64_t *number)
{
	return (MDB_val){sizeof *number, number};
}
