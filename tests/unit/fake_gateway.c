/* The gateway's side: answering and publishing. */

#include "fake_internal.h"

#include "util/mem.h"

#include <stdio.h>
#include <time.h>

static int64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

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

uint64_t
fake_append(struct fake *g, const char *streams, bool lost)
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
	proto_write_ok(out, r->id, 4);
	mp_put_text(out, "first");
	mp_put_uint(out, g->first);
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
		fake_append(g, g->before_read, false);
	g->before_read = NULL;
	if (from < g->first) {
		proto_write_error(out, r->id, "facts_gone", "from", "gone", NULL);
		return;
	}
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
send_reply(void *gateway, zmq_msg_t *identity, const struct buf *reply)
{
	struct fake *g = gateway;
	zmq_msg_send(identity, g->router, ZMQ_SNDMORE);
	zmq_send(g->router, reply->data, reply->len, 0);
}

static struct fake_store
store_of(struct fake *g)
{
	return (struct fake_store){g->first, g->n_facts, g->epoch, put_body, send_reply, g};
}

static void
answer_fetch(struct fake *g, zmq_msg_t *identity, const struct proto_request *r)
{
	const struct fake_store store = store_of(g);
	struct buf out = BUF_EMPTY;
	snprintf(g->client, sizeof g->client, "%.*s", STR_FMT(r->client));
	if (str_eq(proto_arg(r, "name")->text, STR("s"))) {
		fake_subscription_fetch(&g->subscription, &store, identity, r, now_ms());
		return;
	}
	proto_write_error(&out, r->id, "unknown_subscription", "name", "there is none", NULL);
	send_reply(g, identity, &out);
	buf_free(&out);
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
	else if (strcmp(r.message->name, "subscription.fetch") == 0)
		answer_fetch(g, identity, &r);
	else
		proto_write_ok(&out, r.id, 0);
	if (out.len > 0)
		send_reply(g, identity, &out);
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

void
fake_answer_late(struct fake *g)
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

void *
fake_serve(void *arg)
{
	struct fake *g = arg;
	int64_t heartbeat = 0;
	bool stop = false;
	while (!stop) {
		zmq_pollitem_t item = {.socket = g->router, .events = ZMQ_POLLIN};
		zmq_poll(&item, 1, 2);
		pthread_mutex_lock(&g->lock);
		read_subscriptions(g);
		const struct fake_store store = store_of(g);
		serve_requests(g);
		if (g->end_code)
			fake_subscription_end(&g->subscription, &store, g->end_code);
		g->end_code = NULL;
		if (!g->mute)
			fake_subscription_run(&g->subscription, &store, now_ms());
		if (!g->silent)
			publish_new(g);
		if (!g->mute)
			fake_answer_late(g);
		if (!g->silent && now_ms() - heartbeat >= FAKE_HEARTBEAT_MS) {
			publish(g, PROTO_HEARTBEAT, g->n_facts, 0, STR(""));
			heartbeat = now_ms();
		}
		stop = g->stop;
		pthread_mutex_unlock(&g->lock);
	}
	return NULL;
}
