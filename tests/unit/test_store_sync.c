/*
 * A commit that has returned is on the disk.
 *
 * No kill can show it, since what was written outlives the process in any case. So this program
 * stands between LMDB and the system: it has its own pwrite, writev and fdatasync, which
 * note what LMDB does and let it pass.
 */

#include "store_help.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
	unsigned syncs;	   /* of the data file */
	unsigned written;  /* writes of data */
	unsigned unsynced; /* of them, since the last sync */
	unsigned early;	   /* turns declared valid before their data was synced */
	unsigned lazy;	   /* turns declared valid by a write that returns before it is down */
	unsigned declared; /* writes of LMDB's first two pages, which make a turn valid */
} seen;

/* By this name LMDB asks for it; ours would be pwrite64 where 64-bit file offsets are asked for. */
ssize_t noted_pwrite(int fd, const void *bytes, size_t len, off_t offset) __asm__("pwrite");

ssize_t
noted_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (offset < 2 * sysconf(_SC_PAGESIZE)) {
		seen.declared++;
		seen.early += seen.unsynced > 0;
		seen.lazy += (fcntl(fd, F_GETFL) & O_DSYNC) == 0;
	} else {
		seen.written++;
		seen.unsynced++;
	}
	return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

/* For pages that lie side by side, never the first two. */
ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	seen.written++;
	seen.unsynced++;
	return syscall(SYS_writev, fd, parts, n);
}

int
fdatasync(int fd)
{
	seen.syncs++;
	seen.unsynced = 0;
	return (int)syscall(SYS_fdatasync, fd);
}

static void
commit_is_on_the_disk(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	for (unsigned turn = 1; turn < 50; turn++) {
		memset(&seen, 0, sizeof seen);
		assert_int_equal(known_turn(p, s, turn), 0);
		assert_true(seen.written > 0);
		assert_true(seen.syncs > 0);
		assert_int_equal(seen.declared, 1);
		assert_int_equal(seen.unsynced, 0);
		assert_int_equal(seen.early, 0);
		assert_int_equal(seen.lazy, 0);
	}
	memset(&seen, 0, sizeof seen); /* a turn that put nothing has nothing to wait for */
	assert_int_equal(known_turn(p, s, 0), 0);
	assert_int_equal(seen.syncs, 0);
	known_all(s);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest stories[] = {
	    cmocka_unit_test_setup_teardown(commit_is_on_the_disk, place_setup, place_teardown),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
