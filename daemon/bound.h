#pragma once

/* A bound ZeroMQ socket with the protections that every socket of the gateway has. */

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
/* Closes the socket and removes its file, so that clients see at once that nobody listens. What is
 * queued is still sent for `linger_ms` at most, by the context's end. */
void bound_close(struct bound *b, int linger_ms);
