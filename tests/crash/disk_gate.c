/*
 * A disk whose syncs a test holds up, and lets pass or fail. Preloaded into the core.
 *
 * DISK_GATE names a directory. While a file `shut` is in it, a sync of a store's data file makes a
 * file `waiting` there and waits; when `shut` is gone it fails if there is a file `broken`, else it
 * is made.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STEP_US = 2000 };

static bool
is_data_file(int fd)
{
	static const char name[] = "/data.mdb";
	char link[40], path[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path);
	size_t len = sizeof name - 1;
	return n > (ssize_t)len && memcmp(path + n - len, name, len) == 0;
}

static bool
has(const char *gate, const char *name)
{
	char path[PATH_MAX];
	return snprintf(path, sizeof path, "%s/%s", gate, name) < (int)sizeof path &&
	       access(path, F_OK) == 0;
}

static void
say_waiting(const char *gate)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/waiting", gate) < (int)sizeof path)
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

int
fdatasync(int fd)
{
	const char *gate = getenv("DISK_GATE");
	if (gate && is_data_file(fd) && has(gate, "shut")) {
		say_waiting(gate);
		while (has(gate, "shut"))
			usleep(STEP_US);
		if (has(gate, "broken")) {
			errno = EIO;
			return -1;
		}
	}
	return (int)syscall(SYS_fdatasync, fd);
}
