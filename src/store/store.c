/* The store as a whole: opened, closed, asked what it holds. */

#include "store/internal.h"

#include "util/mem.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

int
store_fail(struct store *s, int code, const char *message, ...)
{
	va_list args;
	va_start(args, message);
	vsnprintf(s->message, sizeof s->message, message, args);
	va_end(args);
	return code;
}

/* An epoch of its own, and otherwise nothing. */
static int
create(struct store *s, const struct store_options *options)
{
	uint8_t *epoch = s->state.epoch;
	if (getrandom(epoch, STORE_EPOCH, 0) != STORE_EPOCH)
		return store_fail(s, STORE_E_SYSTEM, "no random bytes for the store's epoch");
	memcpy(s->state.chain, epoch, HASH);
	memcpy(s->state.base, epoch, HASH);
	s->state.first = 1;
	return env_create(s, options->directory, options->initial_map);
}

/* Reads what the store says of itself, and brings an older format up to date. */
static int
load_meta(struct store *s)
{
	MDB_txn *txn;
	unsigned format = FORMAT;
	int rc = env_read(s, &txn, "reading the store");
	if (rc)
		return rc;
	int code = meta_load(s, txn, &format);
	rc = mdb_txn_commit(txn);
	if (code || rc)
		return code ? code : env_fail(s, rc, "reading the store");
	return format == FORMAT ? 0 : upgrade(s, format);
}

/* Reads all that is kept in memory, checking it. */
static int
load(struct store *s)
{
	MDB_txn *txn;
	int code = load_meta(s);
	if (code)
		return code;
	uint64_t asides;
	int rc = env_read(s, &txn, "reading the store");
	if (rc)
		return rc;
	code = env_tables(s, txn, 0);
	if (code == 0)
		code = journal_check_ends(s, txn);
	if (code == 0)
		code = heads_load(s, txn);
	if (code == 0)
		code = rows_check_asides(s, txn, &asides);
	/* Committing a read transaction is what keeps the tables open. */
	rc = mdb_txn_commit(txn);
	return code || rc == 0 ? code : env_fail(s, rc, "reading the store");
}

static int
open_all(struct store *s, const struct store_options *options)
{
	if (sodium_init() < 0)
		return store_fail(s, STORE_E_SYSTEM, "libsodium does not start");
	int rc = directory_open(s, options->directory);
	if (rc)
		return rc;
	int has_data = directory_has_data(s);
	rc = has_data == 0 ? create(s, options) : has_data < 0 ? has_data : 0;
	if (rc == 0)
		rc = env_open(s, options->directory);
	return rc ? rc : load(s);
}

int
store_open(const struct store_options *options, struct store **ret, char message[STORE_MESSAGE])
{
	struct store *s = mem_zalloc(sizeof *s);
	s->directory = s->lock = -1;
	s->space.reserve = options->reserve;
	s->space.limit = options->limit;
	int rc = open_all(s, options);
	if (rc) {
		memcpy(message, s->message, STORE_MESSAGE);
		store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	store_write_alone(s);
	if (s->view)
		mdb_txn_abort(s->view);
	mdb_env_close(s->env);
	directory_close(s);
	heads_done(&s->heads);
	turn_done(&s->turn);
	turn_done(&s->writing);
	free(s);
}

const uint8_t *
store_epoch(const struct store *s)
{
	return s->state.epoch;
}

uint64_t
store_head(const struct store *s)
{
	return s->state.head;
}

uint64_t
store_first(const struct store *s)
{
	return s->state.first;
}

unsigned
store_upgraded_from(const struct store *s)
{
	return s->upgraded;
}

uint64_t
store_digest(const struct store *s)
{
	return s->state.digest;
}

const char *
store_message(const struct store *s)
{
	return s->message;
}

uint64_t
store_stream_head(const struct store *s, uint64_t stream)
{
	return heads_find(&s->heads, stream);
}

uint64_t
store_size(const struct store *s)
{
	int fd;
	struct stat st;
	if (mdb_env_get_fd(s->env, &fd) != 0 || fstat(fd, &st) != 0)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

void
store_space(const struct store *s, uint64_t *ret_map, uint64_t *ret_free)
{
	int fd;
	struct stat st;
	struct statvfs disk;
	*ret_map = *ret_free = 0;
	if (mdb_env_get_fd(s->env, &fd) != 0)
		return;
	if (fstat(fd, &st) == 0)
		*ret_map = (uint64_t)st.st_size;
	if (fstatvfs(fd, &disk) == 0)
		*ret_free = (uint64_t)disk.f_bavail * disk.f_frsize;
}
