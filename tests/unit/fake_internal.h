#pragma once

/* What the fake gateway's thread (fake_gateway.c) and the test (fake_control.c) share, under a lock. */

#include "fake_gateway.h"
#include "fake_subscription.h"
#include "proto/proto.h"
#include "util/buf.h"

#include <pthread.h>
#include <zmq.h>

enum { MAX_STREAMS_EACH = 3, MAX_NAMES = 64 };

struct fake_fact {
	size_t n;
	struct {
		char name[32];
		uint64_t prev;
	} streams[MAX_STREAMS_EACH];
	bool lost;
};

struct late {
	zmq_msg_t identity;
	struct buf request;
};

struct fake {
	char directory[64];
	pthread_t thread;
	pthread_mutex_t lock;
	bool running, stop, mute, away, silent;
	const char *before_read;

	uint8_t epoch[PROTO_EPOCH];
	struct fake_fact *facts; /* number n at n - 1 */
	size_t n_facts, cap;
	uint64_t published;
	uint64_t first; /* the oldest that is kept */
	struct fake_subscription subscription;
	char client[64];      /* who fetched last */
	const char *end_code; /* refuse the fetch that waits */
	unsigned reads, subscriptions;

	struct late *late; /* what came while mute */
	size_t n_late, late_cap;

	void *context, *router, *feed;
};

/* The gateway's thread; takes the gateway. */
void *fake_serve(void *gateway);
/* Appends a fact; as fake_fact, under the lock. */
uint64_t fake_append(struct fake *g, const char *streams, bool lost);
/* Answers what came while mute; where nothing runs, drops it. */
void fake_answer_late(struct fake *g);
