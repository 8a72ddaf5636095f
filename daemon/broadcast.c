#include "daemon/broadcast.h"

#include "daemon/bound.h"
#include "daemon/log.h"
#include "daemon/zmq_event.h"
#include "proto/proto.h"
#include "util/hash.h"
#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

enum {
	RECEIVE_BUDGET = 256, /* subscriptions before other events have their turn */
	TOPIC_MAX = 128,      /* bytes; the longest that is ever published is shorter */
	TOPICS_MAX = 200000,  /* different ones, of all subscribers together */
	FRAMES = 3,	      /* topic, header, body */
	READY_MAX = 4096,     /* messages that are made ready before they are sent */
	LINGER_MS = 300,
};

/* A topic, or the name of a stream. */
struct topic {
	UT_hash_handle hh;
	size_t len;
	char text[];
};

struct message {
	zmq_msg_t frames[FRAMES];
};

struct broadcast {
	struct bound bound;
	struct zmq_event event;
	struct topic *topics;
	bool full;	       /* the bound was met, and that was logged */
	struct topic *streams; /* that were ever subscribed to */
	bool all;	       /* likewise: any stream may be of interest */
	struct message ready[READY_MAX];
	size_t n_ready;
};

static struct topic *
find(struct topic *topics, const char *text, size_t len)
{
	struct topic *t;
	HASH_FIND(hh, topics, text, len, t);
	return t;
}

static void
add(struct topic **topics, const char *text, size_t len)
{
	struct topic *t = mem_alloc(sizeof(*t) + len);
	t->len = len;
	memcpy(t->text, text, len);
	HASH_ADD_KEYPTR(hh, *topics, t->text, t->len, t);
}

static void
forget(struct topic **topics, struct topic *t)
{
	HASH_DEL(*topics, t);
	free(t);
}

static void
forget_all(struct topic **topics)
{
	struct topic *t, *next;
	HASH_ITER(hh, *topics, t, next)
	forget(topics, t);
}

static bool
is_heartbeat(const char *text, size_t len)
{
	return len == strlen(PROTO_HEARTBEAT) && memcmp(text, PROTO_HEARTBEAT, len) == 0;
}

/*
 * Topics are counted once, whoever subscribes to them and however often: libzmq does not say which
 * peer a subscription is from, tells of each repetition, and at a peer's end of each of its topics
 * once. So a topic is forgotten when any of its subscribers leaves it, which counts too few at
 * times and never too many: the bound cannot close the feed for good.
 */
static bool
topic_note(struct broadcast *b, const char *text, size_t len)
{
	if (is_heartbeat(text, len) || find(b->topics, text, len))
		return true;
	if (HASH_COUNT(b->topics) >= TOPICS_MAX)
		return false;
	add(&b->topics, text, len);
	return true;
}

/*
 * Notes which streams the topic is of. None is ever forgotten, since it is not known how many still
 * subscribe to it: any peer may unsubscribe from what it never subscribed to. Too many, or a topic
 * that ends within a stream's name, and all are sent.
 */
static void
stream_note(struct broadcast *b, const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t name = slash ? (size_t)(slash - text) : 0;
	if (b->all || is_heartbeat(text, len) || (slash && find(b->streams, text, name)))
		return;
	b->all = !slash || HASH_COUNT(b->streams) >= TOPICS_MAX;
	if (b->all)
		forget_all(&b->streams);
	else
		add(&b->streams, text, name);
}

/* The options of the subscriber that the last message came from: that is how MANUAL works. */
static void
subscribe(struct broadcast *b, const char *topic, size_t len)
{
	if (len <= TOPIC_MAX && topic_note(b, topic, len)) {
		stream_note(b, topic, len);
		zmq_setsockopt(b->bound.socket, ZMQ_SUBSCRIBE, topic, len);
		return;
	}
	if (!b->full)
		log_write(LOG_ID_TOPIC_REFUSED,
			  LOG_FIELDS({"bytes", .number = (int64_t)len},
				     {"topics", .number = (int64_t)HASH_COUNT(b->topics)}),
			  "a subscription is too long or one too many, and is not taken");
	b->full = true;
}

static void
unsubscribe(struct broadcast *b, const char *topic, size_t len)
{
	struct topic *t = find(b->topics, topic, len);
	zmq_setsockopt(b->bound.socket, ZMQ_UNSUBSCRIBE, topic, len);
	if (t)
		forget(&b->topics, t);
	b->full = b->full && HASH_COUNT(b->topics) >= TOPICS_MAX;
}

/* One message from a subscriber; false: there is none. The first byte says 1, subscribe, or 0. */
static bool
receive(struct broadcast *b)
{
	zmq_msg_t frame;

	zmq_msg_init(&frame);
	bool there = zmq_msg_recv(&frame, b->bound.socket, ZMQ_DONTWAIT) >= 0;
	const char *bytes = zmq_msg_data(&frame);
	size_t len = zmq_msg_size(&frame);
	if (there && len > 0 && bytes[0] == 1)
		subscribe(b, bytes + 1, len - 1);
	else if (there && len > 0 && bytes[0] == 0)
		unsubscribe(b, bytes + 1, len - 1);
	zmq_msg_close(&frame);
	return there;
}

static void
on_ready(void *arg)
{
	for (int i = 0; i < RECEIVE_BUDGET; i++)
		if (!receive(arg))
			break;
}

/* XPUB sends never wait and drop by themselves; there is nothing to do about a failure, but that
 * what follows a frame must not take its place. */
static void
send_message(struct broadcast *b, struct message *m)
{
	bool failed = false;
	for (int i = 0; i < FRAMES; i++) {
		int flags = ZMQ_DONTWAIT | (i + 1 < FRAMES ? ZMQ_SNDMORE : 0);
		failed = failed || zmq_msg_send(&m->frames[i], b->bound.socket, flags) < 0;
		if (failed)
			zmq_msg_close(&m->frames[i]);
	}
}

static void
send_ready(struct broadcast *b)
{
	for (size_t i = 0; i < b->n_ready; i++)
		send_message(b, &b->ready[i]);
	b->n_ready = 0;
}

struct broadcast *
broadcast_new(struct event_base *base, void *context, const struct options *options)
{
	struct broadcast *b = mem_zalloc(sizeof(*b));

	if (bound_open(&b->bound, context, ZMQ_XPUB, options->feed, (mode_t)options->socket_mode) ==
		0 &&
	    zmq_event_init(&b->event, base, b->bound.socket, on_ready, b) == 0)
		return b;
	int error = errno;
	broadcast_free(b);
	errno = error;
	return NULL;
}

void
broadcast_free(struct broadcast *b)
{
	if (!b)
		return;
	zmq_event_done(&b->event);
	bound_close(&b->bound, LINGER_MS);
	forget_all(&b->topics);
	forget_all(&b->streams);
	free(b);
}

static void
put_frame(zmq_msg_t *frame, struct str bytes)
{
	if (zmq_msg_init_size(frame, bytes.len) != 0)
		mem_failed(bytes.len);
	if (bytes.len > 0)
		memcpy(zmq_msg_data(frame), bytes.p, bytes.len);
}

/*
 * What came from the core together is made ready first and then sent as fast as can be: libzmq's
 * thread begins with the first message, and the sooner the others follow, the more of them it finds
 * for one subscriber at a time, and writes at once.
 */
static void
make_ready(struct broadcast *b, struct str topic, struct str header, struct str body)
{
	struct message *m = &b->ready[b->n_ready++];
	put_frame(&m->frames[0], topic);
	put_frame(&m->frames[1], header);
	put_frame(&m->frames[2], body);
	if (b->n_ready == READY_MAX)
		send_ready(b);
}

void
broadcast_heartbeat(struct broadcast *b, struct str header)
{
	make_ready(b, STR(PROTO_HEARTBEAT), header, STR(""));
}

/* "x.patents/match.made" */
static struct str
topic_of(struct str stream, struct str kind, char room[2 * CHANNEL_MAX_ENVELOPE + 1])
{
	memcpy(room, stream.p, stream.len);
	room[stream.len] = '/';
	memcpy(room + stream.len + 1, kind.p, kind.len);
	return (struct str){room, stream.len + 1 + kind.len};
}

void
broadcast_fact(struct broadcast *b, const struct channel_fact *f)
{
	char room[2 * CHANNEL_MAX_ENVELOPE + 1];
	uint8_t header[PROTO_FEED_HEADER];

	for (size_t i = 0; i < f->n_streams; i++) {
		const struct channel_stream *stream = &f->streams[i];
		if (!b->all && !find(b->streams, stream->name.p, stream->name.len))
			continue;
		proto_feed_header(header, (const uint8_t *)f->epoch.p, f->number, stream->prev);
		make_ready(b, topic_of(stream->name, f->kind, room),
			   (struct str){(const char *)header, sizeof(header)}, f->body);
	}
}

void
broadcast_check(struct broadcast *b)
{
	send_ready(b);
	zmq_event_check(&b->event);
}
