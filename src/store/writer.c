/*
 * A thread that writes one turn while the next is gathered.
 *
 * Most of a commit is waiting for the disk. What the thread is given is complete: the turn's bytes,
 * and the state that the store has with them. Until it is done nobody else uses LMDB: the owner's
 * thread only gathers, and whatever reads waits (store_finish). So at any time one thread uses the
 * environment, and turns are written in their order.
 *
 * A checkpoint of heads reads what the owner's thread leaves alone meanwhile: heads move on when a
 * turn is handed over, and while one is gathered only their `turn` does. Turns that drop facts are
 * written in place.
 */

#include "store/internal.h"

#include <signal.h>

static void *
work(void *arg)
{
	struct store *s = arg;
	struct writer *w = &s->writer;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->stage != WRITER_ASKED && !w->stop)
			pthread_cond_wait(&w->moved, &w->lock);
		if (w->stage != WRITER_ASKED)
			break;
		pthread_mutex_unlock(&w->lock);
		int rc = turn_write(s, &s->writing, &s->next, w->chores, &s->written);
		pthread_mutex_lock(&w->lock);
		w->rc = rc;
		w->stage = WRITER_DONE;
		pthread_cond_signal(&w->moved);
		pthread_mutex_unlock(&w->lock);
		w->notify(w->arg);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int
store_write_beside(struct store *s, void (*notify)(void *arg), void *arg)
{
	struct writer *w = &s->writer;
	sigset_t all, before;
	w->notify = notify;
	w->arg = arg;
	w->stop = false;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->moved, NULL);
	sigfillset(&all); /* signals are for the owner's thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&w->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->there = rc == 0;
	return rc ? env_fail(s, rc, "starting the thread that writes") : 0;
}

void
store_write_alone(struct store *s)
{
	struct writer *w = &s->writer;
	if (!w->there)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true; /* once it has written what it was given */
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	store_finish(s);
	w->there = false;
	pthread_cond_destroy(&w->moved);
	pthread_mutex_destroy(&w->lock);
}

bool
writer_has_turn(struct store *s)
{
	struct writer *w = &s->writer;
	if (!w->there)
		return false;
	pthread_mutex_lock(&w->lock);
	bool has = w->stage != WRITER_IDLE;
	pthread_mutex_unlock(&w->lock);
	return has;
}

void
writer_ask(struct store *s, struct chores chores)
{
	struct writer *w = &s->writer;
	pthread_mutex_lock(&w->lock);
	w->chores = chores;
	w->stage = WRITER_ASKED;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
}

bool
store_is_written(struct store *s)
{
	struct writer *w = &s->writer;
	if (!w->there)
		return true;
	pthread_mutex_lock(&w->lock);
	bool written = w->stage != WRITER_ASKED;
	pthread_mutex_unlock(&w->lock);
	return written;
}

int
store_finish(struct store *s)
{
	struct writer *w = &s->writer;
	if (!w->there)
		return s->failed;
	pthread_mutex_lock(&w->lock);
	while (w->stage == WRITER_ASKED)
		pthread_cond_wait(&w->moved, &w->lock);
	bool done = w->stage == WRITER_DONE;
	w->stage = WRITER_IDLE;
	pthread_mutex_unlock(&w->lock);
	if (done && w->rc)
		s->failed = w->rc;
	else if (done)
		turn_adopt(s, &s->writing, &s->written);
	return s->failed;
}
