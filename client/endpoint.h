#pragma once

/* Where matchd is: from what a person writes to the two ZeroMQ endpoints. */

#include "proto/proto.h"

struct endpoints {
	char *commands; /* "ipc:///run/matchd/commands.sock" */
	char *feed;
};

/*
 * Reads an endpoint as struct matchd_options describes it; NULL for the default. Returns 0, or 1
 * for one that cannot be: a socket path that the system would cut off, or an empty half of a pair.
 * Free with endpoints_done.
 */
int endpoints_init(struct endpoints *e, const char *endpoint);
void endpoints_done(struct endpoints *e);
