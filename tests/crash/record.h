#pragma once

/*
 * Notes what this process does to one directory.
 *
 * Linked into a program, it stands between the store, LMDB and the system: it has its own pwrite,
 * writev, fdatasync, rename and so on, which let the call pass and note what it did. Syncs are
 * noted and not made, since the disk is played here. What comes into a file past these calls,
 * through a shared map, is found by comparing at each mark, and counts as not synced.
 *
 * Files whose names end in "lock" are left out: nothing is promised of them.
 */

#include "log.h"

/* From now on. The directory need not be there yet; its parent is. One recording at a time. */
void record_begin(struct log *log, const char *directory);
void record_end(void);

/* Marks: the store was opened; a turn was acknowledged, which left the store here. */
void record_opened(const uint8_t epoch[STORE_EPOCH]);
void record_acked(struct point point);
