/*
 * e2e: what a client sees of a running daemon that has the exchange of workload.yaml, or feed.yaml.
 *
 *   e2e ENDPOINT publish offers|needs FIRST COUNT IN_FLIGHT
 *       publishes the generated listings FIRST.. of participants "offers<n>" or "needs<n>", 1,000
 *       each, which it registers; commands per second
 *   e2e ENDPOINT notify FIRST COUNT
 *       publishes needs one at a time; from sending one to having its first match.made by
 *       the feed
 *   e2e ENDPOINT fanout SUBSCRIBERS SECONDS
 *       (a daemon with feed.yaml and no listings) publishes two offers of each subscriber, then
 *       pauses and resumes needs that match all of them, 64 in flight; the facts about matches that
 *       came to the offers' subscribers
 *
 * Every reply is durable. Prints one JSON object.
 */

#include "listeners.h"
#include "matchd.h"
#include "times.h"
#include "util/mem.h"
#include "util/mp.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LISTINGS_EACH = 1000, WAIT_MS = 60000, WARM_US = 500000, READY_S = 30 };
/* Of the fan-out. A need's matches stay below the telling work that a command does. */
enum { IN_FLIGHT = 64, OFFERS_EACH = 2, CHANGING = 64, DRAINED_US = 300000 };

static const char *const kinds[] = {[NEED] = "needs", [OFFER] = "offers"};

static void
fail(const char *what, int code, const struct matchd_reply *r)
{
	struct matchd_error e;
	if (r && matchd_reply_error(r, &e))
		fprintf(stderr, "e2e: %s: %s: %s\n", what, e.code, e.message);
	else
		fprintf(stderr, "e2e: %s: %s\n", what, matchd_strerror(code));
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

/* How many matches the reply says are told. */
static uint64_t
told_in(const struct matchd_reply *r)
{
	size_t len;
	const char *bytes = matchd_reply_bytes(r, &len);
	struct mp at = mp_find(mp_of((struct str){bytes, (uint32_t)len}), STR("told"));
	return mp_get_uint(&at);
}

/* A call that must not be refused but for `tolerated`; what its reply says is told, where it does. */
static uint64_t
call(struct matchd *c, const char *cmd, const struct buf *arguments, const char *tolerated)
{
	struct matchd_reply *r = NULL;
	struct matchd_error e;
	int code = matchd_call(c, cmd, arguments->data, arguments->len, &r);
	bool refused = code == MATCHD_REFUSED && matchd_reply_error(r, &e);
	if (code != MATCHD_OK && !(refused && tolerated && strcmp(e.code, tolerated) == 0))
		fail(cmd, code, r);
	uint64_t told = told_in(r);
	matchd_reply_free(r);
	return told;
}

static void
register_participant(struct matchd *c, const char *id)
{
	struct buf b = BUF_EMPTY;
	workload_participant(id, &b);
	call(c, "participant.register", &b, "participant_exists");
	buf_free(&b);
}

/* The owner's id, or the listing's. */
static void
generated_id(char id[64], enum side side, size_t i, bool owner)
{
	int len = snprintf(id, 64, "%s%zu", kinds[side], i / LISTINGS_EACH);
	if (!owner)
		snprintf(id + len, 64 - (size_t)len, "/%zu", i);
}

static void
register_owners(struct matchd *c, enum side side, size_t first, size_t count)
{
	char id[64];
	for (size_t i = first / LISTINGS_EACH; i <= (first + count - 1) / LISTINGS_EACH; i++) {
		generated_id(id, side, i * LISTINGS_EACH, true);
		register_participant(c, id);
	}
}

static struct listings
listings_from(enum side side, size_t first)
{
	struct listings l = listings_of(&manufacturing, side);
	for (size_t i = 0; i < first; i++)
		listings_next(&l);
	return l;
}

/* ---- many in flight ---- */

static uint64_t
receive_one(struct matchd *c)
{
	struct matchd_reply *r = NULL;
	int code = matchd_receive(c, WAIT_MS, &r);
	if (code != MATCHD_OK)
		fail("a command", code, r);
	uint64_t told = told_in(r);
	matchd_reply_free(r);
	return told;
}

/* Sends when fewer than `in_flight` are; what the replies that came meanwhile say is told. */
static uint64_t
send_one(struct matchd *c, const char *cmd, const struct buf *arguments, size_t in_flight)
{
	uint64_t told = 0;
	while (matchd_in_flight(c) >= in_flight)
		told += receive_one(c);
	int code = matchd_send(c, cmd, arguments->data, arguments->len, NULL);
	if (code != MATCHD_OK)
		fail("sending", code, NULL);
	return told;
}

static uint64_t
receive_rest(struct matchd *c)
{
	uint64_t told = 0;
	while (matchd_in_flight(c) > 0)
		told += receive_one(c);
	return told;
}

static int
publish(const char *endpoint, enum side side, size_t first, size_t count, size_t in_flight)
{
	struct matchd *c = connect_to(endpoint);
	struct listings l = listings_from(side, first);
	struct buf b = BUF_EMPTY;
	uint64_t told = 0;
	char id[64];

	register_owners(c, side, first, count);
	double start = now_us();
	for (size_t i = first; i < first + count; i++) {
		generated_id(id, side, i, false);
		buf_clear(&b);
		listings_write(&l, id, &b);
		told += send_one(c, "listing.publish", &b, in_flight);
	}
	told += receive_rest(c);
	double seconds = (now_us() - start) / 1e6;
	printf("{\"commands\":%zu,\"in_flight\":%zu,\"told\":%llu,\"per_s\":%.0f}\n", count,
	       in_flight, (unsigned long long)told, (double)count / seconds);
	buf_free(&b);
	listings_done(&l);
	matchd_close(c);
	return 0;
}

/* ---- from publishing to the notification ---- */

/* Waits for one of the need's matches. */
static void
await_match(struct matchd_follower *f, const char *need)
{
	struct matchd_fact fact;
	struct mp at;
	do {
		int code = matchd_follow_next(f, WAIT_MS, &fact);
		if (code != MATCHD_OK)
			fail("following", code, NULL);
		at = mp_find(mp_of((struct str){fact.body, (uint32_t)fact.len}), STR("need"));
	} while (strcmp(fact.kind, "match.made") != 0 || !str_eq(mp_get_str(&at), str_of(need)));
}

static int
notify(const char *endpoint, size_t first, size_t count)
{
	struct matchd *c = connect_to(endpoint);
	struct listings l = listings_from(NEED, first);
	struct matchd_follower *f;
	struct buf b = BUF_EMPTY;
	const char *streams[] = {"x.workload"};
	double *ms = mem_alloc(count * sizeof *ms);
	size_t notified = 0;
	char id[64];

	register_owners(c, NEED, first, count);
	int code = matchd_follow_open(c, streams, 1, MATCHD_NOW, NULL, &f, NULL);
	if (code != MATCHD_OK)
		fail("following", code, NULL);
	for (size_t i = first; i < first + count; i++) {
		generated_id(id, NEED, i, false);
		buf_clear(&b);
		listings_write(&l, id, &b);
		double start = now_us();
		uint64_t told = call(c, "listing.publish", &b, NULL);
		if (told == 0)
			continue;
		await_match(f, id);
		ms[notified++] = (now_us() - start) / 1e3;
		while (--told > 0)
			await_match(f, id);
	}
	printf("{\"needs\":%zu,\"notified\":%zu", count, notified);
	if (notified > 0)
		print_times("ms", ms, notified);
	printf("}\n");
	matchd_follow_close(f);
	buf_free(&b);
	listings_done(&l);
	matchd_close(c);
	free(ms);
	return 0;
}

/* ---- to many subscribers ---- */

static void
publish_in_feed(struct matchd *c, const char *id, enum side side)
{
	struct buf b = BUF_EMPTY;
	mp_put_map(&b, 5);
	mp_put_text(&b, "listing");
	mp_put_text(&b, id);
	mp_put_text(&b, "exchange");
	mp_put_text(&b, "feed");
	mp_put_text(&b, "side");
	mp_put_text(&b, side_names[side]);
	mp_put_text(&b, "title");
	mp_put_text(&b, id);
	mp_put_text(&b, "fields");
	mp_put_map(&b, 0);
	send_one(c, "listing.publish", &b, IN_FLIGHT);
	buf_free(&b);
}

static void
need_id(char id[64], size_t i)
{
	snprintf(id, 64, "needs/%zu", i);
}

/* The subscribers' offers, and the needs that match them all. */
static void
publish_feed(struct matchd *c, size_t subscribers)
{
	char id[64];
	for (size_t i = 0; i < subscribers; i++) {
		snprintf(id, sizeof id, "f%zu", i);
		register_participant(c, id);
	}
	register_participant(c, "needs");
	for (size_t i = 0; i < subscribers * OFFERS_EACH; i++) {
		snprintf(id, sizeof id, "f%zu/%zu", i % subscribers, i);
		publish_in_feed(c, id, OFFER);
	}
	for (size_t i = 0; i < CHANGING; i++) {
		need_id(id, i);
		publish_in_feed(c, id, NEED);
	}
	receive_rest(c);
}

/* Pauses the needs, one a turn, then resumes them, and so on: a fact for each offer. */
static void
change_one(struct matchd *c, size_t turn)
{
	struct buf b = BUF_EMPTY;
	char id[64];
	need_id(id, turn % CHANGING);
	mp_put_map(&b, 1);
	mp_put_text(&b, "listing");
	mp_put_text(&b, id);
	send_one(c, turn / CHANGING % 2 ? "listing.resume" : "listing.pause", &b, IN_FLIGHT);
	buf_free(&b);
}

/* Waits until nothing more comes; how many came. */
static uint64_t
drained(const struct listeners *l, uint64_t *ret_bytes)
{
	uint64_t before, now = listeners_count(l, ret_bytes);
	do {
		before = now;
		usleep(DRAINED_US);
		now = listeners_count(l, ret_bytes);
	} while (now != before);
	return now;
}

static struct listeners *
listen_to(const char *endpoint, size_t subscribers)
{
	char feed[128];
	snprintf(feed, sizeof feed, "ipc://%s/feed.sock", endpoint);
	struct listeners *l = listeners_start(feed, subscribers);
	for (int i = 0; listeners_ready(l) < subscribers; i++) {
		if (i == READY_S * 100)
			fail("no heartbeat came to all subscribers", MATCHD_TIMEOUT, NULL);
		usleep(10000);
	}
	return l;
}

static int
fanout(const char *endpoint, size_t subscribers, double seconds)
{
	struct matchd *c = connect_to(endpoint);
	publish_feed(c, subscribers);
	struct listeners *l = listen_to(endpoint, subscribers);

	double start = now_us(), end = start + WARM_US + seconds * 1e6, measured = 0, now;
	uint64_t before = 0, bytes;
	size_t turn = 0;
	while ((now = now_us()) < end) {
		if (measured == 0 && now >= start + WARM_US) {
			measured = now;
			before = listeners_count(l, &bytes);
		}
		change_one(c, turn++);
	}
	double per_s = (double)(listeners_count(l, &bytes) - before) / (now_us() - measured) * 1e6;
	receive_rest(c);
	uint64_t came = drained(l, &bytes), sent = turn * subscribers * OFFERS_EACH;
	printf("{\"subscribers\":%zu,\"sent\":%llu,\"lost\":%lld,\"body_bytes\":%.1f,"
	       "\"delivered_per_s\":%.0f}\n",
	       subscribers, (unsigned long long)sent, (long long)(sent - came),
	       came ? (double)bytes / (double)came : 0, per_s);
	listeners_stop(l);
	matchd_close(c);
	return 0;
}

static size_t
number(const char *text)
{
	return strtoul(text, NULL, 10);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	for (enum side side = NEED; side <= OFFER; side++)
		if (argc == 7 && strcmp(what, "publish") == 0 &&
		    strcmp(argv[3], kinds[side]) == 0 && number(argv[5]) > 0)
			return publish(argv[1], side, number(argv[4]), number(argv[5]),
				       number(argv[6]));
	if (argc == 5 && strcmp(what, "notify") == 0 && number(argv[4]) > 0)
		return notify(argv[1], number(argv[3]), number(argv[4]));
	if (argc == 5 && strcmp(what, "fanout") == 0 && number(argv[3]) > 0)
		return fanout(argv[1], number(argv[3]), atof(argv[4]));
	fprintf(stderr, "usage: e2e ENDPOINT publish offers|needs FIRST COUNT IN_FLIGHT\n"
			"       e2e ENDPOINT notify FIRST COUNT\n"
			"       e2e ENDPOINT fanout SUBSCRIBERS SECONDS\n");
	return 2;
}
