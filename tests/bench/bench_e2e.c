/*
 * bench_e2e: what a client sees of a running daemon that has the exchange of workload.yaml.
 *
 *   bench_e2e ENDPOINT publish FIRST COUNT IN_FLIGHT
 *       publishes offers FIRST.. (of participants "o<n>", 1,000 each, which it registers);
 *       commands per second
 *   bench_e2e ENDPOINT notify COUNT
 *       publishes needs one at a time; from sending one to having its first match.made
 *       by the feed
 *
 * Every reply is durable. Prints one JSON object.
 */

#include "matchd.h"
#include "util/mem.h"
#include "util/mp.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LISTINGS_EACH = 1000, WAIT_MS = 60000 };

static double
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
fail(const char *what, int code, const struct matchd_reply *r)
{
	struct matchd_error e;
	if (r && matchd_reply_error(r, &e))
		fprintf(stderr, "bench_e2e: %s: %s: %s\n", what, e.code, e.message);
	else
		fprintf(stderr, "bench_e2e: %s: %s\n", what, matchd_strerror(code));
	exit(1);
}

static struct matchd *
connect_to(const char *endpoint)
{
	struct matchd *c;
	struct matchd_options options = {.endpoint = endpoint, .timeout_ms = WAIT_MS};
	int code = matchd_open(&options, &c);
	if (code != MATCHD_OK)
		fail("connecting", code, NULL);
	return c;
}

/* A call whose outcome only has to be no refusal other than `tolerated`. Returns whether it was
 * done. */
static bool
call(struct matchd *c, const char *cmd, const struct buf *arguments, const char *tolerated,
     struct buf *ret_reply)
{
	struct matchd_reply *r = NULL;
	struct matchd_error e;
	size_t len;
	int code = matchd_call(c, cmd, arguments->data, arguments->len, &r);
	bool refused = code == MATCHD_REFUSED && matchd_reply_error(r, &e);
	if (code != MATCHD_OK && !(refused && tolerated && strcmp(e.code, tolerated) == 0))
		fail(cmd, code, r);
	if (ret_reply) {
		const void *bytes = matchd_reply_bytes(r, &len);
		buf_clear(ret_reply);
		buf_put(ret_reply, bytes, len);
	}
	matchd_reply_free(r);
	return code == MATCHD_OK;
}

static void
register_owner(struct matchd *c, char letter, size_t listing)
{
	struct buf b = BUF_EMPTY;
	char id[32];
	snprintf(id, sizeof id, "%c%zu", letter, listing / LISTINGS_EACH);
	workload_participant(id, &b);
	call(c, "participant.register", &b, "participant_exists", NULL);
	buf_free(&b);
}

static void
next_listing(struct workload *w, char letter, size_t i, struct buf *out)
{
	char id[64];
	snprintf(id, sizeof id, "%c%zu/%zu", letter, i / LISTINGS_EACH, i);
	buf_clear(out);
	workload_next(w, id, out);
}

/* ---- publishing ---- */

static void
receive_one(struct matchd *c)
{
	struct matchd_reply *r = NULL;
	int code = matchd_receive(c, WAIT_MS, &r);
	if (code != MATCHD_OK)
		fail("listing.publish", code, r);
	matchd_reply_free(r);
}

static int
publish(const char *endpoint, size_t first, size_t count, size_t in_flight)
{
	struct matchd *c = connect_to(endpoint);
	struct workload *w = workload_new(WORKLOAD_OFFERS, 1);
	struct buf b = BUF_EMPTY;

	for (size_t i = 0; i < first; i++)
		next_listing(w, 'o', i, &b);
	for (size_t i = first / LISTINGS_EACH; i <= (first + count) / LISTINGS_EACH; i++)
		register_owner(c, 'o', i * LISTINGS_EACH);
	double start = now_us();
	for (size_t i = first; i < first + count; i++) {
		int code;
		next_listing(w, 'o', i, &b);
		if (matchd_in_flight(c) >= in_flight)
			receive_one(c);
		code = matchd_send(c, "listing.publish", b.data, b.len, NULL);
		if (code != MATCHD_OK)
			fail("sending", code, NULL);
	}
	while (matchd_in_flight(c) > 0)
		receive_one(c);
	double seconds = (now_us() - start) / 1e6;
	printf("{\"commands\":%zu,\"in_flight\":%zu,\"seconds\":%.3f,\"per_s\":%.0f}\n", count,
	       in_flight, seconds, (double)count / seconds);
	buf_free(&b);
	workload_free(w);
	matchd_close(c);
	return 0;
}

/* ---- from publishing to the notification ---- */

static bool
is_made_for(const struct matchd_fact *f, const char *need)
{
	struct mp at = mp_find(mp_of((struct str){f->body, (uint32_t)f->len}), STR("need"));
	return strcmp(f->kind, "match.made") == 0 && str_eq(mp_get_str(&at), str_of(need));
}

static void
await_match(struct matchd_follower *f, const char *need)
{
	struct matchd_fact fact;
	do {
		int code = matchd_follow_next(f, WAIT_MS, &fact);
		if (code != MATCHD_OK)
			fail("following", code, NULL);
	} while (!is_made_for(&fact, need));
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int
notify(const char *endpoint, size_t count)
{
	struct matchd *c = connect_to(endpoint);
	struct workload *w = workload_new(WORKLOAD_NEEDS, 1);
	struct matchd_follower *f;
	struct buf b = BUF_EMPTY, reply = BUF_EMPTY;
	const char *streams[] = {"x.workload"};
	double *us = mem_alloc((count + 1) * sizeof *us);
	size_t told = 0;
	int code = matchd_follow_open(c, streams, 1, MATCHD_NOW, NULL, &f, NULL);

	if (code != MATCHD_OK)
		fail("following", code, NULL);
	for (size_t i = 0; i < count; i++) {
		char id[64];
		if (i % LISTINGS_EACH == 0)
			register_owner(c, 'n', i);
		next_listing(w, 'n', i, &b);
		snprintf(id, sizeof id, "n%zu/%zu", i / LISTINGS_EACH, i);
		double start = now_us();
		call(c, "listing.publish", &b, NULL, &reply);
		struct mp matches = mp_find(mp_of(buf_str(&reply)), STR("told"));
		if (mp_get_int(&matches) == 0)
			continue;
		await_match(f, id);
		us[told++] = now_us() - start;
	}
	qsort(us, told, sizeof *us, double_cmp);
	printf("{\"needs\":%zu,\"told\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", count, told,
	       told ? us[told / 2] / 1e3 : 0, told ? us[told * 99 / 100] / 1e3 : 0);
	matchd_follow_close(f);
	buf_free(&b);
	buf_free(&reply);
	workload_free(w);
	matchd_close(c);
	free(us);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[2], "publish") == 0)
		return publish(argv[1], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
			       strtoul(argv[5], NULL, 10));
	if (argc == 4 && strcmp(argv[2], "notify") == 0)
		return notify(argv[1], strtoul(argv[3], NULL, 10));
	fprintf(stderr, "usage: bench_e2e ENDPOINT publish FIRST COUNT IN_FLIGHT\n"
			"       bench_e2e ENDPOINT notify COUNT\n");
	return 2;
}
