#pragma once

/* The parts of the program `bench`, and what they share. */

#include "core/exchange.h"
#include "top.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdio.h>

/* What `match` and `scan` are asked for. */
struct probing {
	const char *exchange; /* match: its file; scan: its name */
	size_t stored, probes;
	unsigned workers; /* match: threads that share a probe with the one that asks */
	bool reverse;	  /* needs are stored, offers ask */
	FILE *findings;	  /* NULL: not wanted */
};

/* Each measures, prints one JSON object and returns what main shall. */
int bench_match(const struct probing *p);
int bench_scan(const struct probing *p);
/* Bare LMDB: `count` values of that size, a synced commit after each `batch` of them. */
int bench_append(size_t count, size_t bytes, size_t batch);
/* How often an LMDB file has been committed to; beside whoever has it open. */
int bench_commits(const char *path);
/* Bare ZeroMQ: an XPUB and subscribers of a topic each; messages with bodies of `sizes` in turn. */
int bench_fanout(size_t subscribers, const size_t *sizes, size_t n_sizes);
/* The gateway, whose program is at the path, between a core that has facts of that size ready and
 * subscribers of a topic each. */
int bench_deliver(const char *gateway, size_t subscribers, size_t bytes);
/* The generated offers or needs as lines for PostgreSQL's COPY. */
int bench_copy(enum side side, size_t count);

/* Ends the program with a message. */
_Noreturn void bench_fail(const char *what, struct str detail);
/* A line per probe: how many match, then the best as place:score. */
void bench_write(FILE *f, const struct top *t);
