#pragma once

/*
 * Backups: one file that holds a store whole as of one moment, and proves it.
 *
 * The file is an LMDB image without free pages and a trailer behind it that tells what it is a
 * backup of and holds a hash of the image and one of itself. It is made beside a running daemon, in
 * one read transaction; it comes to be under its name only when it has been read back and found
 * sound. A store that is restored from it has a new epoch, for numbers after the backup will mean
 * other facts than they did.
 */

#include "store/store.h"

/* What a backup says of itself. */
struct store_backup {
	uint64_t length; /* of the image, in bytes */
	unsigned format; /* of the store, which may be an older one */
	uint8_t epoch[STORE_EPOCH];
	uint64_t head;
	uint64_t digest;
	int64_t made_ms;
};

/* Who looks on while it is worked on. */
struct store_watch {
	/* So much of so much, in no unit; called often. NULL: nobody wants to know. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	/* Whether a row is the market's (store_load); NULL: only the sum of all is looked at. */
	store_row_fn row;
	void *arg;
};

/*
 * Makes a backup of the store in the directory. FILE.partial grows beside the file and goes when
 * something goes wrong. `replace`: a file of that name gives way. Returns as store_open; `message`
 * says what went wrong. The store may be of an older format that this program can upgrade.
 */
int store_backup(const char *directory, const char *file, bool replace,
		 const struct store_watch *watch, struct store_backup *ret,
		 char message[STORE_MESSAGE]);
/* Whether the file is a backup and unchanged: its trailer and the hash of its image. */
int store_backup_check(const char *file, const struct store_watch *watch, struct store_backup *ret,
		       char message[STORE_MESSAGE]);
/*
 * Makes a store from a backup, in a directory that holds none and whose owner gets it. It is under a
 * new epoch, of the present format, and gets its name when all of it has been checked. What went
 * wrong leaves nothing behind. *ret is what the backup says, but for the epoch, which is the new
 * one.
 */
int store_restore(const char *file, const char *directory, const struct store_watch *watch,
		  struct store_backup *ret, char message[STORE_MESSAGE]);
