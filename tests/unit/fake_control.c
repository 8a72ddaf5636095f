/* The fake gateway in the hands of the test. */

#include "fake_internal.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fake *
fake_new(void)
{
	struct fake *g = mem_zalloc(sizeof *g);
	snprintf(g->directory, sizeof g->directory, "/tmp/matchd-test-XXXXXX");
	pthread_mutex_init(&g->lock, NULL);
	memset(g->epoch, 1, sizeof g->epoch);
	memcpy(g->subscription.epoch, g->epoch, sizeof g->epoch);
	g->first = 1;
	if (!mkdtemp(g->directory))
		abort();
	return g;
}

const char *
fake_directory(const struct fake *g)
{
	return g->directory;
}

static void *
bound(struct fake *g, int type, const char *name)
{
	char endpoint[128];
	int linger = 0, verbose = 1;
	void *socket = zmq_socket(g->context, type);
	snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", g->directory, name);
	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
	/* Without it a subscription that another socket has, too, would not be seen. */
	if (type == ZMQ_XPUB)
		zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &verbose, sizeof verbose);
	if (zmq_bind(socket, endpoint))
		abort();
	return socket;
}

void
fake_start(struct fake *g)
{
	g->context = zmq_ctx_new();
	g->router = bound(g, ZMQ_ROUTER, PROTO_COMMANDS_SOCKET);
	g->feed = bound(g, ZMQ_XPUB, PROTO_FEED_SOCKET);
	g->stop = false;
	g->running = true;
	if (pthread_create(&g->thread, NULL, fake_serve, g))
		abort();
}

void
fake_stop(struct fake *g)
{
	if (!g->running)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	g->running = false;
	fake_answer_late(g);
	fake_subscription_forget(&g->subscription);
	zmq_close(g->router);
	zmq_close(g->feed);
	zmq_ctx_term(g->context);
}

void
fake_free(struct fake *g)
{
	char path[128];
	fake_stop(g);
	snprintf(path, sizeof path, "%s/%s", g->directory, PROTO_COMMANDS_SOCKET);
	unlink(path);
	snprintf(path, sizeof path, "%s/%s", g->directory, PROTO_FEED_SOCKET);
	unlink(path);
	rmdir(g->directory);
	pthread_mutex_destroy(&g->lock);
	free(g->facts);
	free(g->late);
	free(g);
}

uint64_t
fake_fact(struct fake *g, const char *streams, bool lost)
{
	pthread_mutex_lock(&g->lock);
	uint64_t number = fake_append(g, streams, lost);
	pthread_mutex_unlock(&g->lock);
	return number;
}

void
fake_settle(struct fake *g)
{
	for (;;) {
		pthread_mutex_lock(&g->lock);
		bool done = g->published == g->n_facts;
		pthread_mutex_unlock(&g->lock);
		if (done)
			return;
		usleep(1000);
	}
}

void
fake_new_epoch(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	g->epoch[0]++;
	g->n_facts = 0;
	g->published = 0;
	g->subscription.acked = g->subscription.seen = 0;
	pthread_mutex_unlock(&g->lock);
}

void
fake_truncate(struct fake *g, uint64_t head)
{
	pthread_mutex_lock(&g->lock);
	g->n_facts = head;
	g->published = head;
	pthread_mutex_unlock(&g->lock);
}

void
fake_mute(struct fake *g, bool mute)
{
	pthread_mutex_lock(&g->lock);
	g->mute = mute;
	pthread_mutex_unlock(&g->lock);
}

void
fake_away(struct fake *g, bool away)
{
	pthread_mutex_lock(&g->lock);
	g->away = away;
	pthread_mutex_unlock(&g->lock);
}

void
fake_silence(struct fake *g, bool silent)
{
	pthread_mutex_lock(&g->lock);
	g->silent = silent;
	pthread_mutex_unlock(&g->lock);
}

void
fake_fact_before_read(struct fake *g, const char *streams)
{
	pthread_mutex_lock(&g->lock);
	g->before_read = streams;
	pthread_mutex_unlock(&g->lock);
}

unsigned
fake_subscriptions(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	unsigned n = g->subscriptions;
	pthread_mutex_unlock(&g->lock);
	return n;
}

unsigned
fake_reads(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	unsigned n = g->reads;
	pthread_mutex_unlock(&g->lock);
	return n;
}

void
fake_trim(struct fake *g, uint64_t first)
{
	pthread_mutex_lock(&g->lock);
	g->first = first;
	pthread_mutex_unlock(&g->lock);
}

void
fake_state(struct fake *g, uint64_t n)
{
	pthread_mutex_lock(&g->lock);
	g->subscription.n_state = n;
	pthread_mutex_unlock(&g->lock);
}

void
fake_lose_page(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	g->subscription.lose = true;
	pthread_mutex_unlock(&g->lock);
}

void
fake_end_fetch(struct fake *g, const char *code)
{
	pthread_mutex_lock(&g->lock);
	g->end_code = code;
	pthread_mutex_unlock(&g->lock);
}

struct fake_standing
fake_subscription(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	const struct fake_subscription *s = &g->subscription;
	struct fake_standing standing = {.given = s->seen,
					 .acked = s->acked,
					 .acked_state = s->acked_state,
					 .acks = s->acks,
					 .consumers = s->consumers,
					 .waits = s->waits};
	snprintf(standing.client, sizeof standing.client, "%s", g->client);
	pthread_mutex_unlock(&g->lock);
	return standing;
}
