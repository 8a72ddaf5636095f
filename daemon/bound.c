#include "daemon/bound.h"

#include "daemon/endpoint.h"
#include "daemon/socket_file.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum {
	/* A little more than a request may have, so that one a little too long gets an answer; a
	 * peer that sends more than this is disconnected. */
	MESSAGE_MAX = 2 * PROTO_MAX_REQUEST,
	HANDSHAKE_MS = 3000,
	/* Messages for one peer. As many replies as it may have requests in flight by default:
	 * fewer would make a burst of short ones wait. What is beyond is kept, and bounded in
	 * bytes, by `peers`. Of the feed a peer may fall many facts behind before some are dropped.
	 */
	REPLIES_MAX = 1024,
	FACTS_MAX = 10000,
	REQUESTS_MAX = 10000,
	SUBSCRIPTION_MAX = 512, /* bytes; a subscriber sends nothing longer */
	WAITING_MAX = 256,	/* connections not yet accepted */
	KEEPALIVE_IDLE_S = 60,
};

static bool
set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

static bool
protect(void *socket, int type)
{
	bool feed = type == ZMQ_XPUB;
	int64_t message_max = feed ? SUBSCRIPTION_MAX : MESSAGE_MAX;

	return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof(message_max)) == 0 &&
	       set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
	       set_int(socket, ZMQ_SNDHWM, feed ? FACTS_MAX : REPLIES_MAX) &&
	       set_int(socket, ZMQ_RCVHWM, REQUESTS_MAX) &&
	       set_int(socket, ZMQ_BACKLOG, WAITING_MAX) && set_int(socket, ZMQ_LINGER, 0) &&
	       set_int(socket, ZMQ_IPV6, 1) && set_int(socket, ZMQ_TCP_KEEPALIVE, 1) &&
	       set_int(socket, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S) &&
	       (type != ZMQ_ROUTER || set_int(socket, ZMQ_ROUTER_MANDATORY, 1)) &&
	       (!feed || set_int(socket, ZMQ_XPUB_MANUAL, 1));
}

/* The umask is narrow while the file comes to be: at no moment may more connect than should. */
static bool
bind_ipc(struct bound *b, const char *endpoint, mode_t mode)
{
	const char *path = endpoint_path(endpoint);

	b->lock = socket_file_claim(path);
	if (b->lock < 0)
		return false;
	b->path = mem_dup(path, strlen(path));
	mode_t mask = umask(0177);
	bool bound = zmq_bind(b->socket, endpoint) == 0;
	umask(mask);
	return bound && chmod(path, mode) == 0;
}

int
bound_open(struct bound *b, void *context, int type, const char *endpoint, mode_t mode)
{
	*b = (struct bound){zmq_socket(context, type), -1, NULL};
	if (b->socket && protect(b->socket, type) &&
	    (endpoint_path(endpoint) ? bind_ipc(b, endpoint, mode)
				     : zmq_bind(b->socket, endpoint) == 0))
		return 0;
	int error = errno;
	bound_close(b, 0);
	errno = error;
	return -1;
}

int
bound_send(struct bound *b, struct str frame, bool more)
{
	int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);

	if (zmq_send(b->socket, frame.p, frame.len, flags) >= 0)
		return 0;
	if (errno == ENOMEM)
		mem_failed(frame.len);
	return errno;
}

void
bound_close(struct bound *b, int linger_ms)
{
	if (b->socket) {
		set_int(b->socket, ZMQ_LINGER, linger_ms);
		zmq_close(b->socket);
	}
	if (b->path)
		unlink(b->path);
	free(b->path);
	if (b->lock >= 0)
		close(b->lock);
	*b = (struct bound){NULL, -1, NULL};
}
