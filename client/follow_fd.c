/* The sockets of a follower and what it waits for on them. */

#include "client/clock.h"
#include "client/follower.h"

int
follower_connect_feed(struct matchd_follower *f)
{
	waiter_unwatch(&f->waiter, &f->feed_fd);
	feed_close(&f->feed);
	f->heard = false;
	f->silent_ms = clock_deadline(FEED_SILENCE_MS);
	if (feed_open(&f->feed, f->ask->context, f->ask->endpoints.feed, f->streams, f->n_streams))
		return MATCHD_E_SYSTEM;
	return waiter_watch(&f->waiter, f->feed.socket, &f->feed_fd);
}

int
follower_connect_ask(struct matchd_follower *f, bool anew)
{
	waiter_unwatch(&f->waiter, &f->ask_fd);
	int rc = anew ? matchd_reset(f->ask) : MATCHD_OK;
	return rc == MATCHD_OK ? waiter_watch(&f->waiter, f->ask->socket, &f->ask_fd) : rc;
}

/*
 * Whether a socket has something for us that its descriptor may not show any more: ZMQ_FD is
 * edge-triggered, and any call on the socket, such as a send, may have swallowed the edge. Asking
 * both for ZMQ_EVENTS also takes back the edges of what we do not wait for now.
 */
static bool
ready(struct matchd_follower *f)
{
	int ask = 0, feed = 0;
	size_t size = sizeof(int);
	if (zmq_getsockopt(f->ask->socket, ZMQ_EVENTS, &ask, &size) ||
	    zmq_getsockopt(f->feed.socket, ZMQ_EVENTS, &feed, &size))
		return false;
	return f->stage == LIVE ? feed & ZMQ_POLLIN : f->asked && (ask & ZMQ_POLLIN);
}

int
follower_wait(struct matchd_follower *f, int64_t deadline)
{
	if (ready(f))
		return MATCHD_OK;
	waiter_set_timer(&f->waiter, f->stage == LIVE ? f->silent_ms : f->ask_ms);
	return waiter_wait(&f->waiter, deadline);
}
