/*
 * What a follower waits on: an epoll descriptor over the two sockets' ZMQ_FDs and a timer, so that
 * one descriptor serves our own wait and a caller's event loop alike.
 */

#include "client/clock.h"
#include "client/follower.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

int
follower_open_fds(struct matchd_follower *f)
{
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	f->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN};
	if (f->epoll_fd < 0 || f->timer_fd < 0 ||
	    epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, f->timer_fd, &event))
		return MATCHD_E_SYSTEM;
	return MATCHD_OK;
}

void
follower_close_fds(struct matchd_follower *f)
{
	if (f->epoll_fd >= 0)
		close(f->epoll_fd);
	if (f->timer_fd >= 0)
		close(f->timer_fd);
}

static int
watch(struct matchd_follower *f, void *socket, int *fd)
{
	size_t size = sizeof *fd;
	if (zmq_getsockopt(socket, ZMQ_FD, fd, &size)) {
		*fd = -1;
		return MATCHD_E_SYSTEM;
	}
	struct epoll_event event = {.events = EPOLLIN};
	return epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, *fd, &event) ? MATCHD_E_SYSTEM : MATCHD_OK;
}

/* Comes before the socket is closed: ZeroMQ keeps the descriptor open for a while. */
static void
unwatch(struct matchd_follower *f, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
	*fd = -1;
}

int
follower_connect_feed(struct matchd_follower *f)
{
	unwatch(f, &f->feed_fd);
	feed_close(&f->feed);
	f->heard = false;
	f->silent_ms = clock_deadline(FEED_SILENCE_MS);
	if (feed_open(&f->feed, f->ask->context, f->ask->endpoints.feed, f->streams, f->n_streams))
		return MATCHD_E_SYSTEM;
	return watch(f, f->feed.socket, &f->feed_fd);
}

int
follower_connect_ask(struct matchd_follower *f, bool anew)
{
	unwatch(f, &f->ask_fd);
	int rc = anew ? matchd_reset(f->ask) : MATCHD_OK;
	return rc == MATCHD_OK ? watch(f, f->ask->socket, &f->ask_fd) : rc;
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

/* Sets the timer to the next thing that is due; that also makes an expired one quiet again. */
static void
set_timer(struct matchd_follower *f)
{
	int64_t due = f->stage == LIVE ? f->silent_ms : f->ask_ms;
	int64_t left = due - clock_ms();
	if (left < 1)
		left = 1;
	struct itimerspec t = {
	    .it_value = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000}};
	timerfd_settime(f->timer_fd, 0, &t, NULL);
}

int
follower_wait(struct matchd_follower *f, int64_t deadline)
{
	if (ready(f))
		return MATCHD_OK;
	set_timer(f);
	int left = clock_left(deadline);
	if (left == 0)
		return MATCHD_TIMEOUT;
	struct pollfd p = {.fd = f->epoll_fd, .events = POLLIN};
	if (poll(&p, 1, left) < 0)
		return errno == EINTR ? MATCHD_TIMEOUT : MATCHD_E_SYSTEM;
	return MATCHD_OK;
}
