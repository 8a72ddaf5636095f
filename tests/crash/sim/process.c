/* The core, put together as core_main.c does it, without loop, sockets and files. */

#include "sim.h"

#include "daemon/cycle.h"
#include "daemon/journal.h"
#include "daemon/replies.h"
#include "daemon/subscriptions.h"
#include "daemon/turn.h"
#include "intake/files.h"
#include "recovery/recovery.h"
#include "util/mem.h"

#include <stdlib.h>

struct process {
	struct options options;
	struct store *store;
	struct market *market;
	struct journal journal;
	struct replies *replies;
	struct subscriptions *subscriptions;
	struct turn *turn;
	struct dispatch dispatch;
	struct cycle *cycle;
};

enum { SEED_LOOKS = 1 }; /* so few that the state comes into view over many turns */

static int64_t monotonic_now;

static int64_t
monotonic(void)
{
	return monotonic_now;
}

static const char exchange_text[] =
    "exchange: parts\n"
    "title: {ru: Детали, en: Parts}\n"
    "need: {title: {ru: Заказ, en: Order}}\n"
    "offer: {title: {ru: Производство, en: Manufacture}}\n"
    "max_matches: 3\n"
    "lifetime: {default_days: 30, max_days: 60}\n"
    "fields:\n"
    "  process:\n"
    "    type: keyword\n"
    "    title: {ru: Операции, en: Processes}\n"
    "    relation: need_within_offer\n"
    "    need: {absent: required}\n"
    "    offer: {absent: required}\n"
    "  unit_price:\n"
    "    type: money\n"
    "    currency: RUB\n"
    "    title: {ru: Цена, en: Price}\n"
    "    need: {reading: at_most, weight: 10, better: lower, span: 1000}\n"
    "    offer: {reading: at_least, weight: 10, better: higher, span: 1000}\n";

static bool
load_exchange(struct process *p, int64_t now_ms)
{
	struct buf canonical = BUF_EMPTY;
	struct mistakes mistakes = {0};
	struct refusal refusal;
	bool good = exchange_read(STR(exchange_text), &canonical, &mistakes) == 0;
	struct command c = {
	    .kind = COMMAND_LOAD_EXCHANGE, .clock_ms = now_ms, .definition = buf_str(&canonical)};
	good = good && dispatch_command(&p->dispatch, &c, &refusal);
	buf_free(&canonical);
	if (good && turn_commit(p->turn) != 0)
		return false;
	turn_clear(p->turn);
	return good;
}

static bool
open_all(struct process *p)
{
	const struct store_options none = {0};
	char message[STORE_MESSAGE], why[RECOVERY_MESSAGE];
	if (store_open(&none, &p->store, message) != 0)
		return false;
	p->market = market_new();
	p->replies = replies_new();
	p->subscriptions = subscriptions_new(p->market);
	return recovery_load(p->store, p->market, why) == 0 &&
	       store_load_asides(p->store, ASIDE_REPLIES, replies_load, p->replies) == 0 &&
	       store_load_asides(p->store, ASIDE_SUBSCRIPTIONS, subscriptions_load,
				 p->subscriptions) == 0 &&
	       store_load_asides(p->store, ASIDE_VIEWS, subscriptions_load_view,
				 p->subscriptions) == 0;
}

static void
wire_up(struct process *p, int64_t now_ms)
{
	journal_of_store(&p->journal, p->store);
	const struct turn_parts turn = {p->market, p->store, p->replies, p->subscriptions};
	p->turn = turn_new(&turn);
	p->dispatch = (struct dispatch){.market = p->market,
					.journal = &p->journal,
					.replies = p->replies,
					.subscriptions = p->subscriptions,
					.emit = turn_emit,
					.emit_arg = p->turn,
					.started_ms = now_ms};
	const struct cycle_parts cycle = {&p->options,	p->store,	  p->market, p->turn,
					  &p->dispatch, p->subscriptions, monotonic, SEED_LOOKS};
	p->cycle = cycle_new(&cycle);
}

struct process *
process_start(struct disk *disk, int64_t now_ms, void (*wake)(void *arg), void *arg)
{
	struct process *p = mem_zalloc(sizeof *p);
	the_disk = disk;
	p->options.max_commands = 16;
	if (!open_all(p)) {
		process_kill(p);
		return NULL;
	}
	wire_up(p, now_ms);
	if (!market_exchange_at(p->market, 0) && !load_exchange(p, now_ms)) {
		process_kill(p);
		return NULL;
	}
	for (int i = 0; i < WIRES; i++) {
		buf_clear(&the_wires[i].in);
		buf_clear(&the_wires[i].out);
		the_wires[i].read = 0;
		cycle_add(p->cycle, session_new(NULL, i, 0, wake, arg));
		channel_put_hello(&the_wires[i].in, CHANNEL_GATEWAY);
	}
	return p;
}

void
process_kill(struct process *p)
{
	if (!p)
		return;
	cycle_free(p->cycle);
	turn_free(p->turn);
	subscriptions_free(p->subscriptions);
	replies_free(p->replies);
	market_free(p->market);
	store_close(p->store);
	free(p);
}

bool
process_turn(struct process *p, int64_t now_ms, int64_t *ret_pause_ms)
{
	monotonic_now = now_ms;
	if (!cycle_run(p->cycle, now_ms))
		return false;
	*ret_pause_ms = cycle_pause_ms(p->cycle, now_ms);
	if (disk_is_busy(p->store) && *ret_pause_ms != 0)
		*ret_pause_ms = 1; /* when it is stored, the store says so */
	return true;
}

bool
process_beat(struct process *p, int64_t now_ms)
{
	return cycle_beat(p->cycle, now_ms);
}

const struct market *
process_market(const struct process *p)
{
	return p->market;
}
