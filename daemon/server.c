#include "daemon/server.h"

#include "daemon/cycle.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/socket_file.h"
#include "proto/proto.h"
#include "store/store.h"
#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

enum {
	SESSIONS_MAX = 64,
	STOP_MS = 1000, /* for the last answers to be taken */
	STOP_STEP_MS = 10,
	SEED_LOOKS = 2048, /* some 20 ms */
};

struct server {
	struct server_parts parts;
	struct evconnlistener *listener; /* NULL: stopping */
	int lock;			 /* on the socket's path */
	gid_t group;			 /* may connect; (gid_t)-1: none */
	struct cycle *cycle;
	struct event *turn, *heartbeat;
	int written_fd; /* an eventfd that the store's thread counts up */
	struct event *written;
	bool stopping, failed;
	int stop_steps; /* left, of STOP_STEP_MS */
};

static void
run_again(struct server *s, int64_t delay_ms)
{
	struct timeval delay = {delay_ms / 1000, delay_ms % 1000 * 1000};

	event_add(s->turn, &delay);
}

/* ---- turns ---- */

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int64_t now_ms = clock_now(s->parts.clock);

	(void)fd, (void)what;
	if (!cycle_run(s->cycle, now_ms)) {
		s->failed = true;
		event_base_loopbreak(s->parts.base);
		return;
	}
	int64_t pause_ms = cycle_pause_ms(s->cycle, now_ms);
	if (pause_ms >= 0)
		run_again(s, pause_ms);
}

void
server_wake(struct server *s)
{
	if (!s->stopping)
		run_again(s, 0);
}

static void
wake(void *arg)
{
	server_wake(arg);
}

/* In the store's thread. */
static void
on_stored(void *arg)
{
	const struct server *s = arg;
	eventfd_write(s->written_fd, 1);
}

static void
on_written(evutil_socket_t fd, short what, void *arg)
{
	eventfd_t count;

	(void)what;
	eventfd_read(fd, &count);
	wake(arg);
}

static bool
write_beside(struct server *s)
{
	if (s->written_fd < 0)
		return false;
	s->written = event_new(s->parts.base, s->written_fd, EV_READ | EV_PERSIST, on_written, s);
	if (!s->written)
		mem_failed(sizeof(*s));
	event_add(s->written, NULL);
	return store_write_beside(s->parts.store, on_stored, s) == 0;
}

static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct market_counts counts = market_count(s->parts.market);

	(void)fd, (void)what;
	if (cycle_beat(s->cycle, clock_now(s->parts.clock)))
		wake(s);
	notify_status(s->parts.notify,
		      "%" PRIu64 " participants, %" PRIu64 " listings (%" PRIu64 " open), %" PRIu64
		      " told matches; fact %" PRIu64 "; gateways: %u",
		      counts.participants, counts.listings, counts.open, counts.told,
		      store_head(s->parts.store), cycle_count(s->cycle));
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
	  void *arg)
{
	struct server *s = arg;
	pid_t pid = 0;

	(void)listener, (void)address, (void)len;
	if (cycle_count(s->cycle) == SESSIONS_MAX || !socket_peer_allowed(fd, s->group, &pid)) {
		struct buf bye = BUF_EMPTY;
		channel_put_bye(&bye, CHANNEL_NOT_ALLOWED);
		if (send(fd, bye.data, bye.len, MSG_NOSIGNAL) < 0) {
			/* It will see the end of the connection instead. */
		}
		buf_free(&bye);
		close(fd);
		log_write(LOG_ID_SESSION_REFUSED, LOG_FIELDS({"pid", .number = pid}),
			  "a connection to the core's socket was refused");
		return;
	}
	cycle_add(s->cycle, session_new(s->parts.base, fd, pid, wake, s));
}

/* ---- beginning and end ---- */

static struct server *
refuse_start(struct server *s, const char *what, const char *why)
{
	log_write(LOG_ID_START_REFUSED, LOG_FIELDS({"path", s->parts.options->core_socket}),
		  "%s: %s", what, why);
	server_free(s);
	return NULL;
}

static bool
find_group(const char *name, gid_t *ret)
{
	const struct group *found = name ? getgrnam(name) : NULL;

	*ret = found ? found->gr_gid : (gid_t)-1;
	return found || !name;
}

/* The umask is narrow while the file comes to be: at no moment may more connect than should. */
static bool
bind_socket(struct server *s)
{
	const struct options *o = s->parts.options;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, o->core_socket, strlen(o->core_socket) + 1);
	mode_t mask = umask(0177);
	s->listener = evconnlistener_new_bind(s->parts.base, on_accept, s,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
					      (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	return s->listener &&
	       (s->group == (gid_t)-1 || chown(o->core_socket, (uid_t)-1, s->group) == 0) &&
	       chmod(o->core_socket, (mode_t)o->socket_mode) == 0;
}

struct server *
server_new(const struct server_parts *parts)
{
	static const struct timeval second = {PROTO_HEARTBEAT_MS / 1000,
					      PROTO_HEARTBEAT_MS % 1000 * 1000};
	struct server *s = mem_zalloc(sizeof(*s));

	s->parts = *parts;
	s->written_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	const struct cycle_parts cycle = {parts->options,     parts->store,    parts->market,
					  parts->turn,	      parts->dispatch, parts->subscriptions,
					  clock_monotonic_ms, SEED_LOOKS};
	s->cycle = cycle_new(&cycle);
	s->turn = evtimer_new(parts->base, on_turn, s);
	s->heartbeat = event_new(parts->base, -1, EV_PERSIST, on_heartbeat, s);
	s->lock = socket_file_claim(parts->options->core_socket);
	if (s->lock < 0)
		return refuse_start(s, "the core's socket cannot be claimed",
				    errno == EWOULDBLOCK ? "another matchd has it"
							 : strerror(errno));
	if (!find_group(parts->options->core_group, &s->group))
		return refuse_start(s, "there is no such group", parts->options->core_group);
	if (!bind_socket(s))
		return refuse_start(s, "the core's socket cannot be bound", strerror(errno));
	if (!write_beside(s))
		return refuse_start(s, "no thread writes the store",
				    s->written_fd < 0 ? strerror(errno)
						      : "the system has none left");
	event_add(s->heartbeat, &second);
	run_again(s, 0);
	return s;
}

void
server_free(struct server *s)
{
	if (!s)
		return;
	cycle_free(s->cycle);
	if (s->listener)
		evconnlistener_free(s->listener);
	store_write_alone(s->parts.store);
	event_free(s->turn);
	event_free(s->heartbeat);
	if (s->written)
		event_free(s->written);
	if (s->written_fd >= 0)
		close(s->written_fd);
	if (s->lock >= 0) {
		unlink(s->parts.options->core_socket);
		close(s->lock);
	}
	free(s);
}

/* Ends the loop once everything is sent, or time is up. */
static void
on_stopping(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	size_t waiting = 0;
	const struct session *each;

	(void)fd, (void)what;
	DL_FOREACH(cycle_sessions(s->cycle), each)
	waiting += stream_backlog(each->stream);
	if (waiting == 0 || --s->stop_steps == 0)
		event_base_loopbreak(s->parts.base);
}

void
server_stop(struct server *s)
{
	static const struct timeval step = {0, STOP_STEP_MS * 1000};
	struct session *each;

	if (s->stopping)
		return;
	s->stopping = true;
	s->stop_steps = STOP_MS / STOP_STEP_MS;
	evconnlistener_free(s->listener);
	s->listener = NULL;
	struct session *sessions = cycle_sessions(s->cycle);
	DL_FOREACH(sessions, each)
	stream_fill(each->stream);
	cycle_settle(s->cycle);
	store_write_alone(s->parts.store); /* the last turn is stored when on_turn returns */
	on_turn(-1, 0, s);
	if (s->failed)
		return;
	event_del(s->turn);
	sessions = cycle_sessions(s->cycle);
	DL_FOREACH(sessions, each)
	session_doom(each, CHANNEL_STOPPING);
	event_free(s->heartbeat);
	s->heartbeat = event_new(s->parts.base, -1, EV_PERSIST, on_stopping, s);
	event_add(s->heartbeat, &step);
}

bool
server_failed(const struct server *s)
{
	return s->failed;
}
