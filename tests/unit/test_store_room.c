/*
 * How much may still be written is known before it is, and holds on a disk that fills.
 *
 * This program stands between the store and the system: fstatvfs says what the test leaves on the
 * disk, and fallocate takes it from there, or fails as a full disk does.
 */

#include "store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MIB = 1 << 20, RESERVE = 4 * MIB };

static struct {
	uint64_t left;	/* that the disk can still give */
	uint64_t given; /* to the file, from its beginning */
	unsigned refused;
	bool blind; /* a file system that cannot allocate ahead */
} disk;

int
fstatvfs(int fd, struct statvfs *ret)
{
	(void)fd;
	*ret = (struct statvfs){.f_frsize = 4096, .f_bavail = disk.left / 4096};
	return 0;
}

int
fallocate(int fd, int mode, off_t offset, off_t len)
{
	uint64_t end = (uint64_t)offset + (uint64_t)len;
	uint64_t more = end > disk.given ? end - disk.given : 0;
	if (disk.blind || more > disk.left) {
		disk.refused++;
		errno = disk.blind ? EOPNOTSUPP : ENOSPC;
		return -1;
	}
	disk.left -= more;
	disk.given += more;
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

static struct store *
open_on(const struct place *p, uint64_t limit)
{
	char message[STORE_MESSAGE];
	struct store *s;
	struct store_options o = {
	    .directory = p->directory, .initial_map = p->map, .reserve = RESERVE, .limit = limit};
	if (store_open(&o, &s, message))
		fail_msg("%s", message);
	return s;
}

static enum store_room
room(struct store *s, uint64_t *ret_budget)
{
	enum store_room ret;
	assert_int_equal(store_room(s, &ret, ret_budget), 0);
	return ret;
}

/* Writes turns while there is room of a kind; no page may be written that the disk did not give. */
static unsigned
write_while(struct place *p, struct store *s, enum store_room kind)
{
	uint64_t budget;
	unsigned turns = 0;
	while (room(s, &budget) == kind) {
		assert_true(++turns < 5000);
		assert_int_equal(known_turn(p, s, 100), 0);
	}
	assert_true(place_used(p) <= disk.given);
	return turns;
}

static int
new_disk(void **state)
{
	memset(&disk, 0, sizeof disk);
	disk.left = 50 * MIB;
	return place_setup(state);
}

static void
what_a_turn_may_take_is_taken_ahead(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_true(budget >= MIB && budget <= disk.given - RESERVE);
	uint64_t given = disk.given;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(disk.given, given); /* no more while nothing was written */
	assert_int_equal(disk.refused, 0);
	store_close(s);
}

static void
a_disk_that_fills_leaves_the_reserve(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.left = 12 * MIB;
	assert_true(write_while(p, s, STORE_ROOM_ENOUGH) > 10);
	assert_true(disk.left < 4 * MIB);
	disk.left = 0; /* others take the rest */
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_true(budget < MIB);

	/* Started again, it has what it had. */
	store_close(s);
	s = open_on(p, 0);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_true(write_while(p, s, STORE_ROOM_RESERVE) > 10);
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_int_equal(budget, 0);
	known_all(s);

	disk.left = 50 * MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(known_turn(p, s, 100), 0);
	known_all(s);
	store_close(s);
}

static void
a_limit_is_a_full_disk(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 8 * MIB);
	uint64_t budget;
	assert_true(write_while(p, s, STORE_ROOM_ENOUGH) > 10);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_true(disk.given <= 8 * MIB && disk.left > 30 * MIB);
	write_while(p, s, STORE_ROOM_RESERVE);
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_true(place_used(p) <= 8 * MIB);
	store_close(s);
}

/* Where nothing can be taken ahead, what the disk has left must do. */
static void
a_file_system_that_cannot_allocate_is_believed(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.blind = true;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(disk.given, 0);
	assert_true(budget > 40 * MIB);
	disk.left = RESERVE + MIB / 2;
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	disk.left = MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_a_turn_may_take_is_taken_ahead, new_disk,
					    place_teardown),
	    cmocka_unit_test_setup_teardown(a_disk_that_fills_leaves_the_reserve, new_disk,
					    place_teardown),
	    cmocka_unit_test_setup_teardown(a_limit_is_a_full_disk, new_disk, place_teardown),
	    cmocka_unit_test_setup_teardown(a_file_system_that_cannot_allocate_is_believed,
					    new_disk, place_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
