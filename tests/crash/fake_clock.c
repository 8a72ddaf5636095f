/*
 * A wall clock that a test sets. Preloaded into the core.
 *
 * FAKE_CLOCK names a file of one int64: how many milliseconds the wall clock is ahead of the
 * system's. All other clocks are left alone.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *ahead_ms;
static int (*system_gettime)(clockid_t which, struct timespec *ret);

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("FAKE_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *shared;

	*(void **)&system_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		return;
	shared = mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);
	if (shared != MAP_FAILED)
		ahead_ms = shared;
	close(fd);
}

/* `ms` may be negative, and its rest with it. */
static void
advance(struct timespec *time, int64_t ms)
{
	time->tv_sec += ms / 1000;
	time->tv_nsec += ms % 1000 * 1000000;
	if (time->tv_nsec >= 1000000000) {
		time->tv_sec++;
		time->tv_nsec -= 1000000000;
	} else if (time->tv_nsec < 0) {
		time->tv_sec--;
		time->tv_nsec += 1000000000;
	}
}

int
clock_gettime(clockid_t which, struct timespec *ret)
{
	int rc = system_gettime(which, ret);
	if (rc == 0 && which == CLOCK_REALTIME && ahead_ms)
		advance(ret, atomic_load(ahead_ms));
	return rc;
}
