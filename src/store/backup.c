/* Making a backup: the image, what is read back of it, the trailer, the name. */

#include "store/backup_file.h"

#include "store/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PARTIAL ".partial"

struct job {
	struct store *s; /* for what goes wrong */
	const char *file;
	bool replace;
	char partial[DIRECTORY_PATH];
	int fd;
	bool ours; /* the partial file */
};

static int
open_partial(struct job *j)
{
	int n = snprintf(j->partial, sizeof j->partial, "%s" PARTIAL, j->file);
	if (n < 0 || n >= DIRECTORY_PATH)
		return store_fail(j->s, STORE_E_SYSTEM, "the file's path is too long");
	if (!j->replace && access(j->file, F_OK) == 0)
		return store_fail(j->s, STORE_E_SYSTEM, "%s is there already", j->file);
	j->fd = open(j->partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0)
		return store_fail(j->s, STORE_E_SYSTEM, "cannot make %s: %s", j->partial,
				  strerror(errno));
	if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
		return store_fail(j->s, STORE_E_SYSTEM, "another backup writes %s", j->partial);
	j->ours = true;
	return ftruncate(j->fd, 0) == 0 ? 0 : env_fail(j->s, errno, "making the backup");
}

/* All pages in use, as of one moment. A map that the daemon has grown meanwhile is no end of it. */
static int
copy(struct job *j)
{
	int rc;
	do {
		rc = store_refresh(j->s);
		if (rc)
			return rc;
		rc = mdb_env_copyfd2(j->s->env, j->fd, MDB_CP_COMPACT);
	} while (rc == MDB_MAP_RESIZED);
	if (rc == 0)
		rc = fsync(j->fd) == 0 ? 0 : errno;
	return rc ? env_fail(j->s, rc, "copying the store") : 0;
}

/* Opens what was written and checks it; the market's rows, too, where it is of this format. */
static int
read_back(struct job *j, const struct store_watch *w, struct store_backup *ret)
{
	struct store *image = inspect_new();
	uint64_t length, map;
	struct timespec now;
	int rc = env_open_at(image, j->partial, MDB_RDONLY | MDB_NOLOCK, 0);
	if (rc == 0)
		rc = env_check_length(image, &length, &map);
	if (rc == 0)
		rc = inspect_tables(image, true, &ret->format);
	if (rc == 0 && ret->format == FORMAT)
		rc = backup_check_store(image, w);
	if (rc == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		ret->length = length;
		ret->head = image->state.head;
		ret->digest = image->state.digest;
		ret->made_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
		memcpy(ret->epoch, image->state.epoch, STORE_EPOCH);
	} else {
		memcpy(j->s->message, image->message, STORE_MESSAGE);
	}
	store_close(image);
	return rc;
}

/* For good: the name is the last thing that it gets. */
static int
publish(struct job *j)
{
	char path[DIRECTORY_PATH];
	snprintf(path, sizeof path, "%s", j->file);
	int rc =
	    renameat2(AT_FDCWD, j->partial, AT_FDCWD, j->file, j->replace ? 0 : RENAME_NOREPLACE);
	if (rc != 0 && errno == EINVAL) /* the file system cannot; it was looked at before */
		rc = rename(j->partial, j->file);
	if (rc != 0)
		return store_fail(j->s, STORE_E_SYSTEM, "cannot make %s: %s", j->file,
				  strerror(errno));
	j->ours = false;
	int directory = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = directory < 0 || fsync(directory) != 0 ? errno : 0;
	if (directory >= 0)
		close(directory);
	return rc ? env_fail(j->s, rc, "syncing the backup's directory") : 0;
}

static int
make(struct job *j, const struct store_watch *w, struct store_backup *ret)
{
	uint8_t image[IMAGE_HASH];
	unsigned format;
	int rc = inspect_tables(j->s, true, &format);
	if (rc == 0)
		rc = open_partial(j);
	if (rc == 0)
		rc = copy(j);
	if (rc == 0)
		rc = read_back(j, w, ret);
	if (rc == 0)
		rc = backup_read_image(j->s, j->fd, -1, ret->length, w, image);
	if (rc == 0)
		rc = backup_put_trailer(j->s, j->fd, ret, image);
	if (rc == 0)
		rc = fsync(j->fd) == 0 ? 0 : env_fail(j->s, errno, "syncing the backup");
	return rc ? rc : publish(j);
}

int
store_backup(const char *directory, const char *file, bool replace, const struct store_watch *watch,
	     struct store_backup *ret, char message[STORE_MESSAGE])
{
	struct job j = {.s = inspect_new(), .file = file, .replace = replace, .fd = -1};
	int rc = inspect_open(j.s, directory);
	if (rc == 0)
		rc = make(&j, watch, ret);
	if (j.ours)
		unlink(j.partial);
	if (j.fd >= 0)
		close(j.fd);
	memcpy(message, j.s->message, STORE_MESSAGE);
	store_close(j.s);
	return rc;
}
