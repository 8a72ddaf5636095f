#include "daemon/stream.h"

#include "util/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

struct stream {
	int fd;
	struct evbuffer *in, *out;
	struct event *readable, *writable;
	size_t used; /* of the frame that stream_next gave last: dropped by the next call */
	bool full;   /* reading rests until frames are taken out */
	bool ended;  /* the peer sends nothing any more */
	struct stream_events events;
	void *arg;
};

/* Socket to buffer until it is empty, ended, or the buffer is full. */
void
stream_fill(struct stream *s)
{
	while (!s->ended && !s->full) {
		int n = evbuffer_read(s->in, s->fd, -1);
		s->full = evbuffer_get_length(s->in) >= STREAM_INPUT_MAX;
		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		s->ended = true;
	}
	event_del(s->readable);
	if (s->ended) /* the owner reads what came before the end, then it is told */
		event_active(s->readable, EV_READ, 1);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd, (void)what;
	if (s->ended) {
		s->events.closed(s->arg);
		return;
	}
	stream_fill(s);
	s->events.input(s->arg);
}

static void
flush(struct stream *s)
{
	while (evbuffer_get_length(s->out) > 0) {
		int n = evbuffer_write(s->out, s->fd);
		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			/* Nobody is there. The reading side finds that out and reports it. */
			evbuffer_drain(s->out, evbuffer_get_length(s->out));
			break;
		}
		event_add(s->writable, NULL);
		return;
	}
	event_del(s->writable);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	flush(arg);
}

struct stream *
stream_new(struct event_base *base, int fd, const struct stream_events *events, void *arg)
{
	struct stream *s = mem_zalloc(sizeof(*s));

	s->fd = fd;
	s->events = *events;
	s->arg = arg;
	s->in = evbuffer_new();
	s->out = evbuffer_new();
	s->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, s);
	if (!s->in || !s->out || !s->readable || !s->writable)
		mem_failed(sizeof(*s));
	event_add(s->readable, NULL);
	return s;
}

void
stream_free(struct stream *s)
{
	if (!s)
		return;
	event_free(s->readable);
	event_free(s->writable);
	evbuffer_free(s->in);
	evbuffer_free(s->out);
	close(s->fd);
	free(s);
}

/* The first `want` bytes in one piece, or as many as there are. */
static struct str
front(struct stream *s, size_t want)
{
	size_t there = evbuffer_get_length(s->in);
	size_t len = want < there ? want : there;

	return (struct str){(const char *)evbuffer_pullup(s->in, (ev_ssize_t)len), (uint32_t)len};
}

int
stream_next(struct stream *s, struct channel_frame *ret, enum channel_reason *ret_reason)
{
	if (s->used > 0) {
		evbuffer_drain(s->in, s->used);
		s->used = 0;
		if (s->full && !s->ended && evbuffer_get_length(s->in) < STREAM_INPUT_MAX) {
			s->full = false;
			event_add(s->readable, NULL);
		}
	}
	size_t size = channel_size(front(s, CHANNEL_HEAD));
	return size ? channel_read(front(s, size), ret, &s->used, ret_reason) : 0;
}

void
stream_send(struct stream *s, struct str frames)
{
	if (evbuffer_add(s->out, frames.p, frames.len) < 0)
		mem_failed(frames.len);
	flush(s);
}

size_t
stream_backlog(const struct stream *s)
{
	return evbuffer_get_length(s->out);
}
