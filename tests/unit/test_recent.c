/* The last facts, kept in memory: found as they were put, up to a bound, the oldest given up first. */

#include "daemon/recent.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
keep(struct recent *r, uint64_t number, const char *body, const char *note)
{
	struct recent_fact f = {
	    .number = number,
	    .about = {.kind = FACT_MATCH_MADE, .score = (uint16_t)(number % 1000)},
	    .body = str_of(body),
	    .note = note ? str_of(note) : STR_NONE};
	recent_age(r);
	recent_keep(r, &f);
}

static bool
finds(const struct recent *r, uint64_t number, const char *body, const char *note)
{
	struct recent_fact f;
	if (!recent_find(r, number, &f) || f.number != number || f.about.score != number % 1000 ||
	    !str_eq(f.body, str_of(body)))
		return false;
	return note ? str_eq(f.note, str_of(note)) : !f.note.p;
}

static void
facts_are_found_as_they_were(void **state)
{
	struct recent *r = recent_new();
	struct recent_fact f;
	(void)state;
	assert_false(recent_find(r, 0, &f));
	assert_false(recent_find(r, 1, &f));
	keep(r, 41, "first", NULL);
	keep(r, 42, "", "note of a fact that is not published");
	keep(r, 43, "third", "3");
	keep(r, 44, "fourth", NULL);
	assert_true(finds(r, 41, "first", NULL));
	assert_true(finds(r, 42, "", "note of a fact that is not published"));
	assert_true(finds(r, 43, "third", "3"));
	assert_true(finds(r, 44, "fourth", NULL));
	assert_false(recent_find(r, 40, &f));
	assert_false(recent_find(r, 45, &f));
	recent_free(r);
	recent_free(NULL);
}

/* While nobody subscribes nothing is kept. */
static void
what_was_left_out_is_not_found(void **state)
{
	struct recent *r = recent_new();
	struct recent_fact f;
	(void)state;
	keep(r, 7, "before", NULL);
	keep(r, 8, "the last before", NULL);
	keep(r, 100, "after", "n");
	keep(r, 101, "and on", NULL);
	assert_true(finds(r, 8, "the last before", NULL));
	assert_false(recent_find(r, 9, &f));
	assert_false(recent_find(r, 99, &f));
	assert_true(finds(r, 100, "after", "n"));
	assert_true(finds(r, 101, "and on", NULL));
	assert_false(recent_find(r, 102, &f));
	recent_free(r);
}

/* Big bodies and many small facts alike: an unbroken run up to the last, of no more than its bound. */
static void
flood(const char *body, uint64_t count, uint64_t least, uint64_t most)
{
	struct recent *r = recent_new();
	struct recent_fact f;
	uint64_t number, kept = 0;
	for (number = 1; number <= count; number++)
		keep(r, number, body, "n");
	for (number = count; number > 0 && recent_find(r, number, &f); number--, kept++)
		if (!finds(r, number, body, "n"))
			fail_msg("fact %llu is another", (unsigned long long)number);
	assert_true(kept >= least && kept <= most);
	for (; number > 0; number--)
		assert_false(recent_find(r, number, &f));
	recent_free(r);
}

static void
the_oldest_are_given_up(void **state)
{
	static char big[1 << 20];
	(void)state;
	memset(big, 'x', sizeof big - 1);
	/* Two generations of 8 MiB, of which the older is whole. */
	flood(big, 100, 8, 18);
	flood("", 1000000, 50000, 700000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_are_found_as_they_were),
	    cmocka_unit_test(what_was_left_out_is_not_found),
	    cmocka_unit_test(the_oldest_are_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
