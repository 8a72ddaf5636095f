#pragma once

/*
 * What a process did to a directory, in order: each write with its bytes, each sync, each change of
 * a name. Between them stand marks of what the process said to others. From that follows what a
 * disk may hold when the power goes at any moment (image.h).
 */

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
	/* Of a file's content; lost until OP_SYNC of that file, unless `durable`. */
	OP_WRITE,  /* `len` bytes at `at` */
	OP_LENGTH, /* the file is `at` bytes long */
	OP_SYNC,
	/* Of the directory; lost until OP_SYNC_NAMES. */
	OP_CREATE, /* the file, as `name` */
	OP_RENAME, /* `name` to `to` */
	OP_REMOVE, /* `name` */
	OP_SYNC_NAMES,
	/* Of the directory's own name in its parent; lost until OP_SYNC_PARENT. */
	OP_MAKE,
	OP_SYNC_PARENT,
	/* Said to others: from here on it must be true. */
	OP_OPENED, /* a store of this epoch */
	OP_ACKED,  /* the store stands at this point */
};

enum { OP_NAME = 24 };

/* Where a store stands. */
struct point {
	uint64_t first, head, digest;
};

struct op {
	enum op_kind kind;
	unsigned file; /* 0.. in the order in which they came to be */
	uint64_t at;
	size_t len, bytes; /* `bytes`: where they stand in the log's */
	bool durable;	   /* an O_DSYNC write, down when it returned */
	struct point point;
	uint8_t epoch[STORE_EPOCH];
	char name[OP_NAME], to[OP_NAME];
};

struct log {
	struct op *ops;
	size_t n, cap;
	uint8_t *bytes;
	size_t n_bytes, cap_bytes;
	unsigned files;
};

void log_free(struct log *log);
/* Appends the operation; a write's bytes are copied, and their place set. */
void log_add(struct log *log, struct op op, const void *bytes);
/* "write of 4096 bytes at 8192 in file 0" */
void log_describe(const struct op *op, char *ret, size_t size);

/* What others were told when operations 0..cut-1 had returned. */
struct promise {
	bool opened;
	uint8_t epoch[STORE_EPOCH];
	struct point acked;
	struct point next; /* after the turn that may have been under way */
};
struct promise log_promise(const struct log *log, size_t cut);
