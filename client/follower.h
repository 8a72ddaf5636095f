#pragma once

/*
 * Following: every fact of some streams, once, by ascending number.
 *
 * The one thing to know: `last`. Every fact of the streams up to `last` has been given, and none
 * above it. All else serves to move it forward:
 *
 *   check    ask where the streams stand (streams.heads). A stream whose head is above `last` lags.
 *   replay   read the facts from `last` + 1 up to the head that the check saw, page by page.
 *   live     one stream alone: a message whose `prev` is not above `last` continues it and is given
 *            as it is. Anything else above `last` starts a check.
 *
 * A check is due when the feed is heard (again), when a message did not continue, and when a
 * heartbeat shows facts beyond `last` for some time, for the feed may drop messages without a
 * trace. While a check or a replay runs, live messages wait in the socket; those that the replay
 * has covered are recognised by their number. A subscription reaches the gateway some time after it
 * is made, but the heartbeat is subscribed to last: so the first heartbeat proves that all are in
 * force, and starts a check that covers what was before.
 *
 * Facts that matchd does not keep any more are told as lost, once, and count as given.
 *
 * With several streams `prev` proves too little: that one stream goes on says nothing of the
 * others, and giving its fact would tempt the caller to remember a number below which others are
 * missing. So there the feed only wakes, and facts come by replay.
 */

#include "client/connection.h"
#include "client/feed.h"
#include "client/reply.h"
#include "client/waiter.h"
#include "proto/proto.h"

/* What a step came to, beside the public codes. */
enum { STEP_AGAIN = 100, STEP_WAIT = 101 };

enum stage { LIVE, CHECK, REPLAY };

struct matchd_follower {
	struct matchd *ask; /* a connection of our own for checks and replays */
	struct feed feed;
	char **streams; /* sorted; none: everything */
	size_t n_streams;

	uint8_t epoch[PROTO_EPOCH];
	bool epoch_known;
	uint64_t last;
	uint64_t lost_from, lost_to; /* as told last */

	enum stage stage;
	bool asked;		   /* the stage's question is out */
	int64_t ask_ms;		   /* when to ask (again), or to give up waiting for the answer */
	uint64_t next, goal;	   /* replay: first number not looked at yet; where it ends */
	const char *filter;	   /* replay: the one stream that lags, or NULL */
	struct matchd_reply *page; /* holds the facts being given, or what was refused */
	struct mp facts;	   /* in the page: those still to be looked at */
	uint32_t facts_left;

	bool heard;	   /* a heartbeat has come over this connection, and has started a check */
	int64_t silent_ms; /* when the feed will have been silent for too long */
	int64_t check_ms;  /* when a heartbeat may start a check again */

	struct waiter waiter;
	int ask_fd, feed_fd; /* as the waiter watches them; -1: none */
	char kind[64];
};

/* ---- descriptors (follow_fd.c) ---- */

/* Connects the feed (anew). */
int follower_connect_feed(struct matchd_follower *f);
/* Starts to watch the connection for asking; with `anew`, drops what is in flight first. */
int follower_connect_ask(struct matchd_follower *f, bool anew);
/* Waits until there may be something to do. MATCHD_TIMEOUT at the deadline or on a signal. */
int follower_wait(struct matchd_follower *f, int64_t deadline);

/* ---- check and replay (replay.c) ---- */

void replay_begin(struct matchd_follower *f, enum stage stage);
/* The first check, waited for: finds out whether matchd is there and knows the streams, and where
 * "now" is. */
int replay_first_check(struct matchd_follower *f, bool from_now, struct matchd_reply **ret_error);
/* Sends the stage's question, or looks for its answer. */
int replay_step(struct matchd_follower *f);
/* The next fact of the page that is ours, or STEP_AGAIN at the page's end. */
int replay_give(struct matchd_follower *f, struct matchd_fact *ret);
/* Fills in the public fact from its body and moves `last` to it. */
int follower_give(struct matchd_follower *f, uint64_t number, struct str body,
		  struct matchd_fact *ret);
