/* Ends that nobody asked for: a process gone, a process killed, a disk that takes no more. */

#include "store_help.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the function in a process of its own. */
static pid_t
start(void (*run)(struct place *p, int out), struct place *p, int out)
{
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		run(p, out);
		_exit(0);
	}
	return pid;
}

static void
exit_within_a_turn(struct place *p, int out)
{
	(void)out;
	struct store *s = place_open(p);
	assert_int_equal(known_turn(p, s, 100), 0);
	assert_int_equal(known_put(p, s, 100), 0);
	_exit(7);
}

static void
process_gone_within_a_turn(void **state)
{
	struct place *p = *state;
	int status;
	pid_t pid = start(exit_within_a_turn, p, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	struct store *s = place_open(p);
	assert_int_equal(store_head(s), 100);
	known_all(s);
	store_close(s);
}

static void
commit_for_ever(struct place *p, int out)
{
	struct store *s = place_open(p);
	for (unsigned i = 1;; i++) {
		uint64_t head;
		if (known_turn(p, s, i % 90) != 0)
			_exit(1);
		head = store_head(s);
		if (write(out, &head, sizeof head) != sizeof head)
			_exit(1);
	}
}

/* What was answered before a kill is there after it. (That it also outlives the power is LMDB's
 * syncing, which no kill can show.) */
static void
killed_at_any_moment(void **state)
{
	struct place *p = *state;
	for (unsigned round = 0; round < 12; round++) {
		int pipes[2], status;
		uint64_t answered = 0;
		assert_int_equal(pipe(pipes), 0);
		pid_t pid = start(commit_for_ever, p, pipes[1]);
		close(pipes[1]);
		assert_int_equal(read(pipes[0], &answered, sizeof answered), sizeof answered);
		usleep(3000 + round * 1700);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while (read(pipes[0], &answered, sizeof answered) == sizeof answered)
			;
		close(pipes[0]);
		struct store *s = place_open(p);
		assert_true(answered > 0 && store_head(s) >= answered);
		known_all(s);
		store_close(s);
	}
}

/* A disk that is full, as far as the process can tell: no file may grow past `limit`. */
static void
limit_files(rlim_t limit)
{
	struct rlimit r;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void
on_written(void *arg)
{
	(void)arg;
}

/* The next turn is begun and filled before it shows. */
static int
hand_over(struct place *p, struct store *s)
{
	assert_int_equal(store_write_beside(s, on_written, NULL), 0);
	assert_int_equal(store_hand_over(s, p->digest), 0);
	p->ahead = 300;
	assert_int_equal(known_put(p, s, 3), 0);
	p->ahead = 0;
	int rc = store_finish(s);
	store_abort(s);
	return rc;
}

static void
fail_commit(struct place *p, bool beside)
{
	struct store *s = place_open(p);
	struct seen r = {.next = 1};
	assert_int_equal(known_turn(p, s, 100), 0);
	uint64_t digest = p->digest;
	signal(SIGXFSZ, SIG_IGN);
	limit_files(20000); /* bytes that the file already has */
	assert_int_equal(known_put(p, s, 300), 0);
	assert_int_equal(beside ? hand_over(p, s) : store_commit(s, p->digest), STORE_E_SYSTEM);
	limit_files(RLIM_INFINITY);
	assert_non_null(strstr(store_message(s), "writing a turn: File too large"));
	assert_int_equal(store_begin(s), STORE_E_SYSTEM);
	assert_int_equal(store_commit(s, 0), STORE_E_SYSTEM);
	assert_int_equal(store_facts(s, 1, 1, read_fact, &r), STORE_E_SYSTEM);
	assert_int_equal(store_load(s, read_row, &r), STORE_E_SYSTEM);
	assert_int_equal(store_head(s), 100);
	store_close(s);

	s = place_open(p);
	assert_int_equal(store_head(s), 100);
	assert_int_equal(store_digest(s), digest);
	known_all(s);
	store_close(s);
}

static void
failed_commit_stops_the_store(void **state)
{
	fail_commit(*state, false);
}

static void
so_does_one_of_the_thread_that_writes(void **state)
{
	fail_commit(*state, true);
}

static void
map_that_cannot_grow_stops_the_store(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1 << 20);
	int rc = 0;
	while (rc == 0)
		rc = known_turn(p, s, 20000);
	limit_files(RLIM_INFINITY);
	assert_int_equal(rc, STORE_E_SYSTEM);
	assert_non_null(strstr(store_message(s), "lengthening the data file: File too large"));
	store_close(s);
	s = place_open(p);
	known_all(s);
	assert_int_equal(known_turn(p, s, 20000), 0);
	known_all(s);
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(process_gone_within_a_turn),
	    STORY(killed_at_any_moment),
	    STORY(failed_commit_stops_the_store),
	    STORY(so_does_one_of_the_thread_that_writes),
	    STORY(map_that_cannot_grow_stops_the_store),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
