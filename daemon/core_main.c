/*
 * matchd, the core: holds the market and its store, and speaks to gateways alone.
 *
 * From the configuration to the loop: everything that can be wrong is found before the socket is
 * there, and the service manager hears READY only then. What each turn of the loop does stands in
 * server.h.
 */

#include "daemon/child.h"
#include "daemon/definitions.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/replies.h"
#include "daemon/server.h"
#include "daemon/subscriptions.h"
#include "daemon/turn.h"
#include "recovery/recovery.h"
#include "store/store.h"
#include "util/mem.h"
#include "util/workers.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_MISTAKE = 2 }; /* in the configuration: starting again would not help */

struct core {
	struct options options;
	struct event_base *base;
	struct clock clock;
	struct store *store;
	struct workers *workers;
	struct market *market;
	struct replies *replies;
	struct subscriptions *subscriptions;
	struct journal journal;
	struct turn *turn;
	struct dispatch dispatch;
	struct reload reload;
	struct notify *notify;
	struct server *server;
	struct child *child;
	struct event *terminate, *interrupt, *hangup;
};

/* ---- before the loop ---- */

static int
refuse_start(const char *what, const char *why)
{
	log_write(LOG_ID_START_REFUSED, LOG_NONE, "%s: %s", what, why);
	return 1;
}

static int
start_workers(struct core *c)
{
	char why[200];
	int rc = workers_new((unsigned)c->options.workers, WORKERS_PAY_NS, &c->workers);

	if (rc == 0)
		return 0;
	snprintf(why, sizeof(why), "%s; let it have more threads, or set workers to 0",
		 strerror(rc));
	return refuse_start("the workers cannot be started", why);
}

static int
open_store(struct core *c)
{
	const struct store_options options = {c->options.data_directory, c->options.initial_map,
					      c->options.storage_reserve, c->options.storage_limit};
	char message[STORE_MESSAGE], why[RECOVERY_MESSAGE];

	if (store_open(&options, &c->store, message) != 0)
		return refuse_start("the store cannot be opened", message);
	if (store_upgraded_from(c->store))
		log_write(LOG_ID_STORE_UPGRADED,
			  LOG_FIELDS({"from", .number = store_upgraded_from(c->store)}),
			  "the store was upgraded");
	c->market = market_new();
	market_share(c->market, c->workers);
	if (recovery_load(c->store, c->market, why) != 0)
		return refuse_start("the store does not hold what was committed", why);
	c->replies = replies_new();
	c->subscriptions = subscriptions_new(c->market);
	if (store_load_asides(c->store, ASIDE_REPLIES, replies_load, c->replies) != 0 ||
	    store_load_asides(c->store, ASIDE_SUBSCRIPTIONS, subscriptions_load,
			      c->subscriptions) != 0 ||
	    store_load_asides(c->store, ASIDE_VIEWS, subscriptions_load_view, c->subscriptions) !=
		0)
		return refuse_start("what was kept of clients cannot be read",
				    store_message(c->store));
	return 0;
}

static void
open_clock(struct core *c)
{
	char *path = NULL;

	if (asprintf(&path, "%s/clock", c->options.runtime_directory) < 0)
		mem_failed(strlen(c->options.runtime_directory));
	clock_init(&c->clock, (int64_t)c->options.clock_jump_limit_s * 1000, path);
	free(path);
	int64_t behind_ms = market_stamp_ms(c->market) - clock_now(&c->clock);
	if (behind_ms > 0)
		log_write(LOG_ID_CLOCK_BEHIND, LOG_FIELDS({"behind_ms", .number = behind_ms}),
			  "the clock is behind the last fact; time stands still until it is not");
}

static void
tell_health(void *arg, struct health *ret)
{
	const struct core *c = arg;
	ret->store_bytes = store_size(c->store);
	store_space(c->store, &ret->map_bytes, &ret->free_bytes);
	ret->clock_held = c->clock.held;
	ret->first = store_first(c->store);
	ret->subscriptions = subscriptions_count(c->subscriptions);
}

static void
wire(struct core *c)
{
	journal_of_store(&c->journal, c->store);
	const struct turn_parts parts = {c->market, c->store, c->replies, c->subscriptions};
	c->turn = turn_new(&parts);
	c->dispatch = (struct dispatch){.market = c->market,
					.journal = &c->journal,
					.replies = c->replies,
					.subscriptions = c->subscriptions,
					.emit = turn_emit,
					.emit_arg = c->turn,
					.started_ms = clock_now(&c->clock),
					.reload = reload_all,
					.reload_arg = &c->reload,
					.health = tell_health,
					.health_arg = c};
	c->reload.dispatch = &c->dispatch;
}

/*
 * Settings, trees and exchanges as commands, in one turn of their own. A market that has exchanges
 * starts with those that it has where a file has become wrong: what runs must come up again after a
 * crash. One that has none needs files that can be read.
 */
static int
load_definitions(struct core *c, bool empty)
{
	struct definitions definitions;
	struct refusal refusal;
	const char *directory = c->options.exchanges_directory;
	int64_t now_ms = clock_now(&c->clock);
	bool changed;
	int failed = 0;

	bool readable = definitions_read(&definitions, directory) == 0;
	if (!readable && empty)
		failed = refuse_start("exchange files have mistakes", directory);
	else if (!reload_settings(&c->options, &c->dispatch, now_ms, &changed, &refusal))
		failed = refuse_start("the settings are refused", refusal.message);
	else if (readable && definitions_load(&definitions, &c->dispatch, now_ms) > 0 && empty)
		failed = refuse_start("an exchange file is refused", directory);
	definitions_done(&definitions);
	if (failed)
		return 1;
	if (turn_commit(c->turn) != 0)
		return refuse_start("the definitions cannot be stored", store_message(c->store));
	turn_clear(c->turn);
	return 0;
}

static int
find_room(const struct core *c, enum store_room *ret)
{
	uint64_t budget;
	if (store_room(c->store, ret, &budget) != 0)
		return refuse_start("there is no telling what can be stored",
				    store_message(c->store));
	return 0;
}

/* What fell due while nobody ran, a share per turn as long as there is room: the first command would
 * bring it all. */
static int
meet_deadlines(struct core *c, enum store_room *room)
{
	const struct command tick = {
	    .kind = COMMAND_TICK, .clock_ms = clock_now(&c->clock), .a_share = true};
	struct refusal none;

	if (find_room(c, room) != 0)
		return 1;
	while (*room == STORE_ROOM_ENOUGH && market_next_deadline_ms(c->market) <= tick.clock_ms) {
		dispatch_command(&c->dispatch, &tick, &none);
		if (turn_commit(c->turn) != 0)
			return refuse_start("what fell due cannot be stored",
					    store_message(c->store));
		turn_clear(c->turn);
		if (find_room(c, room) != 0)
			return 1;
	}
	return 0;
}

/* Where there is no room a market that has exchanges starts with these as well: a start that stored
 * what has changed would use up the reserve, and then fail, again and again. */
static int
define(struct core *c)
{
	bool empty = !market_exchange_at(c->market, 0);
	enum store_room room;

	if (meet_deadlines(c, &room) != 0)
		return 1;
	if (empty || room == STORE_ROOM_ENOUGH)
		return load_definitions(c, empty);
	log_write(
	    LOG_ID_DEFINITION_REFUSED, LOG_NONE,
	    "exchanges and settings are those that are stored: there is no room to store what "
	    "may have changed");
	return 0;
}

/* ---- the loop ---- */

static void
on_terminate(evutil_socket_t signal, short what, void *arg)
{
	struct core *c = arg;

	(void)what;
	log_write(LOG_ID_STOPPING, LOG_FIELDS({"signal", .number = signal}), "stopping");
	notify_stopping();
	server_stop(c->server);
}

static void
on_hangup(evutil_socket_t signal, short what, void *arg)
{
	struct core *c = arg;
	struct buf list = BUF_EMPTY;
	struct refusal refusal;
	uint32_t n;

	(void)signal, (void)what;
	if (c->dispatch.room == DISPATCH_ROOM_ENOUGH &&
	    market_next_deadline_ms(c->market) <= clock_now(&c->clock)) {
		server_wake(c->server); /* they are met in turns; this comes again behind one */
		event_active(c->hangup, EV_SIGNAL, 1);
		return;
	}
	if (c->dispatch.room != DISPATCH_ROOM_ENOUGH) {
		log_write(LOG_ID_DEFINITION_REFUSED, LOG_NONE,
			  "nothing was loaded: there is no room to store it");
		buf_free(&list);
		return;
	}
	if (!reload_all(&c->reload, clock_now(&c->clock), &list, &n, &refusal))
		log_write(LOG_ID_DEFINITION_REFUSED, LOG_FIELDS({"field", refusal.field}),
			  "nothing was loaded: %s", refusal.message);
	buf_free(&list);
	server_wake(c->server); /* the facts that this made wait for a turn */
}

static int
open_loop(struct core *c)
{
	const struct server_parts parts = {c->base,	     &c->options, c->store,
					   c->market,	     c->turn,	  &c->dispatch,
					   c->subscriptions, &c->clock,	  c->notify};

	c->terminate = evsignal_new(c->base, SIGTERM, on_terminate, c);
	c->interrupt = evsignal_new(c->base, SIGINT, on_terminate, c);
	c->hangup = evsignal_new(c->base, SIGHUP, on_hangup, c);
	event_add(c->terminate, NULL);
	event_add(c->interrupt, NULL);
	event_add(c->hangup, NULL);
	c->server = server_new(&parts);
	if (!c->server)
		return 1;
	if (options_spawns(&c->options))
		c->child = child_new(c->base, &c->options);
	return 0;
}

static int
run(struct core *c)
{
	log_open((enum log_target)c->options.log_target,
		 (enum log_level)c->options.log_level + LEVEL_ERROR);
	c->base = event_base_new();
	if (!c->base)
		return refuse_start("no event loop", "libevent has none to give");
	c->notify = notify_new(c->base);
	if (start_workers(c) != 0 || open_store(c) != 0)
		return 1;
	open_clock(c);
	wire(c);
	if (define(c) != 0 || open_loop(c) != 0)
		return 1;
	notify_ready();
	log_write(LOG_ID_READY,
		  LOG_FIELDS({"head", .number = (int64_t)store_head(c->store)},
			     {"socket", c->options.core_socket}),
		  "matchd " MATCHD_VERSION " is ready");
	event_base_dispatch(c->base);
	if (server_failed(c->server))
		return 1;
	log_write(LOG_ID_STOPPED, LOG_FIELDS({"head", .number = (int64_t)store_head(c->store)}),
		  "stopped");
	return 0;
}

static void
close_all(struct core *c)
{
	struct event *const signals[] = {c->terminate, c->interrupt, c->hangup};

	server_free(c->server);
	child_free(c->child);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i])
			event_free(signals[i]);
	notify_free(c->notify);
	turn_free(c->turn);
	replies_free(c->replies);
	subscriptions_free(c->subscriptions);
	market_free(c->market);
	workers_free(c->workers);
	store_close(c->store);
	clock_done(&c->clock);
	if (c->base)
		event_base_free(c->base);
	options_done(&c->options);
}

static void __attribute__((noreturn)) out_of_memory(size_t size)
{
	log_write(LOG_ID_MEMORY, LOG_FIELDS({"bytes", .number = (int64_t)size}),
		  "out of memory: nothing of this turn is kept");
	_Exit(EXIT_FAILURE);
}

static void __attribute__((noreturn)) store_is_lost(int code, const char *words)
{
	if (code != STORE_E_CORRUPT)
		log_write(LOG_ID_STORE_FAILED, LOG_NONE,
			  "the turn could not be stored, and is not answered: %s", words);
	else
		log_write(LOG_ID_STORE_DAMAGED, LOG_NONE,
			  "the store's pages contradict each other: %s", words);
	_Exit(EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	static struct core core;
	static struct mistakes mistakes;
	enum options_wish wish;
	int status = EXIT_SUCCESS;

	core.reload.argc = argc;
	core.reload.argv = argv;
	mem_failed = out_of_memory;
	store_lost = store_is_lost;
	/* Of libevent's calls hardly any says that memory ran out. */
	event_set_mem_functions(mem_alloc, mem_realloc, free);
	signal(SIGPIPE, SIG_IGN);
	if (options_read(&core.options, PROGRAM_CORE, argc, argv, &wish, &mistakes)) {
		options_print_mistakes(stderr, &core.options, &mistakes);
		status = EXIT_MISTAKE;
	} else if (wish == WISH_RUN) {
		status = run(&core);
	} else {
		options_answer(stdout, PROGRAM_CORE, wish);
	}
	close_all(&core);
	return status;
}
