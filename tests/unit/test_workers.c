/* The thread pool: every part is done, by one thread, once; it ends when told; and what goes wrong
 * with threads is said. */

#include "util/mem.h"
#include "util/workers.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_PARTS = 500 };

/* What the parts of a task did. */
struct seen {
	atomic_int done[MOST_PARTS];
	atomic_int inside[WORKERS_MOST + 1]; /* threads that are at work as this hand */
	atomic_int crowded;		     /* times that two were the same hand */
	atomic_int hands;		     /* the highest that took part, 0: the owner alone */
	int plain[MOST_PARTS]; /* what a part wrote, to be read by the owner behind it */
};

static void
do_part(void *arg, unsigned hand, size_t part)
{
	struct seen *s = arg;
	if (atomic_fetch_add(&s->inside[hand], 1) != 0)
		s->crowded++;
	if ((int)hand > s->hands)
		s->hands = (int)hand;
	s->done[part]++;
	s->plain[part] = (int)part + 1;
	atomic_fetch_sub(&s->inside[hand], 1);
}

static void
share(struct workers *w, double ns, size_t parts, struct seen *s)
{
	memset(s, 0, sizeof *s);
	workers_share(w, ns, parts, do_part, s);
	for (size_t i = 0; i < MOST_PARTS; i++) {
		assert_int_equal(s->done[i], i < parts);
		assert_int_equal(s->plain[i], i < parts ? i + 1 : 0);
	}
	assert_int_equal(s->crowded, 0);
	assert_in_range(s->hands, 0, workers_hands(w) - 1);
}

static int
threads_of_this_process(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* A thread that was joined may stand there for a moment. */
static void
wait_for_threads(int n)
{
	for (int i = 0; i < 2000 && threads_of_this_process() != n; i++)
		usleep(1000);
	assert_int_equal(threads_of_this_process(), n);
}

static void
each_part_is_done_once(void **state)
{
	static const unsigned sizes[] = {0, 1, 3, WORKERS_MOST};
	static struct seen s;
	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct workers *w;
		assert_int_equal(workers_new(sizes[k], 0, &w), 0);
		assert_int_equal(workers_hands(w), sizes[k] + 1);
		for (size_t round = 0; round < 1000; round++)
			share(w, 1, round % MOST_PARTS, &s);
		workers_free(w);
	}
	assert_int_equal(workers_hands(NULL), 1);
	share(NULL, 1e9, MOST_PARTS, &s);
}

/* Waits until both of two parts are begun: one thread alone would wait for ever. */
static void
meet(void *arg, unsigned hand, size_t part)
{
	(void)hand, (void)part;
	pthread_barrier_wait(arg);
}

static void
long_tasks_are_shared(void **state)
{
	struct workers *w;
	pthread_barrier_t both;
	(void)state;
	assert_int_equal(workers_new(1, 1000, &w), 0);
	pthread_barrier_init(&both, NULL, 2);
	for (int i = 0; i < 200; i++)
		workers_share(w, 1000, 2, meet, &both);
	pthread_barrier_destroy(&both);
	workers_free(w);
}

static void
short_tasks_call_nobody(void **state)
{
	static struct seen s;
	struct workers *w;
	(void)state;
	assert_int_equal(workers_new(3, 1000, &w), 0);
	for (int i = 0; i < 1000; i++) {
		share(w, 999, MOST_PARTS, &s);
		assert_int_equal(s.hands, 0);
	}
	workers_free(w);
}

struct nested {
	struct workers *workers;
	struct seen *seen;
};

static void
share_again(void *arg, unsigned hand, size_t part)
{
	struct nested *n = arg;
	(void)hand, (void)part;
	workers_share(n->workers, 1, 2, do_part, n->seen);
}

/* A part that has its own work shared is a mistake of ours, and ends the process that makes it. */
static void
a_part_shares_nothing(void **state)
{
	int status;
	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static struct seen s;
		struct nested n = {.seen = &s};
		signal(SIGABRT, SIG_DFL);
		alarm(20);
		if (workers_new(1, 0, &n.workers) == 0)
			workers_share(n.workers, 1, 2, share_again, &n);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
freeing_ends_the_threads(void **state)
{
	int before = threads_of_this_process();
	struct workers *w;
	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(workers_new(4, 0, &w), 0);
		assert_int_equal(threads_of_this_process(), before + 4);
		workers_free(w);
		wait_for_threads(before);
	}
	workers_free(NULL);
}

/* The signals that the worker blocks, as the kernel has it. */
static unsigned long long
blocked_by_the_worker(void)
{
	unsigned long long mask = 0;
	DIR *d = opendir("/proc/self/task");
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		char path[300], line[200], name[32] = "";
		snprintf(path, sizeof path, "/proc/self/task/%s/status", e->d_name);
		FILE *f = fopen(path, "r");
		while (f && fgets(line, sizeof line, f)) {
			sscanf(line, "Name: %31s", name);
			if (strcmp(name, "worker") == 0)
				sscanf(line, "SigBlk: %llx", &mask);
		}
		if (f)
			fclose(f);
	}
	closedir(d);
	return mask;
}

static void
workers_take_no_signals(void **state)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGALRM};
	struct workers *w;
	sigset_t mask;
	(void)state;
	assert_int_equal(workers_new(1, 0, &w), 0);
	unsigned long long blocked = blocked_by_the_worker();
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		assert_true(blocked >> (ours[i] - 1) & 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
	workers_free(w);
}

/* As where the system has no room for another thread. */
static void
a_thread_that_cannot_be_had_is_told(void **state)
{
	int before = threads_of_this_process();
	struct workers *w = NULL;
	pthread_attr_t usual, huge;
	(void)state;
	pthread_getattr_default_np(&usual);
	pthread_getattr_default_np(&huge);
	pthread_attr_setstacksize(&huge, (size_t)1 << 50);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	assert_int_not_equal(workers_new(2, 0, &w), 0);
	assert_null(w);
	wait_for_threads(before);
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&huge);
	assert_int_equal(workers_new(2, 0, &w), 0);
	workers_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_part_is_done_once),
	    cmocka_unit_test(long_tasks_are_shared),
	    cmocka_unit_test(short_tasks_call_nobody),
	    cmocka_unit_test(a_part_shares_nothing),
	    cmocka_unit_test(freeing_ends_the_threads),
	    cmocka_unit_test(workers_take_no_signals),
	    cmocka_unit_test(a_thread_that_cannot_be_had_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
