/*
 * How much may still be written is known before it is, and holds on a disk that fills.
 *
 * This program stands between the store and the system: fstatvfs says what the test leaves on the
 * disk, and fallocate takes it from there, or fails as a full disk does.
 */

#include "store/inspect.h"
#include "store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* SMALL: what a small command may take of the reserve. */
enum { PAGE = 4096, MIB = 1 << 20, SMALL = 8 * MIB, RESERVE = 12 * MIB };

static struct {
	uint64_t left;	/* that the disk can still give */
	uint64_t given; /* to the file, from its beginning */
	unsigned asked, refused;
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
	disk.asked++;
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
	if (disk.given == 0)
		disk.given = store_size(s);
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

/* ---- what the disk gives ---- */

static void
what_a_turn_may_take_is_taken_ahead(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_true(budget >= MIB && budget <= disk.given - RESERVE);
	uint64_t given = disk.given;
	assert_int_equal(disk.asked, 1);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(disk.given, given); /* no more while nothing was written */
	assert_int_equal(disk.asked, 1);
	assert_int_equal(disk.refused, 0);
	store_close(s);
}

/* A disk that cannot give all gives what it can, and the others are left some. */
static void
of_a_small_disk_the_others_have_a_part(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.left = 5 * MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_int_equal(disk.left, MIB);
	disk.left =
	    SMALL - 4 * MIB + MIB; /* others went: now it is as much as a small command takes */
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_int_equal(disk.left, MIB);
	disk.left = RESERVE + 2 * MIB - SMALL + MIB; /* and now there is all that is wanted */
	unsigned asked = disk.asked;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, 2 * MIB);
	assert_int_equal(disk.asked, asked + 1); /* at once */
	assert_int_equal(disk.left, MIB);
	assert_int_equal(disk.refused, 0);
	store_close(s);
}

/* What the file had when the process ended it has still, to the last block. */
static void
a_start_on_a_full_disk_has_what_it_had(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t before, budget;
	assert_int_equal(room(s, &before), STORE_ROOM_ENOUGH);
	store_close(s);
	s = open_on(p, 0);
	disk.left = 0;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, before);
	store_close(s);
}

static void
a_disk_that_fills_leaves_the_reserve(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.left = RESERVE + 8 * MIB;
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
	struct store *s = open_on(p, 16 * MIB);
	uint64_t budget, map, left;
	disk.left = 1024 * MIB; /* it could give more than the limit at once */
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	store_space(s, &map, &left);
	assert_int_equal(map, 16 * MIB); /* it holds all that may be written, and no more */
	assert_true(write_while(p, s, STORE_ROOM_ENOUGH) > 10);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_true(disk.given <= 16 * MIB && disk.left > 1000 * MIB);
	write_while(p, s, STORE_ROOM_RESERVE);
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_true(place_used(p) <= 16 * MIB);
	assert_true(store_can_trim(s)); /* what the last turn gave back is room with one more */
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_commit(s, 0), 0);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_false(store_can_trim(s)); /* nothing is to go */
	store_trim(s, 10);
	assert_true(store_can_trim(s)); /* facts can still go, for little of the reserve */
	store_close(s);
}

/* Where nothing can be taken ahead, what the disk has left must do; so each bound shows to the page. */
static void
a_file_system_that_cannot_allocate_is_believed(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	static const struct {
		uint64_t left, budget;
		enum store_room room;
	} cases[] = {
	    {RESERVE + 30 * MIB, 30 * MIB, STORE_ROOM_ENOUGH},
	    {RESERVE + MIB, MIB, STORE_ROOM_ENOUGH},
	    {RESERVE + MIB - PAGE, MIB - PAGE, STORE_ROOM_RESERVE},
	    {RESERVE, 0, STORE_ROOM_RESERVE},
	    {SMALL, 0, STORE_ROOM_RESERVE},
	    {SMALL - PAGE, 0, STORE_ROOM_NONE},
	    {0, 0, STORE_ROOM_NONE},
	};
	uint64_t given = disk.given, budget;
	disk.blind = true;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		disk.left = cases[i].left;
		assert_int_equal(room(s, &budget), cases[i].room);
		assert_int_equal(budget, cases[i].budget);
	}
	assert_int_equal(disk.given, given);
	known_turn(p, s, 100);
	store_trim(s, 10);
	disk.left = MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_true(store_can_trim(s));
	disk.left = MIB - PAGE;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_false(store_can_trim(s));
	known_turn(p, s, 100); /* drops them: what that gave back is room with one commit more */
	disk.left = MIB / 4;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_true(store_can_trim(s));
	disk.left = 0;
	assert_int_equal(room(s, &budget), STORE_ROOM_NONE);
	assert_false(store_can_trim(s));
	store_close(s);
}

/* ---- what is given back ---- */

/* With the reserve, somewhat more than what three commits give back. */
enum { FULL = 40 * MIB };

/* Writes facts, two on a page, that take that many bytes at most, with the pages above them and the
 * lists of those given back. */
static void
spend(struct store *s, uint64_t bytes)
{
	static const char text[1500];
	uint64_t pages = bytes / PAGE, facts = 2 * (pages - pages / 64 - 32);
	assert_int_equal(store_begin(s), 0);
	for (uint64_t n = store_head(s) + 1; facts-- > 0; n++)
		store_fact(s, n, (struct str){text, sizeof text}, NULL, 0, STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
}

/* Writes as much as it may, turn by turn, into what the disk gave and nowhere else. */
static void
spend_all(struct place *p, struct store *s)
{
	uint64_t budget;
	for (unsigned turns = 0; room(s, &budget) == STORE_ROOM_ENOUGH; turns++) {
		assert_true(turns < 100);
		spend(s, budget);
	}
	assert_true(place_used(p) <= disk.given);
}

static void
commit_nothing(struct store *s)
{
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_commit(s, 0), 0);
}

/* Drops as many facts as one commit does. */
static void
give_back(struct store *s)
{
	store_trim(s, store_first(s) + STORE_TRIM_MAX);
	commit_nothing(s);
}

/* A commit may not take the pages that the one before it gave back, but those of earlier ones. So
 * trimming wants one commit more, or a market that can do nothing for want of room would wait for it. */
static void
pages_given_back_are_room_as_soon_as_they_can_be_taken(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, FULL);
	uint64_t budget;
	spend_all(p, s);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	give_back(s);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_true(store_trims(s));
	commit_nothing(s);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_true(budget > 4 * MIB && budget < 8 * MIB);
	assert_false(store_trims(s));
	spend_all(p, s);
	store_close(s);
}

/* While the disk has room nobody counts them. Beside the reserve stands what writing the heads of the
 * known facts' streams may take: a leaf and what lies above it. */
static void
pages_given_back_count_where_room_is_short(void **state)
{
	enum { HEADS = (1 + 16) * PAGE };
	struct place *p = *state;
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.blind = true;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(known_turn(p, s, 100), 0);
	disk.left = RESERVE + HEADS + MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, MIB);
	disk.left = RESERVE + HEADS + MIB - PAGE;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_true(budget > MIB);
	store_close(s);
}

/* Streams whose heads are all over their table, which is then written down as a whole. */
static void
put_streams(struct store *s, uint64_t from, uint64_t to)
{
	uint64_t n = store_head(s);
	assert_int_equal(store_begin(s), 0);
	for (uint64_t i = from; i < to; i++)
		store_fact(s, ++n, STR("x"),
			   &(struct store_link){.stream = (1 + i * 13 % 200003) * 7919}, 1,
			   STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
}

enum {
	STREAMS = 200000,
	EACH = 2000, /* facts of a turn */
	LEAVES = STREAMS / 64 + 1,
	HEADS_PAGES = LEAVES + LEAVES / 64,
	HEADS = (HEADS_PAGES + HEADS_PAGES / 500 + 16) * PAGE /* what writing them down may take */
};

/* A store whose heads were written down with fact STREAMS, and will be with the next turn. */
static struct store *
open_with_heads_due(struct place *p)
{
	struct store *s = open_on(p, 0);
	uint64_t budget;
	disk.blind = true;
	disk.left = 1024 * MIB;
	for (uint64_t i = 0; i < STREAMS; i += EACH)
		put_streams(s, i, i + EACH);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, disk.left - RESERVE);
	for (unsigned i = 0; i < 8; i++)
		put_streams(s, i * EACH, (i + 1) * EACH);
	put_streams(s, 8 * EACH, 8 * EACH + 500);
	return s;
}

static void
heads_have_room_of_their_own(void **state)
{
	struct place *p = *state;
	struct store *s = open_with_heads_due(p);
	uint64_t budget, used = place_used(p);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, disk.left - RESERVE - HEADS);
	put_streams(s, 0, 10);
	assert_true(place_used(p) - used < HEADS);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, disk.left - RESERVE);
	store_close(s);
}

static void
drop_all_that_may_go(struct store *s)
{
	store_trim(s, store_head(s));
	for (unsigned turns = 0; store_trims(s); turns++) {
		assert_true(turns < 100);
		commit_nothing(s);
	}
}

/* What a full disk has no room for is not begun, and keeps nobody busy. */
static void
heads_wait_for_room(void **state)
{
	struct place *p = *state;
	struct store *s = open_with_heads_due(p);
	uint64_t budget;
	disk.left = RESERVE + 2 * MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	put_streams(s, 0, 10);
	drop_all_that_may_go(s);
	assert_int_equal(store_first(s),
			 STREAMS + 1); /* what follows is needed to know the heads */
	disk.left = 1024 * MIB;
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_int_equal(budget, disk.left - RESERVE - HEADS);
	drop_all_that_may_go(s);
	assert_int_equal(store_first(s), store_head(s));
	store_close(s);
	s = open_on(p, 0);
	for (uint64_t i = 0; i < STREAMS; i += 997)
		assert_int_equal(store_stream_head(s, (1 + i * 13 % 200003) * 7919),
				 i < 10		      ? store_head(s) - 9 + i
				 : i < 8 * EACH + 500 ? STREAMS + 1 + i
						      : i + 1);
	store_close(s);
}

/* Who reads the store in a process of its own, as it stands when this begins. */
struct reader {
	pid_t pid;
	int hold; /* closed: it ends */
};

static bool
read_until_closed(void *arg, const struct store_record *fact)
{
	const int *pipes = arg; /* to say that it reads, and to be held by */
	char byte;
	(void)fact;
	return write(pipes[0], "", 1) == 1 && read(pipes[1], &byte, 1) == 0;
}

static int
read_last(struct place *p, int say, int hold)
{
	struct store *s;
	char message[STORE_MESSAGE];
	int pipes[] = {say, hold};
	alarm(20);
	if (store_inspect(p->directory, &s, message) != 0)
		return 1;
	int rc = store_facts(s, store_head(s), 1, read_until_closed, pipes);
	store_close(s);
	return rc != 0;
}

static void
begin_reading(struct place *p, struct reader *ret)
{
	int say[2], hold[2];
	char byte;
	assert_int_equal(pipe(say), 0);
	assert_int_equal(pipe(hold), 0);
	fflush(NULL);
	ret->pid = fork();
	assert_true(ret->pid >= 0);
	if (ret->pid == 0) {
		close(hold[1]);
		_exit(read_last(p, say[1], hold[0]));
	}
	close(say[1]);
	close(hold[0]);
	ret->hold = hold[1];
	assert_int_equal(read(say[0], &byte, 1), 1);
	close(say[0]);
}

/* How it ended, as waitpid says. */
static int
end_reading(const struct reader *r)
{
	int status;
	close(r->hold);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	return status;
}

/* A backup that takes an hour keeps what is given back in this hour; what was given back before it
 * can be taken. */
static void
pages_that_somebody_reads_are_no_room(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, FULL);
	struct reader r;
	uint64_t before, budget;
	spend_all(p, s);
	give_back(s);
	spend(s, 40 * PAGE);
	assert_int_equal(room(s, &before), STORE_ROOM_ENOUGH);
	begin_reading(p, &r);
	give_back(s);
	give_back(s);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	assert_true(budget <= before);
	spend_all(p, s);
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	assert_int_equal(end_reading(&r), 0);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	spend_all(p, s);
	store_close(s);
}

/* LMDB counts a reader that was killed until somebody looks whether it lives, and so do we. */
static void
a_reader_that_was_killed_keeps_its_pages_until_the_next_look(void **state)
{
	struct place *p = *state;
	struct store *s = open_on(p, FULL);
	struct reader r;
	uint64_t budget;
	spend_all(p, s);
	begin_reading(p, &r);
	give_back(s);
	give_back(s);
	kill(r.pid, SIGKILL);
	assert_true(WIFSIGNALED(end_reading(&r)));
	assert_int_equal(room(s, &budget), STORE_ROOM_RESERVE);
	store_tidy(s);
	assert_int_equal(room(s, &budget), STORE_ROOM_ENOUGH);
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, new_disk, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(what_a_turn_may_take_is_taken_ahead),
	    STORY(of_a_small_disk_the_others_have_a_part),
	    STORY(a_start_on_a_full_disk_has_what_it_had),
	    STORY(a_disk_that_fills_leaves_the_reserve),
	    STORY(a_limit_is_a_full_disk),
	    STORY(a_file_system_that_cannot_allocate_is_believed),
	    STORY(pages_given_back_are_room_as_soon_as_they_can_be_taken),
	    STORY(pages_given_back_count_where_room_is_short),
	    STORY(heads_have_room_of_their_own),
	    STORY(heads_wait_for_room),
	    STORY(pages_that_somebody_reads_are_no_room),
	    STORY(a_reader_that_was_killed_keeps_its_pages_until_the_next_look),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
