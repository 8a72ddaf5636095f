/* The core's cycle, turn by turn: what comes before what, and where a turn ends. */

#include "turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the commit ---- */

static void
nothing_is_said_before_it_is_stored(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say(2, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"wait_ms\": 60000");
	assert_false(turn(c, "reply 1\n"));
	say_publish(3, "x");
	say(4, "listing.show", ", \"listing\": \"a/x\"");
	assert_int_equal(c->commits, 1);
	assert_false(turn(c, "reply 3\nreply 4\nreply 2 of 1\nlisting.opened\n"));
	assert_int_equal(c->commits, 2);
	assert_int_equal(c->said, 0);
	assert_int_equal(c->disk.n_facts, market_head(c->trade.market));
}

static void
fail_with(struct core *c, enum fate fate)
{
	say(1, "subscription.create", ", \"name\": \"all\"");
	say(2, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"wait_ms\": 60000");
	turn(c, "reply 1\n");
	say_publish(3, "x");
	say(4, "listing.show", ", \"listing\": \"a/x\"");
	c->fate = fate;
	assert_false(cycle_run(c->cycle, c->now_ms));
	assert_heard("");
}

static void
a_turn_that_is_not_stored_is_not_answered(void **state)
{
	fail_with(*state, FATE_LOST);
}

static void
nor_is_one_of_which_that_is_not_known(void **state)
{
	fail_with(*state, FATE_STORED_UNSEEN);
}

/* Also where the answer is somebody else's, who waited. */
static void
nobody_hears_of_a_deletion_that_is_not_stored(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say(2, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"wait_ms\": 60000");
	turn(c, "reply 1\n");
	say(3, "subscription.delete", ", \"name\": \"all\"");
	c->fate = FATE_LOST;
	assert_false(cycle_run(c->cycle, c->now_ms));
	assert_heard("");
}

/* ---- a turn that is stored while the next is gathered ---- */

static bool
is_stored(void *arg)
{
	return ((struct core *)arg)->stored;
}

/* Two listings wait for their commit. */
static void
store_beside(struct core *c)
{
	c->disk.stored = is_stored;
	say_publish(1, "x");
	say_publish(2, "y");
	assert_false(turn(c, ""));
	assert_int_equal(c->disk.n_facts, 3);
}

static void
each_turn_waits_for_its_own_commit(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say(2, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"wait_ms\": 60000");
	turn(c, "reply 1\n");
	store_beside(c);
	say_publish(3, "z");
	say(4, "listing.show", ", \"listing\": \"a/x\"");
	assert_false(turn(c, ""));
	say(5, "listing.show", ", \"listing\": \"a/z\"");
	assert_false(turn(c, ""));
	c->stored = true; /* the first; when the others are closed they are stored, too */
	c->commits = 0;
	turn(c, "reply 1\nreply 2\nreply 2 of 2\nlisting.opened\nlisting.opened\n"
		"reply 3\nreply 4\nreply 5\nlisting.opened\n");
	assert_int_equal(c->commits, 2);
	assert_true(c->said > 0);
	assert_int_equal(c->disk.n_facts, market_head(c->trade.market));
}

static void
if_one_is_not_stored_the_next_is_not_answered(void **state)
{
	struct core *c = *state;
	store_beside(c);
	say_publish(3, "z");
	assert_false(turn(c, ""));
	c->stored = true;
	c->fate = FATE_LOST;
	assert_false(cycle_run(c->cycle, c->now_ms));
	assert_heard("");
	assert_int_equal(c->disk.n_facts, 3);
}

/* It tells how far facts are stored. */
static void
the_heartbeat_waits_for_the_commit(void **state)
{
	struct core *c = *state;
	store_beside(c);
	say_publish(3, "z");
	turn(c, "");
	assert_true(cycle_beat(c->cycle, c->now_ms));
	assert_heard("reply 1\nreply 2\nlisting.opened\nlisting.opened\n");
	turn(c, "reply 3\nlisting.opened\n");
}

static void
nor_is_there_one_if_it_fails(void **state)
{
	struct core *c = *state;
	store_beside(c);
	c->fate = FATE_LOST;
	assert_true(cycle_beat(c->cycle, c->now_ms));
	assert_int_equal(the_wires[0].out.len, 0);
	assert_false(cycle_run(c->cycle, c->now_ms));
	assert_int_equal(the_wires[0].out.len, 0);
}

static void
a_turn_that_is_full_waits_for_the_one_before(void **state)
{
	struct core *c = *state;
	c->options.max_commands = 2;
	store_beside(c);
	for (unsigned id = 3; id <= 5; id++) {
		char key[8];
		snprintf(key, sizeof key, "z%u", id);
		say_publish(id, key);
	}
	turn(c, "reply 1\nreply 2\nlisting.opened\nlisting.opened\n");
	assert_int_equal(c->disk.n_facts, 5);
	c->stored = true;
	turn(c, "reply 3\nreply 4\nlisting.opened\nlisting.opened\nreply 5\nlisting.opened\n");
}

/* Else whoever asks without end has each turn wait for the disk. */
static void
a_turn_is_full_before_it_leaves_no_room_beside_it(void **state)
{
	struct core *c = *state;
	enum { FACT = 12288 }; /* what one is reckoned with, and a little more */
	c->disk.stored = is_stored;
	c->disk.budget = 9 * FACT;
	for (unsigned id = 1; id <= 9; id++) {
		char key[8];
		snprintf(key, sizeof key, "z%u", id);
		say_publish(id, key);
	}
	assert_true(turn(c, ""));
	assert_int_equal(c->disk.n_facts, 3);
	assert_true(turn(c, "reply 1\nreply 2\nreply 3\n"
			    "listing.opened\nlisting.opened\nlisting.opened\n"));
	assert_int_equal(c->disk.n_facts, 6);
}

/* A thread would take longer to wake than it spares. */
static void
what_comes_alone_is_stored_at_once(void **state)
{
	struct core *c = *state;
	c->disk.stored = is_stored;
	say_publish(1, "x");
	assert_false(turn(c, "reply 1\nlisting.opened\n"));
}

static void
what_is_only_read_is_not_stored(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 1);
	say(1, "listing.show", ", \"listing\": \"a/k1\"");
	say(2, "listing.show", ", \"listing\": \"a/k2\"");
	assert_false(turn(c, "reply 1\nreply 2 unknown_listing\n"));
	assert_int_equal(c->commits, 0);
}

/* How far a subscription has come is worth no commit of its own, but for one a second. */
static void
an_ack_waits_for_a_commit_or_the_heartbeat(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say_publish(2, "x");
	turn(c, "reply 1\nreply 2\nlisting.opened\n");
	c->commits = 0;
	say(3, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"ack\": 4");
	assert_false(turn(c, "reply 3 of 0\n"));
	assert_int_equal(c->commits, 0);
	assert_true(cycle_beat(c->cycle, c->now_ms));
	turn(c, "");
	assert_int_equal(c->commits, 1);
	assert_false(cycle_beat(c->cycle, c->now_ms));
	turn(c, "");
	assert_int_equal(c->commits, 1);
}

/* ---- what a turn holds ---- */

static void
each_session_has_its_share(void **state)
{
	struct core *c = *state;
	c->options.max_commands = 4;
	join(c, 1);
	for (unsigned id = 1; id <= 5; id++)
		say(id, "listing.show", ", \"listing\": \"a/x\"");
	say_on(1, 6, "listing.show", ", \"listing\": \"a/x\"");
	assert_true(turn(c, "reply 1 unknown_listing\nreply 2 unknown_listing\n"));
	assert_heard_on(1, "reply 6 unknown_listing\n");
	assert_true(turn(c, "reply 3 unknown_listing\nreply 4 unknown_listing\n"));
	assert_false(turn(c, "reply 5 unknown_listing\n"));
}

/* What a turn may take of the disk is used up by one gateway, and the next time by the other. */
static void
each_session_comes_first_in_its_turn(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 3);
	join(c, 1);
	c->room = STORE_ROOM_RESERVE;
	for (unsigned id = 1; id <= 3; id++) {
		char listing[40];
		snprintf(listing, sizeof listing, ", \"listing\": \"a/k%u\"", id);
		say(id, "listing.withdraw", listing);
	}
	assert_true(turn(c, "reply 1\nlisting.withdrawn\n"));
	assert_heard_on(1, "listing.withdrawn\n");
	say_on(1, 6, "listing.show", ", \"listing\": \"a/k3\"");
	assert_true(turn(c, "reply 2\nlisting.withdrawn\n"));
	assert_heard_on(1, "listing.withdrawn\n");
	turn(c, "reply 3\nlisting.withdrawn\n");
	assert_heard_on(1, "reply 6\nlisting.withdrawn\n");
}

static void
a_turn_ends_when_it_has_taken_long(void **state)
{
	struct core *c = *state;
	look_ms = 30;
	for (unsigned id = 1; id <= 2; id++)
		say(id, "listing.show", ", \"listing\": \"a/x\"");
	assert_true(turn(c, "reply 1 unknown_listing\n"));
	assert_false(turn(c, "reply 2 unknown_listing\n"));
}

/* ---- deadlines ---- */

static void
set_work(struct core *c, uint32_t work)
{
	struct buf settings = BUF_EMPTY;
	market_settings_encode(work, NULL, 0, &settings);
	trade_load(&c->trade, COMMAND_SETTINGS, buf_str(&settings));
	store_turn(c);
	buf_free(&settings);
}

/* Two are met between looks at the clock, and the second look is too late. */
static void
deadlines_come_before_requests_and_over_turns(void **state)
{
	struct core *c = *state;
	set_work(c, 2);
	publish(c, NEED, 6);
	look_ms = 30;
	say(1, "listing.withdraw", ", \"listing\": \"a/k6\"");
	c->now_ms += DAY_MS;
	assert_true(turn(c, "listing.expired\nlisting.expired\n"));
	assert_true(turn(c, "listing.expired\nlisting.expired\n"));
	assert_false(turn(c, "reply 1\nlisting.expired\nlisting.expired\nlisting.withdrawn\n"));
}

static void
a_pause_ends_with_what_is_due_next(void **state)
{
	struct core *c = *state;
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), -1);
	publish(c, NEED, 1);
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), 60000); /* none is longer */
	say(1, "subscription.create", ", \"name\": \"all\"");
	say(2, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"wait_ms\": 500");
	turn(c, "reply 1\n");
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), 500);
	clock_ms += 500;
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), 0);
	turn(c, "reply 2 of 0\n");
	c->now_ms = DAY_MS - 99;
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), 100);
	c->now_ms += 100;
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), 0);
	assert_true(cycle_beat(c->cycle, c->now_ms));
}

/* ---- room ---- */

static void
the_reserve_takes_what_is_small_one_a_turn(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 3);
	c->now_ms += DAY_MS;
	c->room = STORE_ROOM_RESERVE;
	say(1, "listing.withdraw", ", \"listing\": \"a/k1\"");
	say(2, "listing.withdraw", ", \"listing\": \"a/k2\"");
	say_publish(3, "x");
	say(4, "listing.show", ", \"listing\": \"a/k3\"");
	assert_true(turn(c, "reply 1\nlisting.withdrawn\n"));
	assert_true(turn(c, "reply 2\nlisting.withdrawn\n"));
	assert_false(turn(c, "reply 3 storage_full\nreply 4\n"));
	assert_int_equal(cycle_pause_ms(c->cycle, c->now_ms), -1); /* deadlines wait */
	assert_true(cycle_beat(c->cycle, c->now_ms));		   /* and so does he who looks */
	assert_false(turn(c, ""));
	c->room = STORE_ROOM_ENOUGH;
	assert_false(turn(c, "listing.expired\n"));
}

static void
without_room_there_are_reads(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 1);
	c->room = STORE_ROOM_NONE;
	say(1, "listing.withdraw", ", \"listing\": \"a/k1\"");
	say(2, "listing.show", ", \"listing\": \"a/k1\"");
	assert_false(turn(c, "reply 1 storage_full\nreply 2\n"));
	assert_int_equal(c->commits, 0);
}

static void
what_can_wait_is_not_stored_without_room(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say_publish(2, "x");
	turn(c, "reply 1\nreply 2\nlisting.opened\n");
	say(3, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"ack\": 4");
	turn(c, "reply 3 of 0\n");
	assert_true(cycle_beat(c->cycle, c->now_ms));
	c->commits = 0;
	c->room = STORE_ROOM_NONE;
	turn(c, "");
	assert_int_equal(c->commits, 0);
	c->room = STORE_ROOM_ENOUGH;
	turn(c, "");
	assert_int_equal(c->commits, 1);
}

/* What a consumer has acknowledged waits for room, too, and keeps nobody from reading. */
static void
an_ack_keeps_nobody_waiting_without_room(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 2);
	say(1, "subscription.create", ", \"name\": \"all\"");
	say_publish(2, "x");
	turn(c, "reply 1\nreply 2\nlisting.opened\n");
	c->room = STORE_ROOM_RESERVE;
	say(3, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"ack\": 6");
	turn(c, "reply 3 of 0\n");
	say(4, "listing.show", ", \"listing\": \"a/x\"");
	say(5, "listing.withdraw", ", \"listing\": \"a/k1\"");
	assert_false(turn(c, "reply 4\nreply 5\nlisting.withdrawn\n"));
}

static void
nor_does_it_where_nothing_can_be_written(void **state)
{
	struct core *c = *state;
	say(1, "subscription.create", ", \"name\": \"all\"");
	say_publish(2, "x");
	turn(c, "reply 1\nreply 2\nlisting.opened\n");
	c->room = STORE_ROOM_NONE;
	say(3, "subscription.fetch", ", \"name\": \"all\", \"consumer\": 1, \"ack\": 4");
	turn(c, "reply 3 of 0\n");
	say(4, "listing.show", ", \"listing\": \"a/x\"");
	assert_false(turn(c, "reply 4\n"));
}

/* Nothing can be done for it until there is room: no turn after the other. */
static void
who_waits_for_the_state_does_not_keep_the_core_busy(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 1);
	publish(c, OFFER, 2);
	say(1, "subscription.create",
	    ", \"name\": \"good\", \"min_score\": 1, \"kinds\": [\"match.made\"], "
	    "\"start\": \"state\"");
	turn(c, "reply 1\n");
	c->room = STORE_ROOM_RESERVE;
	say(2, "subscription.fetch", ", \"name\": \"good\", \"consumer\": 1, \"wait_ms\": 60000");
	turn(c, "");
	assert_false(turn(c, ""));
}

/* ---- the state of new subscriptions ---- */

static size_t
count_views(const struct core *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->disk.n_rows; i++)
		n += c->disk.rows[i].table == STORE_TABLES + ASIDE_VIEWS;
	return n;
}

/* One pair a turn, and each is stored before any is given. */
static void
pairs_come_into_view_over_turns(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 1);
	publish(c, OFFER, 3);
	say(1, "subscription.create",
	    ", \"name\": \"good\", \"min_score\": 1, \"kinds\": [\"match.made\"], "
	    "\"start\": \"state\"");
	say(2, "subscription.fetch", ", \"name\": \"good\", \"consumer\": 1");
	assert_true(turn(c, "reply 1\n"));
	assert_int_equal(count_views(c), 1);
	assert_true(turn(c, ""));
	assert_int_equal(count_views(c), 2);
	assert_false(turn(c, "reply 2 of 3\n"));
	assert_int_equal(count_views(c), 3);
}

static void
pairs_that_cannot_be_stored_come_into_nobodys_view(void **state)
{
	struct core *c = *state;
	publish(c, NEED, 1);
	publish(c, OFFER, 2);
	say(1, "subscription.create",
	    ", \"name\": \"good\", \"min_score\": 1, \"kinds\": [\"match.made\"], "
	    "\"start\": \"state\"");
	assert_true(turn(c, "reply 1\n"));
	c->room = STORE_ROOM_RESERVE;
	assert_false(turn(c, ""));
	assert_int_equal(count_views(c), 1);
	c->room = STORE_ROOM_ENOUGH;
	assert_false(turn(c, ""));
	assert_int_equal(count_views(c), 2);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, turns_setup, turns_teardown)
	const struct CMUnitTest tests[] = {
	    STORY(nothing_is_said_before_it_is_stored),
	    STORY(a_turn_that_is_not_stored_is_not_answered),
	    STORY(nor_is_one_of_which_that_is_not_known),
	    STORY(nobody_hears_of_a_deletion_that_is_not_stored),
	    STORY(each_turn_waits_for_its_own_commit),
	    STORY(if_one_is_not_stored_the_next_is_not_answered),
	    STORY(the_heartbeat_waits_for_the_commit),
	    STORY(nor_is_there_one_if_it_fails),
	    STORY(a_turn_that_is_full_waits_for_the_one_before),
	    STORY(a_turn_is_full_before_it_leaves_no_room_beside_it),
	    STORY(what_comes_alone_is_stored_at_once),
	    STORY(what_is_only_read_is_not_stored),
	    STORY(an_ack_waits_for_a_commit_or_the_heartbeat),
	    STORY(each_session_has_its_share),
	    STORY(each_session_comes_first_in_its_turn),
	    STORY(a_turn_ends_when_it_has_taken_long),
	    STORY(deadlines_come_before_requests_and_over_turns),
	    STORY(a_pause_ends_with_what_is_due_next),
	    STORY(the_reserve_takes_what_is_small_one_a_turn),
	    STORY(without_room_there_are_reads),
	    STORY(what_can_wait_is_not_stored_without_room),
	    STORY(an_ack_keeps_nobody_waiting_without_room),
	    STORY(nor_does_it_where_nothing_can_be_written),
	    STORY(who_waits_for_the_state_does_not_keep_the_core_busy),
	    STORY(pairs_come_into_view_over_turns),
	    STORY(pairs_that_cannot_be_stored_come_into_nobodys_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
