#include "daemon/core_link.h"

#include "daemon/log.h"
#include "daemon/stream.h"
#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RECONNECT_MS = 100, BACKLOG_MAX = 64 << 20, OUT_MAX = 64 << 10 };

struct core_link {
	struct event_base *base;
	struct sockaddr_un address;
	struct core_link_events events;
	void *arg;
	struct event *reconnect;
	struct stream *stream; /* NULL: not connected */
	bool greeted;	       /* the core is there */
	bool refused;	       /* it said bye to the hello, and that was logged */
	struct buf out;	       /* asked, and not yet handed to the stream */
};

static void connect_now(struct core_link *l);

static void
on_reconnect(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	connect_now(arg);
}

static void
connect_later(struct core_link *l)
{
	static const struct timeval pause = {0, RECONNECT_MS * 1000};

	evtimer_add(l->reconnect, &pause);
}

static void
hang_up(struct core_link *l, const char *why)
{
	stream_free(l->stream);
	l->stream = NULL;
	connect_later(l);
	if (!l->greeted)
		return;
	l->greeted = false;
	log_write(LOG_ID_CORE_LOST, LOG_FIELDS({"reason", why}), "the core is gone");
	l->events.lost(l->arg);
}

/* A core of another version is refused at every attempt; one line says so. */
static void
take_bye(struct core_link *l, enum channel_reason reason)
{
	const char *why = channel_reason_name(reason);

	if (!l->greeted && reason != CHANNEL_STOPPING && !l->refused) {
		l->refused = true;
		log_write(LOG_ID_CORE_REFUSED, LOG_FIELDS({"reason", why}),
			  "the core refuses this gateway");
	}
	hang_up(l, why);
}

/* Returns false where the connection has ended by it. */
static bool
take_frame(struct core_link *l, const struct channel_frame *f)
{
	if (f->kind == CHANNEL_BYE) {
		take_bye(l, f->reason);
		return false;
	}
	if (f->kind == CHANNEL_HELLO && !l->greeted && f->role == CHANNEL_CORE) {
		l->greeted = true;
		l->refused = false;
		log_write(LOG_ID_CORE_FOUND, LOG_NONE, "the core is there");
		l->events.found(l->arg);
		return true;
	}
	bool expected =
	    f->kind == CHANNEL_REPLY || f->kind == CHANNEL_FACT || f->kind == CHANNEL_HEARTBEAT;
	if (l->greeted && expected) {
		l->events.frame(l->arg, f);
		return true;
	}
	hang_up(l, channel_reason_name(CHANNEL_OUT_OF_TURN));
	return false;
}

static void
on_input(void *arg)
{
	struct core_link *l = arg;
	struct channel_frame frame;
	enum channel_reason reason;
	int got;

	while ((got = stream_next(l->stream, &frame, &reason)) > 0)
		if (!take_frame(l, &frame))
			break;
	if (got < 0)
		hang_up(l, channel_reason_name(reason));
	l->events.batch(l->arg);
}

static void
on_closed(void *arg)
{
	hang_up(arg, "closed");
}

static void
connect_now(struct core_link *l)
{
	static const struct stream_events events = {on_input, on_closed};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* AF_UNIX connects at once or not at all. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&l->address, sizeof(l->address)) < 0) {
		if (fd >= 0)
			close(fd);
		connect_later(l);
		return;
	}
	l->stream = stream_new(l->base, fd, &events, l);
	buf_clear(&l->out);
	channel_put_hello(&l->out, CHANNEL_GATEWAY);
	core_link_flush(l);
}

struct core_link *
core_link_new(struct event_base *base, const char *path, const struct core_link_events *events,
	      void *arg)
{
	struct core_link *l = mem_zalloc(sizeof(*l));

	l->base = base;
	l->events = *events;
	l->arg = arg;
	l->address.sun_family = AF_UNIX;
	memcpy(l->address.sun_path, path, strlen(path) + 1);
	l->reconnect = evtimer_new(base, on_reconnect, l);
	connect_now(l);
	return l;
}

void
core_link_free(struct core_link *l)
{
	if (!l)
		return;
	event_free(l->reconnect);
	stream_free(l->stream);
	buf_free(&l->out);
	free(l);
}

bool
core_link_ask(struct core_link *l, struct str envelope, struct str request)
{
	if (!l->greeted || stream_backlog(l->stream) > BACKLOG_MAX)
		return false;
	channel_put_request(&l->out, envelope, request);
	if (l->out.len >= OUT_MAX)
		core_link_flush(l);
	return true;
}

void
core_link_flush(struct core_link *l)
{
	if (l->stream && l->out.len > 0)
		stream_send(l->stream, buf_str(&l->out));
	buf_clear(&l->out);
}

bool
core_link_is_clear(const struct core_link *l)
{
	return !l->stream || (stream_backlog(l->stream) == 0 && l->out.len == 0);
}

void
core_link_drain(struct core_link *l)
{
	if (!l->stream)
		return;
	stream_fill(l->stream);
	on_input(l);
}
