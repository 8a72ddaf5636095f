#pragma once

/*
 * A market that the store's tests can know by heart: what fact n is, which streams it is in and
 * which row it leaves all follow from n. So whatever a store serves can be told right or wrong
 * without keeping a copy.
 *
 * Fact n: 20..339 bytes that begin with "fact n;". Streams 1 + n % 7 and 100 + n % 50. It leaves
 * row n of table n % 3, and removes row n - 100, so that rows come and go. Every third fact has a
 * note. It also leaves aside n % 20 of table n % 2, so that asides are written over and over.
 */

#include "store/store.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

enum { KNOWN_ROWS = 100, KNOWN_ASIDES = 20, KNOWN_MAX = 400 };

/* A store in a directory of its own. */
struct place {
	char directory[64];
	char data[80];	 /* the data file's path */
	uint64_t map;	 /* the initial map; 0: the store's own choice */
	uint64_t digest; /* as of the last known_turn */
	uint64_t ahead;	 /* facts that are handed over and that store_head does not count yet */
};

/* cmocka's setup and teardown: *state is a new place; its files go. */
int place_setup(void **state);
int place_teardown(void **state);

/* Opens, which must succeed. */
struct store *place_open(struct place *p);
/* Opens, which must be refused; returns the code. */
int place_refused(struct place *p, char message[STORE_MESSAGE]);

/* The bytes of fact n, and of row n; of the aside that it leaves. */
struct str known_fact(uint64_t n, char buf[KNOWN_MAX]);
struct str known_aside(uint64_t n, char buf[KNOWN_MAX]);
uint64_t known_checksum(unsigned table, uint64_t key, struct str bytes);

/* Begins a turn and puts the next `facts` facts and their rows; returns what store_begin did. */
int known_put(struct place *p, struct store *s, unsigned facts);
/* The same and commits; returns the first failure. */
int known_turn(struct place *p, struct store *s, unsigned facts);

/* What has been read of a store, and whether all of it was right. */
struct seen {
	uint64_t next;	/* the number that should come */
	uint64_t count; /* facts or rows seen */
	bool wrong;
};
/* A store_fact_fn and a store_row_fn with a struct seen; they stop at the first wrong thing. */
bool read_fact(void *arg, const struct store_record *fact);
bool read_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum);

/* Reads all asides; returns the first failure. Counts those of the known market as of the store's
 * head, and notes what is wrong. */
int known_asides(struct store *s, struct seen *asides);
/* Checks that the store holds the known market as of its head, all of it that was not trimmed. */
void known_all(struct store *s);

/* How a reader ends who reads all there is, as a daemon would: all was right, or something is known
 * to be damaged and not served, or something wrong was served. */
enum known_end { KNOWN_SERVED = 10, KNOWN_REFUSED, KNOWN_WRONG };
/* Fails no test. What is not served is no wrong thing, unless the store says that it was all. */
enum known_end known_read(struct store *s);
/* In a process of its own, which may not survive it, since LMDB trusts its pages: runs the function
 * and returns how the process ended, as waitpid does. One that hangs ends by SIGALRM. */
int known_apart(int (*run)(void *arg), void *arg);

/* Makes a closed store of known facts, written in some turns. */
void place_fill(struct place *p, unsigned facts, unsigned turns);
/* Opens, which must be refused as corrupt with a message that says so. */
void place_corrupt(struct place *p, const char *saying);
/* Where the data file ends but for zeros. */
size_t place_used(const struct place *p);
/* Flips a bit at `at` behind each place in the data file where the pattern stands; returns how
 * many there are. */
size_t place_flip(const struct place *p, const void *pattern, size_t len, size_t at);
/* Flips a bit of the byte at the offset. */
void place_flip_at(const struct place *p, size_t offset, unsigned bit);
