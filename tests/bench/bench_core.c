/*
 * bench_core: how fast the core publishes and matches, and what a listing takes, without a daemon.
 *
 *   bench_core WORKLOAD.yaml OFFERS NEEDS
 *
 * Publishes OFFERS offers of the workload through dispatch (so that decoding and intake are in it),
 * then NEEDS needs, one of which is one match against all offers, then reads all matches of each
 * need. Prints one JSON object.
 */

#include "core/listing.h"
#include "daemon/dispatch.h"
#include "intake/files.h"
#include "proto/proto.h"
#include "util/mem.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LISTINGS_EACH = 1000 };

static uint64_t facts_made;

static void
count_fact(void *arg, const struct fact *f, struct str bytes)
{
	(void)arg;
	(void)f;
	(void)bytes;
	facts_made++;
}

static double
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Anonymous resident memory, in bytes. */
static double
anonymous_bytes(void)
{
	char line[256];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "RssAnon: %lf", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

static void
fail(const char *what, struct str detail)
{
	fprintf(stderr, "bench_core: %s %.*s\n", what, STR_FMT(detail));
	exit(1);
}

static void
request(struct dispatch *d, const struct buf *bytes)
{
	struct buf reply = BUF_EMPTY;
	dispatch_request(d, buf_str(bytes), 1, &reply);
	struct mp ok = mp_find(mp_of(buf_str(&reply)), STR("ok"));
	struct mp error = mp_find(mp_of(buf_str(&reply)), STR("error"));
	struct mp message = mp_find(error, STR("message"));
	if (!mp_get_bool(&ok))
		fail("a request was refused:", mp_get_str(&message));
	buf_free(&reply);
}

static void
load_exchange(struct dispatch *d, const char *path)
{
	struct buf text = BUF_EMPTY, canonical = BUF_EMPTY;
	struct mistakes mistakes = {0};
	struct refusal refusal;
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");
	if (!f)
		fail("cannot read", str_of(path));
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&text, chunk, n);
	fclose(f);
	if (exchange_read(buf_str(&text), &canonical, &mistakes) != 0)
		fail(mistakes.list[0].field, str_of(mistakes.list[0].message));
	struct command c = {
	    .kind = COMMAND_LOAD_EXCHANGE, .clock_ms = 1, .definition = buf_str(&canonical)};
	if (!dispatch_command(d, &c, &refusal))
		fail("the exchange was refused:", str_of(refusal.message));
	buf_free(&text);
	buf_free(&canonical);
}

/* Sends `cmd` with its arguments, a MessagePack map of `count` pairs. */
static void
call(struct dispatch *d, const char *cmd, const struct buf *arguments, uint32_t count)
{
	struct mp in = mp_of(buf_str(arguments));
	struct buf b = BUF_EMPTY;
	mp_get_map(&in);
	mp_put_map(&b, 3 + count);
	mp_put_text(&b, "v");
	mp_put_int(&b, 1);
	mp_put_text(&b, "id");
	mp_put_int(&b, 0);
	mp_put_text(&b, "cmd");
	mp_put_text(&b, cmd);
	buf_put(&b, in.at, (size_t)(in.end - in.at));
	request(d, &b);
	buf_free(&b);
}

/* Publishes `count` listings under participants "<letter><i>"; each one's time in µs where `us` is
 * not NULL. */
static void
publish_all(struct dispatch *d, enum workload_kind kind, char letter, size_t count, double *us)
{
	struct workload *w = workload_new(kind, 1);
	struct buf b = BUF_EMPTY;
	char id[64];
	for (size_t i = 0; i < count; i++) {
		if (i % LISTINGS_EACH == 0) {
			snprintf(id, sizeof id, "%c%zu", letter, i / LISTINGS_EACH);
			buf_clear(&b);
			workload_participant(id, &b);
			call(d, "participant.register", &b, 2);
		}
		snprintf(id, sizeof id, "%c%zu/%zu", letter, i / LISTINGS_EACH, i);
		buf_clear(&b);
		workload_next(w, id, &b);
		double start = now_us();
		call(d, "listing.publish", &b, 5);
		if (us)
			us[i] = now_us() - start;
	}
	buf_free(&b);
	workload_free(w);
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
print_times(const char *name, double *us, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += us[i];
	qsort(us, n, sizeof *us, double_cmp);
	printf(",\"%s_us\":{\"mean\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name,
	       sum / (double)n, us[n / 2], us[n * 99 / 100], us[n - 1]);
}

static void
match_all(struct dispatch *d, size_t needs, double *us, uint64_t *ret_matches)
{
	char id[64];
	for (size_t i = 0; i < needs; i++) {
		size_t n;
		snprintf(id, sizeof id, "n%zu/%zu", i / LISTINGS_EACH, i);
		const struct listing *l = market_listing(d->market, str_of(id));
		double start = now_us();
		size_t total;
		struct match *matches = market_best_matches(d->market, l, 20, &n, &total);
		us[i] = now_us() - start;
		*ret_matches += total;
		free(matches);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: bench_core WORKLOAD.yaml OFFERS NEEDS\n");
		return 2;
	}
	size_t offers = strtoul(argv[2], NULL, 10), needs = strtoul(argv[3], NULL, 10);
	struct dispatch d = {.market = market_new(), .emit = count_fact};
	double *us = mem_alloc((needs + 1) * sizeof *us);
	uint64_t matches = 0;

	load_exchange(&d, argv[1]);
	double before = anonymous_bytes(), start = now_us();
	publish_all(&d, WORKLOAD_OFFERS, 'o', offers, NULL);
	double load_us = now_us() - start;
	double taken = anonymous_bytes() - before;
	printf("{\"offers\":%zu,\"needs\":%zu,\"publish_offers_per_s\":%.0f,\"bytes_per_listing\":%"
	       ".0f",
	       offers, needs, (double)offers / load_us * 1e6, taken / (double)offers);
	publish_all(&d, WORKLOAD_NEEDS, 'n', needs, us);
	print_times("publish_need", us, needs);
	match_all(&d, needs, us, &matches);
	print_times("match", us, needs);
	printf(",\"matches_per_need\":%.1f,\"told\":%llu}\n", (double)matches / (double)needs,
	       (unsigned long long)market_count(d.market).told);
	market_free(d.market);
	free(us);
	return 0;
}
