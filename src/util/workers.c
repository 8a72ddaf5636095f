#include "util/workers.h"

#include "util/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
	/* A worker stays awake for so long after a task, which is longer than a busy owner takes to
	 * come with the next. */
	AWAKE_NS = 300000,
	/* The owner, for the last parts of others. */
	PATIENT_NS = 50000,
	/* While a worker is awake, a task must take this part of what it must for waking one. */
	AWAKE_SHARE = 4
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t called, left;
	uint64_t from_ns;

	/* The task; written while nobody is at it. */
	workers_fn fn;
	void *arg;
	size_t parts;
	atomic_size_t taken;

	/* Changed under the lock. */
	atomic_uint_fast64_t tasks; /* so far */
	atomic_uint at_it, awake;   /* workers */
	bool open;		    /* parts may be left of the last task */
	bool stop;

	cpu_set_t allowed; /* processors; none where they cannot be told apart */
	int avoided;	   /* of them, by the workers; or -1 */
	unsigned n;
	struct worker {
		struct workers *all;
		pthread_t thread;
		unsigned hand;
	} worker[WORKERS_MOST];
};

static void
take_parts(struct workers *w, unsigned hand)
{
	size_t part;
	while ((part = atomic_fetch_add_explicit(&w->taken, 1, memory_order_relaxed)) < w->parts)
		w->fn(w->arg, hand, part);
}

static uint64_t
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Lets the processor's other threads have it, if it has any. */
static void
relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Goes on looking for another task than `seen` for a while. */
static void
look_out(struct workers *w, uint64_t seen)
{
	uint64_t until = now_ns() + AWAKE_NS;
	while (atomic_load_explicit(&w->tasks, memory_order_relaxed) == seen && now_ns() < until)
		relax();
}

static void
look_for_the_last(struct workers *w)
{
	uint64_t until = now_ns() + PATIENT_NS;
	while (atomic_load_explicit(&w->at_it, memory_order_relaxed) > 0 && now_ns() < until)
		relax();
}

static void *
work(void *arg)
{
	const struct worker *self = arg;
	struct workers *w = self->all;
	uint64_t seen = 0;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->stop && (!w->open || seen == w->tasks))
			pthread_cond_wait(&w->called, &w->lock);
		if (w->stop)
			break;
		seen = w->tasks;
		w->at_it++;
		w->awake++;
		pthread_mutex_unlock(&w->lock);
		take_parts(w, self->hand);
		pthread_mutex_lock(&w->lock);
		if (--w->at_it == 0)
			pthread_cond_signal(&w->left);
		pthread_mutex_unlock(&w->lock);
		look_out(w, seen);
		pthread_mutex_lock(&w->lock);
		w->awake--;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/*
 * Keeps the workers off the processor that the owner runs on. The system likes to wake a thread where
 * its caller is, and there it would wait until the caller sleeps: when the task is done.
 */
static void
keep_away(struct workers *w)
{
	int here = sched_getcpu();
	cpu_set_t others = w->allowed;
	if (here == w->avoided || here < 0 || here >= CPU_SETSIZE || CPU_COUNT(&others) < 2)
		return;
	CPU_CLR(here, &others);
	for (unsigned i = 0; i < w->n; i++) /* in vain: slower, no worse */
		pthread_setaffinity_np(w->worker[i].thread, sizeof others, &others);
	w->avoided = here;
}

int
workers_new(unsigned n, uint64_t from_ns, struct workers **ret)
{
	struct workers *w = mem_zalloc(sizeof *w);
	sigset_t all, before;
	int rc = 0;

	w->from_ns = from_ns;
	w->avoided = -1;
	if (sched_getaffinity(0, sizeof w->allowed, &w->allowed) != 0)
		CPU_ZERO(&w->allowed);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->called, NULL);
	pthread_cond_init(&w->left, NULL);
	sigfillset(&all); /* signals are for the owner's thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (w->n < n && w->n < WORKERS_MOST) {
		struct worker *one = &w->worker[w->n];
		one->all = w;
		one->hand = w->n + 1;
		rc = pthread_create(&one->thread, NULL, work, one);
		if (rc)
			break;
		pthread_setname_np(one->thread, "worker");
		w->n++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		workers_free(w);
	else
		*ret = w;
	return rc;
}

void
workers_free(struct workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->called);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->worker[i].thread, NULL);
	pthread_cond_destroy(&w->left);
	pthread_cond_destroy(&w->called);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

unsigned
workers_hands(const struct workers *w)
{
	return w ? w->n + 1 : 1;
}

static bool
pays(const struct workers *w, double ns)
{
	bool awake = atomic_load_explicit(&w->awake, memory_order_relaxed) > 0;
	return ns >= (double)w->from_ns / (awake ? AWAKE_SHARE : 1);
}

void
workers_share(struct workers *w, double ns, size_t parts, workers_fn fn, void *arg)
{
	if (!w || w->n == 0 || parts < 2 || !pays(w, ns)) {
		for (size_t part = 0; part < parts; part++)
			fn(arg, 0, part);
		return;
	}
	keep_away(w);
	pthread_mutex_lock(&w->lock);
	if (w->open)
		abort(); /* called from a part */
	w->fn = fn;
	w->arg = arg;
	w->parts = parts;
	atomic_store_explicit(&w->taken, 0, memory_order_relaxed);
	w->tasks++;
	w->open = true;
	pthread_cond_broadcast(&w->called);
	pthread_mutex_unlock(&w->lock);
	take_parts(w, 0);
	pthread_mutex_lock(&w->lock);
	w->open = false;
	pthread_mutex_unlock(&w->lock);
	look_for_the_last(w);
	pthread_mutex_lock(&w->lock);
	while (w->at_it > 0)
		pthread_cond_wait(&w->left, &w->lock);
	pthread_mutex_unlock(&w->lock);
}
