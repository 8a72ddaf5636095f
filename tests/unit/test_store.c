/* The store keeps what was committed, and nothing else. */

#include "store_help.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever restarts the daemon finds everything that was answered. */
static void
reopened_store_has_all(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	uint8_t epoch[STORE_EPOCH], zero[STORE_EPOCH] = {0};
	memcpy(epoch, store_epoch(s), STORE_EPOCH);
	assert_memory_not_equal(epoch, zero, STORE_EPOCH);
	assert_int_equal(store_head(s), 0);
	for (unsigned facts = 1; facts < 60; facts++)
		assert_int_equal(known_turn(p, s, facts), 0);
	known_all(s);
	uint64_t digest = p->digest;
	store_close(s);

	s = place_open(p);
	assert_memory_equal(store_epoch(s), epoch, STORE_EPOCH);
	assert_int_equal(store_head(s), 59 * 60 / 2);
	assert_int_equal(store_digest(s), digest);
	known_all(s);
	store_close(s);
}

/* Two stores never have one epoch, so no client takes one's numbers for the other's. */
static void
each_store_has_its_epoch(void **state)
{
	struct place *p = *state;
	void *other = NULL;
	assert_int_equal(place_setup(&other), 0);
	struct store *a = place_open(p), *b = place_open(other);
	assert_memory_not_equal(store_epoch(a), store_epoch(b), STORE_EPOCH);
	store_close(a);
	store_close(b);
	assert_int_equal(place_teardown(&other), 0);
}

/* Nothing is seen of a turn before its commit, and nothing is left of one that had none. */
static void
uncommitted_turn_is_gone(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	assert_int_equal(known_turn(p, s, 10), 0);
	uint64_t digest = p->digest;

	assert_int_equal(known_put(p, s, 5), 0);
	assert_int_equal(store_head(s), 10);
	known_all(s);
	store_abort(s);
	known_all(s);

	p->digest = digest;
	assert_int_equal(known_put(p, s, 5), 0); /* closed on */
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_head(s), 10);
	assert_int_equal(store_digest(s), digest);
	known_all(s);
	/* The aborted facts left no trace in the streams either. */
	assert_int_equal(known_turn(p, s, 60), 0);
	known_all(s);
	store_close(s);
}

/* The operator who starts a second daemon by mistake is told which one is in the way. */
static void
second_open_names_the_first(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	char message[STORE_MESSAGE], pid[40];
	snprintf(pid, sizeof pid, "another matchd (pid %ld)", (long)getpid());
	assert_int_equal(place_refused(p, message), STORE_E_LOCKED);
	assert_non_null(strstr(message, pid));
	assert_int_equal(known_turn(p, s, 3), 0);
	store_close(s);
	s = place_open(p);
	known_all(s);
	store_close(s);
}

/* Nobody else on the machine can look into the market. */
static void
directory_is_private(void **state)
{
	struct place *p = *state;
	struct stat st;
	size_t len = strlen(p->directory);
	memcpy(p->directory + len, "/new", 5);
	struct store *s = place_open(p);
	store_close(s);
	assert_int_equal(stat(p->directory, &st), 0);
	p->directory[len] = '\0';
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* A market that outgrows its map goes on, in many turns and in one. */
static void
map_grows(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(known_turn(p, s, 5000), 0); /* 1 MB each */
	assert_int_equal(known_turn(p, s, 160000), 0);	     /* 30 MB */
	assert_true(store_size(s) > 50 << 20);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_head(s), 260000);
	known_all(s);
	store_close(s);
}

/* A hole or a repetition in the numbers would reach every subscriber: the turn is refused. */
static void
facts_out_of_order_are_refused(void **state)
{
	struct place *p = *state;
	for (uint64_t wrong = 3; wrong <= 5; wrong += 2) {
		struct store *s = place_open(p);
		if (store_head(s) == 0)
			assert_int_equal(known_turn(p, s, 3), 0);
		assert_int_equal(store_begin(s), 0);
		store_fact(s, wrong, STR("out of order"), NULL, 0, STR_NONE);
		assert_int_equal(store_commit(s, p->digest), STORE_E_CORRUPT);
		assert_non_null(strstr(store_message(s), "where 4 was due"));
		assert_int_equal(store_begin(s), STORE_E_CORRUPT);
		store_close(s);
	}
	struct store *s = place_open(p);
	assert_int_equal(store_head(s), 3);
	known_all(s);
	store_close(s);
}

/* ---- rows ---- */

struct rows {
	unsigned count;
	unsigned table[8];
	uint64_t key[8], checksum[8];
	char bytes[8][8];
};

static bool
collect_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct rows *r = arg;
	r->table[r->count] = table;
	r->key[r->count] = key;
	r->checksum[r->count] = checksum;
	snprintf(r->bytes[r->count], 8, "%.*s", STR_FMT(bytes));
	r->count++;
	return true;
}

static void
expect_rows(struct store *s, const char *expected)
{
	struct rows r = {0};
	char text[200] = "";
	assert_int_equal(store_load(s, collect_row, &r), 0);
	for (unsigned i = 0; i < r.count; i++) {
		size_t at = strlen(text);
		snprintf(text + at, sizeof text - at, "%u/%" PRIu64 "=%s:%" PRIu64 " ", r.table[i],
			 r.key[i], r.bytes[i], r.checksum[i]);
	}
	assert_string_equal(text, expected);
}

/* What the market reads at start is each row as last put, in order, and none that it removed. */
static void
rows_are_as_last_put(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	assert_int_equal(store_begin(s), 0);
	store_row(s, 2, 300, STR("c"), 1);
	store_row(s, 2, 2, STR("b"), 2);
	store_row(s, 0, UINT64_MAX, STR("max"), 3);
	store_row(s, 0, 0, STR("zero"), 4);
	store_row(s, 15, 1, STR("gone"), 99);
	store_row(s, 15, 1, STR_NONE, 0); /* made and removed at once */
	store_row(s, 1, 7, STR(""), 5);	  /* empty is not removed */
	assert_int_equal(store_commit(s, 15), 0);
	expect_rows(s, "0/0=zero:4 0/18446744073709551615=max:3 1/7=:5 2/2=b:2 2/300=c:1 ");

	assert_int_equal(store_begin(s), 0);
	store_row(s, 0, UINT64_MAX, STR_NONE, 0);
	store_row(s, 2, 2, STR("x"), 7);
	store_row(s, 2, 2, STR("b2"), 8); /* the later counts */
	store_row(s, 2, 300, STR_NONE, 0);
	store_row(s, 2, 300, STR("back"), 9); /* removed and made again */
	store_row(s, 2, 299, STR("mid"), 10);
	store_row(s, 3, 3, STR_NONE, 0); /* was never there */
	assert_int_equal(store_commit(s, 36), 0);
	store_close(s);

	s = place_open(p);
	expect_rows(s, "0/0=zero:4 1/7=:5 2/2=b2:8 2/299=mid:10 2/300=back:9 ");
	assert_int_equal(store_begin(s), 0);
	store_row(s, 2, 300, STR_NONE, 0);
	store_row(s, 2, 301, STR("last"), 11);
	assert_int_equal(store_commit(s, 38), 0);
	expect_rows(s, "0/0=zero:4 1/7=:5 2/2=b2:8 2/299=mid:10 2/301=last:11 ");
	store_close(s);
}

static void
expect_row(struct store *s, uint64_t key, const char *bytes, uint64_t checksum)
{
	struct str got;
	uint64_t sum;
	assert_int_equal(store_read_row(s, 2, key, &got, &sum), 0);
	assert_true(str_eq(got, str_of(bytes)));
	assert_true(sum == checksum);
}

/* What the market reads in between is what it would read after a crash: a row as committed last,
 * whatever was put since, and also after the map has moved. */
static void
a_row_is_read_as_committed(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct str got;
	uint64_t sum;
	char *much = calloc(1, 1 << 16);
	assert_non_null(much);
	assert_int_equal(store_read_row(s, 2, 1, &got, &sum), STORE_E_CORRUPT);
	for (uint64_t turn = 1; turn <= 64; turn++) {
		char now[24], before[24];
		snprintf(now, sizeof now, "%" PRIu64, turn);
		snprintf(before, sizeof before, "%" PRIu64, turn - 1);
		assert_int_equal(store_begin(s), 0);
		store_row(s, 2, 1, str_of(now), turn);
		store_row(s, 2, 1 + turn, (struct str){much, 1 << 16}, 0);
		if (turn > 1)
			expect_row(s, 1, before, turn - 1);
		assert_int_equal(store_commit(s, turn), 0);
		expect_row(s, 1, now, turn);
	}
	assert_int_equal(store_read_row(s, 2, 100, &got, &sum), STORE_E_CORRUPT);
	assert_non_null(strstr(store_message(s), "row 100 of table 2 is missing"));
	store_close(s);
	free(much);
}

/* Reading rows keeps no pages from being used again: each turn gives back what the one before
 * wrote, whether somebody reads in between or not. */
static void
reading_rows_does_not_make_the_store_grow(void **state)
{
	enum { TURNS = 300, ROWS = 64 };
	struct place *p = *state;
	struct store *s = place_open(p);
	uint64_t after_few = 0;
	for (uint64_t turn = 1; turn <= TURNS; turn++) {
		char now[1000] = "";
		memset(now, 'a' + (int)(turn % 26), sizeof now - 1);
		assert_int_equal(store_begin(s), 0);
		for (uint64_t key = 1; key <= ROWS; key++)
			store_row(s, 2, key, str_of(now), turn);
		assert_int_equal(store_commit(s, turn * ROWS), 0);
		expect_row(s, ROWS, now, turn);
		if (turn == TURNS / 10)
			after_few = store_size(s);
	}
	assert_true(store_size(s) == after_few);
	store_close(s);
}

/* ---- streams ---- */

/* A subscriber's `prev` leads from fact to fact without a gap: within a turn, across turns and
 * restarts, and across the point where heads are written down. */
static void
streams_lead_back(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	for (unsigned turns = 0; turns < 60; turns++) {
		assert_int_equal(known_turn(p, s, 1 + turns * 20), 0);
		if (turns % 7 == 0) {
			store_close(s);
			s = place_open(p);
		}
	}
	assert_true(store_head(s) > 2 * 16384);
	known_all(s);
	store_close(s);
	s = place_open(p);
	known_all(s);
	assert_int_equal(store_stream_head(s, 99), 0);

	struct store_link links[STORE_STREAMS] = {{.stream = 99}, {.stream = 1}, {.stream = 98}};
	uint64_t head = store_head(s), before = store_stream_head(s, 1);
	assert_int_equal(store_begin(s), 0);
	store_fact(s, head + 1, STR("a"), links, 3, STR_NONE);
	assert_int_equal(links[0].prev, 0);
	assert_int_equal(links[1].prev, before);
	store_fact(s, head + 2, STR("b"), links, 1, STR_NONE);
	assert_int_equal(links[0].prev, head + 1);
	assert_int_equal(store_stream_head(s, 99), 0);
	assert_int_equal(store_commit(s, p->digest), 0);
	assert_int_equal(store_stream_head(s, 99), head + 2);
	assert_int_equal(store_stream_head(s, 98), head + 1);
	store_close(s);
}

/* One turn: a fact in the stream, and so many in none. */
static void
seldom(struct store *s, uint64_t stream, unsigned others)
{
	struct store_link link = {.stream = stream};
	uint64_t n = store_head(s);
	assert_int_equal(store_begin(s), 0);
	store_fact(s, ++n, STR("seldom"), &link, 1, STR_NONE);
	while (others-- > 0)
		store_fact(s, ++n, STR("other"), NULL, 0, STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
}

/* A stream in which hardly anything happens keeps its place however much happens elsewhere. */
static void
quiet_streams_are_kept(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	for (unsigned i = 0; i < 6; i++) /* heads are written down at each second turn or so */
		seldom(s, i == 1 ? 70 : i == 5 ? 72 : 71, 9999);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(store_stream_head(s, 70), 10001);
		assert_int_equal(store_stream_head(s, 71), 40001);
		assert_int_equal(store_stream_head(s, 72), 50001);
		store_close(s);
		s = place_open(p);
	}
	seldom(s, 71, 20000);
	seldom(s, 73, 20000);
	seldom(s, 73, 0);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_stream_head(s, 70), 10001);
	assert_int_equal(store_stream_head(s, 71), 60001);
	assert_int_equal(store_stream_head(s, 73), 100003);
	store_close(s);
}

struct stop {
	uint64_t count, at;
};

static bool
stop_at(void *arg, const struct store_record *fact)
{
	struct stop *stop = arg;
	stop->count++;
	return fact->number < stop->at;
}

/* A subscriber that resumes gets what it asked for, from where it asked. */
static void
reads_begin_and_end_where_asked(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct seen r = {.next = 1};
	assert_int_equal(store_facts(s, 1, 10, read_fact, &r), 0);
	assert_int_equal(r.count, 0);
	assert_int_equal(known_turn(p, s, 500), 0);
	static const struct {
		uint64_t from, limit, first, count;
	} asked[] = {
	    {0, 10, 1, 10},  {1, 1, 1, 1},   {499, 10, 499, 2},	    {500, UINT64_MAX, 500, 1},
	    {501, 10, 0, 0}, {250, 0, 0, 0}, {UINT64_MAX, 1, 0, 0}, {2, UINT64_MAX, 2, 499},
	};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		r = (struct seen){.next = asked[i].first};
		assert_int_equal(store_facts(s, asked[i].from, asked[i].limit, read_fact, &r), 0);
		assert_int_equal(r.count, asked[i].count);
		assert_false(r.wrong);
	}
	struct stop stop = {.at = 120};
	assert_int_equal(store_facts(s, 101, 400, stop_at, &stop), 0);
	assert_int_equal(stop.count, 20);
	store_close(s);
}

/* ---- a thread that writes ---- */

static void
count_turns(void *arg)
{
	atomic_fetch_add((atomic_uint *)arg, 1);
}

/* Links, rows and asides lead across turns, of which one is written while the next is put. Checkpoints of the heads,
 * a map that grows and reads come in between. */
static void
turns_are_written_while_others_are_gathered(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	atomic_uint written = 0;
	uint64_t put = 0;
	assert_int_equal(store_write_beside(s, count_turns, &written), 0);
	for (unsigned i = 1; i <= 400; i++) {
		unsigned facts = i * 7 % 200;
		p->ahead = put - store_head(s);
		assert_int_equal(known_put(p, s, facts), 0);
		if (i % 20 == 0) { /* reads what was handed over, and not what is put */
			struct seen r = {.next = 1};
			assert_int_equal(store_facts(s, 1, UINT64_MAX, read_fact, &r), 0);
			assert_false(r.wrong);
			assert_int_equal(r.count, put);
		}
		assert_int_equal(store_hand_over(s, p->digest), 0);
		put += facts;
	}
	assert_int_equal(store_finish(s), 0);
	assert_true(store_is_written(s));
	assert_int_equal(store_head(s), put);
	known_all(s);
	p->ahead = 0;
	assert_int_equal(known_put(p, s, 10), 0);
	assert_int_equal(store_hand_over(s, p->digest), 0);
	store_write_alone(s);			  /* finishes it */
	assert_true(atomic_load(&written) > 390); /* checkpoints as well */
	assert_int_equal(store_head(s), put + 10);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_head(s), put + 10);
	assert_int_equal(store_digest(s), p->digest);
	known_all(s);
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(reopened_store_has_all),
	    STORY(each_store_has_its_epoch),
	    STORY(uncommitted_turn_is_gone),
	    STORY(second_open_names_the_first),
	    STORY(directory_is_private),
	    STORY(map_grows),
	    STORY(facts_out_of_order_are_refused),
	    STORY(rows_are_as_last_put),
	    STORY(a_row_is_read_as_committed),
	    STORY(reading_rows_does_not_make_the_store_grow),
	    STORY(streams_lead_back),
	    STORY(quiet_streams_are_kept),
	    STORY(reads_begin_and_end_where_asked),
	    STORY(turns_are_written_while_others_are_gathered),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
