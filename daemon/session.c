#include "daemon/session.h"

#include "daemon/log.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <stdlib.h>

static void
on_input(void *arg)
{
	struct session *s = arg;
	s->wake(s->wake_arg);
}

/* What it asked and was not yet read has nobody left to be answered to. */
static void
on_closed(void *arg)
{
	struct session *s = arg;

	if (!s->doomed)
		log_write(LOG_ID_SESSION_CLOSED, LOG_FIELDS({"pid", .number = s->pid}),
			  "a gateway has gone");
	s->doomed = true;
	s->wake(s->wake_arg);
}

struct session *
session_new(struct event_base *base, int fd, pid_t pid, void (*wake)(void *arg), void *wake_arg)
{
	static const struct stream_events events = {on_input, on_closed};
	struct session *s = mem_zalloc(sizeof(*s));

	s->pid = pid;
	s->wake = wake;
	s->wake_arg = wake_arg;
	s->stream = stream_new(base, fd, &events, s);
	return s;
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	stream_free(s->stream);
	buf_free(&s->held);
	free(s);
}

bool
session_is_behind(const struct session *s)
{
	return stream_backlog(s->stream) + s->held.len > SESSION_BEHIND;
}

void
session_doom(struct session *s, enum channel_reason reason)
{
	struct buf bye = BUF_EMPTY;

	if (s->doomed)
		return;
	s->doomed = true;
	log_write(LOG_ID_SESSION_CLOSED,
		  LOG_FIELDS({"pid", .number = s->pid}, {"reason", channel_reason_name(reason)}),
		  "a gateway's connection is closed by the core");
	channel_put_bye(&bye, reason);
	stream_send(s->stream, buf_str(&bye));
	buf_free(&bye);
}

static void
take_request(struct session *s, const struct channel_frame *f, struct session_work *work)
{
	struct buf reply = BUF_EMPTY;

	work->dispatch->origin = s;
	work->dispatch->envelope = f->envelope;
	dispatch_request(work->dispatch, f->bytes, work->clock_ms, &reply);
	if (reply.len > 0)
		channel_put_reply(&s->held, f->envelope, buf_str(&reply));
	buf_free(&reply);
	work->requests--;
}

static void
take_hello(struct session *s)
{
	s->greeted = true;
	channel_put_hello(&s->held, CHANNEL_CORE);
	log_write(LOG_ID_SESSION_OPENED, LOG_FIELDS({"pid", .number = s->pid}),
		  "a gateway has connected");
}

static void
take_frame(struct session *s, const struct channel_frame *f, struct session_work *work)
{
	if (f->kind == CHANNEL_HELLO && !s->greeted && f->role == CHANNEL_GATEWAY) {
		take_hello(s);
	} else if (f->kind == CHANNEL_REQUEST && s->greeted) {
		take_request(s, f, work);
	} else if (f->kind == CHANNEL_BYE) {
		s->doomed = true;
		log_write(LOG_ID_SESSION_CLOSED,
			  LOG_FIELDS({"pid", .number = s->pid},
				     {"reason", channel_reason_name(f->reason)}),
			  "a gateway has said bye");
	} else {
		session_doom(s, CHANNEL_OUT_OF_TURN);
	}
}

bool
session_take(struct session *s, struct session_work *work)
{
	struct channel_frame frame;
	enum channel_reason reason;

	while (!s->doomed && !session_is_behind(s)) {
		if (work->requests == 0 || work->enough(work->arg))
			return true;
		int got = stream_next(s->stream, &frame, &reason);
		if (got == 0)
			return false;
		if (got < 0)
			session_doom(s, reason);
		else
			take_frame(s, &frame, work);
	}
	/* Left because it is behind: frames may wait in the stream, and once it has caught up
	 * nothing else would bring the next turn. */
	return !s->doomed;
}

void
session_release(struct session *s, struct str frames)
{
	if (s->doomed)
		return;
	stream_send(s->stream, buf_str(&s->held));
	buf_clear(&s->held);
	if (s->greeted)
		stream_send(s->stream, frames);
	if (stream_backlog(s->stream) > SESSION_BACKLOG_MAX)
		session_doom(s, CHANNEL_TOO_SLOW);
}

void
session_reply(struct session *s, struct str envelope, struct str reply)
{
	struct buf frame = BUF_EMPTY;
	if (s->doomed)
		return;
	channel_put_reply(&frame, envelope, reply);
	stream_send(s->stream, buf_str(&frame));
	buf_free(&frame);
}

void
session_send(struct session *s, struct str frame)
{
	if (s->greeted && !s->doomed)
		stream_send(s->stream, frame);
}
