/*
 * From a backup to a store. It grows under another name in the directory, which is locked, and gets
 * its own when it is whole, checked and under its new epoch.
 *
 * The chain goes on from where it began (`base`), so that numbers and hashes stay what they were;
 * the epoch is what tells clients that behind the backup other facts may come than they have seen.
 * The sum of the table of heads is keyed with it and made anew.
 */

#include "store/backup_file.h"

#include "store/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	struct store *s;
	const char *directory;
	bool made_directory, made_lock, taken;
	int backup;
	struct stat owner;
};

/* Takes the directory, and remembers what of it was there. */
static int
take_directory(struct job *j)
{
	struct stat st;
	char lock[DIRECTORY_PATH];
	if (!directory_join(j->directory, "lock", lock))
		return store_fail(j->s, STORE_E_SYSTEM, "the directory's path is too long");
	j->made_directory = stat(j->directory, &st) != 0;
	bool had_lock = access(lock, F_OK) == 0;
	int rc = directory_open(j->s, j->directory);
	j->made_lock = !had_lock && j->s->lock >= 0;
	j->taken = rc == 0;
	if (rc)
		return rc;
	if (fstatat(j->s->directory, DATA_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return store_fail(j->s, STORE_E_SYSTEM,
				  "%s holds a store already, which restoring would replace",
				  j->directory);
	if (fstat(j->s->directory, &j->owner) != 0)
		return env_fail(j->s, errno, "looking at the directory");
	return 0;
}

/* Root restores for the daemon's user. */
static int
give_away(struct job *j, int fd)
{
	if (geteuid() != 0 || fchown(fd, j->owner.st_uid, j->owner.st_gid) == 0)
		return 0;
	return env_fail(j->s, errno, "giving the store to the directory's owner");
}

/* The image is hashed as it is read again: what is copied is what was checked. */
static int
copy(struct job *j, const struct store_backup *b, const uint8_t said[IMAGE_HASH],
     const struct store_watch *w)
{
	uint8_t image[IMAGE_HASH];
	unlinkat(j->s->directory, NEW_FILE, 0); /* of a restore that was killed */
	int fd = openat(j->s->directory, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return env_fail(j->s, errno, "making " NEW_FILE);
	int rc = give_away(j, fd);
	if (rc == 0)
		rc = give_away(j, j->s->lock);
	if (rc == 0)
		rc = backup_read_image(j->s, j->backup, fd, b->length, w, image);
	if (rc == 0 && memcmp(said, image, IMAGE_HASH) != 0)
		rc = store_fail(j->s, STORE_E_CORRUPT, "the backup's image is damaged");
	if (rc == 0 && fsync(fd) != 0)
		rc = env_fail(j->s, errno, "syncing " NEW_FILE);
	close(fd);
	return rc;
}

static int
renew_epoch(struct store *s)
{
	MDB_txn *txn;
	struct state next = s->state;
	if (getrandom(next.epoch, STORE_EPOCH, 0) != STORE_EPOCH)
		return store_fail(s, STORE_E_SYSTEM, "no random bytes for the store's epoch");
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc)
		return env_fail(s, rc, "giving the store a new epoch");
	int code = heads_rekey(s, txn, &next);
	if (code == 0)
		rc = meta_put_state(s, txn, &next);
	if (code || rc) {
		mdb_txn_abort(txn);
		return code ? code : env_fail(s, rc, "giving the store a new epoch");
	}
	rc = mdb_txn_commit(txn);
	if (rc)
		return env_fail(s, rc, "giving the store a new epoch");
	s->state = next;
	return 0;
}

/* Opens the new store, brings it to the present format and epoch, and checks all of it. */
static int
settle(struct job *j, const struct store_watch *w)
{
	struct store *s = j->s;
	char path[DIRECTORY_PATH];
	uint64_t length, map;
	unsigned format;
	if (!directory_join(j->directory, NEW_FILE, path))
		return store_fail(s, STORE_E_SYSTEM, "the directory's path is too long");
	int rc = env_open_at(s, path, MDB_NOLOCK, 0);
	if (rc == 0)
		rc = env_check_length(s, &length, &map);
	if (rc == 0 && length < map)
		rc = env_lengthen(s, map);
	if (rc == 0)
		rc = inspect_tables(s, true, &format);
	if (rc == 0 && format < FORMAT)
		rc = upgrade(s, format);
	if (rc == 0 && format < FORMAT)
		rc = inspect_tables(s, false, &format);
	if (rc == 0)
		rc = renew_epoch(s);
	return rc ? rc : backup_check_store(s, w);
}

/* Nothing is left of a restore that failed. */
static void
clear(struct job *j)
{
	if (j->taken)
		unlinkat(j->s->directory, NEW_FILE, 0);
	if (j->made_lock)
		unlinkat(j->s->directory, "lock", 0);
	if (j->made_directory)
		rmdir(j->directory);
}

static int
restore(struct job *j, const char *file, const struct store_watch *w, struct store_backup *ret)
{
	uint8_t said[IMAGE_HASH];
	int rc = backup_open(j->s, file, &j->backup, ret, said);
	if (rc)
		return rc;
	rc = take_directory(j);
	if (rc == 0)
		rc = copy(j, ret, said, w);
	if (rc == 0)
		rc = settle(j, w);
	if (rc == 0) {
		memcpy(ret->epoch, j->s->state.epoch, STORE_EPOCH);
		mdb_env_close(j->s->env);
		j->s->env = NULL;
		rc = directory_publish(j->s, NEW_FILE);
	}
	if (rc)
		clear(j);
	return rc;
}

int
store_restore(const char *file, const char *directory, const struct store_watch *watch,
	      struct store_backup *ret, char message[STORE_MESSAGE])
{
	struct job j = {.s = inspect_new(), .directory = directory, .backup = -1};
	int rc = store_backup_check(file, watch, ret, message);
	if (rc == 0) {
		rc = restore(&j, file, watch, ret);
		memcpy(message, j.s->message, STORE_MESSAGE);
	}
	if (j.backup >= 0)
		close(j.backup);
	store_close(j.s);
	return rc;
}
