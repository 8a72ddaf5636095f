#include "daemon/commands.h"

#include "core/limits.h"
#include "daemon/bound.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/peers.h"
#include "daemon/zmq_event.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <zmq.h>

enum {
	RECEIVE_BUDGET = 256, /* messages before other events have their turn */
	/* Of all clients together: the socket rests beyond. Each subscription may have a fetch that
	 * waits, and these shall not keep the others out. */
	IN_FLIGHT_MAX = 16384 + SUBSCRIPTIONS_MAX,
	ASKED_MAX = 8 << 20,	/* bytes of one client's requests that the core has not taken */
	WAITING_MAX = 64 << 20, /* bytes of replies that wait for one client */
	WAITING_ALL_MAX = 256 << 20, /* and for all */
	PATIENCE_MS = 10000,	     /* with a client that does not read */
	RETRY_MS = 20,
	LINGER_MS = 1000,
};

struct commands {
	struct bound bound;
	struct zmq_event event;
	struct event *retry;
	struct peers peers;
	uint64_t max_in_flight; /* of one client */
	struct commands_core core;
};

/* ---- towards clients ---- */

/* Returns 0 or zmq's errno: EAGAIN, its queue is full; EHOSTUNREACH, it is gone. `delimiter`: an
 * empty frame goes first. */
static int
send_to(struct commands *c, struct str peer, bool delimiter, struct str reply)
{
	int failed = bound_send(&c->bound, peer, true);

	if (failed == 0 && delimiter)
		failed = bound_send(&c->bound, STR(""), true);
	return failed ? failed : bound_send(&c->bound, reply, false);
}

static void
retry_later(struct commands *c)
{
	static const struct timeval pause = {0, RETRY_MS * 1000};

	if (!evtimer_pending(c->retry, NULL))
		evtimer_add(c->retry, &pause);
}

static void
give_up(struct commands *c, struct peer *peer)
{
	log_write(LOG_ID_PEER_SLOW, LOG_FIELDS({"bytes", .number = (int64_t)peer->waiting}),
		  "a client does not read its replies, and they are dropped");
	peers_drop_all(&c->peers, peer);
}

static void
deliver(struct commands *c, struct str id, struct str reply)
{
	struct peer *peer = peers_find(&c->peers, id);
	size_t waiting = peer ? peer->waiting : 0;

	if (waiting == 0 && send_to(c, id, false, reply) != EAGAIN)
		return;
	if (waiting + reply.len <= WAITING_MAX && c->peers.waiting + reply.len <= WAITING_ALL_MAX) {
		peers_keep(&c->peers, id, reply, clock_monotonic_ms());
		retry_later(c);
	} else if (peer) {
		give_up(c, peer);
	}
}

/* As many of its replies as ZeroMQ takes now. May free the peer. */
static void
retry_peer(struct commands *c, struct peer *peer, int64_t now_ms)
{
	for (bool more = true; more;) {
		const struct parcel *first = peer->parcels;
		int failed = send_to(c, (struct str){(const char *)peer->id, peer->len}, false,
				     (struct str){(const char *)first->bytes, first->len});
		if (failed == EAGAIN) {
			if (now_ms - peer->since_ms > PATIENCE_MS)
				give_up(c, peer);
			return;
		}
		peer->since_ms = now_ms;
		more = peers_drop_first(&c->peers, peer);
	}
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct commands *c = arg;
	int64_t now_ms = clock_monotonic_ms();
	struct peer *peer, *next;

	(void)fd, (void)what;
	HASH_ITER(hh, c->peers.by_id, peer, next)
	if (peer->parcels)
		retry_peer(c, peer, now_ms);
	if (c->peers.waiting > 0)
		retry_later(c);
	zmq_event_check(&c->event);
}

void
commands_reply(struct commands *c, struct str envelope, struct str reply)
{
	peers_answered(&c->peers, envelope);
	if (reply.len > 0) /* else it is passed over, and nobody waits for it */
		deliver(c, envelope, reply);
}

void
commands_check(struct commands *c)
{
	zmq_event_rest(&c->event, c->peers.in_flight >= IN_FLIGHT_MAX);
}

void
commands_core_lost(struct commands *c)
{
	peers_forget_requests(&c->peers);
	commands_check(c);
}

/* ---- from clients ---- */

/* A request's number, where it can be read, so that the client knows which one is answered. */
static uint64_t
request_id(struct str request)
{
	struct proto_request read;
	struct proto_error error;

	proto_read(request, &read, &error);
	return read.id;
}

static void
refuse_at_once(struct commands *c, struct str peer, struct str request, const char *code,
	       const char *message)
{
	struct buf reply = BUF_EMPTY;

	proto_write_error(&reply, request_id(request), code, NULL, message, NULL);
	deliver(c, peer, buf_str(&reply));
	buf_free(&reply);
}

static void
take_request(struct commands *c, struct str peer, struct str request)
{
	const struct peer *known = peers_find(&c->peers, peer);

	if (c->core.is_clear(c->core.arg))
		peers_clear(&c->peers);
	if (request.len > PROTO_MAX_REQUEST) {
		refuse_at_once(c, peer, STR_NONE, "too_large", "a request has at most 65536 bytes");
	} else if (known && (known->in_flight >= c->max_in_flight ||
			     peers_asked_bytes(&c->peers, known) > ASKED_MAX)) {
		refuse_at_once(c, peer, request, "too_many_requests",
			       "too many of your requests wait for their answers");
	} else if (!c->core.ask(c->core.arg, peer, request)) {
		refuse_at_once(c, peer, request, "core_unavailable",
			       "the core is away or does not keep up: ask again in a moment");
	} else {
		peers_asked(&c->peers, peer, request.len);
	}
}

/* A REQ socket begins with an empty frame, and hears answers that begin with one. */
static void
refuse_frames(struct commands *c, struct str peer, bool delimiter)
{
	struct buf reply = BUF_EMPTY;

	proto_write_error(&reply, 0, "malformed", NULL,
			  "a request is a message of one frame, sent from a DEALER socket", NULL);
	if (delimiter)
		send_to(c, peer, true, buf_str(&reply));
	else
		deliver(c, peer, buf_str(&reply));
	buf_free(&reply);
}

static struct str
frame_text(zmq_msg_t *frame)
{
	return (struct str){zmq_msg_data(frame), (uint32_t)zmq_msg_size(frame)};
}

/* The rest of a message that has more frames than it should. */
static void
skip_frames(void *socket, bool more)
{
	zmq_msg_t frame;

	while (more) {
		zmq_msg_init(&frame);
		more = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame);
		zmq_msg_close(&frame);
	}
}

/* One message; false: there is none. ROUTER gives whole messages, so once the routing id is there
 * its frames are. */
static bool
receive(struct commands *c)
{
	void *socket = c->bound.socket;
	zmq_msg_t id, body;

	zmq_msg_init(&id);
	if (zmq_msg_recv(&id, socket, ZMQ_DONTWAIT) < 0) {
		zmq_msg_close(&id);
		return false;
	}
	zmq_msg_init(&body);
	bool there = zmq_msg_more(&id) && zmq_msg_recv(&body, socket, ZMQ_DONTWAIT) >= 0;
	bool more = there && zmq_msg_more(&body);
	if (more) {
		skip_frames(socket, more);
		refuse_frames(c, frame_text(&id), zmq_msg_size(&body) == 0);
	} else if (there) {
		take_request(c, frame_text(&id), frame_text(&body));
	}
	zmq_msg_close(&body);
	zmq_msg_close(&id);
	return true;
}

static void
on_ready(void *arg)
{
	struct commands *c = arg;

	for (int i = 0; i < RECEIVE_BUDGET && c->peers.in_flight < IN_FLIGHT_MAX; i++)
		if (!receive(c))
			break;
	c->core.flush(c->core.arg);
	c->event.resting = c->peers.in_flight >= IN_FLIGHT_MAX;
}

/* ---- beginning and end ---- */

struct commands *
commands_new(struct event_base *base, void *context, const struct options *options,
	     const struct commands_core *core)
{
	struct commands *c = mem_zalloc(sizeof(*c));

	c->core = *core;
	c->max_in_flight = options->max_in_flight;
	c->retry = evtimer_new(base, on_retry, c);
	if (bound_open(&c->bound, context, ZMQ_ROUTER, options->commands,
		       (mode_t)options->socket_mode) == 0 &&
	    zmq_event_init(&c->event, base, c->bound.socket, on_ready, c) == 0)
		return c;
	int error = errno;
	commands_free(c);
	errno = error;
	return NULL;
}

void
commands_free(struct commands *c)
{
	if (!c)
		return;
	zmq_event_done(&c->event);
	event_free(c->retry);
	bound_close(&c->bound, LINGER_MS);
	peers_done(&c->peers);
	free(c);
}
