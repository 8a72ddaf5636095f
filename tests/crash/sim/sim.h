#pragma once

/*
 * A whole deployment in one thread, played from a seed: the core's real cycle, sessions, dispatch,
 * subscriptions and market, on a clock of its own, a disk that is memory, and a network that loses,
 * repeats, delays and reorders. Processes die at any moment, at commits above all. The same seed
 * plays the same run.
 *
 * What clients were told is compared, when all has calmed down, with what the disk says happened,
 * judged by a second, plain reading of the protocol page (truth.c).
 */

#include "../random.h"
#include "daemon/channel.h"
#include "store/store.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	WIRES = 2,
	PUBLISHERS = 3,
	CONSUMERS = 7,
	FOLLOWERS = 2,
	COMMANDS_MAX = 40,
	CHAOS_MS = 12000,
	CRASHES = 6
};
enum { ACTORS = PUBLISHERS + CONSUMERS + FOLLOWERS };

struct sim;

/* ---- the disk, and the store's interface over it (fake_store.c) ---- */

struct disk_fact {
	struct str bytes, note;
	struct store_link links[STORE_STREAMS];
	size_t n_links;
};
struct disk_row {
	uint64_t place; /* of table and key */
	unsigned table;
	uint64_t key, checksum;
	struct str bytes;
};
struct disk {
	uint8_t epoch[STORE_EPOCH];
	struct disk_fact *facts; /* [number - 1] */
	size_t n_facts, cap_facts;
	struct disk_row *rows; /* by place */
	size_t n_rows, cap_rows;
	uint64_t digest;
	/* Asked at each commit: what becomes of it. */
	enum fate { FATE_STORED, FATE_LOST, FATE_STORED_UNSEEN } (*fate)(void *arg);
	enum store_room (*room)(void *arg);
	uint64_t budget; /* of a turn, where there is enough; 0: no end */
	/* Whether a turn that was handed over is stored by now; NULL: turns are stored in place. */
	bool (*stored)(void *arg);
	void *arg;
};
/* The disk that the next store_open opens. */
extern struct disk *the_disk;
void disk_done(struct disk *d);
/* Whether the store has a turn that was handed over. */
struct store;
bool disk_is_busy(const struct store *s);

/* ---- wires between gateways and core (fake_stream.c) ---- */

struct wire {
	struct buf in; /* towards the core */
	size_t read;   /* of it */
	struct buf out;
};
extern struct wire the_wires[WIRES];

/* ---- the core as a process (process.c) ---- */

struct process;
/* Starts from the disk; NULL: the disk's content was refused, which is a violation. */
struct process *process_start(struct disk *disk, int64_t now_ms, void (*wake)(void *arg),
			      void *arg);
/* Ends it as a kill would. */
void process_kill(struct process *p);
/* One turn; false: its commit failed, and the process is to be killed. */
bool process_turn(struct process *p, int64_t now_ms, int64_t *ret_pause_ms);
bool process_beat(struct process *p, int64_t now_ms);
struct market;
const struct market *process_market(const struct process *p);

/* ---- time and network (sim.c) ---- */

struct sim {
	uint64_t seed;
	struct chance chance;
	int64_t now_ms;	 /* since the run began */
	int64_t wall_ms; /* what is added to it for the wall clock */
	bool calm;	 /* nothing fails any more */
	struct disk disk;
	struct process *process; /* NULL: down */
	enum store_room room;
	struct event_in_time *queue;
	size_t n_queue, cap_queue;
	uint64_t order;
	uint64_t crashes, faults, checked, duplicates;
	struct publisher *publishers[PUBLISHERS];
	struct consumer *consumers[CONSUMERS];
	struct follower *followers[FOLLOWERS];
	bool trace;
	char violation[400]; /* the first; empty: none */
};

/* Notes what is wrong; the first counts. */
void sim_wrong(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something bad may happen: `of` times in `in`, while it is not calm. */
bool sim_chance(struct sim *s, uint64_t of, uint64_t in);
/* Sends a request over the network. */
void sim_send(struct sim *s, unsigned actor, const struct buf *request);
/* Calls the actor again after so long. */
void sim_wake(struct sim *s, unsigned actor, int64_t delay_ms);

/* ---- actors ---- */

/* A publisher has commands to be carried out once each, whatever gets lost. */
struct publisher *publisher_new(struct sim *s, unsigned actor);
void publisher_free(struct publisher *p);
void publisher_wake(struct publisher *p);
void publisher_reply(struct publisher *p, struct str reply);
bool publisher_is_done(const struct publisher *p);
/* Each acknowledged command shows once among the facts. */
void publisher_check(struct publisher *p);

/* What a consumer was given, each once. */
struct given {
	uint64_t number, state;
	struct str body, because; /* MessagePack; owned */
};
/* What a consumer wants. Words that are NULL are not asked for. */
struct wish {
	const char *side, *participant, *kind, *process;
	int price; /* a search: what is offered for at most so much; 0: no search */
	int min_score;
	bool state;
};
struct consumer {
	struct sim *sim;
	unsigned actor;
	struct wish wish;
	char name[16];
	struct given *given;
	size_t n_given, cap_given;
	bool created;
	uint64_t began; /* the head when it was created */
	/* the state machine */
	uint64_t number, id, asked_id;
	int64_t patience_ms, asked_ms;
	uint64_t done_number, done_state; /* kept with what was dealt with */
	bool owes_ack;
};
struct consumer *consumer_new(struct sim *s, unsigned actor);
void consumer_free(struct consumer *c);
void consumer_wake(struct consumer *c);
void consumer_reply(struct consumer *c, struct str reply);
/* Whether it has been given everything up to the head. */
bool consumer_is_done(const struct consumer *c);

struct follower *follower_new(struct sim *s, unsigned actor);
void follower_free(struct follower *f);
void follower_wake(struct follower *f);
void follower_reply(struct follower *f, struct str reply);
/* A message of the feed: its topic, number, prev and body. */
void follower_feed(struct follower *f, struct str stream, uint64_t number, uint64_t prev);
bool follower_is_done(const struct follower *f);
void follower_check(struct follower *f);

/* Compares with the facts what the consumer was given (truth.c). */
void truth_check(struct consumer *c);

/* ---- requests ---- */

/* A request with an id, a client, and where `key` is not NULL a key; `pairs` more follow. */
void put_request(struct buf *out, uint32_t pairs, const char *cmd, uint64_t id, const char *client,
		 const char *key);
void put_text(struct buf *out, const char *key, const char *value);
void put_number(struct buf *out, const char *key, uint64_t value);
