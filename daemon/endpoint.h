#pragma once

/*
 * Where the gateway may be reached: "ipc:///run/matchd/commands.sock" or "tcp://127.0.0.1:7070".
 *
 * Nothing on these sockets is encrypted or authenticated; what protects them is that only local
 * processes reach them, and a socket file's mode. So TCP is held to the loopback addresses, written
 * as numbers (a name may resolve to anything), and the abstract namespace, which knows no mode, is
 * refused.
 */

#include <stdbool.h>
#include <stddef.h>

/* A path in a socket address has 108 bytes, one of them for the final zero. */
enum { SOCKET_PATH_MAX = 107 };

/* Whether the endpoint may be bound; otherwise says why not, for the operator, in `why`. */
bool endpoint_check(const char *endpoint, char *why, size_t size);
/* Whether a path fits a socket address; otherwise says why not. */
bool endpoint_check_path(const char *path, char *why, size_t size);
/* The file of an ipc endpoint, a view into it; NULL for others. */
const char *endpoint_path(const char *endpoint);
