#pragma once

/*
 * The gateway's face for commands: a ROUTER socket.
 *
 * A request is a message of one frame (ROUTER puts the client's routing id before it) and goes to
 * the core with the routing id as its envelope; the reply comes back with it. A routing id says
 * where to answer and nothing about who asks: any client can choose one.
 *
 * What is answered here, without the core: messages that are too long or of several frames, clients
 * with too much in flight, and everything while the core is away. When too much is in flight in
 * all, the socket rests and clients wait.
 *
 * A reply for a client that does not read waits here; what waits longer than ten seconds, or is too
 * much, is dropped. A reply for a client that has gone is dropped at once.
 */

#include "daemon/options.h"
#include "util/buf.h"

#include <stdbool.h>

struct commands;
struct event_base;

/* The way to the core. */
struct commands_core {
	/* Passes a request on; false: it is away, or too much waits to be sent to it. */
	bool (*ask)(void *arg, struct str envelope, struct str request);
	/* After one or several: has them sent. */
	void (*flush)(void *arg);
	/* Whether it has taken all that was passed on. */
	bool (*is_clear)(void *arg);
	void *arg;
};

/* Binds the socket. NULL with errno where it cannot. Free with commands_free, which takes NULL and
 * lets the context send what is queued. */
struct commands *commands_new(struct event_base *base, void *context, const struct options *options,
			      const struct commands_core *core);
void commands_free(struct commands *c);

/* Sends the core's reply to the client; an empty one only says that the request is dealt with. After
 * one or several, commands_check. */
void commands_reply(struct commands *c, struct str envelope, struct str reply);
void commands_check(struct commands *c);
/* The core is gone, and with it what was in flight: clients ask again. */
void commands_core_lost(struct commands *c);
