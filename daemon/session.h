#pragma once

/*
 * A gateway's connection, as the core sees it.
 *
 * In a turn the session hands its requests to dispatch, each client's in its turn (fair_queue.h),
 * and holds the replies back until the turn is committed; by then it may hold some of the next. A
 * session whose answers pile up is *behind*: no further requests are taken from it until it has
 * read, and beyond SESSION_BACKLOG_MAX it is dropped. Whoever is dropped connects again and lost
 * nothing but replies that its clients ask for again.
 */

#include "daemon/dispatch.h"
#include "daemon/fair_queue.h"
#include "daemon/stream.h"

#include <sys/types.h>

enum {
	SESSION_ASKED_MAX = 64 << 20,	/* bytes of requests in line: read no more */
	SESSION_BEHIND = 4 << 20,	/* bytes waiting to be sent: take no more requests */
	SESSION_BACKLOG_MAX = 64 << 20, /* the session is dropped */
};

struct session {
	struct session *prev, *next; /* among the server's (utlist) */
	struct stream *stream;
	struct fair_queue asked; /* requests in line */
	struct buf held;	 /* frames of the turn that is gathered */
	struct buf sealed;	 /* of the one that is being stored */
	pid_t pid;		 /* of the peer */
	void (*wake)(void *arg); /* something for the next turn */
	void *wake_arg;
	bool greeted; /* its hello came and was answered */
	bool doomed;  /* freed at the end of the turn */
};

/* How a turn uses sessions: what it gives each, and what it stops at. */
struct session_work {
	struct dispatch *dispatch;
	int64_t clock_ms;
	uint64_t requests;		 /* how many may be taken yet from this session */
	bool (*enough)(const void *arg); /* the turn is full */
	const void *arg;
};

/* Takes over the non-blocking socket; `wake` is called when a turn is due. Free with session_free,
 * which takes NULL. */
struct session *session_new(struct event_base *base, int fd, pid_t pid, void (*wake)(void *arg),
			    void *wake_arg);
void session_free(struct session *s);

bool session_is_behind(const struct session *s);
/* Handles requests that were received. Returns whether more may be waiting that could be taken at
 * once. */
bool session_take(struct session *s, struct session_work *work);
/* The turn is complete: what was held of it goes with the next release. */
void session_seal(struct session *s);
/* The turn is stored: sends what was sealed, and then `frames` if the session is greeted. Drops a
 * session that is too far behind. */
void session_release(struct session *s, struct str frames);
/* Holds a reply that was waited for, with those of the turn. */
void session_reply(struct session *s, struct str envelope, struct str reply);
/* Sends one frame outside of turns (a heartbeat), if the session is greeted. */
void session_send(struct session *s, struct str frame);
/* Says bye at once, for this reason, and dooms the session. */
void session_doom(struct session *s, enum channel_reason reason);
