/* Who asks for much waits for itself: each client's requests are served in its turn, and in order. */

#include "daemon/fair_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
assert_next(struct fair_queue *q, const char *envelope, const char *request)
{
	struct queued *next = fair_queue_take(q);

	assert_non_null(next);
	assert_true(str_eq(queued_envelope(next), str_of(envelope)));
	assert_true(str_eq(queued_request(next), str_of(request)));
	free(next);
}

static void
each_client_has_its_turn(void **state)
{
	struct fair_queue q = {0};

	(void)state;
	fair_queue_add(&q, STR("flood"), STR("1"));
	fair_queue_add(&q, STR("flood"), STR("2"));
	fair_queue_add(&q, STR("flood"), STR("3"));
	fair_queue_add(&q, STR("calm"), STR("a"));
	assert_true(q.bytes > 4 * sizeof(struct queued));
	assert_next(&q, "flood", "1");
	fair_queue_add(&q, STR("late"), STR("x"));
	assert_next(&q, "calm", "a");
	assert_next(&q, "flood", "2");
	fair_queue_add(&q, STR("calm"), STR("b")); /* behind those who waited longer */
	assert_next(&q, "late", "x");
	assert_next(&q, "flood", "3");
	assert_next(&q, "calm", "b");
	assert_null(fair_queue_take(&q));
	assert_int_equal(q.bytes, 0);
}

static void
what_is_left_goes_with_it(void **state)
{
	struct fair_queue q = {0};

	(void)state;
	fair_queue_add(&q, STR("a"), STR("1"));
	fair_queue_add(&q, STR("a"), STR("2"));
	fair_queue_add(&q, STR("b"), STR("3"));
	fair_queue_done(&q);
	assert_null(q.turn);
	assert_null(q.by_envelope);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_client_has_its_turn),
	    cmocka_unit_test(what_is_left_goes_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
