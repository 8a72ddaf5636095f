/* The stream's interface (daemon/stream.h) over memory: its descriptor is the number of a wire. */

#include "sim.h"

#include "daemon/stream.h"
#include "util/mem.h"

#include <stdlib.h>

struct wire the_wires[WIRES];

struct stream {
	struct wire *wire;
	struct stream_events events;
	void *arg;
	size_t used;
};

struct stream *
stream_new(struct event_base *base, int fd, const struct stream_events *events, void *arg)
{
	struct stream *s = mem_zalloc(sizeof *s);
	(void)base;
	*s = (struct stream){&the_wires[fd], *events, arg, 0};
	return s;
}

void
stream_free(struct stream *s)
{
	free(s);
}

void
stream_fill(struct stream *s)
{
	(void)s;
}

int
stream_next(struct stream *s, struct channel_frame *ret, enum channel_reason *ret_reason)
{
	struct wire *w = s->wire;
	w->read += s->used;
	s->used = 0;
	struct str rest = {(const char *)w->in.data + w->read, (uint32_t)(w->in.len - w->read)};
	if (rest.len == 0) {
		buf_clear(&w->in);
		w->read = 0;
		return 0;
	}
	return channel_read(rest, ret, &s->used, ret_reason);
}

void
stream_send(struct stream *s, struct str frames)
{
	buf_put(&s->wire->out, frames.p, frames.len);
}

void
stream_flush(struct stream *s)
{
	(void)s;
}

size_t
stream_backlog(const struct stream *s)
{
	(void)s;
	return 0;
}
