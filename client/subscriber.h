#pragma once

/*
 * Consuming a durable subscription.
 *
 * matchd keeps count; here is a *consumer number*, by which it knows us from others, and two pages of
 * facts at most: the one being given, and one ahead. Two requests can be in flight: a fetch for the
 * next page, which waits at matchd until there is something, and one with no credit that only
 * acknowledges. The latter ends the former, which is then answered empty and sent again.
 *
 * Answers come in order. When one is overdue, or the connection is lost, the socket is thrown away and the consumer number with
 * it. Every request says behind which place the answer is to begin, so an answer that was lost, on
 * whichever way, leaves no hole. What is given again all the same is recognised by its place, for
 * places only grow.
 */

#include "client/connection.h"
#include "client/reply.h"
#include "client/waiter.h"
#include "proto/proto.h"

/* What a step came to, beside the public codes. */
enum { SUB_AGAIN = 100, SUB_WAIT = 101 };

/* What stands comes first (state 1 and above), then facts (NO_STATE). */
#define NO_STATE UINT64_MAX
struct place {
	uint64_t state, number;
};

static inline bool
place_is_before(struct place a, struct place b)
{
	return a.state != b.state ? a.state < b.state : a.number < b.number;
}

/* A request in flight. */
struct asked {
	uint64_t id;	    /* 0: none */
	int64_t overdue_ms; /* when its answer will be */
	struct place ack;   /* what it acknowledges */
};

struct matchd_subscription {
	struct matchd *ask;
	struct waiter waiter;
	int ask_fd; /* as the waiter watches it; -1: none */
	char *name;
	unsigned credit;
	int wait_ms;

	uint64_t consumer;
	uint8_t epoch[PROTO_EPOCH];
	bool epoch_known;

	struct place given;		 /* the last that the caller got */
	struct place came;		 /* the last of the page being given */
	struct place acked, sent, heard; /* acknowledged by the caller, in a request, answered */
	struct asked fetch, ack;
	int64_t retry_ms; /* nothing is sent before */
	int64_t
	    late_ms; /* until then our own former consumer may take the subscription over, once */

	struct matchd_reply *page, *ahead; /* being given; received */
	struct mp rows;			   /* of the page: those still to be given */
	uint32_t rows_left;

	/* What was told and ends with the next call, or with a confirmation. */
	bool lagged, epoch_changed;
	struct matchd_reply *refusal; /* to be told, or told */
	bool refusal_told;
	char kind[64];
};

/* ---- fetch.c: talking to matchd ---- */

/* Connects anew under a new consumer number; what is in flight is void. */
int fetch_reconnect(struct matchd_subscription *s);
/* Takes one answer that is there: SUB_AGAIN, with `ahead` or `refusal` set where it came to one;
 * SUB_WAIT where there is none and none is overdue. */
int fetch_receive(struct matchd_subscription *s);
/* Asks for the next page unless that is out already, or cannot go out now. */
int fetch_more(struct matchd_subscription *s);
/* Sends what is acknowledged, unless that is on its way. */
int fetch_ack(struct matchd_subscription *s);
/* Waits until there may be something to do. */
int fetch_wait(struct matchd_subscription *s, int64_t deadline);
