/* Looking at a store beside the process that has it: nothing is changed, and nothing is kept. */

#include "store/inspect.h"
#include "store_help.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store *
inspect(const struct place *p)
{
	struct store *s = NULL;
	char message[STORE_MESSAGE];
	if (store_inspect(p->directory, &s, message) != 0)
		fail_msg("%s", message);
	return s;
}

/* Runs it in a process of its own, as LMDB wants it beside an open store; returns how it ended. */
static int
elsewhere(int (*run)(struct place *p, int from), struct place *p, int from)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		alarm(20);
		_exit(run(p, from));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
a_closed_store_is_read_and_left_as_it_is(void **state)
{
	struct place *p = *state;
	struct stat before, after;
	place_fill(p, 2000, 4);
	assert_int_equal(stat(p->data, &before), 0);
	struct store *s = inspect(p);
	struct seen facts = {.next = 1}, rows = {0}, asides = {0};
	assert_int_equal(store_facts(s, 1, UINT64_MAX, read_fact, &facts), 0);
	assert_int_equal(facts.count, 2000);
	assert_int_equal(store_load(s, read_row, &rows), 0);
	assert_int_equal(rows.count, KNOWN_ROWS);
	assert_int_equal(known_asides(s, &asides), 0);
	assert_false(facts.wrong || rows.wrong || asides.wrong);
	store_close(s);
	assert_int_equal(stat(p->data, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
}

/* Without LMDB's lock file none is made, and no daemon may come meanwhile. */
static void
without_a_lock_file_none_is_made(void **state)
{
	struct place *p = *state;
	char path[120], message[STORE_MESSAGE];
	place_fill(p, 100, 1);
	snprintf(path, sizeof path, "%s-lock", p->data);
	assert_int_equal(unlink(path), 0);
	struct store *s = inspect(p), *another = inspect(p);
	assert_int_equal(place_refused(p, message), STORE_E_LOCKED);
	store_close(another);
	store_close(s);
	assert_int_not_equal(access(path, F_OK), 0);
	s = place_open(p);
	known_all(s);
	store_close(s);
}

static void
what_is_no_store_is_refused(void **state)
{
	struct place *p = *state;
	struct store *s;
	char message[STORE_MESSAGE];
	assert_int_not_equal(store_inspect(p->directory, &s, message), 0);
	assert_non_null(strstr(message, "there is no store"));
	assert_int_not_equal(store_inspect("/nonexistent/store", &s, message), 0);
	place_fill(p, 2000, 4);
	size_t used = place_used(p);
	for (size_t length = used - 1; length > 0; length = length * 9 / 10) {
		assert_int_equal(truncate(p->data, (off_t)length), 0);
		assert_int_equal(store_inspect(p->directory, &s, message), STORE_E_CORRUPT);
	}
}

/* Reads along while the other process writes; the map is outgrown several times meanwhile. */
static int
read_along(struct place *p, int from)
{
	struct store *s;
	char message[STORE_MESSAGE], byte;
	if (store_inspect(p->directory, &s, message) != 0)
		return 10;
	uint64_t seen = 0;
	while (read(from, &byte, 1) == 1) {
		struct seen facts = {.next = seen + 1}, rows = {0};
		if (store_refresh(s) != 0 || store_head(s) < seen)
			return 11;
		if (store_load(s, read_row, &rows) != 0 || rows.wrong)
			return 12;
		if (store_facts(s, seen + 1, UINT64_MAX, read_fact, &facts) != 0 || facts.wrong)
			return 13;
		seen = store_head(s);
		if (facts.next != seen + 1)
			return 14;
	}
	store_close(s);
	return seen == 60000 ? 0 : 15;
}

static void
a_live_store_is_read_as_it_grows(void **state)
{
	struct place *p = *state;
	struct stat st;
	int pipes[2];
	place_fill(p, 10000, 1);
	assert_int_equal(stat(p->data, &st), 0);
	off_t length = st.st_size;
	assert_int_equal(pipe(pipes), 0);
	pid_t writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		struct store *s = place_open(p);
		for (unsigned i = 0; i < 50; i++)
			if (known_turn(p, s, 1000) != 0 || write(pipes[1], "", 1) != 1)
				_exit(1);
		store_close(s);
		_exit(0);
	}
	close(pipes[1]);
	int end = read_along(p, pipes[0]);
	close(pipes[0]);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	assert_int_equal(end, 0);
	assert_int_equal(stat(p->data, &st), 0);
	assert_true(st.st_size >= 4 * length);
}

/* ---- readers that end without a word ---- */

enum { PAGE = 4096, FEW = 20 };

static bool
die(void *arg, const struct store_record *fact)
{
	(void)arg, (void)fact;
	raise(SIGKILL);
	return false;
}

static int
die_reading(struct place *p, int from)
{
	struct store *s;
	char message[STORE_MESSAGE];
	(void)from;
	if (store_inspect(p->directory, &s, message) == 0)
		store_facts(s, 1, 1, die, NULL);
	return 1;
}

/* Writes the same asides over and over, and returns how many more pages of the file are used. */
static long
grown_by_writing(struct place *p, struct store *s)
{
	char buf[KNOWN_MAX];
	long before = (long)(place_used(p) / PAGE);
	for (unsigned turn = 0; turn < 200; turn++) {
		assert_int_equal(store_begin(s), 0);
		for (uint64_t key = 0; key < KNOWN_ASIDES; key++)
			store_aside(s, 0, key, known_fact(key, buf));
		assert_int_equal(store_commit(s, p->digest), 0);
	}
	return (long)(place_used(p) / PAGE) - before;
}

/* Pages that nobody reads any more are used again, not new ones instead. */
static void
a_killed_reader_is_forgotten(void **state)
{
	struct place *p = *state;
	place_fill(p, 100, 1);
	struct store *s = place_open(p);
	grown_by_writing(p, s);
	assert_true(grown_by_writing(p, s) < FEW);
	assert_int_equal(elsewhere(die_reading, p, -1), -SIGKILL);
	assert_true(grown_by_writing(p, s) > 200);
	store_tidy(s);
	grown_by_writing(p, s); /* what the last turn before it gave back comes first */
	assert_true(grown_by_writing(p, s) < FEW);
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(a_closed_store_is_read_and_left_as_it_is),
	    STORY(without_a_lock_file_none_is_made),
	    STORY(what_is_no_store_is_refused),
	    STORY(a_live_store_is_read_as_it_grows),
	    STORY(a_killed_reader_is_forgotten),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
