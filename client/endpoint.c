#include "client/endpoint.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define IPC "ipc://"

static char *
join(const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *text = mem_alloc(size);
	snprintf(text, size, "%s%s%s", a, b, c);
	return text;
}

/* The directory to look in when nobody said; free() it. */
static char *
default_directory(void)
{
	const char *given = getenv("MATCHD_RUNTIME");
	if (given && *given)
		return mem_dup(given, strlen(given));

	const char *user = getenv("XDG_RUNTIME_DIR");
	if (user && *user) {
		char *directory = join(user, "/matchd", "");
		char *socket = join(directory, "/", PROTO_COMMANDS_SOCKET);
		bool there = access(socket, F_OK) == 0;
		free(socket);
		if (there)
			return directory;
		free(directory);
	}
	return mem_dup(PROTO_RUNTIME, strlen(PROTO_RUNTIME));
}

/* ZeroMQ would quietly fail to bind or connect a path that does not fit. */
static bool
fits(const char *endpoint)
{
	if (strncmp(endpoint, IPC, strlen(IPC)) != 0)
		return *endpoint != '\0';
	size_t len = strlen(endpoint + strlen(IPC));
	return len > 0 && len < sizeof((struct sockaddr_un *)0)->sun_path;
}

int
endpoints_init(struct endpoints *e, const char *endpoint)
{
	char *own = endpoint ? mem_dup(endpoint, strlen(endpoint)) : default_directory();
	char *comma = strchr(own, ',');

	if (comma) {
		*comma = '\0';
		e->commands = join(own, "", "");
		e->feed = join(comma + 1, "", "");
	} else {
		const char *directory =
		    strncmp(own, IPC, strlen(IPC)) == 0 ? own + strlen(IPC) : own;
		e->commands = join(IPC, directory, "/" PROTO_COMMANDS_SOCKET);
		e->feed = join(IPC, directory, "/" PROTO_FEED_SOCKET);
	}
	free(own);
	if (fits(e->commands) && fits(e->feed))
		return 0;
	endpoints_done(e);
	return 1;
}

void
endpoints_done(struct endpoints *e)
{
	free(e->commands);
	free(e->feed);
	*e = (struct endpoints){0};
}
