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
	fair_queue_done(&s->asked);
	buf_free(&s->held);
	buf_free(&s->sealed);
	free(s);
}

bool
session_is_behind(const struct session *s)
{
	return stream_backlog(s->stream) + s->held.len + s->sealed.len > SESSION_BEHIND;
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
handle(struct session *s, const struct queued *request, struct session_work *work)
{
	struct buf reply = BUF_EMPTY;

	work->dispatch->origin = s;
	work->dispatch->envelope = queued_envelope(request);
	dispatch_request(work->dispatch, queued_request(request), work->clock_ms, &reply);
	if (reply.len > 0)
		channel_put_reply(&s->held, queued_envelope(request), buf_str(&reply));
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
take_frame(struct session *s, const struct channel_frame *f)
{
	if (f->kind == CHANNEL_HELLO && !s->greeted && f->role == CHANNEL_GATEWAY) {
		take_hello(s);
	} else if (f->kind == CHANNEL_REQUEST && s->greeted) {
		fair_queue_add(&s->asked, f->envelope, f->bytes);
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

/* Puts what has come in line, as far as there is room. Returns whether something is in line. */
static bool
receive(struct session *s)
{
	struct channel_frame frame;
	enum channel_reason reason;
	int got = 1;

	while (!s->doomed && s->asked.bytes < SESSION_ASKED_MAX && got > 0) {
		got = stream_next(s->stream, &frame, &reason);
		if (got < 0)
			session_doom(s, reason);
		else if (got > 0)
			take_frame(s, &frame);
	}
	return s->asked.turn != NULL;
}

/* Requests taken from the line, before it is looked who else has come meanwhile. */
enum { LOOK_EVERY = 64 };

bool
session_take(struct session *s, struct session_work *work)
{
	bool asked = receive(s);

	for (;;) {
		/* Of former turns. The gateway would have to wait until this one has ended. */
		stream_flush(s->stream);
		if (s->doomed || session_is_behind(s))
			break;
		if (!asked)
			return false;
		if (work->requests == 0 || work->enough(work->arg))
			return true;
		struct queued *next = fair_queue_take(&s->asked);
		handle(s, next, work);
		free(next);
		if (work->requests % LOOK_EVERY == 0) {
			stream_fill(s->stream);
			receive(s);
		}
		asked = s->asked.turn || receive(s);
	}
	/* Left because it is behind: requests may be in line, and once it has caught up nothing else
	 * would bring the next turn. */
	return !s->doomed;
}

void
session_seal(struct session *s)
{
	struct buf emptied = s->sealed;
	s->sealed = s->held;
	s->held = emptied;
}

void
session_release(struct session *s, struct str frames)
{
	if (s->doomed)
		return;
	stream_send(s->stream, buf_str(&s->sealed));
	buf_clear(&s->sealed);
	if (s->greeted)
		stream_send(s->stream, frames);
	if (stream_backlog(s->stream) > SESSION_BACKLOG_MAX)
		session_doom(s, CHANNEL_TOO_SLOW);
}

void
session_reply(struct session *s, struct str envelope, struct str reply)
{
	if (!s->doomed)
		channel_put_reply(&s->held, envelope, reply);
}

void
session_send(struct session *s, struct str frame)
{
	if (s->greeted && !s->doomed)
		stream_send(s->stream, frame);
}
