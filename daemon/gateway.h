#pragma once

/*
 * The gateway: ZeroMQ in front, the core behind, nothing kept in between.
 *
 * libzmq can be aborted by a peer that got in. So the process that holds it holds nothing else:
 * no data, no numbers, no promise. It is started again in a moment, clients connect and ask again,
 * and the core never notices more than a connection. Several gateways can face one core.
 */

#include "daemon/options.h"

struct event_base;
struct gateway;

/* Binds both sockets and begins to look for the core. NULL where a socket cannot be bound, which
 * was logged. Free with gateway_free, which takes NULL and passes on the last answers. */
struct gateway *gateway_new(struct event_base *base, const struct options *options);
void gateway_free(struct gateway *g);
