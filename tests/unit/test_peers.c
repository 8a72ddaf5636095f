/* A client that was answered must be forgotten, or the gateway grows with every client it ever saw.
 */

#include "daemon/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
peers_live_as_long_as_something_is_owed(void **state)
{
	struct peers p = {0};

	(void)state;
	peers_asked(&p, STR("a"), 100);
	peers_asked(&p, STR("a"), 300);
	peers_asked(&p, STR("b"), 1);
	assert_int_equal(p.in_flight, 3);
	assert_int_equal(peers_find(&p, STR("a"))->in_flight, 2);
	assert_int_equal(peers_asked_bytes(&p, peers_find(&p, STR("a"))), 400);
	peers_clear(&p);
	assert_int_equal(peers_asked_bytes(&p, peers_find(&p, STR("a"))), 0);
	peers_answered(&p, STR("a"));
	peers_asked(&p, STR("a"), 30);
	assert_int_equal(peers_asked_bytes(&p, peers_find(&p, STR("a"))), 30);
	peers_answered(&p, STR("b"));
	assert_null(peers_find(&p, STR("b")));
	peers_answered(&p, STR("b")); /* unasked: of an earlier life of the core */
	assert_int_equal(p.in_flight, 2);
	peers_keep(&p, STR("a"), STR("reply"), 5);
	peers_forget_requests(&p);
	assert_int_equal(p.in_flight, 0);
	assert_non_null(peers_find(&p, STR("a"))); /* a reply still waits */
	assert_false(peers_drop_first(&p, peers_find(&p, STR("a"))));
	assert_null(peers_find(&p, STR("a")));
	peers_done(&p);
}

static void
replies_wait_in_order(void **state)
{
	struct peers p = {0};

	(void)state;
	peers_keep(&p, STR("a"), STR("first"), 5);
	peers_keep(&p, STR("a"), STR("second"), 9);
	struct peer *a = peers_find(&p, STR("a"));
	assert_int_equal(a->since_ms, 5);
	assert_int_equal(a->waiting, strlen("first") + strlen("second"));
	assert_int_equal(p.waiting, a->waiting);
	assert_memory_equal(a->parcels->bytes, "first", 5);
	assert_true(peers_drop_first(&p, a));
	assert_memory_equal(a->parcels->bytes, "second", 6);
	peers_asked(&p, STR("a"), 1);
	peers_drop_all(&p, a);
	assert_int_equal(p.waiting, 0);
	assert_int_equal(peers_find(&p, STR("a"))->in_flight, 1);
	peers_done(&p);
	assert_null(p.by_id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(peers_live_as_long_as_something_is_owed),
	    cmocka_unit_test(replies_wait_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
