/* bench match: the core behind dispatch, as the daemon has it, without a socket or a disk. */

#include "bench.h"
#include "core/listing.h"
#include "daemon/dispatch.h"
#include "intake/files.h"
#include "proto/proto.h"
#include "times.h"
#include "util/mem.h"
#include "util/workers.h"
#include "workload.h"

#include <stdlib.h>

enum { LISTINGS_EACH = 1000, TURN = 64, WARM = 50 };

/* A market, and what it gave to be stored. */
struct life {
	struct dispatch dispatch;
	uint64_t fact_bytes, row_bytes;
};

static void
count_fact(void *arg, const struct fact *f, struct str bytes)
{
	struct life *life = arg;
	(void)f;
	life->fact_bytes += bytes.len;
}

static void
count_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct life *life = arg;
	(void)table, (void)key, (void)checksum;
	life->row_bytes += bytes.len;
}

/* Anonymous resident memory of this process, in bytes. */
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
load_exchange(struct dispatch *d, const char *path)
{
	struct buf text = BUF_EMPTY, canonical = BUF_EMPTY;
	struct mistakes mistakes = {0};
	struct refusal refusal;
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");
	if (!f)
		bench_fail("cannot read", str_of(path));
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&text, chunk, n);
	fclose(f);
	if (exchange_read(buf_str(&text), &canonical, &mistakes) != 0)
		bench_fail(mistakes.list[0].field, str_of(mistakes.list[0].message));
	struct command c = {
	    .kind = COMMAND_LOAD_EXCHANGE, .clock_ms = 1, .definition = buf_str(&canonical)};
	if (!dispatch_command(d, &c, &refusal))
		bench_fail("the exchange was refused:", str_of(refusal.message));
	buf_free(&text);
	buf_free(&canonical);
}

/* Sends `cmd` with its arguments, a MessagePack map. */
static void
call(struct dispatch *d, const char *cmd, const struct buf *arguments)
{
	struct mp in = mp_of(buf_str(arguments));
	struct buf b = BUF_EMPTY, reply = BUF_EMPTY;
	mp_put_map(&b, 3 + mp_get_map(&in));
	mp_put_text(&b, "v");
	mp_put_int(&b, 1);
	mp_put_text(&b, "id");
	mp_put_int(&b, 0);
	mp_put_text(&b, "cmd");
	mp_put_text(&b, cmd);
	buf_put(&b, in.at, (size_t)(in.end - in.at));
	dispatch_request(d, buf_str(&b), 1, &reply);
	struct mp ok = mp_find(mp_of(buf_str(&reply)), STR("ok"));
	struct mp error = mp_find(mp_of(buf_str(&reply)), STR("error"));
	struct mp message = mp_find(error, STR("message"));
	if (!mp_get_bool(&ok))
		bench_fail("a request was refused:", mp_get_str(&message));
	buf_free(&b);
	buf_free(&reply);
}

static void
listing_id(char id[64], char owner, size_t i)
{
	snprintf(id, 64, "%c%zu/%zu", owner, i / LISTINGS_EACH, i);
}

/* Publishes listings of participants "<owner><i>", and gives their rows away turn by turn; each
 * one's time in µs where `us` is not NULL. */
static void
publish(struct life *life, struct listings *l, char owner, size_t count, double *us)
{
	struct buf b = BUF_EMPTY;
	char id[64];
	for (size_t i = 0; i < count; i++) {
		if (i % LISTINGS_EACH == 0) {
			snprintf(id, sizeof id, "%c%zu", owner, i / LISTINGS_EACH);
			buf_clear(&b);
			workload_participant(id, &b);
			call(&life->dispatch, "participant.register", &b);
		}
		listing_id(id, owner, i);
		buf_clear(&b);
		listings_write(l, id, &b);
		double start = now_us();
		call(&life->dispatch, "listing.publish", &b);
		if (us)
			us[i] = now_us() - start;
		if (i % TURN == TURN - 1 || i == count - 1)
			market_flush(life->dispatch.market, count_row, life);
	}
	buf_free(&b);
}

/* The market's answer to one probe. What is stored was published first, so that listing number 1 is
 * the first that was generated. */
static double
ask(const struct market *m, const struct listing *l, struct top *ret)
{
	size_t n, total;
	double start = now_us();
	struct match *best = market_best_matches(m, l, TOP_MOST, &n, &total);
	double us = now_us() - start;
	*ret = (struct top){.count = total, .n = n};
	for (size_t i = 0; i < n; i++) {
		ret->best[i].place = best[i].counterpart->number - 1;
		ret->best[i].score = best[i].score;
	}
	free(best);
	return us;
}

/* Asks every probe. Of `us`, the second is for those whose find is shared with the workers: where
 * there are any, each probe is asked once alone and once shared, in blocks that alternate, so that a
 * busy minute meets both. */
static void
match(const struct life *life, const struct probing *p, struct workers *workers)
{
	enum { BLOCK = 20 };
	struct market *m = life->dispatch.market;
	size_t rounds = p->workers ? 2 : 1;
	double *us[2];
	uint64_t matches = 0;
	char id[64];
	for (size_t shared = 0; shared < 2; shared++)
		us[shared] = mem_alloc(p->probes * sizeof **us);
	for (size_t i = 0; i < rounds * p->probes + WARM; i++) {
		size_t at = i < WARM ? i : i - WARM, probe = at % p->probes;
		size_t shared = p->workers ? (probe / BLOCK + at / p->probes) % 2 : 0;
		struct top top;
		market_share(m, shared ? workers : NULL);
		listing_id(id, 'p', probe);
		double took = ask(m, market_listing(m, str_of(id)), &top);
		if (i < WARM)
			continue;
		us[shared][probe] = took;
		if (at >= p->probes)
			continue;
		matches += top.count;
		bench_write(p->findings, &top);
	}
	print_times("us", us[0], p->probes);
	if (p->workers)
		print_times("shared_us", us[1], p->probes);
	printf(",\"matches_per_probe\":%.2f", (double)matches / (double)p->probes);
	free(us[0]);
	free(us[1]);
}

int
bench_match(const struct probing *p)
{
	struct life life = {.dispatch = {.market = market_new(), .emit = count_fact}};
	struct market *m = life.dispatch.market;
	struct workers *workers;
	if (workers_new(p->workers, WORKERS_PAY_NS, &workers) != 0)
		bench_fail("no threads for", STR("the workers"));
	life.dispatch.emit_arg = &life;
	load_exchange(&life.dispatch, p->exchange);
	const struct workload *w = workload_find(market_exchange_at(m, 0)->name);
	if (!w)
		bench_fail("nothing is generated for", str_of(p->exchange));
	enum side side = p->reverse ? NEED : OFFER;
	struct listings stored = listings_of(w, side), probes = listings_of(w, side_other(side));

	double before = anonymous_bytes(), start = now_us();
	publish(&life, &stored, 's', p->stored, NULL);
	double load_us = now_us() - start, n = (double)p->stored;
	printf("{\"stored\":%zu,\"probes\":%zu,\"published_per_s\":%.0f,\"memory_each\":%.0f,"
	       "\"fact_bytes_each\":%.1f,\"row_bytes_each\":%.1f",
	       p->stored, p->probes, n / load_us * 1e6, (anonymous_bytes() - before) / n,
	       (double)life.fact_bytes / n, (double)life.row_bytes / n);
	double *us = mem_alloc(p->probes * sizeof *us);
	publish(&life, &probes, 'p', p->probes, us);
	print_times("publish_us", us, p->probes);
	match(&life, p, workers);
	printf(",\"told\":%llu}\n", (unsigned long long)market_count(m).told);
	free(us);
	listings_done(&stored);
	listings_done(&probes);
	market_free(m);
	workers_free(workers);
	return 0;
}
