#include "record.h"

#include "util/mem.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 32, PAGE = 4096 };

/* A file of the directory, and its content as the calls made it. */
struct known {
	ino_t inode; /* 0: gone */
	int fd;	     /* our own, to compare */
	uint8_t *bytes;
	size_t len;
};

static struct {
	struct log *log; /* NULL: not recording */
	char directory[PATH_MAX], parent[PATH_MAX];
	struct known files[FILES];
} now;

/* ---- which file ---- */

static bool
path_of(int fd, char ret[PATH_MAX])
{
	char link[40];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* The name in the directory that is recorded; NULL: none, or a lock's. */
static const char *
name_in(const char *path)
{
	size_t n = strlen(now.directory), len = strlen(path);
	if (strncmp(path, now.directory, n) != 0 || path[n] != '/')
		return NULL;
	if (len >= 4 && strcmp(path + len - 4, "lock") == 0)
		return NULL;
	return path + n + 1;
}

static void
set_name(char ret[OP_NAME], const char *name)
{
	if (snprintf(ret, OP_NAME, "%s", name) >= OP_NAME)
		abort();
}

/* The file's number, noting one that is new; -1: not of the directory. */
static int
file_of(int fd)
{
	char path[PATH_MAX];
	struct stat st;
	if (!now.log || !path_of(fd, path) || !name_in(path) || fstat(fd, &st) != 0)
		return -1;
	for (unsigned i = 0; i < now.log->files; i++)
		if (now.files[i].inode == st.st_ino)
			return (int)i;
	if (now.log->files == FILES)
		abort();
	unsigned file = now.log->files++;
	now.files[file] = (struct known){.inode = st.st_ino, .fd = open(path, O_RDONLY)};
	struct op op = {.kind = OP_CREATE, .file = file};
	set_name(op.name, name_in(path));
	log_add(now.log, op, NULL);
	return (int)file;
}

/* ---- content ---- */

static void
set_length(struct known *k, size_t len)
{
	if (len > k->len) {
		k->bytes = mem_realloc(k->bytes, len);
		memset(k->bytes + k->len, 0, len - k->len);
	}
	k->len = len;
}

static void
note_write(unsigned file, uint64_t at, const void *bytes, size_t len, bool durable)
{
	struct known *k = &now.files[file];
	if (at + len > k->len)
		set_length(k, at + len);
	memcpy(k->bytes + at, bytes, len);
	struct op op = {.kind = OP_WRITE, .file = file, .at = at, .len = len, .durable = durable};
	log_add(now.log, op, bytes);
}

static void
note_fd_write(int fd, off_t at, const void *bytes, ssize_t n)
{
	int file = n > 0 ? file_of(fd) : -1;
	if (file >= 0)
		note_write((unsigned)file, (uint64_t)at, bytes, (size_t)n,
			   (fcntl(fd, F_GETFL) & O_DSYNC) != 0);
}

/* Notes what stands in the files and came by no call. */
static void
note_mapped(void)
{
	static uint8_t page[PAGE];
	for (unsigned file = 0; file < now.log->files; file++) {
		struct known *k = &now.files[file];
		for (size_t at = 0; k->inode && at < k->len; at += PAGE) {
			ssize_t n = pread(k->fd, page, PAGE, (off_t)at);
			size_t len = n > 0 ? (size_t)n : 0;
			len = len < k->len - at ? len : k->len - at;
			if (memcmp(page, k->bytes + at, len) != 0)
				note_write(file, at, page, len, false);
		}
	}
}

/* ---- the calls; by these names they are asked for, with and without 64-bit offsets ---- */

#define ALSO(f, name) __typeof__(f) f##_64 __asm__(name "64") __attribute__((alias(name)))

ssize_t noted_pwrite(int fd, const void *bytes, size_t len, off_t at) __asm__("pwrite");
ssize_t noted_pwritev(int fd, const struct iovec *parts, int n, off_t at) __asm__("pwritev");
int noted_ftruncate(int fd, off_t length) __asm__("ftruncate");
ALSO(noted_pwrite, "pwrite");
ALSO(noted_pwritev, "pwritev");
ALSO(noted_ftruncate, "ftruncate");

ssize_t
noted_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, bytes, len, at);
	note_fd_write(fd, at, bytes, n);
	return n;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	off_t at = now.log ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t n = syscall(SYS_write, fd, bytes, len);
	note_fd_write(fd, at, bytes, n);
	return n;
}

/* Part by part: each is a page of LMDB's, and each may be down without the others. */
static ssize_t
write_parts(int fd, const struct iovec *parts, int n, off_t at)
{
	ssize_t done = 0;
	for (int i = 0; i < n; i++) {
		ssize_t part = noted_pwrite(fd, parts[i].iov_base, parts[i].iov_len, at + done);
		if (part < 0)
			return done ? done : part;
		done += part;
		if ((size_t)part < parts[i].iov_len)
			break;
	}
	return done;
}

ssize_t
noted_pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
	return write_parts(fd, parts, n, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	if (at < 0) /* a pipe, a socket */
		return syscall(SYS_writev, fd, parts, n);
	ssize_t done = write_parts(fd, parts, n, at);
	if (done > 0)
		lseek(fd, done, SEEK_CUR);
	return done;
}

int
noted_ftruncate(int fd, off_t length)
{
	int rc = (int)syscall(SYS_ftruncate, fd, length);
	int file = rc == 0 ? file_of(fd) : -1;
	if (file >= 0) {
		struct op op = {.kind = OP_LENGTH, .file = (unsigned)file, .at = (uint64_t)length};
		set_length(&now.files[file], (size_t)length);
		log_add(now.log, op, NULL);
	}
	return rc;
}

static int
note_sync(int fd)
{
	char path[PATH_MAX];
	if (!now.log || !path_of(fd, path))
		return 0;
	int file = file_of(fd);
	if (file >= 0)
		log_add(now.log, (struct op){.kind = OP_SYNC, .file = (unsigned)file}, NULL);
	else if (strcmp(path, now.directory) == 0)
		log_add(now.log, (struct op){.kind = OP_SYNC_NAMES}, NULL);
	else if (strcmp(path, now.parent) == 0)
		log_add(now.log, (struct op){.kind = OP_SYNC_PARENT}, NULL);
	return 0;
}

int
fdatasync(int fd)
{
	return note_sync(fd);
}

int
fsync(int fd)
{
	return note_sync(fd);
}

/* LMDB maps one file; a map that is synced is taken to be of each. */
int
msync(void *map, size_t len, int flags)
{
	(void)map, (void)len;
	if (!now.log || !(flags & MS_SYNC))
		return 0;
	note_mapped();
	for (unsigned i = 0; i < now.log->files; i++)
		if (now.files[i].inode)
			log_add(now.log, (struct op){.kind = OP_SYNC, .file = i}, NULL);
	return 0;
}

int
mkdir(const char *path, mode_t mode)
{
	int rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (rc == 0 && now.log && strcmp(path, now.directory) == 0)
		log_add(now.log, (struct op){.kind = OP_MAKE}, NULL);
	return rc;
}

/* ---- names ---- */

static bool
path_at(int directory, const char *name, char ret[PATH_MAX])
{
	size_t n = 0;
	if (!now.log)
		return false;
	if (name[0] != '/' && directory != AT_FDCWD) {
		if (!path_of(directory, ret))
			return false;
		n = strlen(ret);
		ret[n++] = '/';
	}
	return snprintf(ret + n, PATH_MAX - n, "%s", name) < (int)(PATH_MAX - n);
}

int
renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];
	int rc = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
	if (rc || !path_at(from_directory, from, old) || !path_at(to_directory, to, new) ||
	    !name_in(old) || !name_in(new))
		return rc;
	struct op op = {.kind = OP_RENAME};
	set_name(op.name, name_in(old));
	set_name(op.to, name_in(new));
	log_add(now.log, op, NULL);
	return 0;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* Its number may come again with another file. */
static void
forget(ino_t inode)
{
	for (unsigned i = 0; i < now.log->files; i++)
		if (now.files[i].inode == inode)
			now.files[i].inode = 0;
}

int
unlinkat(int directory, const char *name, int flags)
{
	char path[PATH_MAX];
	struct stat st;
	bool ours = path_at(directory, name, path) && name_in(path) && stat(path, &st) == 0;
	int rc = (int)syscall(SYS_unlinkat, directory, name, flags);
	if (rc || !ours)
		return rc;
	struct op op = {.kind = OP_REMOVE};
	set_name(op.name, name_in(path));
	log_add(now.log, op, NULL);
	forget(st.st_ino);
	return 0;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* ---- recording ---- */

void
record_begin(struct log *log, const char *directory)
{
	snprintf(now.directory, sizeof now.directory, "%s", directory);
	snprintf(now.parent, sizeof now.parent, "%s", directory);
	*strrchr(now.parent, '/') = 0;
	now.log = log;
}

void
record_end(void)
{
	for (unsigned i = 0; i < now.log->files; i++) {
		close(now.files[i].fd);
		free(now.files[i].bytes);
		now.files[i] = (struct known){0};
	}
	now.log = NULL;
}

void
record_opened(const uint8_t epoch[STORE_EPOCH])
{
	struct op op = {.kind = OP_OPENED};
	note_mapped();
	memcpy(op.epoch, epoch, STORE_EPOCH);
	log_add(now.log, op, NULL);
}

void
record_acked(struct point point)
{
	note_mapped();
	log_add(now.log, (struct op){.kind = OP_ACKED, .point = point}, NULL);
}
