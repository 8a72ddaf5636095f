#include "fake_gateway.h"

#include "proto/proto.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { MAX_STREAMS_EACH = 3, MAX_NAMES = 64 };

struct fake_fact {
	size_t n;
	struct {
		char name[32];
		uint64_t prev;
	} streams[MAX_STREAMS_EACH];
	bool lost;
};

struct late {
	zmq_msg_t identity;
	struct buf request;
};

struct fake {
	char directory[64];
	pthread_t thread;
	pthread_mutex_t lock;
	bool running, stop, mute, away, silent;
	const char *before_read;

	uint8_t epoch[PROTO_EPOCH];
	struct fake_fact *facts; /* number n at n - 1 */
	size_t n_facts, cap;
	uint64_t published;
	unsigned reads, subscriptions;

	struct late *late; /* what came while mute */
	size_t n_late, late_cap;

	void *context, *router, *feed;
};

static void
put_body(struct buf *out, uint64_t number)
{
	mp_put_map(out, 3);
	mp_put_text(out, "fact");
	mp_put_text(out, "listing.opened");
	mp_put_text(out, "number");
	mp_put_uint(out, number);
	mp_put_text(out, "at");
	mp_put_uint(out, 1000 + number);
}

/* ---- answering ---- */

static const struct fake_fact *
find_in(const struct fake *g, struct str stream, uint64_t below)
{
	for (uint64_t n = below - 1; n > 0; n--)
		for (size_t i = 0; i < g->facts[n - 1].n; i++)
			if (str_eq(str_of(g->facts[n - 1].streams[i].name), stream))
				return &g->facts[n - 1];
	return NULL;
}

static uint64_t
head_of(const struct fake *g, struct str stream)
{
	const struct fake_fact *f = find_in(g, stream, g->n_facts + 1);
	return f ? (uint64_t)(f - g->facts) + 1 : 0;
}

static uint64_t
append(struct fake *g, const char *streams, bool lost)
{
	struct fake_fact f = {.lost = lost};
	while (*streams) {
		size_t len = strcspn(streams, " ");
		snprintf(f.streams[f.n].name, sizeof f.streams[f.n].name, "%.*s", (int)len,
			 streams);
		f.streams[f.n].prev = head_of(g, str_of(f.streams[f.n].name));
		f.n++;
		streams += len + (streams[len] == ' ');
	}
	g->facts = mem_grow(g->facts, g->n_facts, &g->cap, sizeof *g->facts);
	g->facts[g->n_facts++] = f;
	/* Facts made while nobody serves are never published: the core does not keep them for a
	 * gateway that is away. */
	if (!g->running)
		g->published = g->n_facts;
	return g->n_facts;
}

static void
put_standing(const struct fake *g, struct buf *out)
{
	mp_put_text(out, "head");
	mp_put_uint(out, g->n_facts);
	mp_put_text(out, "epoch");
	mp_put_bin(out, (struct str){(const char *)g->epoch, PROTO_EPOCH});
}

static void
answer_heads(const struct fake *g, const struct proto_request *r, struct buf *out)
{
	struct mp names = proto_arg(r, "streams")->raw;
	uint32_t n = mp_get_array(&names);
	struct buf heads = BUF_EMPTY;
	mp_put_map(&heads, n);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&names);
		if (str_eq(name, STR("x.refused"))) {
			buf_free(&heads);
			proto_write_error(out, r->id, "unknown_stream", "streams[0]",
					  "no such stream", NULL);
			return;
		}
		mp_put_str(&heads, name);
		mp_put_uint(&heads, head_of(g, name));
	}
	proto_write_ok(out, r->id, 3);
	mp_put_text(out, "heads");
	mp_put_raw(out, buf_str(&heads));
	put_standing(g, out);
	buf_free(&heads);
}

static bool
wanted(const struct fake_fact *f, const struct proto_value *stream)
{
	for (size_t i = 0; i < f->n; i++)
		if (!stream->present || str_eq(str_of(f->streams[i].name), stream->text))
			return true;
	return false;
}

static void
answer_read(struct fake *g, const struct proto_request *r, struct buf *out)
{
	uint64_t from = (uint64_t)proto_arg(r, "from")->number, next = from;
	if (g->before_read)
		append(g, g->before_read, false);
	g->before_read = NULL;
	struct buf facts = BUF_EMPTY;
	uint32_t n = 0;
	for (; next <= g->n_facts && next < from + FAKE_PAGE; next++) {
		const struct fake_fact *f = &g->facts[next - 1];
		if (!wanted(f, proto_arg(r, "stream")))
			continue;
		n++;
		mp_put_map(&facts, 3);
		mp_put_text(&facts, "number");
		mp_put_uint(&facts, next);
		mp_put_text(&facts, "streams");
		mp_put_map(&facts, (uint32_t)f->n);
		for (size_t i = 0; i < f->n; i++) {
			mp_put_text(&facts, f->streams[i].name);
			mp_put_uint(&facts, f->streams[i].prev);
		}
		mp_put_text(&facts, "body");
		put_body(&facts, next);
	}
	g->reads++;
	proto_write_ok(out, r->id, 4);
	mp_put_text(out, "facts");
	mp_put_array(out, n);
	mp_put_raw(out, buf_str(&facts));
	mp_put_text(out, "next");
	mp_put_uint(out, next);
	put_standing(g, out);
	buf_free(&facts);
}

static void
answer(struct fake *g, zmq_msg_t *identity, struct str request)
{
	struct proto_request r;
	struct proto_error e;
	struct buf out = BUF_EMPTY;
	if (proto_read(request, &r, &e))
		proto_write_error(&out, r.id, e.code, e.field, e.message, e.expected);
	else if (g->away)
		proto_write_error(&out, r.id, "core_unavailable", NULL, "the core is away", NULL);
	else if (strcmp(r.message->name, "streams.heads") == 0)
		answer_heads(g, &r, &out);
	else if (strcmp(r.message->name, "facts.read") == 0)
		answer_read(g, &r, &out);
	else
		proto_write_ok(&out, r.id, 0);
	zmq_msg_send(identity, g->router, ZMQ_SNDMORE);
	zmq_send(g->router, out.data, out.len, 0);
	buf_free(&out);
}

static void
keep_for_later(struct fake *g, zmq_msg_t *identity, struct str request)
{
	g->late = mem_grow(g->late, g->n_late, &g->late_cap, sizeof *g->late);
	struct late *l = &g->late[g->n_late++];
	*l = (struct late){.request = BUF_EMPTY};
	zmq_msg_init(&l->identity);
	zmq_msg_move(&l->identity, identity);
	buf_put(&l->request, request.p, request.len);
}

static void
answer_late(struct fake *g)
{
	for (size_t i = 0; i < g->n_late; i++) {
		if (g->running)
			answer(g, &g->late[i].identity, buf_str(&g->late[i].request));
		zmq_msg_close(&g->late[i].identity);
		buf_free(&g->late[i].request);
	}
	g->n_late = 0;
}

static void
serve_requests(struct fake *g)
{
	zmq_msg_t identity, body;
	zmq_msg_init(&identity);
	zmq_msg_init(&body);
	while (zmq_msg_recv(&identity, g->router, ZMQ_DONTWAIT) >= 0) {
		zmq_msg_recv(&body, g->router, 0);
		struct str request = {zmq_msg_data(&body), (uint32_t)zmq_msg_size(&body)};
		if (g->mute)
			keep_for_later(g, &identity, request);
		else
			answer(g, &identity, request);
	}
	zmq_msg_close(&identity);
	zmq_msg_close(&body);
}

/* ---- publishing ---- */

static void
publish(struct fake *g, const char *topic, uint64_t number, uint64_t prev, struct str body)
{
	uint8_t header[PROTO_FEED_HEADER];
	proto_feed_header(header, g->epoch, number, prev);
	zmq_send(g->feed, topic, strlen(topic), ZMQ_SNDMORE);
	zmq_send(g->feed, header, sizeof header, ZMQ_SNDMORE);
	zmq_send(g->feed, body.p, body.len, 0);
}

static void
publish_new(struct fake *g)
{
	while (g->published < g->n_facts) {
		const struct fake_fact *f = &g->facts[g->published++];
		struct buf body = BUF_EMPTY;
		put_body(&body, g->published);
		for (size_t i = 0; i < f->n && !f->lost; i++) {
			char topic[64];
			snprintf(topic, sizeof topic, "%s/listing.opened", f->streams[i].name);
			publish(g, topic, g->published, f->streams[i].prev, buf_str(&body));
		}
		buf_free(&body);
	}
}

/* XPUB learns of subscriptions only when its messages are read. */
static void
read_subscriptions(struct fake *g)
{
	char bytes[256];
	int n;
	while ((n = zmq_recv(g->feed, bytes, sizeof bytes, ZMQ_DONTWAIT)) > 0)
		g->subscriptions += bytes[0] == 1 && n == 1 + (int)strlen(PROTO_HEARTBEAT);
}

static int64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *
serve(void *arg)
{
	struct fake *g = arg;
	int64_t heartbeat = 0;
	bool stop = false;
	while (!stop) {
		zmq_pollitem_t item = {.socket = g->router, .events = ZMQ_POLLIN};
		zmq_poll(&item, 1, 2);
		pthread_mutex_lock(&g->lock);
		read_subscriptions(g);
		serve_requests(g);
		if (!g->silent)
			publish_new(g);
		if (!g->mute)
			answer_late(g);
		if (!g->silent && now_ms() - heartbeat >= FAKE_HEARTBEAT_MS) {
			publish(g, PROTO_HEARTBEAT, g->n_facts, 0, STR(""));
			heartbeat = now_ms();
		}
		stop = g->stop;
		pthread_mutex_unlock(&g->lock);
	}
	return NULL;
}

/* ---- in the hands of the test ---- */

struct fake *
fake_new(void)
{
	struct fake *g = mem_zalloc(sizeof *g);
	snprintf(g->directory, sizeof g->directory, "/tmp/matchd-test-XXXXXX");
	pthread_mutex_init(&g->lock, NULL);
	memset(g->epoch, 1, sizeof g->epoch);
	if (!mkdtemp(g->directory))
		abort();
	return g;
}

const char *
fake_directory(const struct fake *g)
{
	return g->directory;
}

static void *
bound(struct fake *g, int type, const char *name)
{
	char endpoint[128];
	int linger = 0, verbose = 1;
	void *socket = zmq_socket(g->context, type);
	snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", g->directory, name);
	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
	/* Without it a subscription that another socket has, too, would not be seen. */
	if (type == ZMQ_XPUB)
		zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &verbose, sizeof verbose);
	if (zmq_bind(socket, endpoint))
		abort();
	return socket;
}

void
fake_start(struct fake *g)
{
	g->context = zmq_ctx_new();
	g->router = bound(g, ZMQ_ROUTER, PROTO_COMMANDS_SOCKET);
	g->feed = bound(g, ZMQ_XPUB, PROTO_FEED_SOCKET);
	g->stop = false;
	g->running = true;
	if (pthread_create(&g->thread, NULL, serve, g))
		abort();
}

void
fake_stop(struct fake *g)
{
	if (!g->running)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	g->running = false;
	answer_late(g);
	zmq_close(g->router);
	zmq_close(g->feed);
	zmq_ctx_term(g->context);
}

void
fake_free(struct fake *g)
{
	char path[128];
	fake_stop(g);
	snprintf(path, sizeof path, "%s/%s", g->directory, PROTO_COMMANDS_SOCKET);
	unlink(path);
	snprintf(path, sizeof path, "%s/%s", g->directory, PROTO_FEED_SOCKET);
	unlink(path);
	rmdir(g->directory);
	pthread_mutex_destroy(&g->lock);
	free(g->facts);
	free(g->late);
	free(g);
}

uint64_t
fake_fact(struct fake *g, const char *streams, bool lost)
{
	pthread_mutex_lock(&g->lock);
	uint64_t number = append(g, streams, lost);
	pthread_mutex_unlock(&g->lock);
	return number;
}

void
fake_settle(struct fake *g)
{
	for (;;) {
		pthread_mutex_lock(&g->lock);
		bool done = g->published == g->n_facts;
		pthread_mutex_unlock(&g->lock);
		if (done)
			return;
		usleep(1000);
	}
}

void
fake_new_epoch(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	g->epoch[0]++;
	g->n_facts = 0;
	g->published = 0;
	pthread_mutex_unlock(&g->lock);
}

void
fake_truncate(struct fake *g, uint64_t head)
{
	pthread_mutex_lock(&g->lock);
	g->n_facts = head;
	g->published = head;
	pthread_mutex_unlock(&g->lock);
}

void
fake_mute(struct fake *g, bool mute)
{
	pthread_mutex_lock(&g->lock);
	g->mute = mute;
	pthread_mutex_unlock(&g->lock);
}

void
fake_away(struct fake *g, bool away)
{
	pthread_mutex_lock(&g->lock);
	g->away = away;
	pthread_mutex_unlock(&g->lock);
}

void
fake_silence(struct fake *g, bool silent)
{
	pthread_mutex_lock(&g->lock);
	g->silent = silent;
	pthread_mutex_unlock(&g->lock);
}

void
fake_fact_before_read(struct fake *g, const char *streams)
{
	pthread_mutex_lock(&g->lock);
	g->before_read = streams;
	pthread_mutex_unlock(&g->lock);
}

unsigned
fake_subscriptions(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	unsigned n = g->subscriptions;
	pthread_mutex_unlock(&g->lock);
	return n;
}

unsigned
fake_reads(struct fake *g)
{
	pthread_mutex_lock(&g->lock);
	unsigned n = g->reads;
	pthread_mutex_unlock(&g->lock);
	return n;
}
