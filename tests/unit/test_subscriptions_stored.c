/* Durable subscriptions: what is stored of them, and what is read back. */

#include "subscribed.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The rows that a store would have. */
enum { ROWS = 200 };
struct row {
	bool views;
	uint64_t key;
	struct buf bytes;
};
struct rows {
	struct row row[ROWS];
	size_t n, puts;
};

static void
put(void *arg, bool views, uint64_t key, struct str bytes)
{
	struct rows *r = arg;
	size_t i = 0;
	r->puts++;
	while (i < r->n && (r->row[i].views != views || r->row[i].key != key))
		i++;
	if (!bytes.p) {
		assert_true(i < r->n);
		buf_free(&r->row[i].bytes);
		r->row[i] = r->row[--r->n];
		return;
	}
	if (i == r->n) {
		assert_true(i < ROWS);
		r->row[r->n++] = (struct row){views, key, BUF_EMPTY};
	}
	buf_clear(&r->row[i].bytes);
	buf_put(&r->row[i].bytes, bytes.p, bytes.len);
}

static int
by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return x->views != y->views ? x->views - y->views : (x->key > y->key) - (x->key < y->key);
}

/* Others that hold what is stored. */
static struct subscriptions *
load(const struct world *w, struct rows *r)
{
	struct subscriptions *s = subscriptions_new(w->trade.market);
	qsort(r->row, r->n, sizeof *r->row, by_key);
	for (size_t i = 0; i < r->n; i++)
		assert_true((r->row[i].views ? subscriptions_load_view : subscriptions_load)(
		    s, r->row[i].key, buf_str(&r->row[i].bytes)));
	return s;
}

static void
rows_done(struct rows *r)
{
	while (r->n > 0)
		buf_free(&r->row[--r->n].bytes);
}

static size_t
flush(struct world *w, struct rows *r)
{
	size_t before = r->puts;
	assert_true(subscriptions_could_store(w->s));
	subscriptions_flush(w->s, true, put, r);
	assert_false(subscriptions_could_store(w->s));
	return r->puts - before;
}

/* Conditions of some 50,000 bytes. */
static void
write_long(struct buf *out)
{
	static const char head[] = "{\"title\": \"t\", \"fields\": {\"kind\": [\"x\"";
	char word[140];
	buf_put(out, head, strlen(head));
	for (int i = 0; i < 400; i++) {
		int len = snprintf(word, sizeof word, ", \"%0120d\"", i);
		buf_put(out, word, (size_t)len);
	}
	buf_put(out, "]}}", sizeof "]}}");
}

/* What consumers are done with is stored some at a time, each in its turn. */
static void
no_commit_takes_all_that_could_wait(void **state)
{
	enum { MANY = 120 };
	struct world *w = *state;
	struct rows r = {0};
	struct buf conditions = BUF_EMPTY;
	struct subscription *all[MANY];
	char name[16];
	write_long(&conditions);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "s%d", i);
		all[i] = subscribe(w, "c", name, offers, (const char *)conditions.data, false);
	}
	assert_true(subscriptions_unstored(w->s) > MANY * 50000);
	assert_int_equal(flush(w, &r), MANY + 1);
	assert_int_equal(subscriptions_unstored(w->s), 0);
	size_t before = r.puts;
	for (int i = 0; i < MANY; i++)
		subscription_ack(w->s, all[i], (struct place_in){STATE_DONE, 8}, 2000);
	subscriptions_flush(w->s, true, put, &r);
	assert_in_range(r.puts - before, 60, MANY - 1);
	assert_false(subscriptions_must_store(w->s));
	assert_true(subscriptions_could_store(w->s));
	subscription_ack(w->s, all[0], (struct place_in){STATE_DONE, 9}, 3000); /* not again yet */
	assert_in_range(flush(w, &r), 2, MANY - 59);
	buf_free(&conditions);
	rows_done(&r);
}

static void
only_what_changed_is_stored(void **state)
{
	struct world *w = *state;
	struct rows r = {0};
	assert_false(subscriptions_could_store(w->s));
	struct subscription *first = subscribe(w, "c", "x", "{\"min_score\": 500}", NULL, false);
	struct subscription *second = subscribe(w, "c", "y", "{}", NULL, false);
	assert_true(subscriptions_must_store(w->s));
	assert_int_equal(flush(w, &r), 3); /* and the counter */
	subscription_ack(w->s, second, (struct place_in){STATE_DONE, 8}, 2000);
	assert_false(subscriptions_must_store(w->s)); /* it can wait for a commit */
	assert_int_equal(flush(w, &r), 1);
	subscription_confirm(w->s, first, OTHER);
	assert_false(subscriptions_must_store(w->s));
	assert_int_equal(flush(w, &r), 1);
	trade_publish(&w->trade, "a", NEED, need);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_true(subscriptions_must_store(w->s)); /* the view */
	assert_int_equal(flush(w, &r), 1);
	trade_revise(&w->trade, offer, "{\"fields\": {\"price\": 20}}");
	assert_false(subscriptions_must_store(w->s)); /* it is in the same ones */
	subscription_ack(w->s, first, (struct place_in){STATE_DONE, 9}, 2000);
	subscriptions_remove(w->s, first);
	assert_true(subscriptions_must_store(w->s));
	assert_int_equal(flush(w, &r), 1);
	assert_int_equal(r.n, 3);
	rows_done(&r);
}

static void
what_is_read_back_is_the_same(void **state)
{
	struct world *w = *state;
	struct rows r = {0};
	trade_publish(&w->trade, "a", NEED, need);
	subscribe(w, "c", "removed", "{}", NULL, false);
	struct subscription *sub = subscribe(
	    w, "c", "x", "{\"exchange\": \"parts\", \"side\": \"offer\", \"min_score\": 500}",
	    kind_x, true);
	subscribe(w, "c", "last", "{}", NULL, false);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 2\nmatch.made 2\n");
	flush(w, &r);
	subscription_ack(w->s, sub, (struct place_in){4, 6}, 4000);
	subscription_confirm(w->s, sub, OTHER);
	subscriptions_remove(w->s, subscriptions_find(w->s, STR("c"), STR("removed")));
	subscriptions_remove(w->s, subscriptions_find(w->s, STR("c"), STR("last")));
	flush(w, &r);

	struct subscriptions *back = load(w, &r);
	const struct subscription *got = subscriptions_find(back, STR("c"), STR("x"));
	assert_non_null(got);
	assert_int_equal(subscriptions_count(back), 1);
	assert_true(got->number == 2 && got->created_ms == 1000 &&
		    got->created_at == sub->created_at && got->state_listings == 1 &&
		    got->ack_timeout_ms == ACK_TIMEOUT_MS && got->acked.state == 4 &&
		    got->acked.number == 6 && got->acked_ms == 4000);
	assert_memory_equal(got->epoch, OTHER, SUBSCRIPTION_EPOCH);
	assert_true(got->seen.number == 6 && got->given.state == 4);
	assert_true(str_eq(got->filter.bytes, sub->filter.bytes));
	assert_false(got->misfit);
	assert_false(subscriptions_could_store(back));

	subscriptions_free(w->s);
	w->s = back;
	trade_revise(&w->trade, offer, to_dear); /* the view and the conditions are there again */
	assert_noted(w, "listing.revised 2\nmatch.changed 2\n");
	assert_int_equal(subscribe(w, "c", "new", "{}", NULL, false)->number, 4);
	rows_done(&r);
}

/* Nothing is made of bytes that are no subscription. */
static void
damaged_rows_are_refused(void **state)
{
	struct world *w = *state;
	struct rows r = {0};
	struct buf broken = BUF_EMPTY;
	subscribe(w, "c", "x", "{\"exchange\": \"parts\"}", NULL, false);
	flush(w, &r);
	struct subscriptions *s = load(w, &r);
	struct str good = buf_str(&r.row[1].bytes);
	assert_false(subscriptions_load(s, 1, good)); /* twice */
	subscriptions_remove(s, subscriptions_find(s, STR("c"), STR("x")));
	assert_false(subscriptions_load(s, 2, good)); /* a number that was not given yet */
	for (uint32_t len = 0; len < good.len; len++)
		assert_false(subscriptions_load(s, 1, (struct str){good.p, len}));
	struct mp in = mp_of(good);
	mp_get_array(&in);
	mp_get_raw(&in);
	mp_put_array(&broken, 11);
	mp_put_text(&broken, ""); /* a client without a name */
	buf_put(&broken, in.at, (size_t)(in.end - in.at));
	assert_false(subscriptions_load(s, 1, buf_str(&broken)));
	buf_clear(&broken); /* the same with a shorter epoch */
	buf_put(&broken, good.p, good.len - SUBSCRIPTION_EPOCH - 2);
	mp_put_bin(&broken, STR("epoch"));
	assert_false(subscriptions_load(s, 1, buf_str(&broken)));
	assert_int_equal(subscriptions_count(s), 0);
	assert_true(subscriptions_load(s, 1, good));
	subscriptions_free(s);
	subscriptions_free(NULL);
	buf_free(&broken);
	rows_done(&r);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, subscribed_setup, subscribed_teardown)
	const struct CMUnitTest tests[] = {
	    STORY(only_what_changed_is_stored),
	    STORY(no_commit_takes_all_that_could_wait),
	    STORY(what_is_read_back_is_the_same),
	    STORY(damaged_rows_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
