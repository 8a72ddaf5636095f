#include "daemon/gateway.h"

#include "daemon/broadcast.h"
#include "daemon/commands.h"
#include "daemon/core_link.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "util/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

struct gateway {
	void *context;
	struct commands *commands;
	struct broadcast *broadcast;
	struct core_link *core;
	struct notify *notify;
	const struct options *options;
	bool ready; /* the service manager was told */
};

static bool
ask(void *arg, struct str envelope, struct str request)
{
	struct gateway *g = arg;

	return core_link_ask(g->core, envelope, request);
}

static void
flush(void *arg)
{
	struct gateway *g = arg;

	core_link_flush(g->core);
}

static bool
is_clear(void *arg)
{
	struct gateway *g = arg;

	return core_link_is_clear(g->core);
}

static void
on_found(void *arg)
{
	struct gateway *g = arg;

	notify_status(g->notify, "serves %s and %s", g->options->commands, g->options->feed);
	if (g->ready)
		return;
	g->ready = true;
	notify_ready();
	log_write(LOG_ID_READY,
		  LOG_FIELDS({"commands", g->options->commands}, {"feed", g->options->feed}),
		  "matchd-gateway " MATCHD_VERSION " is ready");
}

static void
on_lost(void *arg)
{
	struct gateway *g = arg;

	notify_status(g->notify, "looks for the core");
	commands_core_lost(g->commands);
}

static void
on_frame(void *arg, const struct channel_frame *f)
{
	struct gateway *g = arg;

	if (f->kind == CHANNEL_REPLY)
		commands_reply(g->commands, f->envelope, f->bytes);
	else if (f->kind == CHANNEL_FACT)
		broadcast_fact(g->broadcast, &f->fact);
	else
		broadcast_heartbeat(g->broadcast, f->header);
}

static void
on_batch(void *arg)
{
	struct gateway *g = arg;

	commands_check(g->commands);
	broadcast_check(g->broadcast);
}

static struct gateway *
refuse_start(struct gateway *g, const char *endpoint)
{
	log_write(LOG_ID_START_REFUSED, LOG_FIELDS({"endpoint", endpoint}),
		  "the socket cannot be bound: %s",
		  errno == EWOULDBLOCK ? "another gateway has it" : zmq_strerror(errno));
	gateway_free(g);
	return NULL;
}

struct gateway *
gateway_new(struct event_base *base, const struct options *options)
{
	static const struct core_link_events events = {on_found, on_lost, on_frame, on_batch};
	struct gateway *g = mem_zalloc(sizeof(*g));

	g->options = options;
	g->notify = notify_new(base);
	g->context = zmq_ctx_new();
	if (!g->context)
		mem_failed(sizeof(*g));
	const struct commands_core core = {ask, flush, is_clear, g};
	g->commands = commands_new(base, g->context, options, &core);
	if (!g->commands)
		return refuse_start(g, options->commands);
	g->broadcast = broadcast_new(base, g->context, options);
	if (!g->broadcast)
		return refuse_start(g, options->feed);
	g->core = core_link_new(base, options->core_socket, &events, g);
	return g;
}

void
gateway_free(struct gateway *g)
{
	if (!g)
		return;
	if (g->core)
		core_link_drain(g->core);
	core_link_free(g->core);
	commands_free(g->commands);
	broadcast_free(g->broadcast);
	if (g->context)
		zmq_ctx_term(g->context);
	notify_free(g->notify);
	free(g);
}
