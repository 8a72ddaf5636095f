/* Replies that are kept under their clients' keys: found, told apart, given up in order, stored. */

#include "daemon/replies.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct request_hash HASH_A = {1, 2}, HASH_B = {1, 3};

static struct str
key_of(unsigned n, char buf[16])
{
	return (struct str){buf, (uint32_t)snprintf(buf, 16, "k%u", n)};
}

static bool
finds(const struct replies *r, const char *client, struct str key, int64_t now_ms,
      const char *reply)
{
	struct str found;
	return replies_find(r, str_of(client), key, HASH_A, now_ms, &found) == REPLIES_SAME &&
	       str_eq(found, str_of(reply));
}

static void
a_key_is_its_clients_and_one_requests(void **state)
{
	struct replies *r = replies_new();
	struct str found;
	(void)state;
	replies_keep(r, STR("a"), STR("k"), HASH_A, 1000, STR("reply"));
	assert_true(finds(r, "a", STR("k"), 1000, "reply"));
	assert_int_equal(replies_find(r, STR("a"), STR("k"), HASH_B, 1000, &found), REPLIES_OTHER);
	assert_int_equal(replies_find(r, STR("b"), STR("k"), HASH_A, 1000, &found), REPLIES_NONE);
	replies_free(r);
}

static void
a_day_later_a_key_is_new(void **state)
{
	struct replies *r = replies_new();
	struct str found;
	(void)state;
	replies_keep(r, STR("a"), STR("k"), HASH_A, 1000, STR("first"));
	assert_true(finds(r, "a", STR("k"), 1000 + REPLIES_WINDOW_MS, "first"));
	int64_t later = 1001 + REPLIES_WINDOW_MS;
	assert_int_equal(replies_find(r, STR("a"), STR("k"), HASH_B, later, &found), REPLIES_NONE);
	replies_keep(r, STR("a"), STR("k"), HASH_A, later, STR("second"));
	assert_true(finds(r, "a", STR("k"), later, "second"));
	replies_free(r);
}

/* One that sends very much loses its own oldest replies, and nobody else's. */
static void
a_flood_pushes_out_its_own(void **state)
{
	struct replies *r = replies_new();
	static char big[1 << 20];
	char key[16];
	uint64_t count, bytes;
	(void)state;
	memset(big, 'x', sizeof big - 1);
	replies_keep(r, STR("quiet"), STR("k"), HASH_A, 1000, STR("mine"));
	for (unsigned n = 0; n < 200; n++)
		replies_keep(r, STR("loud"), key_of(n, key), HASH_A, 1000, str_of(big));
	assert_true(finds(r, "quiet", STR("k"), 1000, "mine"));
	assert_true(finds(r, "loud", key_of(199, key), 1000, big));
	assert_true(finds(r, "loud", key_of(150, key), 1000, big));
	assert_false(finds(r, "loud", key_of(100, key), 1000, big));
	replies_count(r, &count, &bytes);
	assert_true(bytes <= REPLIES_CLIENT_MAX + 1000);
	assert_int_equal(count, 1 + 63);
	replies_free(r);
}

/* ---- what is stored ---- */

enum { SHELF = 300 };

struct shelf {
	struct buf bytes[SHELF];
	unsigned put, removed;
};

static void
put(void *arg, uint64_t number, struct str bytes)
{
	struct shelf *s = arg;
	assert_in_range(number, 1, SHELF - 1);
	assert_true(bytes.p || s->bytes[number].len > 0); /* what is removed was there */
	buf_clear(&s->bytes[number]);
	if (bytes.p)
		buf_put(&s->bytes[number], bytes.p, bytes.len);
	s->put += bytes.p != NULL;
	s->removed += bytes.p == NULL;
}

static struct replies *
reload(const struct shelf *s)
{
	struct replies *r = replies_new();
	for (unsigned n = 0; n < SHELF; n++)
		if (s->bytes[n].len > 0)
			assert_true(replies_load(r, n, buf_str(&s->bytes[n])));
	assert_false(replies_changed(r));
	return r;
}

static void
what_is_stored_comes_back(void **state)
{
	struct shelf *s = mem_zalloc(sizeof *s);
	struct replies *r = replies_new();
	char key[16];
	(void)state;
	for (unsigned turn = 0; turn < 10; turn++) {
		for (unsigned n = 0; n < 20; n++)
			replies_keep(r, STR("a"), key_of(turn * 20 + n, key), HASH_A,
				     turn * (int64_t)(REPLIES_WINDOW_MS / 4), STR("reply"));
		assert_true(replies_changed(r));
		replies_flush(r, put, s);
		assert_false(replies_changed(r));
	}
	assert_int_equal(s->put, 200); /* each once */
	assert_int_equal(s->removed, 100);
	int64_t now = 9 * (int64_t)(REPLIES_WINDOW_MS / 4);
	for (unsigned again = 0; again < 2; again++) {
		struct replies *loaded = reload(s);
		for (unsigned n = 0; n < 200; n++)
			assert_int_equal(finds(loaded, "a", key_of(n, key), now, "reply"),
					 n >= 100);
		replies_free(r);
		r = loaded;
	}
	replies_keep(r, STR("a"), STR("next"), HASH_A, now, STR("reply"));
	replies_flush(r, put, s);
	assert_int_equal(s->put, 201);
	replies_free(r);
	for (unsigned n = 0; n < SHELF; n++)
		buf_free(&s->bytes[n]);
	free(s);
}

static void
bytes_that_are_no_reply_are_refused(void **state)
{
	struct replies *r = replies_new();
	(void)state;
	assert_false(replies_load(r, 1, STR("")));
	assert_false(replies_load(r, 1,
				  STR("\x95\x01\xa1"
				      "a\xa1k\xc4\x02xx\xc4\x01r")));
	assert_false(replies_load(r, 1,
				  STR("\x94\x01\xa1"
				      "a\xa1k\xc4\x01r")));
	replies_free(r);
}

int
main(void)
{
	const struct CMUnitTest stories[] = {
	    cmocka_unit_test(a_key_is_its_clients_and_one_requests),
	    cmocka_unit_test(a_day_later_a_key_is_new),
	    cmocka_unit_test(a_flood_pushes_out_its_own),
	    cmocka_unit_test(what_is_stored_comes_back),
	    cmocka_unit_test(bytes_that_are_no_reply_are_refused),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
