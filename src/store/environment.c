/*
 * LMDB's environment: made, opened, grown; and what its errors mean here.
 *
 * The data file is kept as long as the map (most of it a hole until it is used). LMDB itself may
 * leave the file shorter than the pages it counts, where the last of them were taken and given back
 * in one transaction; a file cut off by accident looks the same and reading it is SIGBUS. Kept at
 * full length, a file shorter than its pages is damage and nothing else.
 */

#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAP_START = 64 << 20, /* bytes, unless told */
	MAP_LEAST = 1 << 20,
	LOCK_SIZE = 8192, /* bytes of LMDB's own lock file, for the readers that it allows */
	N_TABLES = 3 + STORE_TABLES + STORE_ASIDES,
};

int
env_fail(struct store *s, int rc, const char *doing)
{
	switch (rc) {
	case MDB_NOTFOUND: /* whatever we look for without knowing is asked for elsewhere */
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_CURSOR_FULL:
	case MDB_INCOMPATIBLE:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_BAD_VALSIZE:
	case MDB_KEYEXIST:
		return store_fail(s, STORE_E_CORRUPT, "%s: %s", doing, mdb_strerror(rc));
	default:
		return store_fail(s, STORE_E_SYSTEM, "%s: %s", doing, mdb_strerror(rc));
	}
}

/* LMDB opens the data file so that children inherit it, to read and to write. */
static int
keep_from_children(MDB_env *env)
{
	int fd;
	int rc = mdb_env_get_fd(env, &fd);
	return rc ? rc : fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno;
}

static void __attribute__((noreturn)) give_up(int code, const char *words)
{
	fprintf(stderr, "the store is lost (%d): %s\n", code, words);
	abort();
}

void (*store_lost)(int code, const char *words) __attribute__((noreturn)) = give_up;

static void
on_assert(MDB_env *env, const char *words)
{
	(void)env;
	store_lost(STORE_E_CORRUPT, words);
}

int
env_open_at(struct store *s, const char *path, unsigned flags, uint64_t map)
{
	int rc = mdb_env_create(&s->env);
	if (rc == 0)
		rc = mdb_env_set_assert(s->env, on_assert);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, N_TABLES);
	if (rc == 0 && map > 0)
		rc = mdb_env_set_mapsize(s->env, map);
	if (rc == 0)
		rc = mdb_env_open(s->env, path, MDB_NOSUBDIR | MDB_NOTLS | flags, 0600);
	if (rc == 0)
		rc = keep_from_children(s->env);
	return rc ? env_fail(s, rc, "opening the data file") : 0;
}

/* LMDB leaves its lock file a hole and writes it by its map, which on a full disk is SIGBUS. */
static int
keep_lock_file(struct store *s, const char *name)
{
	char lock[32];
	snprintf(lock, sizeof lock, "%s-lock", name);
	int fd = openat(s->directory, lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc = fd < 0 ? errno : posix_fallocate(fd, 0, LOCK_SIZE);
	if (fd >= 0)
		close(fd);
	return rc ? env_fail(s, rc, "making the lock file") : 0;
}

static int
open_in(struct store *s, const char *directory, const char *name, uint64_t map)
{
	char path[DIRECTORY_PATH];
	if (!directory_join(directory, name, path))
		return store_fail(s, STORE_E_SYSTEM, "the directory's path is too long");
	int rc = keep_lock_file(s, name);
	return rc ? rc : env_open_at(s, path, 0, map);
}

/* In bytes. */
struct sizes {
	uint64_t length; /* of the file */
	uint64_t pages;	 /* that LMDB counts as taken */
	uint64_t map;
};

static int
measure(struct store *s, struct sizes *ret)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	int fd;
	int rc = mdb_env_info(s->env, &info);
	if (rc == 0)
		rc = mdb_env_stat(s->env, &stat);
	if (rc == 0)
		rc = mdb_env_get_fd(s->env, &fd);
	if (rc == 0)
		rc = fstat(fd, &st) == 0 ? 0 : errno;
	if (rc)
		return env_fail(s, rc, "measuring the data file");
	*ret = (struct sizes){
	    .length = (uint64_t)st.st_size,
	    .pages = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize,
	    .map = info.me_mapsize,
	};
	return 0;
}

int
env_lengthen(struct store *s, uint64_t length)
{
	int fd;
	int rc = mdb_env_get_fd(s->env, &fd);
	if (rc == 0)
		rc = ftruncate(fd, (off_t)length) == 0 ? 0 : errno;
	return rc ? env_fail(s, rc, "lengthening the data file") : 0;
}

int
env_tables(struct store *s, MDB_txn *txn, unsigned flags)
{
	int rc = mdb_dbi_open(txn, "meta", flags, &s->meta);
	flags |= MDB_INTEGERKEY;
	if (rc == 0)
		rc = mdb_dbi_open(txn, "facts", flags, &s->facts);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "heads", flags, &s->stream_heads);
	for (unsigned i = 0; i < STORE_TABLES + STORE_ASIDES && rc == 0; i++) {
		char name[16];
		bool aside = i >= STORE_TABLES;
		snprintf(name, sizeof name, "%s.%u", aside ? "aside" : "rows",
			 aside ? i - STORE_TABLES : i);
		rc = mdb_dbi_open(txn, name, flags, &s->rows[i]);
	}
	return rc ? env_fail(s, rc, "opening the tables") : 0;
}

static int
write_first(struct store *s)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc)
		return env_fail(s, rc, "making the store");
	int code = env_tables(s, txn, MDB_CREATE);
	if (code == 0)
		rc = meta_put_format(s, txn);
	if (code == 0 && rc == 0)
		rc = meta_put_state(s, txn, &s->state);
	if (code || rc)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);
	return rc ? env_fail(s, rc, "making the store") : code;
}

int
env_create(struct store *s, const char *directory, uint64_t map)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	map = map == 0 ? MAP_START : map < MAP_LEAST ? MAP_LEAST : (map + page - 1) / page * page;
	unlinkat(s->directory, NEW_FILE, 0); /* of a start that did not get through */
	int rc = open_in(s, directory, NEW_FILE, map);
	if (rc == 0)
		rc = write_first(s);
	if (rc == 0)
		rc = env_lengthen(s, map);
	mdb_env_close(s->env);
	s->env = NULL;
	unlinkat(s->directory, NEW_FILE "-lock", 0);
	return rc ? rc : directory_publish(s, NEW_FILE);
}

int
env_check_length(struct store *s, uint64_t *ret_length, uint64_t *ret_map)
{
	struct sizes sizes = {0};
	int rc = measure(s, &sizes);
	if (rc)
		return rc;
	*ret_length = sizes.length;
	*ret_map = sizes.map;
	if (sizes.length < sizes.pages)
		return store_fail(s, STORE_E_CORRUPT,
				  DATA_FILE " is cut off: %" PRIu64 " bytes of %" PRIu64,
				  sizes.length, sizes.pages);
	return 0;
}

int
env_open(struct store *s, const char *directory)
{
	uint64_t length, map;
	int rc = open_in(s, directory, DATA_FILE, 0);
	if (rc == 0)
		rc = env_check_length(s, &length, &map);
	return rc || length >= map ? rc : env_lengthen(s, map);
}

/* Beside a daemon that has grown its map a transaction is refused until ours has grown, too. */
static int
begin_reading(struct store *s, MDB_txn **ret)
{
	int rc;
	while ((rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, ret)) == MDB_MAP_RESIZED && s->inspect)
		if ((rc = mdb_env_set_mapsize(s->env, 0)) != 0)
			break;
	return rc;
}

int
env_read(struct store *s, MDB_txn **ret, const char *doing)
{
	unsigned format;
	int rc = begin_reading(s, ret);
	if (rc)
		return env_fail(s, rc, doing);
	if (s->inspect)
		rc = meta_load(s, *ret, &format);
	if (rc)
		mdb_txn_abort(*ret);
	return rc;
}

int
env_view(struct store *s)
{
	if (s->viewing)
		return 0;
	int rc =
	    s->view ? mdb_txn_renew(s->view) : mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->view);
	s->viewing = rc == 0;
	return rc ? env_fail(s, rc, "reading a row") : 0;
}

/* The transaction keeps its place among the readers, finding which is what beginning one costs. */
void
env_close_view(struct store *s)
{
	if (s->viewing)
		mdb_txn_reset(s->view);
	s->viewing = false;
}

void
store_tidy(struct store *s)
{
	int dead; /* where it fails it is tried again the next time */
	store_finish(s);
	mdb_reader_check(s->env, &dead);
}

int
env_next(struct walk *w)
{
	MDB_val key;
	uint64_t number;
	int rc = mdb_cursor_get(w->cursor, &key, &w->value, MDB_NEXT);
	if (rc)
		return rc;
	if (key.mv_size != sizeof number)
		return MDB_CORRUPTED;
	memcpy(&number, key.mv_data, sizeof number);
	if (w->begun && number <= w->key)
		return MDB_CORRUPTED;
	w->begun = true;
	w->key = number;
	return 0;
}

int
env_grow(struct store *s)
{
	struct sizes sizes = {0};
	env_close_view(s);
	int rc = measure(s, &sizes);
	if (rc)
		return rc;
	if (sizes.map > SIZE_MAX / 4)
		return env_fail(s, EFBIG, "growing the map");
	rc = env_lengthen(s, sizes.map * 2);
	if (rc)
		return rc;
	rc = mdb_env_set_mapsize(s->env, sizes.map * 2);
	return rc ? env_fail(s, rc, "growing the map") : 0;
}

int
env_make_room(struct store *s)
{
	struct sizes sizes = {0};
	int rc = measure(s, &sizes);
	if (rc)
		return rc;
	return sizes.pages > sizes.map / 4 * 3 ? env_grow(s) : 0;
}
