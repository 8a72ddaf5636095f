#include "listeners.h"

#include "proto/proto.h"
#include "util/mem.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { HIGH_WATER = 10000, WAIT_MS = 100, AT_ONCE = 1000 };

/* Shared with the process that listens. */
struct counts {
	uint64_t ready, messages, bytes;
};

struct listeners {
	pid_t pid;
	struct counts *counts;
};

void
listeners_prefix(size_t i, char ret[32])
{
	snprintf(ret, 32, "p.f%zu/", i);
}

static void *
open_socket(void *context, const char *endpoint, size_t i)
{
	void *s = zmq_socket(context, ZMQ_SUB);
	int high_water = HIGH_WATER, linger = 0;
	char prefix[32];
	listeners_prefix(i, prefix);
	if (!s || zmq_setsockopt(s, ZMQ_RCVHWM, &high_water, sizeof high_water) ||
	    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger) ||
	    zmq_setsockopt(s, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) ||
	    zmq_setsockopt(s, ZMQ_SUBSCRIBE, PROTO_HEARTBEAT, strlen(PROTO_HEARTBEAT)) ||
	    zmq_connect(s, endpoint)) {
		perror("listeners");
		_exit(1);
	}
	return s;
}

/* Takes what has come: frames of topic, header and body. */
static void
drain(void *socket, struct counts *c, bool *ready)
{
	for (int i = 0; i < AT_ONCE; i++) {
		char topic[160];
		size_t size = 0;
		int more = 1, len = zmq_recv(socket, topic, sizeof topic, ZMQ_DONTWAIT);
		if (len < 0)
			return;
		bool heartbeat = topic[0] != 'p';
		for (size_t width = sizeof more; more;) {
			char frame[4096];
			zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &width);
			if (more)
				size = (size_t)zmq_recv(socket, frame, sizeof frame, 0);
		}
		if (heartbeat && !*ready) {
			*ready = true;
			__atomic_fetch_add(&c->ready, 1, __ATOMIC_RELAXED);
		}
		if (heartbeat)
			continue;
		__atomic_store_n(&c->messages, c->messages + 1, __ATOMIC_RELAXED);
		__atomic_store_n(&c->bytes, c->bytes + size, __ATOMIC_RELAXED);
	}
}

static _Noreturn void
listen_for(const char *endpoint, size_t n, struct counts *c)
{
	void *context = zmq_ctx_new();
	zmq_pollitem_t *items = mem_zalloc(n * sizeof *items);
	bool *ready = mem_zalloc(n * sizeof *ready);
	for (size_t i = 0; i < n; i++)
		items[i] = (zmq_pollitem_t){.socket = open_socket(context, endpoint, i),
					    .events = ZMQ_POLLIN};
	for (;;) {
		zmq_poll(items, (int)n, WAIT_MS);
		for (size_t i = 0; i < n; i++)
			if (items[i].revents)
				drain(items[i].socket, c, &ready[i]);
	}
}

struct listeners *
listeners_start(const char *endpoint, size_t n)
{
	struct listeners *l = mem_zalloc(sizeof *l);
	l->counts = mmap(NULL, sizeof *l->counts, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->counts == MAP_FAILED)
		abort();
	fflush(NULL);
	l->pid = fork();
	if (l->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		listen_for(endpoint, n, l->counts);
	}
	if (l->pid < 0)
		abort();
	return l;
}

void
listeners_stop(struct listeners *l)
{
	if (!l)
		return;
	kill(l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
	munmap(l->counts, sizeof *l->counts);
	free(l);
}

size_t
listeners_ready(const struct listeners *l)
{
	return __atomic_load_n(&l->counts->ready, __ATOMIC_RELAXED);
}

uint64_t
listeners_count(const struct listeners *l, uint64_t *ret_bytes)
{
	*ret_bytes = __atomic_load_n(&l->counts->bytes, __ATOMIC_RELAXED);
	return __atomic_load_n(&l->counts->messages, __ATOMIC_RELAXED);
}
