#pragma once

/* The fake gateway's one durable subscription, "s", which lets every fact through. */

#include "proto/proto.h"
#include "util/buf.h"

#include <zmq.h>

struct fake_subscription {
	uint64_t consumer;
	uint64_t before;	     /* from whom it was taken over; refused */
	unsigned consumers;	     /* how many took it over */
	uint64_t n_state;	     /* things that stand, given first */
	uint64_t acked_state, acked; /* acknowledged */
	uint64_t seen_state, seen;   /* given */
	uint8_t epoch[PROTO_EPOCH];
	unsigned acks; /* fetches that acknowledged something */

	uint64_t asked; /* the last request of this consumer */
	bool lose;	/* the next page: its place is an error */
	bool waits;	/* a fetch does */
	zmq_msg_t identity;
	uint64_t id;
	int64_t credit, deadline_ms;
	bool other_epoch;
};

/* What there is to give. */
struct fake_store {
	uint64_t first, head;
	const uint8_t *epoch;
	void (*put_body)(struct buf *out, uint64_t number);
	void (*send)(void *arg, zmq_msg_t *identity, const struct buf *reply);
	void *arg;
};

/* Takes a fetch; the identity is copied. */
void fake_subscription_fetch(struct fake_subscription *s, const struct fake_store *store,
			     zmq_msg_t *identity, const struct proto_request *r, int64_t now_ms);
/* Answers the fetch that waits if there is something to say. */
void fake_subscription_run(struct fake_subscription *s, const struct fake_store *store,
			   int64_t now_ms);
/* Answers what waits with a refusal; the next fetch takes the subscription over. */
void fake_subscription_end(struct fake_subscription *s, const struct fake_store *store,
			   const char *code);
/* The fetch that waits is gone with its connection. */
void fake_subscription_forget(struct fake_subscription *s);
