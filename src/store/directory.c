/*
 * The directory, its lock and the data file's name.
 *
 * The lock is flock's, so it ends with its process however that ends; the pid in the file only
 * serves the sentence that names who has it.
 */

#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new directory is in its parent for good only when that is synced. */
static int
sync_parent(struct store *s)
{
	int parent = openat(s->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = parent < 0 || fsync(parent) != 0 ? env_fail(s, errno, "syncing the parent") : 0;
	if (parent >= 0)
		close(parent);
	return rc;
}

/* Says who holds the lock, as far as that can be read. */
static int
locked(struct store *s, const char *path)
{
	char text[24] = "";
	ssize_t n = pread(s->lock, text, sizeof text - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;
	if (pid > 0)
		return store_fail(s, STORE_E_LOCKED,
				  "another matchd (pid %ld) has this directory: %s", pid, path);
	return store_fail(s, STORE_E_LOCKED, "another matchd has this directory: %s", path);
}

static int
take_lock(struct store *s, const char *path)
{
	s->lock = openat(s->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return env_fail(s, errno, "opening the lock file");
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return locked(s, path);
		return env_fail(s, errno, "locking the directory");
	}
	if (ftruncate(s->lock, 0) != 0 || dprintf(s->lock, "%ld\n", (long)getpid()) < 0)
		return env_fail(s, errno, "writing the lock file");
	return 0;
}

int
directory_open(struct store *s, const char *path)
{
	bool made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		return store_fail(s, STORE_E_SYSTEM, "cannot make %s: %s", path, strerror(errno));
	s->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->directory < 0)
		return store_fail(s, STORE_E_SYSTEM, "cannot open %s: %s", path, strerror(errno));
	int rc = made ? sync_parent(s) : 0;
	return rc ? rc : take_lock(s, path);
}

int
directory_look(struct store *s, const char *path)
{
	s->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->directory < 0
		   ? store_fail(s, STORE_E_SYSTEM, "cannot open %s: %s", path, strerror(errno))
		   : 0;
}

int
directory_share(struct store *s, const char *path)
{
	s->lock = openat(s->directory, "lock", O_RDONLY | O_CLOEXEC);
	if (s->lock < 0)
		return errno == ENOENT ? 0 : env_fail(s, errno, "opening the lock file");
	if (flock(s->lock, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? locked(s, path) : env_fail(s, errno, "locking the directory");
}

void
directory_close(struct store *s)
{
	if (s->lock >= 0)
		close(s->lock);
	if (s->directory >= 0)
		close(s->directory);
}

int
directory_has_data(struct store *s)
{
	struct stat st;
	if (fstatat(s->directory, DATA_FILE, &st, 0) != 0)
		return errno == ENOENT ? 0 : env_fail(s, errno, "looking for " DATA_FILE);
	/* LMDB would take it for a store to be made, and the market would begin anew. */
	if (st.st_size == 0)
		return store_fail(s, STORE_E_CORRUPT, DATA_FILE " is empty");
	return 1;
}

int
directory_publish(struct store *s, const char *name)
{
	if (renameat(s->directory, name, s->directory, DATA_FILE) != 0 || fsync(s->directory) != 0)
		return env_fail(s, errno, "putting " DATA_FILE " in place");
	return 0;
}

bool
directory_join(const char *path, const char *name, char ret[DIRECTORY_PATH])
{
	int n = snprintf(ret, DIRECTORY_PATH, "%s/%s", path, name);
	return n > 0 && n < DIRECTORY_PATH;
}
