/*
 * Makes one call of the process it is preloaded into fail: the Nth that asks for memory, writes a
 * file, syncs, sends or accepts. Everything else goes on as before, and is counted.
 *
 * What fails is told by the environment:
 *
 *   FAIL_STATE  a file of struct shared, which the driver made; without it nothing happens
 *   FAIL_IN     the program's short name: others that inherit the environment are left alone
 *   FAIL_CALL   memory, file, sync, send or accept; none: all are counted
 *   FAIL_NTH    which of them, from 1
 *   FAIL_HOW    an errno's name, or short: half of the bytes are written
 *   FAIL_ON     once, or on: all that follow in this process fail as well
 *
 * The count stands in the file and begins when the driver arms it. So it goes on in the next life
 * of a program that is started again, and a fault that happened does not happen to its successor.
 *
 * A failed send shuts the connection, and an aborted one is taken and closed: the peer must see
 * what it would see.
 */

/* pwrite and pwrite64 are two names here. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FRAMES = 16 };
enum kind { MEMORY, FILE_WRITE, SYNC, SEND, ACCEPT, KINDS };

/* sweep.py knows its layout. */
struct shared {
	_Atomic uint32_t armed, fired; /* fired: in the process with this id; 0: not yet */
	_Atomic uint64_t calls[KINDS];
};

static struct {
	struct shared *shared; /* NULL: not for this process */
	int kind;	       /* KINDS: none fails */
	uint64_t nth;
	int error; /* 0: short */
	bool on;
} fault = {.kind = KINDS};

/* glibc's own, which need no look-up that would itself ask for memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

/* ---- what to do ---- */

static int
kind_of(const char *name)
{
	static const char *const names[KINDS] = {"memory", "file", "sync", "send", "accept"};
	int kind = 0;

	while (kind < KINDS && strcmp(name, names[kind]) != 0)
		kind++;
	return kind;
}

static int
error_of(const char *name)
{
	static const int errors[] = {ENOMEM, EIO,	 ENOSPC, EAGAIN,
				     EPIPE,  ECONNRESET, EMFILE, ECONNABORTED};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(name, strerrorname_np(errors[i])) == 0)
			return errors[i];
	return 0;
}

static const char *
told(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static void __attribute__((constructor)) begin(void)
{
	if (strcmp(told("FAIL_IN"), program_invocation_short_name) != 0)
		return;
	int fd = open(told("FAIL_STATE"), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	void *shared = mmap(NULL, sizeof(*fault.shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED)
		return;
	fault.kind = kind_of(told("FAIL_CALL"));
	fault.nth = strtoull(told("FAIL_NTH"), NULL, 10);
	fault.error = error_of(told("FAIL_HOW"));
	fault.on = strcmp(told("FAIL_ON"), "on") == 0;
	void *frame;
	backtrace(&frame, 1); /* the first time asks for memory */
	fault.shared = shared;
}

/* Who called, for the process's log: addr2line knows the lines. */
static void
tell_where(void)
{
	void *frames[FRAMES];

	backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
}

/* Counts the call; whether it is to fail. */
static bool
fails(enum kind kind)
{
	struct shared *s = fault.shared;

	if (!s || !s->armed)
		return false;
	uint64_t n = ++s->calls[kind];
	if ((int)kind != fault.kind || n < fault.nth)
		return false;
	if (n > fault.nth)
		return fault.on && s->fired == (uint32_t)getpid();
	s->fired = (uint32_t)getpid();
	tell_where();
	return true;
}

static bool
is(int fd, mode_t type)
{
	struct stat st;

	return fault.shared && fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* The real function of that name. */
static void *
real(void **slot, const char *name)
{
	if (!*slot)
		*slot = dlsym(RTLD_NEXT, name);
	return *slot;
}

#define REAL(name)                                                                                 \
	({                                                                                         \
		static void *slot;                                                                 \
		(__typeof__(&name))real(&slot, #name);                                             \
	})

/* ---- memory ---- */

void *
malloc(size_t size)
{
	if (!fails(MEMORY))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *
calloc(size_t n, size_t size)
{
	if (!fails(MEMORY))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *
realloc(void *old, size_t size)
{
	if (!fails(MEMORY))
		return __libc_realloc(old, size);
	errno = ENOMEM;
	return NULL;
}

/* ---- files ---- */

/* The first half of the bytes, as buffers in `out`, which has room for all; how many buffers. */
static int
halve(const struct iovec *buffers, int n, struct iovec *out)
{
	size_t left = 0;
	int used = 0;

	for (int i = 0; i < n; i++)
		left += buffers[i].iov_len;
	left /= 2;
	for (; used < n && left > 0; used++) {
		out[used] = buffers[used];
		if (out[used].iov_len > left)
			out[used].iov_len = left;
		left -= out[used].iov_len;
	}
	return used;
}

static ssize_t
failed(void)
{
	errno = fault.error;
	return -1;
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	if (!is(fd, S_IFREG) || !fails(FILE_WRITE))
		return REAL(pwrite64)(fd, bytes, len, offset);
	return fault.error ? failed() : REAL(pwrite64)(fd, bytes, len / 2, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return pwrite64(fd, bytes, len, offset);
}

ssize_t
pwritev64(int fd, const struct iovec *buffers, int n, off64_t offset)
{
	struct iovec half[IOV_MAX];

	if (!is(fd, S_IFREG) || !fails(FILE_WRITE))
		return REAL(pwritev64)(fd, buffers, n, offset);
	return fault.error ? failed() : REAL(pwritev64)(fd, half, halve(buffers, n, half), offset);
}

ssize_t
pwritev(int fd, const struct iovec *buffers, int n, off_t offset)
{
	return pwritev64(fd, buffers, n, offset);
}

int
fsync(int fd)
{
	return fails(SYNC) ? (int)failed() : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return fails(SYNC) ? (int)failed() : REAL(fdatasync)(fd);
}

/* ---- sockets ---- */

static ssize_t
failed_send(int fd)
{
	if (fault.error != EAGAIN)
		shutdown(fd, SHUT_RDWR);
	return failed();
}

/* Files and sockets both. */
ssize_t
writev(int fd, const struct iovec *buffers, int n)
{
	struct iovec half[IOV_MAX];
	bool file = is(fd, S_IFREG);

	if ((!file && !is(fd, S_IFSOCK)) || !fails(file ? FILE_WRITE : SEND))
		return REAL(writev)(fd, buffers, n);
	if (!fault.error)
		return REAL(writev)(fd, half, halve(buffers, n, half));
	return file ? failed() : failed_send(fd);
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	if (!fails(SEND))
		return REAL(send)(fd, bytes, len, flags);
	return fault.error ? failed_send(fd) : REAL(send)(fd, bytes, (len + 1) / 2, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec half[IOV_MAX];
	struct msghdr shorter = *message;

	if (!fails(SEND))
		return REAL(sendmsg)(fd, message, flags);
	if (fault.error)
		return failed_send(fd);
	shorter.msg_iov = half;
	shorter.msg_iovlen = (size_t)halve(message->msg_iov, (int)message->msg_iovlen, half);
	return REAL(sendmsg)(fd, &shorter, flags);
}

int
accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict len, int flags)
{
	if (!fails(ACCEPT))
		return REAL(accept4)(fd, address, len, flags);
	if (fault.error == ECONNABORTED) {
		int gone = REAL(accept4)(fd, NULL, NULL, flags);
		if (gone < 0)
			return -1; /* nobody was there */
		close(gone);
	}
	return (int)failed();
}

int
accept(int fd, struct sockaddr *restrict address, socklen_t *restrict len)
{
	return accept4(fd, address, len, 0);
}
