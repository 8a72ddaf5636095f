/*
 * Reading beside a daemon, or where none runs.
 *
 * LMDB's lock file is used wherever it is there: it tells the daemon which pages are being read.
 * Where it is not (a copied directory, a file system without writing) no daemon runs; it is not made,
 * since what root makes the daemon's user cannot open. A daemon is kept out then, by our own lock,
 * for as long as the store is open.
 */

#include "store/inspect.h"

#include "store/internal.h"
#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#define LMDB_LOCK DATA_FILE "-lock"

static int
open_directory(struct store *s, const char *path)
{
	char data[DIRECTORY_PATH];
	int rc = directory_look(s, path);
	int has_data = rc ? rc : directory_has_data(s);
	if (has_data < 0)
		return has_data;
	if (!has_data)
		return store_fail(s, STORE_E_SYSTEM, "there is no store in %s", path);
	if (!directory_join(path, DATA_FILE, data))
		return store_fail(s, STORE_E_SYSTEM, "the directory's path is too long");
	if (faccessat(s->directory, LMDB_LOCK, R_OK | W_OK, AT_EACCESS) == 0)
		return env_open_at(s, data, MDB_RDONLY, 0);
	if (errno == EACCES)
		return store_fail(s, STORE_E_SYSTEM,
				  "%s may be read by matchd's user and by root alone", path);
	rc = directory_share(s, path);
	return rc ? rc : env_open_at(s, data, MDB_RDONLY | MDB_NOLOCK, 0);
}

int
inspect_open(struct store *s, const char *path)
{
	struct stat st;
	uint64_t length, map;
	if (sodium_init() < 0)
		return store_fail(s, STORE_E_SYSTEM, "libsodium does not start");
	if (stat(path, &st) != 0)
		return store_fail(s, STORE_E_SYSTEM, "cannot open %s: %s", path, strerror(errno));
	int rc = S_ISDIR(st.st_mode) ? open_directory(s, path)
				     : env_open_at(s, path, MDB_RDONLY | MDB_NOLOCK, 0);
	return rc ? rc : env_check_length(s, &length, &map);
}

int
inspect_tables(struct store *s, bool older, unsigned *ret_format)
{
	MDB_txn *txn;
	unsigned format = 0;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return env_fail(s, rc, "reading the store");
	int code = meta_load(s, txn, &format);
	if (code == 0 && format < FORMAT && !older)
		code =
		    store_fail(s, STORE_E_FORMAT,
			       "the store has format %u: matchd upgrades it to format %u when it "
			       "starts",
			       format, (unsigned)FORMAT);
	if (code == 0 && format == FORMAT)
		code = env_tables(s, txn, 0);
	/* Committing a read transaction is what keeps the tables open. */
	rc = mdb_txn_commit(txn);
	*ret_format = format;
	return code || rc == 0 ? code : env_fail(s, rc, "reading the store");
}

struct store *
inspect_new(void)
{
	struct store *s = mem_zalloc(sizeof *s);
	s->directory = s->lock = -1;
	s->inspect = true;
	return s;
}

int
store_inspect(const char *path, struct store **ret, char message[STORE_MESSAGE])
{
	struct store *s = inspect_new();
	unsigned format;
	int rc = inspect_open(s, path);
	if (rc == 0)
		rc = inspect_tables(s, false, &format);
	if (rc) {
		memcpy(message, s->message, STORE_MESSAGE);
		store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

int
store_refresh(struct store *s)
{
	MDB_txn *txn;
	int rc = env_read(s, &txn, "reading the store");
	if (rc == 0)
		mdb_txn_abort(txn);
	return rc;
}

int
store_check_ends(struct store *s)
{
	MDB_txn *txn;
	int rc = env_read(s, &txn, "reading the journal");
	if (rc)
		return rc;
	rc = journal_check_ends(s, txn);
	mdb_txn_abort(txn);
	return rc;
}

int
store_check_asides(struct store *s, uint64_t *ret_count)
{
	MDB_txn *txn;
	int rc = env_read(s, &txn, "reading asides");
	if (rc)
		return rc;
	rc = rows_check_asides(s, txn, ret_count);
	mdb_txn_abort(txn);
	return rc;
}

int
store_check_heads(struct store *s, store_head_fn head, void *arg, uint64_t *ret_at)
{
	MDB_txn *txn;
	int rc = env_read(s, &txn, "reading the streams' heads");
	if (rc)
		return rc;
	rc = heads_walk(s, txn, head, arg);
	*ret_at = s->state.heads_at;
	mdb_txn_abort(txn);
	return rc;
}
