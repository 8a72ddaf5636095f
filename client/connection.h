#pragma once

/*
 * A connection: one DEALER socket that is thrown away and made anew when an answer does not come.
 *
 * Throwing it away is what keeps questions and answers in step: the late answer to a call that was
 * given up, and a request that ZeroMQ still holds for a peer that is not there, go with the socket.
 */

#include "client/endpoint.h"
#include "client/matchd.h"
#include "util/buf.h"

enum { CONNECTION_IN_FLIGHT = 1000 };

struct matchd {
	void *context;
	void *socket;
	struct endpoints endpoints;
	int timeout_ms;
	int check_ms;
	char *client; /* our name; NULL: none */
	uint64_t next_id;
	uint64_t first_id; /* the first id sent over this socket */
	size_t in_flight;
	struct buf request; /* being written */
};

/* A second connection like the first. */
int connection_clone(const struct matchd *like, struct matchd **ret);
/* As matchd_send without any wait: MATCHD_UNREACHABLE where it cannot go out at once. */
int connection_try_send(struct matchd *c, const char *cmd, struct str args, uint64_t *ret_id);
/* The next reply that is there already, or MATCHD_TIMEOUT. */
int connection_try_receive(struct matchd *c, struct matchd_reply **ret);
/* The options that every socket towards the network has. Returns 0 or -1 with errno. */
int connection_set_up(void *socket);
