/*
 * bench deliver: the gateway without the core.
 *
 * In the core's place it gives the gateway facts that are ready, each of them of three streams, as a
 * match is, of which one has a subscriber. So many are on their way that the gateway never waits and
 * drops nothing.
 */

#include "bench.h"
#include "daemon/channel.h"
#include "listeners.h"
#include "proto/proto.h"
#include "times.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_US = 300000, MEASURED_US = 2000000, READY_US = 30000000, PAUSE_US = 100 };
enum { AT_ONCE = 1000, ON_THEIR_WAY_EACH = 1000, BODY_MAX = 65536 };

struct stage {
	char directory[32];
	pid_t gateway;
	int core; /* the core's end of the channel */
	struct listeners *listeners;
};

static const uint8_t epoch[PROTO_EPOCH];

static void
must(bool ok, const char *what)
{
	if (!ok) {
		perror("bench");
		bench_fail("cannot", str_of(what));
	}
}

static void
path_of(const struct stage *s, const char *name, char ret[64])
{
	snprintf(ret, 64, "%s/%s", s->directory, name);
}

static int
listen_as_core(const struct stage *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	path_of(s, "core.sock", address.sun_path);
	must(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
		 listen(fd, 1) == 0,
	     "listen as the core");
	return fd;
}

static void
start_gateway(struct stage *s, const char *program)
{
	s->gateway = fork();
	must(s->gateway >= 0, "fork");
	if (s->gateway > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(program, program, "--runtime-directory", s->directory, "--log-level", "error", NULL);
	perror(program);
	_exit(1);
}

static void
say(const struct stage *s, const struct buf *frames)
{
	for (size_t sent = 0; sent < frames->len;) {
		ssize_t n = send(s->core, frames->data + sent, frames->len - sent, MSG_NOSIGNAL);
		must(n > 0, "send to the gateway");
		sent += (size_t)n;
	}
}

static void
beat(const struct stage *s)
{
	uint8_t header[PROTO_FEED_HEADER];
	struct buf frame = BUF_EMPTY;
	proto_feed_header(header, epoch, 0, 0);
	channel_put_heartbeat(&frame, (struct str){(const char *)header, sizeof header});
	say(s, &frame);
	buf_free(&frame);
}

/* Until every subscriber has heard of the gateway. */
static void
set_up(struct stage *s, const char *program, size_t subscribers)
{
	struct buf hello = BUF_EMPTY;
	char path[64], feed[80];
	strcpy(s->directory, "/tmp/bench_deliver.XXXXXX");
	must(mkdtemp(s->directory), "make a directory");
	int listening = listen_as_core(s);
	start_gateway(s, program);
	s->core = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	must(s->core >= 0, "accept the gateway");
	close(listening);
	channel_put_hello(&hello, CHANNEL_CORE);
	say(s, &hello);
	buf_free(&hello);
	path_of(s, "feed.sock", path);
	snprintf(feed, sizeof feed, "ipc://%s", path);
	s->listeners = listeners_start(feed, subscribers);
	for (double end = now_us() + READY_US; listeners_ready(s->listeners) < subscribers;) {
		must(now_us() < end, "reach all subscribers");
		beat(s);
		usleep(50000);
	}
}

static void
take_down(struct stage *s)
{
	static const char *const names[] = {"core.sock", "feed.sock", "commands.sock",
					    "feed.sock.lock", "commands.sock.lock"};
	char path[64];
	listeners_stop(s->listeners);
	kill(s->gateway, SIGTERM);
	waitpid(s->gateway, NULL, 0);
	close(s->core);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_of(s, names[i], path);
		unlink(path);
	}
	must(rmdir(s->directory) == 0, "remove the directory");
}

/* The next facts, each for the next subscriber. */
static void
put_facts(struct buf *out, size_t subscribers, uint32_t bytes, uint64_t *number)
{
	static const char body[BODY_MAX];
	char stream[32];
	buf_clear(out);
	for (int i = 0; i < AT_ONCE; i++, ++*number) {
		listeners_prefix(*number % subscribers, stream);
		const struct channel_fact fact = {
		    .epoch = {(const char *)epoch, PROTO_EPOCH},
		    .number = *number,
		    .kind = STR("match.made"),
		    .n_streams = 3,
		    .streams = {{STR("x.feed"), *number},
				{STR("p.needs"), *number},
				{{stream, (uint32_t)strlen(stream) - 1}, *number}},
		    .body = {body, bytes},
		};
		channel_put_fact(out, &fact);
	}
}

int
bench_deliver(const char *gateway, size_t subscribers, size_t bytes)
{
	struct stage s;
	struct buf frames = BUF_EMPTY;
	uint64_t sent = 0, came = 0, before = 0, ignored;
	if (bytes > BODY_MAX)
		bench_fail("a body has 65536 bytes at most", STR(""));
	set_up(&s, gateway, subscribers);

	double start = now_us(), measured = 0, now;
	while ((now = now_us()) < start + WARM_US + MEASURED_US) {
		came = listeners_count(s.listeners, &ignored);
		if (measured == 0 && now >= start + WARM_US) {
			measured = now;
			before = came;
		}
		if (sent - came > ON_THEIR_WAY_EACH * subscribers) {
			usleep(PAUSE_US);
			continue;
		}
		put_facts(&frames, subscribers, (uint32_t)bytes, &sent);
		say(&s, &frames);
	}
	double per_s = (double)(came - before) / (now - measured) * 1e6;
	for (double end = now_us() + READY_US; came < sent && now_us() < end; usleep(1000))
		came = listeners_count(s.listeners, &ignored);
	printf("{\"subscribers\":%zu,\"sent\":%llu,\"lost\":%llu,\"delivered_per_s\":%.0f}\n",
	       subscribers, (unsigned long long)sent, (unsigned long long)(sent - came), per_s);
	buf_free(&frames);
	take_down(&s);
	return sent != came;
}
