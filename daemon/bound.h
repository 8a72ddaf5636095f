#pragma once

/* A bound ZeroMQ socket with the protections that every socket of the gateway has. */

#include "util/buf.h"

#include <stdbool.h>
#include <sys/types.h>

struct bound {
	void *socket;
	int lock;   /* on an ipc socket's path; -1: none */
	char *path; /* of an ipc socket; owned */
};

/*
 * Makes a socket of the type, bounds it (message size, handshake time, queues), binds it to the
 * endpoint, which passed endpoint_check, and gives an ipc socket's file the mode. Returns 0, or -1
 * with errno (EWOULDBLOCK: another process has the path). Undo with bound_close.
 */
int bound_open(struct bound *b, void *context, int type, const char *endpoint, mode_t mode);
/*
 * Sends a frame, without waiting; `more` of the message follow. Returns 0 or zmq's errno. Where
 * memory runs out the process ends: the frames before cannot be taken back, and the next message,
 * maybe another peer's, would go on where this one broke off.
 */
int bound_send(struct bound *b, struct str frame, bool more);
/* Closes the socket and removes its file, so that clients see at once that nobody listens. What is
 * queued is still sent for `linger_ms` at most, by the context's end. */
void bound_close(struct bound *b, int linger_ms);
