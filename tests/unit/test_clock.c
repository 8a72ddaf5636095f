/* A wall clock that jumps would expire every listing at once, for good. */

#include "daemon/clock.h"
#include "daemon/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)
#define NOON INT64_C(1000000000)

static void
the_wall_clock_is_followed(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, HOUR, NULL);
	assert_int_equal(clock_settle(&c, NOON, 0), NOON);
	/* small steps either way are what time servers do */
	assert_int_equal(clock_settle(&c, NOON + 5000 + 60000, 5000), NOON + 65000);
	assert_int_equal(clock_settle(&c, NOON + 6000 - 60000, 6000), NOON - 54000);
	/* a long time in which nobody looked is no jump */
	assert_int_equal(clock_settle(&c, NOON + 50 * HOUR, 50 * HOUR), NOON + 50 * HOUR);
	assert_false(c.held);
	clock_done(&c);
}

static void
a_jump_is_held(void **state)
{
	static const int64_t jumps[] = {HOUR + 1, -HOUR - 1, INT64_C(1000000) * HOUR};

	(void)state;
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct clock c;
		clock_init(&c, HOUR, NULL);
		clock_settle(&c, NOON, 0);
		assert_int_equal(clock_settle(&c, NOON + 1000 + jumps[i], 1000), NOON + 1000);
		assert_true(c.held);
		/* time goes on from before the jump */
		assert_int_equal(clock_settle(&c, NOON + 9000 + jumps[i], 9000), NOON + 9000);
		assert_true(c.held);
		/* and with the wall clock, once it is back */
		assert_int_equal(clock_settle(&c, NOON + 10050, 10000), NOON + 10050);
		assert_false(c.held);
		clock_done(&c);
	}
}

static void
the_limit_is_the_operators(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, HOUR, NULL);
	clock_settle(&c, NOON, 0);
	clock_settle(&c, NOON + HOUR, 0);
	assert_false(c.held); /* just the limit */
	clock_done(&c);
	clock_init(&c, 0, NULL);
	clock_settle(&c, NOON, 0);
	assert_int_equal(clock_settle(&c, 500 * NOON, 1), 500 * NOON);
	assert_false(c.held);
	clock_done(&c);
}

/* A restart within one boot is not the moment at which a wrong clock slips in. */
static void
a_restart_remembers(void **state)
{
	char directory[] = "/tmp/test_clock.XXXXXX";
	char path[64];
	struct clock c, again;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/clock", directory);
	clock_init(&c, HOUR, path);
	assert_false(c.known);
	int64_t now_ms = clock_now(&c);
	clock_init(&again, HOUR, path);
	assert_true(again.known);
	assert_int_equal(again.offset_ms, c.offset_ms);
	clock_done(&again);
	clock_done(&c);

	/* The wall clock was two hours ahead then, as far as the file says. */
	FILE *file = fopen(path, "r+");
	char boot[64];
	assert_int_equal(fscanf(file, "%63s", boot), 1);
	rewind(file);
	fprintf(file, "%s %lld\n", boot, (long long)(c.offset_ms + 2 * HOUR));
	fclose(file);
	clock_init(&again, HOUR, path);
	log_open(LOG_TO_STDERR, LEVEL_ERROR - 1);
	assert_in_range(clock_now(&again) - now_ms, 2 * HOUR, 2 * HOUR + 60000);
	assert_true(again.held);
	clock_done(&again);

	/* Of another boot: forgotten. */
	file = fopen(path, "w");
	fprintf(file, "00000000000000000000000000000001 12345\n");
	fclose(file);
	clock_init(&again, HOUR, path);
	assert_false(again.known);
	clock_done(&again);
	unlink(path);
	rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_wall_clock_is_followed),
	    cmocka_unit_test(a_jump_is_held),
	    cmocka_unit_test(the_limit_is_the_operators),
	    cmocka_unit_test(a_restart_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
