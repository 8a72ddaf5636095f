#pragma once

/*
 * A thread pool: threads that share the parts of one task with the thread that has it done.
 *
 * The task is cut into parts that do not depend on each other. Its owner calls the workers, takes
 * parts itself, one after the other as long as some are left, and returns when all are done. A
 * worker that wakes only when the last part is taken is not waited for, so that a busy machine
 * costs no more than the call.
 *
 * Waking a thread takes some 30 µs, so a task must take several times as long for that to pay. After
 * a task workers stay awake for a third of a millisecond, in which shorter tasks pay as well: that
 * is how it goes while an owner is busy. Otherwise they sleep.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WORKERS_MOST = 16,
	/* Nanoseconds of work from which calling pays (docs/performance.md). */
	WORKERS_PAY_NS = 150000
};

struct workers;

/*
 * Starts `n` threads, up to WORKERS_MOST, which take no signals; 0 of them are fine. They are
 * called to tasks that take `from_ns` nanoseconds, or a quarter of it while one is awake:
 * WORKERS_PAY_NS, or 0 where a test wants every task shared. Returns 0, or the errno of the thread that the system did not give, and then none is
 * left.
 */
int workers_new(unsigned n, uint64_t from_ns, struct workers **ret);
/* Ends the threads and waits until they have. Takes NULL. */
void workers_free(struct workers *w);

/* How many threads may take part in a task, its owner among them. NULL: one. */
unsigned workers_hands(const struct workers *w);

/* Does one part; `hand` is below workers_hands, and at any time one thread's alone. */
typedef void (*workers_fn)(void *arg, unsigned hand, size_t part);
/*
 * Has each of `parts` done exactly once, begun in their order, and returns when all are; what they
 * wrote can be read then. `ns` is about what the task takes its owner alone. Where that is too
 * little for calling anybody, or `w` is NULL, the owner (hand 0) does all of it. One task at a
 * time: a part that had its own work shared would abort.
 */
void workers_share(struct workers *w, double ns, size_t parts, workers_fn fn, void *arg);
