#pragma once

/* What the files of decisions share: decide.c (participants), decide_definition.c, decide_listing.c. */

#include "core/state.h"

/* One decision under way. */
struct decider {
	const struct market *m;
	const struct command *c;
	int64_t now_ms;
	struct fact *fact;
	struct buf *room;
	struct refusal *refusal;
};

#define REFUSE(d, ...) (refuse((d)->refusal, __VA_ARGS__), DECIDED_REFUSED)

enum decision decide_unknown_participant(struct decider *d);
enum decision decide_stale(struct decider *d, uint32_t stored);

enum decision decide_settings(struct decider *d);
enum decision decide_tree(struct decider *d);
enum decision decide_exchange(struct decider *d);

enum decision decide_publish(struct decider *d);
enum decision decide_revise(struct decider *d);
enum decision decide_pause(struct decider *d);
enum decision decide_resume(struct decider *d);
enum decision decide_renew(struct decider *d);
enum decision decide_withdraw(struct decider *d);
enum decision decide_approve(struct decider *d);
enum decision decide_reject(struct decider *d);
