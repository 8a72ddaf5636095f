#pragma once

/*
 * The gateway's connection to the core: made, made again every 100 ms when it is lost, and greeted.
 * Only a core that answered the hello is there.
 */

#include "daemon/channel.h"

#include <stdbool.h>

struct core_link;
struct event_base;

struct core_link_events {
	void (*found)(void *arg); /* the core answered the hello */
	void (*lost)(void *arg);  /* after found: what was asked is not answered any more */
	void (*frame)(void *arg, const struct channel_frame *f); /* a reply, fact or heartbeat */
	void (*batch)(void *arg);				 /* after one or several frames */
};

/* Begins to connect. The path fits a socket address. Free with core_link_free, which takes NULL. */
struct core_link *core_link_new(struct event_base *base, const char *path,
				const struct core_link_events *events, void *arg);
void core_link_free(struct core_link *l);

/* Asks the core, by the next flush at the latest: requests that come together are sent together.
 * False where it is not there or too much waits to be sent. */
bool core_link_ask(struct core_link *l, struct str envelope, struct str request);
void core_link_flush(struct core_link *l);
/* Whether the core has taken all that it was asked. */
bool core_link_is_clear(const struct core_link *l);
/* Passes on what the core has sent so far, before an end. */
void core_link_drain(struct core_link *l);
