#include "daemon/socket_file.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int
make_directory_of(const char *path)
{
	char *directory = mem_dup(path, (size_t)(strrchr(path, '/') - path));
	int failed = directory[0] && mkdir(directory, 0750) < 0 && errno != EEXIST;

	free(directory);
	return failed ? -1 : 0;
}

int
socket_file_claim(const char *path)
{
	char *lock_path = NULL;
	struct stat st;
	int lock = -1;

	if (make_directory_of(path) < 0)
		return -1;
	if (asprintf(&lock_path, "%s.lock", path) < 0)
		mem_failed(strlen(path));
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(lock_path);
	if (lock < 0)
		return -1;
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		goto failed;
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode)) {
			errno = EEXIST; /* somebody's file: not ours to remove */
			goto failed;
		}
		if (unlink(path) < 0)
			goto failed;
	}
	return lock;

failed:;
	int error = errno;
	close(lock);
	errno = error;
	return -1;
}

static bool
peer_has_group(int fd, gid_t group)
{
	gid_t groups[256];
	socklen_t size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool
socket_peer_allowed(int fd, gid_t group, pid_t *ret_pid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	*ret_pid = peer.pid;
	if (peer.uid == geteuid() || peer.uid == 0)
		return true;
	return group != (gid_t)-1 && (peer.gid == group || peer_has_group(fd, group));
}
