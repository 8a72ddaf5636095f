#include "daemon/zmq_event.h"

#include "util/mem.h"

#include <event2/event.h>
#include <stddef.h>
#include <zmq.h>

static bool
can_receive(const struct zmq_event *e)
{
	int events = 0;
	size_t size = sizeof(events);

	return zmq_getsockopt(e->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

void
zmq_event_check(struct zmq_event *e)
{
	static const struct timeval at_once = {0, 0};

	if (!e->resting && can_receive(e))
		event_add(e->again, &at_once);
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct zmq_event *e = arg;

	(void)fd, (void)what;
	bool there =
	    can_receive(e); /* asked while resting too: asking is what takes the edge back */
	if (there && !e->resting)
		e->ready(e->arg);
	zmq_event_check(e);
}

int
zmq_event_init(struct zmq_event *e, struct event_base *base, void *socket, void (*ready)(void *arg),
	       void *arg)
{
	int fd;
	size_t size = sizeof(fd);

	if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0)
		return -1;
	*e = (struct zmq_event){.socket = socket, .ready = ready, .arg = arg};
	e->edge = event_new(base, fd, EV_READ | EV_PERSIST, on_event, e);
	e->again = evtimer_new(base, on_event, e);
	if (!e->edge || !e->again)
		mem_failed(sizeof(*e));
	event_add(e->edge, NULL);
	zmq_event_check(e);
	return 0;
}

void
zmq_event_done(struct zmq_event *e)
{
	if (e->edge)
		event_free(e->edge);
	if (e->again)
		event_free(e->again);
	e->edge = e->again = NULL;
}

void
zmq_event_rest(struct zmq_event *e, bool rest)
{
	e->resting = rest;
	zmq_event_check(e);
}
