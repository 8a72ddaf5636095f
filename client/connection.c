#include "client/connection.h"

#include "client/clock.h"
#include "client/reply.h"
#include "proto/proto.h"
#include "util/mem.h"
#include "util/mp.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

enum {
	DEFAULT_TIMEOUT_MS = 5000,
	DEFAULT_CHECK_MS = 2000,
	KEEPALIVE_IDLE_S = 10,
	NAME_MAX_BYTES = 64,
};

const char *
matchd_strerror(int code)
{
	switch (code) {
	case MATCHD_OK:
		return "done";
	case MATCHD_REFUSED:
		return "matchd refused the request";
	case MATCHD_TIMEOUT:
		return "nothing came in time";
	case MATCHD_UNREACHABLE:
		return "matchd cannot be reached";
	case MATCHD_EPOCH_CHANGED:
		return "matchd has begun a new epoch";
	case MATCHD_BUSY:
		return "requests are in flight";
	case MATCHD_LAGGED:
		return "facts are gone that were not given";
	case MATCHD_E_USAGE:
		return "the call's arguments make no sense";
	case MATCHD_E_PROTOCOL:
		return "the answer is not matchd's protocol";
	case MATCHD_E_SYSTEM:
		return "the operating system or ZeroMQ refused";
	default:
		return "an unknown code";
	}
}

/* ---- opening and closing ---- */

int
connection_set_up(void *socket)
{
	const struct {
		int option, value;
	} settings[] = {
	    {ZMQ_LINGER, 0},
	    {ZMQ_TCP_KEEPALIVE, 1},
	    {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
	};
	int64_t max = PROTO_MAX_REPLY;

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (zmq_setsockopt(socket, settings[i].option, &settings[i].value, sizeof(int)))
			return -1;
	return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof max);
}

static int
connect_socket(struct matchd *c)
{
	int immediate = 1; /* nothing is queued for a peer that is not there */
	c->socket = zmq_socket(c->context, ZMQ_DEALER);
	if (!c->socket || connection_set_up(c->socket) ||
	    zmq_setsockopt(c->socket, ZMQ_IMMEDIATE, &immediate, sizeof immediate) ||
	    zmq_connect(c->socket, c->endpoints.commands))
		return errno == EINVAL || errno == EPROTONOSUPPORT ? MATCHD_E_USAGE
								   : MATCHD_E_SYSTEM;
	c->first_id = c->next_id;
	c->in_flight = 0;
	return MATCHD_OK;
}

static bool
is_name(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t n = strspn(text, letters);
	return n > 0 && n <= NAME_MAX_BYTES && !text[n];
}

/* Takes the endpoints over, also on failure. */
static int
open_at(struct endpoints endpoints, const struct matchd_options *o, struct matchd **ret)
{
	struct matchd *c = mem_zalloc(sizeof *c);
	c->endpoints = endpoints;
	c->timeout_ms = o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
	c->check_ms = o->check_ms ? o->check_ms : DEFAULT_CHECK_MS;
	if (o->client)
		c->client = mem_dup(o->client, strlen(o->client));
	c->next_id = 1;
	c->context = zmq_ctx_new();
	int rc = c->context ? connect_socket(c) : MATCHD_E_SYSTEM;
	if (rc == MATCHD_OK)
		*ret = c;
	else
		matchd_close(c);
	return rc;
}

int
matchd_open(const struct matchd_options *options, struct matchd **ret)
{
	static const struct matchd_options defaults = {0};
	const struct matchd_options *o = options ? options : &defaults;
	struct endpoints endpoints = {0};
	if (o->timeout_ms < 0 || o->check_ms < 0 || (o->client && !is_name(o->client)) ||
	    endpoints_init(&endpoints, o->endpoint))
		return MATCHD_E_USAGE;
	return open_at(endpoints, o, ret);
}

int
connection_clone(const struct matchd *like, struct matchd **ret)
{
	struct endpoints copy = {
	    .commands = mem_dup(like->endpoints.commands, strlen(like->endpoints.commands)),
	    .feed = mem_dup(like->endpoints.feed, strlen(like->endpoints.feed)),
	};
	const struct matchd_options o = {
	    .timeout_ms = like->timeout_ms, .check_ms = like->check_ms, .client = like->client};
	return open_at(copy, &o, ret);
}

void
matchd_close(struct matchd *c)
{
	if (!c)
		return;
	if (c->socket)
		zmq_close(c->socket);
	if (c->context)
		zmq_ctx_term(c->context);
	endpoints_done(&c->endpoints);
	free(c->client);
	buf_free(&c->request);
	free(c);
}

int
matchd_reset(struct matchd *c)
{
	if (c->socket)
		zmq_close(c->socket);
	return connect_socket(c);
}

const char *
matchd_endpoint(const struct matchd *c)
{
	return c->endpoints.commands;
}

size_t
matchd_in_flight(const struct matchd *c)
{
	return c->in_flight;
}

/* ---- sending ---- */

/* Writes the request: the envelope with our name, unless another stands among the arguments, then
 * the arguments' pairs as they are. */
static int
write_request(struct matchd *c, const char *cmd, struct str args)
{
	struct mp in = mp_of(args);
	uint32_t count = 0;
	if (args.p) {
		if (mp_check(args, PROTO_MAX_DEPTH, PROTO_MAX_TOKENS, NULL) != MP_OK)
			return MATCHD_E_USAGE;
		count = mp_get_map(&in);
		if (in.failed)
			return MATCHD_E_USAGE;
	}
	struct mp other = args.p ? mp_find(mp_of(args), STR("client")) : mp_of(STR_NONE);
	bool named = c->client && mp_peek(&other) == MP_END;
	buf_clear(&c->request);
	mp_put_map(&c->request, 3 + named + count);
	mp_put_text(&c->request, "v");
	mp_put_int(&c->request, PROTO_VERSION);
	mp_put_text(&c->request, "id");
	mp_put_uint(&c->request, c->next_id);
	mp_put_text(&c->request, "cmd");
	mp_put_text(&c->request, cmd);
	if (named) {
		mp_put_text(&c->request, "client");
		mp_put_text(&c->request, c->client);
	}
	if (count > 0)
		buf_put(&c->request, in.at, (size_t)(in.end - in.at));
	return c->request.len <= PROTO_MAX_REQUEST ? MATCHD_OK : MATCHD_E_USAGE;
}

int
connection_try_send(struct matchd *c, const char *cmd, struct str args, uint64_t *ret_id)
{
	if (c->in_flight >= CONNECTION_IN_FLIGHT)
		return MATCHD_BUSY;
	int rc = write_request(c, cmd, args);
	if (rc != MATCHD_OK)
		return rc;
	if (zmq_send(c->socket, c->request.data, c->request.len, ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EINTR ? MATCHD_UNREACHABLE : MATCHD_E_SYSTEM;
	if (ret_id)
		*ret_id = c->next_id;
	c->next_id++;
	c->in_flight++;
	return MATCHD_OK;
}

/* Waits until the socket is ready; MATCHD_TIMEOUT once the deadline has passed. */
static int
wait_for(struct matchd *c, short events, int64_t deadline)
{
	for (;;) {
		zmq_pollitem_t item = {.socket = c->socket, .events = events};
		int left = clock_left(deadline);
		int n = zmq_poll(&item, 1, left);
		if (n > 0)
			return MATCHD_OK;
		if (n < 0 && errno != EINTR)
			return MATCHD_E_SYSTEM;
		if (left == 0)
			return MATCHD_TIMEOUT;
	}
}

static int
send_until(struct matchd *c, const char *cmd, struct str args, int64_t deadline, uint64_t *ret_id)
{
	for (;;) {
		int rc = connection_try_send(c, cmd, args, ret_id);
		if (rc != MATCHD_UNREACHABLE)
			return rc;
		rc = wait_for(c, ZMQ_POLLOUT, deadline);
		if (rc != MATCHD_OK)
			return rc == MATCHD_TIMEOUT ? MATCHD_UNREACHABLE : rc;
	}
}

static struct str
bytes_of(const void *args, size_t len)
{
	/* Longer ones are refused for their length anyway; the cut keeps them from wrapping. */
	uint32_t cut = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
	return (struct str){args, args ? cut : 0};
}

int
matchd_send(struct matchd *c, const char *cmd, const void *args, size_t len, uint64_t *ret_id)
{
	return send_until(c, cmd, bytes_of(args, len), clock_deadline(c->timeout_ms), ret_id);
}

/* ---- receiving ---- */

/* Takes one message off the socket: a reply, or nothing where it is none of ours. */
static int
receive_one(struct matchd *c, struct matchd_reply **ret)
{
	zmq_msg_t message;
	zmq_msg_init(&message);
	int rc = MATCHD_OK;
	if (zmq_msg_recv(&message, c->socket, ZMQ_DONTWAIT) < 0)
		rc = errno == EAGAIN || errno == EINTR ? MATCHD_TIMEOUT : MATCHD_E_SYSTEM;
	else
		rc = reply_read(
		    (struct str){zmq_msg_data(&message), (uint32_t)zmq_msg_size(&message)}, ret);
	zmq_msg_close(&message);
	return rc;
}

int
connection_try_receive(struct matchd *c, struct matchd_reply **ret)
{
	for (;;) {
		struct matchd_reply *r = NULL;
		int rc = receive_one(c, &r);
		if (rc != MATCHD_OK)
			return rc;
		if (r->id >= c->first_id && r->id < c->next_id && c->in_flight > 0) {
			c->in_flight--;
			*ret = r;
			return r->ok ? MATCHD_OK : MATCHD_REFUSED;
		}
		matchd_reply_free(r);
	}
}

static int
receive_until(struct matchd *c, int64_t deadline, struct matchd_reply **ret)
{
	for (;;) {
		int rc = connection_try_receive(c, ret);
		if (rc == MATCHD_TIMEOUT)
			rc = wait_for(c, ZMQ_POLLIN, deadline);
		else
			return rc;
		if (rc != MATCHD_OK)
			return rc;
	}
}

int
matchd_receive(struct matchd *c, int timeout_ms, struct matchd_reply **ret)
{
	if (c->in_flight == 0)
		return MATCHD_E_USAGE;
	return receive_until(c, clock_deadline(timeout_ms), ret);
}

int
matchd_call(struct matchd *c, const char *cmd, const void *args, size_t len,
	    struct matchd_reply **ret)
{
	if (c->in_flight > 0)
		return MATCHD_BUSY;
	int64_t deadline = clock_deadline(c->timeout_ms);
	int rc = send_until(c, cmd, bytes_of(args, len), deadline, NULL);
	if (rc == MATCHD_OK)
		rc = receive_until(c, deadline, ret);
	if (rc == MATCHD_TIMEOUT || rc == MATCHD_E_PROTOCOL) {
		int again = matchd_reset(c);
		if (again != MATCHD_OK)
			return again;
	}
	return rc;
}
