#pragma once

/* A backup's file: bytes, hash and trailer. */

#include "store/backup.h"
#include "store/internal.h"

enum { IMAGE_HASH = 32, TRAILER = 16 + 8 + 8 + STORE_EPOCH + 3 * 8 + 2 * IMAGE_HASH };

/* Tells the watcher, if there is one. */
void watch_step(const struct store_watch *w, uint64_t done, uint64_t total);
/* Hashes the first `length` bytes of a file, from its beginning; copies them to `to` where that is
 * not -1. STORE_E_*. */
int backup_read_image(struct store *s, int fd, int to, uint64_t length, const struct store_watch *w,
		      uint8_t ret[IMAGE_HASH]);
/* Appends the trailer to the file. */
int backup_put_trailer(struct store *s, int fd, const struct store_backup *b,
		       const uint8_t image[IMAGE_HASH]);
/* Opens a backup and reads its trailer, which must be whole and fit the file's length; *ret_fd is
 * the caller's to close. */
int backup_open(struct store *s, const char *file, int *ret_fd, struct store_backup *ret,
		uint8_t ret_image[IMAGE_HASH]);
/* Checks whatever there is of a store in the present format, whose tables are open; STORE_E_*. */
int backup_check_store(struct store *s, const struct store_watch *w);
