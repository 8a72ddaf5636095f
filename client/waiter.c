#include "client/waiter.h"

#include "client/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

int
waiter_open(struct waiter *w)
{
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN};
	if (w->epoll_fd < 0 || w->timer_fd < 0 ||
	    epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->timer_fd, &event))
		return MATCHD_E_SYSTEM;
	return MATCHD_OK;
}

void
waiter_close(struct waiter *w)
{
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	if (w->timer_fd >= 0)
		close(w->timer_fd);
	*w = WAITER_NONE;
}

int
waiter_watch(struct waiter *w, void *socket, int *fd)
{
	size_t size = sizeof *fd;
	if (zmq_getsockopt(socket, ZMQ_FD, fd, &size)) {
		*fd = -1;
		return MATCHD_E_SYSTEM;
	}
	struct epoll_event event = {.events = EPOLLIN};
	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, *fd, &event) ? MATCHD_E_SYSTEM : MATCHD_OK;
}

void
waiter_unwatch(struct waiter *w, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
	*fd = -1;
}

void
waiter_set_timer(struct waiter *w, int64_t due_ms)
{
	struct itimerspec t = {{0}};
	if (due_ms != INT64_MAX) {
		int64_t left = due_ms - clock_ms();
		if (left < 1)
			left = 1;
		t.it_value.tv_sec = left / 1000;
		t.it_value.tv_nsec = left % 1000 * 1000000;
	}
	timerfd_settime(w->timer_fd, 0, &t, NULL);
}

int
waiter_wait(struct waiter *w, int64_t deadline)
{
	int left = clock_left(deadline);
	if (left == 0)
		return MATCHD_TIMEOUT;
	struct pollfd p = {.fd = w->epoll_fd, .events = POLLIN};
	if (poll(&p, 1, left) < 0)
		return errno == EINTR ? MATCHD_TIMEOUT : MATCHD_E_SYSTEM;
	return MATCHD_OK;
}
