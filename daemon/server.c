#include "daemon/server.h"

#include "daemon/delivery.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/retention.h"
#include "daemon/session.h"
#include "daemon/socket_file.h"
#include "daemon/turn.h"
#include "proto/proto.h"
#include "store/store.h"
#include "util/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

enum {
	SESSIONS_MAX = 64,
	TURN_BYTES_MAX = 16 << 20, /* of facts; the turn is closed beyond */
	TURN_MS_MAX = 50,     /* spent on requests; likewise. What a turn holds decides no fact */
	BEHIND_PAUSE_MS = 10, /* between turns while a gateway has much to read */
	STOP_MS = 1000,	      /* for the last answers to be taken */
	STOP_STEP_MS = 10,
	IDLE_MS = 60000,      /* the longest that the loop sleeps towards a deadline */
	RETENTION_BEATS = 10, /* heartbeats between looks at what may go */
};

struct server {
	struct server_parts parts;
	struct evconnlistener *listener; /* NULL: stopping */
	int lock;			 /* on the socket's path */
	gid_t group;			 /* may connect; (gid_t)-1: none */
	struct session *sessions;
	unsigned n_sessions;
	struct delivery *delivery;
	struct event *turn, *heartbeat;
	uint64_t budget; /* what a turn may take of the disk, in bytes */
	unsigned beats;
	bool stopping, failed;
	int stop_steps; /* left, of STOP_STEP_MS */
};

static void
run_again(struct server *s, int64_t delay_ms)
{
	struct timeval delay = {delay_ms / 1000, delay_ms % 1000 * 1000};

	event_add(s->turn, &delay);
}

/* ---- the turn ---- */

/* What one session's share of a turn may hold, and how long it may take. */
struct turn_bound {
	const struct turn *turn;
	uint64_t budget;
	int64_t ms;
	struct timespec begun;
};

static int64_t
monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
since_ms(const struct timespec *begun)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begun->tv_sec) * 1000 + (now.tv_nsec - begun->tv_nsec) / 1000000;
}

/* A request may take long where a match looks at many listings: replies, heartbeat and watchdog
 * must not wait for a thousand of them. */
static bool
turn_is_full(const void *arg)
{
	const struct turn_bound *bound = arg;
	return turn_bytes(bound->turn) > TURN_BYTES_MAX || turn_cost(bound->turn) > bound->budget ||
	       since_ms(&bound->begun) > bound->ms;
}

/* Each session has its share of the turn, so that one busy gateway does not starve the others. */
static bool
gather(struct server *s, int64_t now_ms)
{
	uint64_t share = s->n_sessions ? s->parts.options->max_commands / s->n_sessions : 0;
	struct turn_bound bound = {
	    s->parts.turn, s->budget, TURN_MS_MAX / (s->n_sessions ? s->n_sessions : 1), {0}};
	bool more = false;
	struct session *each;

	DL_FOREACH(s->sessions, each)
	{
		clock_gettime(CLOCK_MONOTONIC, &bound.begun);
		struct session_work work = {s->parts.dispatch, now_ms, share ? share : 1,
					    turn_is_full, &bound};
		more = session_take(each, &work) || more;
	}
	return more;
}

static bool
work_waits(const struct server *s, int64_t now_ms)
{
	return s->parts.dispatch->room == DISPATCH_ROOM_ENOUGH &&
	       (market_queue(s->parts.market) > 0 ||
		market_next_deadline_ms(s->parts.market) <= now_ms);
}

static void
tick(struct server *s, int64_t now_ms)
{
	const struct command c = {.kind = COMMAND_TICK, .clock_ms = now_ms};
	struct refusal refusal;

	dispatch_command(s->parts.dispatch, &c, &refusal);
}

static void
release(struct server *s)
{
	struct buf frames = BUF_EMPTY;
	struct session *each;

	turn_publish(s->parts.turn, &frames);
	DL_FOREACH(s->sessions, each)
	session_release(each, buf_str(&frames));
	buf_free(&frames);
}

static void
deliver(void *arg, void *origin, struct str envelope, struct str reply)
{
	(void)arg;
	session_reply(origin, envelope, reply);
}

static void
reap(struct server *s)
{
	struct session *each, *next;

	DL_FOREACH_SAFE(s->sessions, each, next)
	{
		if (!each->doomed)
			continue;
		DL_DELETE(s->sessions, each);
		s->n_sessions--;
		delivery_forget(s->delivery, each);
		session_free(each);
	}
}

static bool
somebody_is_behind(const struct server *s)
{
	const struct session *each;

	DL_FOREACH(s->sessions, each)
	if (session_is_behind(each))
		return true;
	return false;
}

/* How long until then; INT64_MAX for never. */
static int64_t
until_ms(int64_t then, int64_t now)
{
	return then == INT64_MAX ? then : then > now ? then - now : 0;
}

/* When the next turn is due if nothing comes before. Work that would outrun a reader waits for it a
 * little; a wall clock that was set is noticed by the heartbeat. */
static void
schedule(struct server *s, bool more, int64_t now_ms)
{
	bool roomy = s->parts.dispatch->room == DISPATCH_ROOM_ENOUGH;
	int64_t deadline =
	    roomy ? until_ms(market_next_deadline_ms(s->parts.market), now_ms) : INT64_MAX;
	int64_t fetch = until_ms(delivery_deadline_ms(s->delivery), monotonic_ms());
	bool behind = somebody_is_behind(s);

	if (more || work_waits(s, now_ms))
		run_again(s, behind ? BEHIND_PAUSE_MS : 0);
	else if (behind)
		run_again(s, BEHIND_PAUSE_MS);
	else if (deadline < IDLE_MS || fetch < IDLE_MS)
		run_again(s, deadline < fetch ? deadline : fetch);
	else if (deadline != INT64_MAX)
		run_again(s, IDLE_MS);
}

static void
fail(struct server *s)
{
	log_write(LOG_ID_STORE_FAILED,
		  LOG_FIELDS({"head", .number = (int64_t)store_head(s->parts.store)}),
		  "the turn could not be stored, and is not answered: %s",
		  store_message(s->parts.store));
	s->failed = true;
	event_base_loopbreak(s->parts.base);
}

/* Looks for room. Where there is none beyond the reserve, work that waits goes on waiting. */
static bool
find_room(struct server *s)
{
	static const enum dispatch_room rooms[] = {
	    [STORE_ROOM_ENOUGH] = DISPATCH_ROOM_ENOUGH,
	    [STORE_ROOM_RESERVE] = DISPATCH_ROOM_RESERVE,
	    [STORE_ROOM_NONE] = DISPATCH_ROOM_NONE,
	};
	enum store_room room;
	if (store_room(s->parts.store, &room, &s->budget) != 0)
		return false;
	enum dispatch_room before = s->parts.dispatch->room, now = rooms[room];
	s->parts.dispatch->room = now;
	if (now == DISPATCH_ROOM_ENOUGH && before != now)
		log_write(LOG_ID_STORAGE_ROOM, LOG_NONE, "there is room again");
	else if (now > before)
		log_write(LOG_ID_STORAGE_FULL,
			  LOG_FIELDS({"room", now == DISPATCH_ROOM_NONE ? "none" : "reserve"}),
			  "there is no room on the disk, or in storage-limit");
	return true;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int64_t now_ms = clock_now(s->parts.clock);

	(void)fd, (void)what;
	s->parts.dispatch->monotonic_ms = monotonic_ms();
	if (!find_room(s)) {
		fail(s);
		return;
	}
	bool more = gather(s, now_ms);
	if (turn_facts(s->parts.turn) == 0 && work_waits(s, now_ms))
		tick(s, now_ms);
	bool writable = s->parts.dispatch->room != DISPATCH_ROOM_NONE;
	if (writable && turn_commit(s->parts.turn) != 0) {
		fail(s);
		return;
	}
	release(s);
	turn_deliver(s->parts.turn, s->delivery);
	turn_clear(s->parts.turn);
	more = delivery_run(s->delivery, s->parts.dispatch->monotonic_ms) || more ||
	       (writable && store_trims(s->parts.store));
	reap(s);
	schedule(s, more, now_ms);
}

/* ---- between turns ---- */

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

static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct market_counts counts = market_count(s->parts.market);
	uint64_t head = store_head(s->parts.store);
	uint8_t header[PROTO_FEED_HEADER];
	struct buf frame = BUF_EMPTY;
	struct session *each;

	(void)fd, (void)what;
	proto_feed_header(header, store_epoch(s->parts.store), head, 0);
	channel_put_heartbeat(&frame, (struct str){(const char *)header, sizeof(header)});
	DL_FOREACH(s->sessions, each)
	session_send(each, buf_str(&frame));
	buf_free(&frame);
	if (s->beats++ % RETENTION_BEATS == 0)
		retention_apply(s->parts.options, s->parts.store, s->parts.dispatch->journal,
				clock_now(s->parts.clock));
	bool roomy = s->parts.dispatch->room == DISPATCH_ROOM_ENOUGH;
	if (roomy)
		turn_settle(s->parts.turn);
	if (!roomy || work_waits(s, clock_now(s->parts.clock)) || store_trims(s->parts.store) ||
	    subscriptions_could_store(s->parts.subscriptions))
		wake(s);
	notify_status(s->parts.notify,
		      "%" PRIu64 " participants, %" PRIu64 " listings (%" PRIu64 " open), %" PRIu64
		      " told matches; fact %" PRIu64 "; gateways: %u",
		      counts.participants, counts.listings, counts.open, counts.told, head,
		      s->n_sessions);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
	  void *arg)
{
	struct server *s = arg;
	pid_t pid = 0;

	(void)listener, (void)address, (void)len;
	if (s->n_sessions == SESSIONS_MAX || !socket_peer_allowed(fd, s->group, &pid)) {
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
	struct session *session = session_new(s->parts.base, fd, pid, wake, s);
	DL_APPEND(s->sessions, session);
	s->n_sessions++;
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
	s->delivery =
	    delivery_new(parts->market, parts->dispatch->journal, parts->subscriptions, deliver, s);
	parts->dispatch->delivery = s->delivery;
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
	event_add(s->heartbeat, &second);
	run_again(s, 0);
	return s;
}

void
server_free(struct server *s)
{
	struct session *each, *next;

	if (!s)
		return;
	s->parts.dispatch->delivery = NULL;
	delivery_free(s->delivery);
	DL_FOREACH_SAFE(s->sessions, each, next)
	session_free(each);
	if (s->listener)
		evconnlistener_free(s->listener);
	event_free(s->turn);
	event_free(s->heartbeat);
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
	DL_FOREACH(s->sessions, each)
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
	DL_FOREACH(s->sessions, each)
	stream_fill(each->stream);
	on_turn(-1, 0, s);
	if (s->failed)
		return;
	event_del(s->turn);
	DL_FOREACH(s->sessions, each)
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
