#pragma once

/*
 * What the commands share that work on a store's directory itself: where it is, who looks on, and
 * what the store's codes mean to the shell. They need the user of matchd or root, and no daemon.
 */

#include "client/matchctl/command.h"
#include "client/matchctl/progress.h"
#include "store/backup.h"

/* --data, else as /etc/matchd/matchd.yaml says, else /var/lib/matchd; free() it. */
char *data_directory(const struct tool *t);
/* Says what the store said, and --data where it looked in the usual place for nothing; gives the exit
 * code. */
int data_failed(const struct tool *t, int code, const char *message);
/* LMDB trusts what stands in its pages, so that damage there may end the process by a signal: says
 * so and exits as for any damage. */
void data_guard(void);
/* Progress on a terminal, in the store's units, and the market's word on rows. */
struct data_watch {
	struct progress progress;
	uint64_t done;
	struct store_watch watch;
};
void data_watch_begin(struct data_watch *w);
void data_watch_end(struct data_watch *w);

/* "0123…" of an epoch. */
enum { DATA_EPOCH = 2 * STORE_EPOCH + 1 };
void data_write_epoch(const uint8_t epoch[STORE_EPOCH], char ret[DATA_EPOCH]);
/* A backup as JSON, on one line. */
void data_print_backup(const char *key, const char *place, const struct store_backup *b);
