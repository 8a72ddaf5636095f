/* The journal gives its oldest facts back: what is kept is whole, and what is gone is said. */

#include "store_help.h"

/* Commits until nothing waits to be dropped. */
static void
trim(struct place *p, struct store *s, uint64_t first)
{
	store_trim(s, first);
	for (unsigned turns = 0; store_trims(s); turns++) {
		assert_true(turns < 100);
		assert_int_equal(store_begin(s), 0);
		assert_int_equal(store_commit(s, p->digest), 0);
	}
	assert_int_equal(store_first(s), first);
}

static void
what_is_kept_is_whole(void **state)
{
	struct place *p = *state;
	place_fill(p, 40000, 4);
	struct store *s = place_open(p);
	trim(p, s, 15001);
	known_all(s);
	assert_int_equal(known_turn(p, s, 1000), 0);
	known_all(s);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_first(s), 15001);
	known_all(s);
	store_close(s);
}

/* A subscriber that comes too late is told so, rather than given what comes next. */
static void
what_is_gone_is_said(void **state)
{
	struct place *p = *state;
	place_fill(p, 500, 5);
	struct store *s = place_open(p);
	struct seen r = {.next = 201};
	trim(p, s, 201);
	assert_int_equal(store_facts(s, 1, 10, read_fact, &r), STORE_E_GONE);
	assert_int_equal(store_facts(s, 200, 10, read_fact, &r), STORE_E_GONE);
	assert_int_equal(r.count, 0);
	assert_int_equal(store_facts(s, 201, UINT64_MAX, read_fact, &r), 0);
	assert_int_equal(r.count, 300);
	assert_false(r.wrong);
	store_close(s);
}

/* The last fact stays, and what comes after is chained to it; numbers never begin anew. */
static void
last_fact_stays(void **state)
{
	struct place *p = *state;
	place_fill(p, 300, 3);
	struct store *s = place_open(p);
	store_trim(s, 1000000);
	trim(p, s, 300);
	known_all(s);
	store_close(s);
	s = place_open(p);
	assert_int_equal(known_turn(p, s, 200), 0);
	assert_int_equal(store_head(s), 500);
	known_all(s);
	store_close(s);
}

/* A stream that is quiet since long keeps its head, though the fact is gone. */
static void
heads_outlive_their_facts(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct store_link link = {.stream = 9};
	assert_int_equal(store_begin(s), 0);
	store_fact(s, 1, STR("seldom"), &link, 1, STR_NONE);
	for (uint64_t n = 2; n <= 2000; n++)
		store_fact(s, n, STR("other"), NULL, 0, STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
	trim(p, s, 1500);
	assert_int_equal(store_stream_head(s, 9), 1);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_stream_head(s, 9), 1);
	assert_int_equal(store_begin(s), 0);
	store_fact(s, 2001, STR("again"), &link, 1, STR_NONE);
	assert_int_equal(link.prev, 1);
	assert_int_equal(store_commit(s, 0), 0);
	store_close(s);
}

/* What is given back is used again: a journal that is kept short has a file that does not grow. */
static void
space_is_used_again(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	uint64_t after_some = 0;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(known_turn(p, s, 500), 0);
		if (store_head(s) > 2000)
			store_trim(s, store_head(s) - 2000);
		if (i == 30)
			after_some = store_size(s);
	}
	assert_true(store_size(s) < after_some * 3 / 2);
	assert_true(store_facts_size(s) < 2 << 20);
	known_all(s);
	store_close(s);
}

/* An aside altered or lost would be a subscriber forgotten, or a command carried out twice. */
static void
damaged_aside_is_refused(void **state)
{
	struct place *p = *state;
	place_fill(p, 200, 2);
	char buf[KNOWN_MAX];
	struct str bytes = known_aside(195, buf);
	assert_true(place_flip(p, bytes.p, bytes.len, 5) > 0);
	place_corrupt(p, "aside 15 of table 1 is damaged");
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(what_is_kept_is_whole), STORY(what_is_gone_is_said),
	    STORY(last_fact_stays),	  STORY(heads_outlive_their_facts),
	    STORY(space_is_used_again),	  STORY(damaged_aside_is_refused),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
