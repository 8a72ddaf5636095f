#include "daemon/child.h"

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "util/mem.h"

#include <event2/event.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FIRST_PAUSE_MS = 50,
	LONGEST_PAUSE_MS = 2000,
	STEADY_MS = 1000, /* a child that lived so long is started again at once */
	STOP_MS = 2000,
	STOP_STEP_MS = 10,
};

struct child {
	const struct options *options;
	struct event *ended, *again;
	pid_t pid; /* 0: none now */
	int64_t started_ms;
	int64_t pause_ms; /* before the next start; 0: none */
};

/* The child is no service of the manager's: what the manager told us is not for it. */
static char **
child_environment(void)
{
	static const char *const ours[] = {"NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="};
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	char **copy = mem_zalloc((n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++) {
		bool drop = false;
		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			drop = drop || strncmp(environ[i], ours[k], strlen(ours[k])) == 0;
		if (!drop)
			copy[kept++] = environ[i];
	}
	return copy;
}

/* posix_spawn and not fork: a copy of the page tables of a large market takes long. */
static int
start_child(struct child *c)
{
	char **argv = options_gateway_arguments(c->options, (int)getpid());
	char **env = child_environment();
	posix_spawnattr_t attributes;
	sigset_t none;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	int error = posix_spawn(&c->pid, argv[0], NULL, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	free(env);
	options_free_arguments(argv);
	return error;
}

static void
start_later(struct child *c)
{
	struct timeval pause = {c->pause_ms / 1000, c->pause_ms % 1000 * 1000};

	evtimer_add(c->again, &pause);
}

static void
lengthen_pause(struct child *c)
{
	c->pause_ms = c->pause_ms ? 2 * c->pause_ms : FIRST_PAUSE_MS;
	if (c->pause_ms > LONGEST_PAUSE_MS)
		c->pause_ms = LONGEST_PAUSE_MS;
}

static void
start(struct child *c)
{
	c->started_ms = clock_monotonic_ms();
	int error = start_child(c);
	if (error == 0) {
		log_write(LOG_ID_GATEWAY_STARTED, LOG_FIELDS({"pid", .number = c->pid}),
			  "the gateway was started");
		return;
	}
	c->pid = 0;
	lengthen_pause(c);
	log_write(LOG_ID_GATEWAY_ENDED, LOG_FIELDS({"path", c->options->gateway_path}),
		  "the gateway cannot be started: %s", strerror(error));
	start_later(c);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	start(arg);
}

static void
on_child(evutil_socket_t signal, short what, void *arg)
{
	struct child *c = arg;
	int status;

	(void)signal, (void)what;
	if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	if (clock_monotonic_ms() - c->started_ms >= STEADY_MS)
		c->pause_ms = 0;
	else
		lengthen_pause(c);
	log_write(
	    LOG_ID_GATEWAY_ENDED,
	    LOG_FIELDS({"pid", .number = c->pid},
		       {WIFSIGNALED(status) ? "signal" : "status",
			.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)},
		       {"pause_ms", .number = c->pause_ms}),
	    "the gateway ended and will be started again");
	c->pid = 0;
	start_later(c);
}

struct child *
child_new(struct event_base *base, const struct options *options)
{
	struct child *c = mem_zalloc(sizeof(*c));

	c->options = options;
	c->ended = evsignal_new(base, SIGCHLD, on_child, c);
	c->again = evtimer_new(base, on_again, c);
	event_add(c->ended, NULL);
	start(c);
	return c;
}

static bool
ends_within(pid_t child, int64_t ms)
{
	static const struct timespec step = {0, STOP_STEP_MS * 1000000L};

	for (; ms > 0; ms -= STOP_STEP_MS) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

void
child_free(struct child *c)
{
	if (!c)
		return;
	event_free(c->ended);
	event_free(c->again);
	if (c->pid) {
		kill(c->pid, SIGTERM);
		if (!ends_within(c->pid, STOP_MS)) {
			kill(c->pid, SIGKILL);
			waitpid(c->pid, NULL, 0);
		}
	}
	free(c);
}
