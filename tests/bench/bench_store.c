/*
 * What a commit costs: turns of 1, 64 and 256 facts of 300 bytes and one row of 300 bytes, each
 * fact in two streams of 40,000, on a store with a history. Prints JSON.
 *
 * bench_store [DIRECTORY]: a store is made in it, or in a new directory under /tmp, and removed.
 */

#include "store/store.h"
#include "util/mem.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FACT = 300, STREAMS = 40000, EXCHANGES = 7, HISTORY = 200000, HISTORY_TURN = 1000 };

struct bench {
	struct store *store;
	uint64_t number, row, digest;
	uint64_t random;
	char body[FACT];
};

static double
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The same choices in every run (xorshift64). */
static uint64_t
choose(struct bench *b, uint64_t below)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random % below;
}

static void
turn(struct bench *b, unsigned facts)
{
	struct str body = {b->body, FACT};
	int rc = store_begin(b->store);
	for (unsigned i = 0; i < facts && rc == 0; i++) {
		struct store_link links[2] = {
		    {.stream = UINT64_C(1) << 32 | choose(b, EXCHANGES)},
		    {.stream = UINT64_C(2) << 32 | choose(b, STREAMS)},
		};
		store_fact(b->store, ++b->number, body, links, 2, STR_NONE);
	}
	if (rc == 0) {
		uint64_t checksum = ++b->row * UINT64_C(0x9e3779b97f4a7c15);
		store_row(b->store, 5, b->row, body, checksum);
		b->digest += checksum;
		rc = store_commit(b->store, b->digest);
	}
	if (rc) {
		fprintf(stderr, "bench_store: %s\n", store_message(b->store));
		exit(1);
	}
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
measure(struct bench *b, unsigned facts, unsigned turns, const char *comma)
{
	double *ms = mem_alloc(turns * sizeof *ms);
	uint64_t size = store_size(b->store);
	double start = now_ms();
	for (unsigned i = 0; i < turns; i++) {
		double from = now_ms();
		turn(b, facts);
		ms[i] = now_ms() - from;
	}
	double seconds = (now_ms() - start) / 1e3;
	qsort(ms, turns, sizeof *ms, ascending);
	printf("    {\"facts_per_turn\": %u, \"turns_per_s\": %.0f, \"facts_per_s\": %.0f, "
	       "\"ms_median\": %.3f, \"ms_p99\": %.3f, \"ms_max\": %.3f, "
	       "\"disk_bytes_per_fact\": %.0f}%s\n",
	       facts, turns / seconds, turns * (double)facts / seconds, ms[turns / 2],
	       ms[turns * 99 / 100], ms[turns - 1],
	       (double)(store_size(b->store) - size) / (turns * (double)facts), comma);
	free(ms);
}

static struct store *
open_or_exit(const char *directory)
{
	struct store *store;
	char message[STORE_MESSAGE];
	if (store_open(&(struct store_options){.directory = directory}, &store, message) != 0) {
		fprintf(stderr, "bench_store: %s\n", message);
		exit(1);
	}
	return store;
}

static bool
count(void *arg, const struct store_record *fact)
{
	*(uint64_t *)arg += fact->n_links;
	return true;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int
main(int argc, char **argv)
{
	char directory[4096];
	snprintf(directory, sizeof directory, "%s/bench_store.XXXXXX", argc > 1 ? argv[1] : "/tmp");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	struct bench b = {.random = 88172645463325252u, .store = open_or_exit(directory)};
	memset(b.body, 'f', sizeof b.body);
	while (b.number < HISTORY)
		turn(&b, HISTORY_TURN);

	printf("{\n  \"turns\": [\n");
	measure(&b, 1, 3000, ",");
	measure(&b, 64, 1500, ",");
	measure(&b, 256, 800, "");
	printf("  ],\n");

	double from = now_ms();
	uint64_t links = 0;
	if (store_facts(b.store, 1, UINT64_MAX, count, &links) != 0)
		return 1;
	double read_ms = now_ms() - from;
	store_close(b.store);
	from = now_ms();
	b.store = open_or_exit(directory);
	printf("  \"facts\": %" PRIu64 ", \"read_facts_per_s\": %.0f, \"open_ms\": %.1f\n}\n",
	       b.number, (double)b.number / read_ms * 1e3, now_ms() - from);
	store_close(b.store);
	return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0;
}
