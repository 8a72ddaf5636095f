#pragma once

/*
 * A ZeroMQ socket in the event loop.
 *
 * ZMQ_FD is edge-triggered, and not even for messages: it says that ZMQ_EVENTS may have changed,
 * once. Any call on the socket, a send as well, can swallow that edge together with the arrival of
 * a message. So whoever has used the socket outside of its `ready` callback calls zmq_event_check
 * afterwards; it looks at ZMQ_EVENTS and, if something can be read, has `ready` called from the
 * loop.
 */

#include <stdbool.h>

struct event;
struct event_base;

struct zmq_event {
	void *socket;
	struct event *edge;  /* ZMQ_FD */
	struct event *again; /* in the next turn of the loop, after others had theirs */
	void (*ready)(void *arg);
	void *arg;
	bool resting;
};

/*
 * Watches the socket. `ready` is called while there is something to receive; it receives as much as
 * it likes (a budget keeps it from starving others) and need not empty the socket. Returns 0, or -1
 * with zmq's errno. Undo with zmq_event_done, before the socket is closed.
 */
int zmq_event_init(struct zmq_event *e, struct event_base *base, void *socket,
		   void (*ready)(void *arg), void *arg);
void zmq_event_done(struct zmq_event *e);

/* Looks whether there is something to receive that nobody will be woken for. */
void zmq_event_check(struct zmq_event *e);
/* Stops calling `ready`, and begins again; messages wait in the socket and then at their senders.
 */
void zmq_event_rest(struct zmq_event *e, bool rest);
