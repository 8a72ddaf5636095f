#include "daemon/stream.h"

#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_SIZE = 64 << 10,
	SOCKET_BUFFER = 1 << 20, /* or what the system allows; what a peer may read meanwhile */
	KEPT_MAX = 8 << 20,	 /* of memory, by a buffer that is empty */
};

/* Bytes on their way, taken from the front. */
struct passage {
	struct buf bytes;
	size_t at; /* where the front is */
};

struct stream {
	int fd;
	struct passage in, out;
	struct event *readable, *writable;
	size_t used; /* of the frame that stream_next gave last: dropped by the next call */
	bool full;   /* reading rests until frames are taken out */
	bool ended;  /* the peer sends nothing any more */
	struct stream_events events;
	void *arg;
};

static size_t
waiting(const struct passage *p)
{
	return p->bytes.len - p->at;
}

static struct str
front(const struct passage *p)
{
	return (struct str){(const char *)p->bytes.data + p->at, (uint32_t)waiting(p)};
}

static void
drop_front(struct passage *p, size_t len)
{
	p->at += len;
	if (waiting(p) > 0)
		return;
	p->at = 0;
	if (p->bytes.cap > KEPT_MAX)
		buf_free(&p->bytes);
	else
		buf_clear(&p->bytes);
}

/* Room for `len` bytes behind the last. What is left moves to the beginning once no more is left
 * than was taken: so moving costs no more than taking did. */
static void
make_room(struct passage *p, size_t len)
{
	if (p->at > 0 && waiting(p) <= p->at) {
		p->bytes.len = waiting(p);
		memcpy(p->bytes.data, p->bytes.data + p->at, p->bytes.len);
		p->at = 0;
	}
	buf_reserve(&p->bytes, len);
}

/* Whether the socket had as much as was asked for, and so may have more. */
static bool
receive(struct stream *s)
{
	ssize_t n;

	make_room(&s->in, READ_SIZE);
	do
		n = recv(s->fd, s->in.bytes.data + s->in.bytes.len, READ_SIZE, 0);
	while (n < 0 && errno == EINTR);
	s->ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
	if (n > 0)
		s->in.bytes.len += (size_t)n;
	return n == READ_SIZE;
}

/* Socket to buffer until it is empty, ended, or the buffer is full. */
void
stream_fill(struct stream *s)
{
	bool more = true;

	while (more && !s->ended && !s->full) {
		more = receive(s);
		s->full = waiting(&s->in) >= STREAM_INPUT_MAX;
	}
	if (s->ended || s->full)
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

/* How many of the bytes the socket takes now. Where nobody is at its other end they are taken by
 * nobody; the reading side finds that out and reports it. */
static size_t
send_now(const struct stream *s, struct str bytes)
{
	size_t sent = 0;

	while (sent < bytes.len) {
		ssize_t n = send(s->fd, bytes.p + sent, bytes.len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return sent;
		else if (errno != EINTR)
			return bytes.len;
	}
	return sent;
}

void
stream_flush(struct stream *s)
{
	if (waiting(&s->out) == 0)
		return;
	drop_front(&s->out, send_now(s, front(&s->out)));
	if (waiting(&s->out) == 0)
		event_del(s->writable);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	stream_flush(arg);
}

struct stream *
stream_new(struct event_base *base, int fd, const struct stream_events *events, void *arg)
{
	struct stream *s = mem_zalloc(sizeof(*s));
	int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0) {
		/* Then it stays as it is. */
	}
	s->fd = fd;
	s->events = *events;
	s->arg = arg;
	s->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, s);
	if (!s->readable || !s->writable)
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
	buf_free(&s->in.bytes);
	buf_free(&s->out.bytes);
	close(s->fd);
	free(s);
}

int
stream_next(struct stream *s, struct channel_frame *ret, enum channel_reason *ret_reason)
{
	if (s->used > 0) {
		drop_front(&s->in, s->used);
		s->used = 0;
		if (s->full && !s->ended && waiting(&s->in) < STREAM_INPUT_MAX) {
			s->full = false;
			event_add(s->readable, NULL);
		}
	}
	return waiting(&s->in) ? channel_read(front(&s->in), ret, &s->used, ret_reason) : 0;
}

void
stream_send(struct stream *s, struct str frames)
{
	size_t sent = 0;

	stream_flush(s);
	if (waiting(&s->out) == 0)
		sent = send_now(s, frames);
	if (sent == frames.len)
		return;
	make_room(&s->out, frames.len - sent);
	buf_put(&s->out.bytes, frames.p + sent, frames.len - sent);
	event_add(s->writable, NULL);
}

size_t
stream_backlog(const struct stream *s)
{
	return waiting(&s->out);
}
