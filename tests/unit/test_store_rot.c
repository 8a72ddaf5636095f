/* A bit turned over anywhere in the data file: nothing wrong is served. */

#include "store_help.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FACTS = 1000, TURNS = 10, ROUNDS = 1000 };

/* How a process ends that has read the store. */
enum { SERVED = 10, REFUSED, WRONG };

/* Reads everything there is, as a daemon would. */
static int
read_all(struct place *p)
{
	struct store *s;
	char message[STORE_MESSAGE];
	struct store_options options = {.directory = p->directory};
	struct reading facts = {.next = 1}, rows = {0};
	if (store_open(&options, &s, message) != 0)
		return REFUSED;
	int rc = store_facts(s, 1, UINT64_MAX, read_fact, &facts);
	int rc_rows = store_load(s, read_row, &rows);
	bool wrong = facts.wrong || rows.wrong;
	bool all = facts.count == FACTS && rows.count == KNOWN_ROWS;
	store_close(s);
	if (rc || rc_rows)
		return wrong ? WRONG : REFUSED;
	return wrong || !all ? WRONG : SERVED;
}

struct tally {
	unsigned served, refused, ended;
};

/*
 * Turns a bit over, and back when the store has been read by a process of its own. That may not
 * survive it, since LMDB trusts its pages' headers; what is dead serves nothing.
 */
static void
try(struct place *p, size_t offset, unsigned bit, struct tally *tally)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	int status;
	place_flip_at(p, offset, bit);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
			signal(signals[i], SIG_DFL); /* cmocka took them */
		alarm(10);			     /* nor does what hangs */
		_exit(read_all(p));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	place_flip_at(p, offset, bit);
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	if (end == WRONG)
		fail_msg("bit %u at %zu: something wrong was served", bit, offset);
	tally->served += end == SERVED;
	tally->refused += end == REFUSED;
	tally->ended += end < SERVED;
}

/*
 * LMDB's first two pages are left out. They say which of the last two turns is the later, without
 * a checksum; where that is damaged LMDB opens the earlier one, which is whole and right, and
 * nothing in the file says that there was another.
 */
static void
rot_is_never_served(void **state)
{
	struct place *p = *state;
	struct tally tally = {0};
	place_fill(p, FACTS, TURNS);
	size_t from = 2 * (size_t)sysconf(_SC_PAGESIZE), to = place_used(p);
	uint64_t random = 20240229; /* the same places in every run */
	for (unsigned round = 0; round < ROUNDS; round++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		try(p, from + (random >> 24) % (to - from), (unsigned)(random >> 61), &tally);
	}
	print_message("%u refused, %u in unused bytes, %u ended\n", tally.refused, tally.served,
		      tally.ended);
	assert_true(tally.refused > ROUNDS / 2);
	assert_true(tally.ended < ROUNDS / 50);
	struct store *s = place_open(p);
	known_all(s);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest stories[] = {
	    cmocka_unit_test_setup_teardown(rot_is_never_served, place_setup, place_teardown),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
