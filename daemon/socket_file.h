#pragma once

/*
 * Socket files: making sure that a path is ours before it is bound, and who may connect.
 *
 * A second bind on a live path succeeds and steals it, whether by libzmq or after an unlink. So a
 * path is claimed first, by a lock on a file beside it; the kernel drops the lock with the process.
 */

#include <stdbool.h>
#include <sys/types.h>

/*
 * Claims the path: makes its directory (0750) where that is not there, locks "<path>.lock", and
 * removes a socket that a dead process left. Returns the lock's descriptor, to be closed to give
 * the path up, or -1 with errno: EWOULDBLOCK, another process has it; else what the system said.
 */
int socket_file_claim(const char *path);

/* Whether the peer of a connected AF_UNIX socket may speak: our own user, root, or a member of
 * `group` (as of when it connected); (gid_t)-1 for no group. Its process in *ret_pid. */
bool socket_peer_allowed(int fd, gid_t group, pid_t *ret_pid);
