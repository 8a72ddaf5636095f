/*
 * bench_subscribers: durable subscriptions of a running daemon that has the exchange of
 * workload.yaml and listings in it.
 *
 *   bench_subscribers ENDPOINT catchup
 *       one subscription from the first fact to the head; facts per second
 *   bench_subscribers ENDPOINT fanout SUBSCRIBERS STOPPED FACTS PER_SECOND
 *       FACTS facts are made at that pace while SUBSCRIBERS consume everything, but for STOPPED of
 *       them, which take one fact and then nothing until all are made; from a fact's time to its
 *       consumer, over all consumers that go on, and how fast the first stopped one catches up
 *
 * Prints one JSON object.
 */

#include "matchd.h"
#include "util/mem.h"
#include "util/mp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000, LISTINGS = 200, IN_FLIGHT = 64, BUCKETS = 200000, BUCKET_US = 100 };

static const char *endpoint;

static double
now_us(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
fail(const char *what, int code)
{
	fprintf(stderr, "bench_subscribers: %s: %s\n", what, matchd_strerror(code));
	exit(1);
}

static struct matchd *
connect_to(void)
{
	struct matchd *c;
	struct matchd_options options = {
	    .endpoint = endpoint, .timeout_ms = WAIT_MS, .client = "bench"};
	int code = matchd_open(&options, &c);
	if (code != MATCHD_OK)
		fail("connecting", code);
	return c;
}

static void
call(struct matchd *c, const char *cmd, const struct buf *args)
{
	struct matchd_reply *r = NULL;
	int code = matchd_call(c, cmd, args->data, args->len, &r);
	if (code != MATCHD_OK && code != MATCHD_REFUSED)
		fail(cmd, code);
	matchd_reply_free(r);
}

static uint64_t
head_of(struct matchd *c)
{
	struct matchd_reply *r = NULL;
	size_t len;
	int code = matchd_call(c, "status", NULL, 0, &r);
	if (code != MATCHD_OK)
		fail("status", code);
	const char *bytes = matchd_reply_bytes(r, &len);
	struct mp head = mp_find(mp_of((struct str){bytes, (uint32_t)len}), STR("head"));
	uint64_t v = mp_get_uint(&head);
	matchd_reply_free(r);
	return v;
}

static struct matchd_subscription *
subscribe(struct matchd *c, const char *name, uint64_t from)
{
	struct matchd_subscription *s;
	struct buf args = BUF_EMPTY;
	mp_put_map(&args, 1);
	mp_put_text(&args, "name");
	mp_put_text(&args, name);
	call(c, "subscription.delete", &args);
	buf_clear(&args);
	mp_put_map(&args, from ? 2 : 1);
	mp_put_text(&args, "name");
	mp_put_text(&args, name);
	if (from) {
		mp_put_text(&args, "from");
		mp_put_uint(&args, from);
	}
	call(c, "subscription.create", &args);
	buf_free(&args);
	int code = matchd_subscription_open(c, name, NULL, &s);
	if (code != MATCHD_OK)
		fail("subscribing", code);
	return s;
}

/* ---- catching up ---- */

static int
catchup(void)
{
	struct matchd *c = connect_to();
	struct matchd_delivery d;
	uint64_t head = head_of(c), count = 0;
	struct matchd_subscription *s = subscribe(c, "catchup", 1);
	double begun = now_us(CLOCK_MONOTONIC);
	int code;
	while ((code = matchd_subscription_next(s, 2000, &d)) == MATCHD_OK) {
		count++;
		if (count % 1000 == 0)
			matchd_subscription_ack(s);
		if (d.number >= head)
			break;
	}
	double seconds = (now_us(CLOCK_MONOTONIC) - begun) / 1e6;
	if (code == MATCHD_TIMEOUT)
		seconds -= 2; /* the last facts are not published */
	printf("{\"facts\": %llu, \"seconds\": %.3f, \"per_second\": %.0f}\n",
	       (unsigned long long)count, seconds, (double)count / seconds);
	matchd_subscription_close(s);
	matchd_close(c);
	return 0;
}

/* ---- many at once ---- */

struct subscriber {
	pthread_t thread;
	unsigned number;
	bool stopped;
	uint64_t until; /* the number that ends it; 0: not known yet */
	uint64_t count;
	uint32_t *buckets;
	double resumed_us, seconds; /* of one that was stopped */
};

static volatile uint64_t last_number;

static void
wait_for_the_end(struct subscriber *s)
{
	while (last_number == 0)
		usleep(10000);
	sleep(2); /* the others are through */
	s->resumed_us = now_us(CLOCK_MONOTONIC);
}

static void *
consume(void *arg)
{
	struct subscriber *s = arg;
	struct matchd *c = connect_to();
	struct matchd_delivery d;
	char name[16];
	snprintf(name, sizeof name, "s%u", s->number);
	struct matchd_subscription *sub = subscribe(c, name, 0);
	__atomic_store_n(&s->until, 1, __ATOMIC_RELEASE); /* it is there */
	while (last_number == 0 || s->count == 0 || d.number < last_number) {
		int code = matchd_subscription_next(sub, 1000, &d);
		if (code == MATCHD_TIMEOUT)
			continue;
		if (code != MATCHD_OK)
			fail("next", code);
		double late = now_us(CLOCK_REALTIME) - (double)d.at_ms * 1000;
		size_t bucket = late < 0 ? 0 : (size_t)(late / BUCKET_US);
		s->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		s->count++;
		matchd_subscription_ack(sub);
		if (s->stopped && s->count == 1)
			wait_for_the_end(s);
	}
	s->seconds = (now_us(CLOCK_MONOTONIC) - s->resumed_us) / 1e6;
	matchd_subscription_close(sub);
	matchd_close(c);
	return NULL;
}

static void
put_listing(struct buf *b, unsigned i)
{
	char id[32];
	snprintf(id, sizeof id, "offers0/%u", i); /* as e2e publishes them */
	mp_put_text(b, "listing");
	mp_put_text(b, id);
}

static void
take_reply(struct matchd *c)
{
	struct matchd_reply *r = NULL;
	int code = matchd_receive(c, WAIT_MS, &r);
	if (code != MATCHD_OK)
		fail("pausing and resuming", code);
	matchd_reply_free(r);
}

/* Pauses and resumes offers that nobody needs: one fact each. */
static void
make_facts(struct matchd *c, uint64_t facts, double per_second)
{
	struct buf args = BUF_EMPTY;
	double begun = now_us(CLOCK_MONOTONIC);
	for (uint64_t n = 0; n < facts; n++) {
		double due = begun + (double)n * 1e6 / per_second, now = now_us(CLOCK_MONOTONIC);
		if (due > now)
			usleep((useconds_t)(due - now));
		buf_clear(&args);
		mp_put_map(&args, 1);
		put_listing(&args, (unsigned)(n % LISTINGS));
		bool resume = n / LISTINGS % 2;
		while (matchd_in_flight(c) >= IN_FLIGHT)
			take_reply(c);
		matchd_send(c, resume ? "listing.resume" : "listing.pause", args.data, args.len,
			    NULL);
	}
	while (matchd_in_flight(c) > 0)
		take_reply(c);
	buf_free(&args);
}

static double
percentile(const uint64_t *sum, uint64_t count, double share)
{
	uint64_t seen = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		seen += sum[i];
		if ((double)seen >= (double)count * share)
			return (double)(i + 1) * BUCKET_US / 1000;
	}
	return -1;
}

static int
fanout(unsigned n, unsigned stopped, uint64_t facts, double per_second)
{
	struct subscriber *all = mem_zalloc(n * sizeof *all);
	static uint64_t sum[BUCKETS];
	uint64_t count = 0;
	struct matchd *c = connect_to();
	for (unsigned i = 0; i < n; i++) {
		all[i].number = i;
		all[i].stopped = i < stopped;
		all[i].buckets = mem_zalloc(BUCKETS * sizeof *all[i].buckets);
		pthread_create(&all[i].thread, NULL, consume, &all[i]);
	}
	for (unsigned i = 0; i < n; i++)
		while (!__atomic_load_n(&all[i].until, __ATOMIC_ACQUIRE))
			usleep(1000);
	double begun = now_us(CLOCK_MONOTONIC);
	make_facts(c, facts, per_second);
	last_number = head_of(c);
	for (unsigned i = 0; i < n; i++)
		pthread_join(all[i].thread, NULL);
	double seconds = (now_us(CLOCK_MONOTONIC) - begun) / 1e6;
	for (unsigned i = stopped; i < n; i++) {
		count += all[i].count;
		for (size_t k = 0; k < BUCKETS; k++)
			sum[k] += all[i].buckets[k];
	}
	double resumed =
	    stopped ? (double)all[0].count / all[0].seconds : 0; /* all but one fact of it */
	printf("{\"subscribers\": %u, \"stopped\": %u, \"deliveries\": %llu, \"seconds\": %.2f, "
	       "\"p50_ms\": %.1f, \"p99_ms\": %.1f, \"resumed_per_s\": %.0f}\n",
	       n, stopped, (unsigned long long)count, seconds, percentile(sum, count, 0.5),
	       percentile(sum, count, 0.99), resumed);
	matchd_close(c);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "catchup") == 0) {
		endpoint = argv[1];
		return catchup();
	}
	if (argc == 7 && strcmp(argv[2], "fanout") == 0) {
		endpoint = argv[1];
		return fanout((unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]),
			      strtoull(argv[5], NULL, 10), atof(argv[6]));
	}
	fprintf(stderr,
		"usage: bench_subscribers ENDPOINT catchup\n"
		"       bench_subscribers ENDPOINT fanout SUBSCRIBERS STOPPED FACTS PER_SECOND\n");
	return 2;
}
