/* What may go of the journal, and what the operator hears where that cannot be told. */

#include "daemon/log.h"
#include "daemon/retention.h"
#include "store_help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FACTS = 1000 };

/* A journal of facts as old as can be, which can be read or not. */
static bool readable;

static uint64_t
first(void *self)
{
	return store_first(self);
}

static int
read_facts(void *self, uint64_t from, uint64_t limit,
	   bool (*fact)(void *arg, const struct journalled *f), void *arg)
{
	struct journalled f = {.number = from};
	(void)self, (void)limit;
	if (!readable)
		return STORE_E_CORRUPT;
	fact(arg, &f);
	return 0;
}

static const char *
message(void *self)
{
	(void)self;
	return "fact 500 is damaged";
}

/* Applies it; returns how many lines the log has of it that say what is wrong. */
static unsigned
apply(const struct options *o, struct store *s)
{
	const struct journal j = {
	    .self = s, .first = first, .read = read_facts, .message = message};
	char line[LOG_MESSAGE];
	unsigned lines = 0;
	FILE *log = tmpfile();
	int before = dup(STDERR_FILENO);
	assert_non_null(log);
	assert_int_equal(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
	retention_apply(o, s, &j, INT64_C(1700000000000));
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	rewind(log);
	while (fgets(line, sizeof line, log)) {
		assert_non_null(strstr(line, "journal_unreadable"));
		assert_non_null(strstr(line, "keep-days drops nothing: fact 500 is damaged"));
		lines++;
	}
	fclose(log);
	return lines;
}

/* Without this the disk would fill, and nobody know why. */
static void
a_journal_that_cannot_be_read_is_told_once(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct options o = {.keep_days = 1};
	assert_int_equal(known_turn(p, s, FACTS), 0);
	readable = false;
	assert_int_equal(apply(&o, s), 1);
	assert_int_equal(apply(&o, s), 0);
	assert_false(store_trims(s));
	readable = true;
	assert_int_equal(apply(&o, s), 0);
	assert_true(store_trims(s));
	readable = false;
	assert_int_equal(apply(&o, s), 1); /* anew */
	store_close(s);
}

static void
the_size_is_kept_all_the_same(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct options o = {.keep_days = 1, .keep_size = 1};
	assert_int_equal(known_turn(p, s, FACTS), 0);
	readable = false;
	apply(&o, s);
	assert_true(store_trims(s));
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(a_journal_that_cannot_be_read_is_told_once),
	    STORY(the_size_is_kept_all_the_same),
	};
	log_open(LOG_TO_STDERR, LEVEL_NOTICE);
	return cmocka_run_group_tests(stories, NULL, NULL);
}
