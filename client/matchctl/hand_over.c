#include "client/matchctl/hand_over.h"

#include "client/clock.h"
#include "util/mem.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ANSWER_MS = 60000, /* a receiver that takes longer is taken for gone */
	ANSWER_MAX = 200,
};

struct hand_over {
	char *command; /* owned; NULL: a socket */
	struct sockaddr_un address;
	int fd; /* of the connection; -1: none */
};

struct hand_over *
hand_over_to_command(const char *command)
{
	struct hand_over *h = mem_zalloc(sizeof *h);
	h->command = mem_dup(command, strlen(command));
	h->fd = -1;
	return h;
}

struct hand_over *
hand_over_to_socket(const char *where)
{
	static const char prefix[] = "unix:";
	size_t skip = sizeof prefix - 1;
	struct hand_over *h;
	if (strncmp(where, prefix, skip) != 0 || !where[skip] ||
	    strlen(where + skip) >= sizeof h->address.sun_path)
		return NULL;
	h = mem_zalloc(sizeof *h);
	h->address.sun_family = AF_UNIX;
	memcpy(h->address.sun_path, where + skip, strlen(where + skip) + 1);
	h->fd = -1;
	return h;
}

static void
disconnect(struct hand_over *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

void
hand_over_close(struct hand_over *h)
{
	if (!h)
		return;
	disconnect(h);
	free(h->command);
	free(h);
}

static bool
failed(struct both *why, const char *what)
{
	both_set(why, "%s: %s", "%s: %s", what, strerror(errno));
	return false;
}

/* ---- a command ---- */

/* A file that nobody else sees: a command that does not read its input takes no harm from that, as
 * it would from a pipe. */
static int
open_line(struct str line)
{
	int fd = memfd_create("fact", MFD_CLOEXEC);
	for (uint32_t at = 0; fd >= 0 && at < line.len;) {
		ssize_t n = write(fd, line.p + at, line.len - at);
		if (n > 0) {
			at += (uint32_t)n;
		} else if (n == 0 || errno != EINTR) {
			close(fd);
			return -1;
		}
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static bool
run(const struct hand_over *h, int input, struct both *why)
{
	int status;
	pid_t pid = fork();
	if (pid < 0)
		return failed(why, "fork");
	if (pid == 0) {
		if (dup2(input, STDIN_FILENO) >= 0)
			execl("/bin/sh", "sh", "-c", h->command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return failed(why, "waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status))
		both_set(why, "the command exited with %d", "команда завершилась с кодом %d",
			 WEXITSTATUS(status));
	else
		both_set(why, "the command was ended by signal %d", "команду завершил сигнал %d",
			 WTERMSIG(status));
	return false;
}

static bool
hand_to_command(struct hand_over *h, struct str line, struct both *why)
{
	int fd = open_line(line);
	if (fd < 0)
		return failed(why, "memfd");
	bool done = run(h, fd, why);
	close(fd);
	return done;
}

/* ---- a socket ---- */

static bool
connect_to(struct hand_over *h, struct both *why)
{
	if (h->fd >= 0)
		return true;
	h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->fd >= 0 &&
	    connect(h->fd, (const struct sockaddr *)&h->address, sizeof h->address) == 0)
		return true;
	failed(why, h->address.sun_path);
	disconnect(h);
	return false;
}

/* Waits until the socket can be read or written. */
static bool
wait_for(const struct hand_over *h, short events, int64_t deadline, struct both *why)
{
	struct pollfd p = {.fd = h->fd, .events = events};
	int n = poll(&p, 1, clock_left(deadline));
	if (n > 0)
		return true;
	if (n < 0)
		return failed(why, h->address.sun_path);
	both_text(why, "the receiver did not answer in time", "получатель не ответил вовремя");
	return false;
}

static bool
send_line(const struct hand_over *h, struct str line, int64_t deadline, struct both *why)
{
	for (uint32_t at = 0; at < line.len;) {
		ssize_t n = send(h->fd, line.p + at, line.len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			at += (uint32_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return failed(why, h->address.sun_path);
		else if (!wait_for(h, POLLOUT, deadline, why))
			return false;
	}
	return true;
}

/* As a text: whoever sends a zero says something else than ok. */
static void
end_answer(char *answer, char *end)
{
	if (end > answer && end[-1] == '\r')
		end--;
	for (char *p = answer; p < end; p++)
		if (!*p)
			*p = '?';
	*end = '\0';
}

/* Reads up to the newline; anything behind it would be an answer to what was not sent. */
static bool
read_answer(const struct hand_over *h, char answer[ANSWER_MAX], int64_t deadline, struct both *why)
{
	size_t len = 0;
	while (len < ANSWER_MAX - 1) {
		if (!wait_for(h, POLLIN, deadline, why))
			return false;
		ssize_t n = recv(h->fd, answer + len, ANSWER_MAX - 1 - len, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return failed(why, h->address.sun_path);
		if (n == 0) {
			both_text(why, "the receiver went away without an answer",
				  "получатель отключился, не ответив");
			return false;
		}
		len += n > 0 ? (size_t)n : 0;
		char *end = memchr(answer, '\n', len);
		if (end) {
			end_answer(answer, end);
			return true;
		}
	}
	end_answer(answer, answer + len);
	return true;
}

static bool
talk(struct hand_over *h, struct str line, struct both *why)
{
	char answer[ANSWER_MAX];
	int64_t deadline = clock_deadline(ANSWER_MS);
	if (!connect_to(h, why))
		return false;
	bool answered = send_line(h, line, deadline, why) && read_answer(h, answer, deadline, why);
	if (answered && strcmp(answer, "ok") == 0)
		return true;
	if (answered)
		both_set(why, "the receiver answered: %s", "получатель ответил: %s", answer);
	/* What it says to this line later must not be taken for its answer to the next. */
	disconnect(h);
	return false;
}

/* A connection that stood may have ended meanwhile, which is no reason to wait. */
static bool
hand_to_socket(struct hand_over *h, struct str line, struct both *why)
{
	struct pollfd p = {.fd = h->fd, .events = POLLIN};
	if (h->fd >= 0 && poll(&p, 1, 0) != 0)
		disconnect(h);
	return talk(h, line, why);
}

bool
hand_over(struct hand_over *h, struct str line, struct both *why)
{
	return h->command ? hand_to_command(h, line, why) : hand_to_socket(h, line, why);
}
