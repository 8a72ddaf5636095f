#include "daemon/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPC "ipc://"
#define TCP "tcp://"

static bool
is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return false;
}

/* "127.0.0.1:7070", "[::1]:7070" */
static bool
check_tcp(const char *address, char *why, size_t size)
{
	char host[64];
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	char *end;

	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (!colon || len >= sizeof(host)) {
		snprintf(why, size, "expected tcp://ADDRESS:PORT");
		return false;
	}
	memcpy(host, address, len);
	host[len] = 0;
	if (!is_loopback(host)) {
		snprintf(why, size,
			 "tcp is accepted on the loopback addresses alone (127.0.0.0/8, [::1], as "
			 "numbers): the connection is not encrypted");
		return false;
	}
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end || port < 1 || port > 65535) {
		snprintf(why, size, "expected a port from 1 to 65535, not \"%s\"", colon + 1);
		return false;
	}
	return true;
}

bool
endpoint_check_path(const char *path, char *why, size_t size)
{
	if (path[0] != '/') {
		snprintf(why, size, "expected an absolute path, not \"%s\"", path);
		return false;
	}
	if (strlen(path) > SOCKET_PATH_MAX) {
		snprintf(why, size,
			 "the path has %zu bytes, a socket's may have %d: choose a shorter one",
			 strlen(path), SOCKET_PATH_MAX);
		return false;
	}
	return true;
}

bool
endpoint_check(const char *endpoint, char *why, size_t size)
{
	const char *path = endpoint_path(endpoint);

	if (path)
		return endpoint_check_path(path, why, size);
	if (strncmp(endpoint, TCP, strlen(TCP)) == 0)
		return check_tcp(endpoint + strlen(TCP), why, size);
	snprintf(why, size, "expected ipc:///PATH or tcp://ADDRESS:PORT, not \"%s\"", endpoint);
	return false;
}

const char *
endpoint_path(const char *endpoint)
{
	return strncmp(endpoint, IPC, strlen(IPC)) == 0 ? endpoint + strlen(IPC) : NULL;
}
