#pragma once

/*
 * What a follower or a subscription waits on: an epoll descriptor over the ZMQ_FDs of its sockets and
 * a timer, so that one descriptor serves our own wait and a caller's event loop alike.
 */

#include "client/matchd.h"

struct waiter {
	int epoll_fd, timer_fd; /* -1: none */
};

#define WAITER_NONE ((struct waiter){-1, -1})

/* Returns MATCHD_OK or MATCHD_E_SYSTEM, as do all here. Free with waiter_close, also on failure. */
int waiter_open(struct waiter *w);
void waiter_close(struct waiter *w);
/* Begins to watch a socket; *fd is then its descriptor, -1 on failure. */
int waiter_watch(struct waiter *w, void *socket, int *fd);
/* Comes before the socket is closed: ZeroMQ keeps the descriptor open for a while. Takes -1. */
void waiter_unwatch(struct waiter *w, int *fd);
/* Sets the timer, which also makes an expired one quiet again. INT64_MAX: nothing is due. */
void waiter_set_timer(struct waiter *w, int64_t due_ms);
/* Waits for a socket or the timer. MATCHD_TIMEOUT at the deadline or on a signal. */
int waiter_wait(struct waiter *w, int64_t deadline);
