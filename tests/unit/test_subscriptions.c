/* Durable subscriptions from the inside: whom a fact is noted for, how many there may be, and what
 * is stored and read back. */

#include "daemon/subscriptions.h"
#include "json.h"
#include "trade.h"
#include "util/mem.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T "title: {ru: х, en: x}"

/* The offer's price decides the score: 0 costs 1000 points, 100 none. */
static const char exchange[] =
    "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\nfields:\n"
    "  kind: {type: keyword, " T "}\n"
    "  price: {type: money, " T ", currency: RUB, need: {weight: 1, better: lower, span: 100}}\n";

static const uint8_t EPOCH[SUBSCRIPTION_EPOCH] = "epoch 1........",
		     OTHER[SUBSCRIPTION_EPOCH] = "epoch 2........";

struct world {
	struct trade trade;
	struct subscriptions *s;
	struct buf log; /* a line per noted fact: its kind and whom it is noted for */
	uint64_t head;
};

static void
judge(void *arg, const struct fact *f, struct str bytes)
{
	struct world *w = arg;
	struct buf note = BUF_EMPTY;
	struct about a;
	char number[16];
	(void)bytes;
	w->head = f->number;
	about_fact(w->trade.market, f, &a);
	subscriptions_judge(w->s, f, &a, &note);
	if (note.len == 0)
		return;
	assert_int_equal(mp_check(buf_str(&note), 1, 64, NULL), MP_OK);
	struct mp in = mp_of(buf_str(&note));
	uint32_t n = mp_get_array(&in);
	assert_true(n > 0);
	buf_put(&w->log, fact_kind_name(f->kind), strlen(fact_kind_name(f->kind)));
	for (uint32_t i = 0; i < n; i++) {
		int len = snprintf(number, sizeof number, " %u", (unsigned)mp_get_uint(&in));
		buf_put(&w->log, number, (size_t)len);
	}
	buf_put(&w->log, "\n", 1);
	buf_free(&note);
}

static int
open_world(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	w->trade = (struct trade){.market = market_new(), .emit = judge, .arg = w};
	w->s = subscriptions_new(w->trade.market);
	trade_define(&w->trade, exchange);
	trade_enlist(&w->trade, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\"}");
	trade_enlist(&w->trade, "b", "{\"name\": \"b\", \"kind\": \"legal_entity\"}");
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;
	subscriptions_free(w->s);
	market_free(w->trade.market);
	buf_free(&w->log);
	free(w);
	return 0;
}

/* What was noted since the last call. */
static void
assert_noted(struct world *w, const char *lines)
{
	buf_put(&w->log, "", 1);
	assert_string_equal((const char *)w->log.data, lines);
	buf_clear(&w->log);
}

/* A filter written in JSON; its conditions, those of a need, behind it. */
static void
write_filter(struct world *w, const char *json, const char *conditions, struct filter *ret)
{
	struct buf written = BUF_EMPTY, bytes = BUF_EMPTY, body = BUF_EMPTY;
	json_to_mp(json, &written);
	struct mp in = mp_of(buf_str(&written));
	uint32_t n = mp_get_map(&in);
	mp_put_map(&bytes, n + (conditions != NULL));
	buf_put(&bytes, in.at, (size_t)(in.end - in.at));
	if (conditions) {
		trade_write(searches_exchange(subscriptions_searches(w->s), 0, NEED), NEED,
			    conditions, true, &body);
		mp_put_text(&bytes, "body");
		mp_put_raw(&bytes, buf_str(&body));
	}
	assert_true(filter_decode(buf_str(&bytes), ret));
	buf_free(&written);
	buf_free(&bytes);
	buf_free(&body);
}

static struct subscription *
add(struct world *w, const char *client, const char *name, const char *json, const char *conditions,
    bool with_state)
{
	struct filter filter;
	struct beginning b = {.at = {with_state ? 0 : STATE_DONE, w->head},
			      .head = w->head,
			      .now_ms = 1000,
			      .ack_timeout_ms = ACK_TIMEOUT_MS,
			      .epoch = EPOCH};
	write_filter(w, json, conditions, &filter);
	return subscriptions_add(w->s, str_of(client), str_of(name), &filter, &b);
}

static const char need[] =
    "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": {\"to\": 100}}}";
static const char cheap[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": 10}}";
static const char to_dear[] = "{\"fields\": {\"price\": 90}}",
		  to_dearer[] = "{\"fields\": {\"price\": 95}}",
		  to_cheap[] = "{\"fields\": {\"price\": 10}}",
		  to_other[] = "{\"fields\": {\"kind\": \"y\"}}";
static const char offers[] = "{\"exchange\": \"parts\", \"side\": \"offer\"}";
static const char kind_x[] = "{\"title\": \"t\", \"fields\": {\"kind\": \"x\"}}";

/* ---- what passes ---- */

static void
a_match_is_told_from_coming_into_view_to_leaving_it(void **state)
{
	struct world *w = *state;
	add(w, "c", "good", "{\"min_score\": 500}", NULL, false);
	add(w, "c", "all", "{}", NULL, false);
	add(w, "c", "ends", "{\"kinds\": [\"match.ended\"], \"min_score\": 500}", NULL, false);
	trade_publish(&w->trade, "a", NEED, need);
	buf_clear(&w->log);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1\nmatch.made 1\n");
	trade_revise(&w->trade, offer, to_dear); /* it was in view */
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_revise(&w->trade, offer, to_dearer);
	assert_noted(w, "listing.revised 1\n");
	trade_revise(&w->trade, offer, to_cheap);
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_withdraw(&w->trade, offer);
	assert_noted(w, "listing.withdrawn 1\nmatch.ended 1 3\n");
}

static void
conditions_are_about_listings_and_matches(void **state)
{
	struct world *w = *state;
	static const char cheap_x[] =
	    "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"price\": {\"to\": 50}}}";
	add(w, "c", "cheap", offers, cheap_x, false);
	struct subscription *gone = add(w, "c", "gone", offers, cheap_x, false);
	trade_publish(&w->trade, "a", NEED, need);
	assert_noted(w, "");
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1 2\nmatch.made 1 2\n");
	struct about a = {.kind = FACT_LISTING_OPENED, .listing = {0, offer->number}};
	assert_true(subscription_passes_now(w->s, gone, &a));
	a.listing[OFFER] = 0, a.listing[NEED] = 1;
	assert_false(subscription_passes_now(w->s, gone, &a));
	subscriptions_remove(w->s, gone);
	trade_revise(&w->trade, offer, to_dear);
	assert_noted(w, "match.changed 1\n");
	trade_revise(&w->trade, offer, to_dearer);
	assert_noted(w, "");
	trade_revise(&w->trade, offer, to_cheap);
	assert_noted(w, "listing.revised 1\nmatch.changed 1\n");
	trade_revise(&w->trade, offer, to_other);
	assert_noted(w, "match.ended 1\n");
}

/* What stood when it began is in the view of one that begins with the state, and of no other. */
static void
the_state_is_in_view_from_the_beginning(void **state)
{
	struct world *w = *state;
	static const char picky[] = "{\"min_score\": 500}";
	const struct about a = {.kind = FACT_MATCH_MADE, .listing = {1, 2}};
	struct told told;
	trade_publish(&w->trade, "a", NEED, need);
	const struct listing *offer = trade_publish(&w->trade, "b", OFFER, cheap);
	add(w, "c", "before", picky, NULL, true);
	struct subscription *later = add(w, "c", "later", picky, NULL, false);
	struct subscription *second = add(w, "c", "second", picky, NULL, true);
	assert_true(market_told_at(w->trade.market, 0, &told) && told.score == 900);
	add(w, "c", "good enough", "{\"min_score\": 900}", NULL, true);
	add(w, "c", "better", "{\"min_score\": 901}", NULL, true);
	assert_true(subscription_passes_now(w->s, second, &a));
	assert_false(subscription_passes_now(w->s, later, &a));
	trade_withdraw(&w->trade, offer);
	assert_noted(w, "listing.withdrawn 1 2 3 4 5\nmatch.ended 1 3 4\n");
}

static void
a_note_says_what_a_picky_one_lets_through(void **state)
{
	struct world *w = *state;
	const struct about made = {.kind = FACT_MATCH_MADE, .score = 900};
	struct subscription *all = add(w, "c", "all", "{\"kinds\": [\"match.made\"]}", NULL, false);
	struct subscription *picky = add(w, "c", "n", "{\"min_score\": 1}", NULL, false);
	const uint32_t ids[] = {1, picky->number, 4};
	assert_true(subscription_passes(w->s, all, &made, NULL, 0));
	assert_true(subscription_passes_now(w->s, all, &made));
	assert_false(subscription_passes(w->s, picky, &made, NULL, 0));
	assert_false(subscription_passes(w->s, picky, &made, ids, 1));
	assert_true(subscription_passes(w->s, picky, &made, ids, 2));
	assert_true(subscription_passes(w->s, picky, &made, ids, 3));
}

/* Each is told once, in the order of their numbers, whichever side its conditions are about. */
static void
those_that_pass_are_told_in_order(void **state)
{
	struct world *w = *state;
	add(w, "c", "offers", offers, kind_x, false);
	struct subscription *gone = add(w, "c", "gone", "{\"min_score\": 500}", NULL, false);
	add(w, "c", "good", "{\"min_score\": 500}", NULL, false);
	add(w, "c", "needs", "{\"exchange\": \"parts\", \"side\": \"need\"}", kind_x, false);
	add(w, "c", "offers too", offers, kind_x, false);
	subscriptions_remove(w->s, gone);
	trade_publish(&w->trade, "a", NEED, need);
	assert_noted(w, "listing.opened 3 4\n");
	trade_publish(&w->trade, "b", OFFER, cheap);
	assert_noted(w, "listing.opened 1 3 5\nmatch.made 1 3 4 5\n");
}

static void
a_changed_exchange_may_leave_conditions_behind(void **state)
{
	struct world *w = *state;
	static const char price_5[] = "{\"title\": \"t\", \"fields\": {\"price\": 5}}";
	struct subscription *kind = add(w, "c", "kind", offers, kind_x, false);
	struct subscription *price = add(w, "c", "price", offers, price_5, false);
	assert_false(kind->misfit || price->misfit);
	trade_define(&w->trade, "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\nfields:\n"
				"  kind: {type: keyword, " T "}\n");
	assert_false(kind->misfit);
	assert_true(price->misfit);
	trade_publish(&w->trade, "b", OFFER, kind_x);
	assert_noted(w, "listing.opened 1\n");
}

/* ---- who there is ---- */

static void
a_name_is_its_clients(void **state)
{
	struct world *w = *state;
	struct subscription *first = add(w, "c", "x", "{}", NULL, false);
	struct subscription *other = add(w, "d", "x", "{}", NULL, false);
	struct subscription *third = add(w, "c", "y", "{}", NULL, false);
	assert_ptr_equal(subscriptions_find(w->s, STR("c"), STR("x")), first);
	assert_ptr_equal(subscriptions_find(w->s, STR("d"), STR("x")), other);
	assert_null(subscriptions_find(w->s, STR("d"), STR("y")));
	assert_null(subscriptions_find(w->s, STR("cx"), STR("")));
	assert_ptr_equal(subscriptions_own(w->s, STR("c")), first);
	assert_ptr_equal(first->own_next, third);
	assert_null(third->own_next);
	assert_ptr_equal(subscriptions_all(w->s), first);
	assert_ptr_equal(first->next, other);
	assert_int_equal(subscriptions_count(w->s), 3);
	subscriptions_remove(w->s, other);
	assert_null(subscriptions_own(w->s, STR("d")));
	assert_null(subscriptions_find(w->s, STR("d"), STR("x")));
	assert_int_equal(subscriptions_count(w->s), 2);
	assert_int_equal(add(w, "d", "x", "{}", NULL, false)->number, 4); /* no number twice */
}

static void
there_is_room_for_so_many(void **state)
{
	struct world *w = *state;
	char client[16], name[16];
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_ENOUGH);
	for (unsigned i = 0; i < SUBSCRIPTIONS_MAX; i++) {
		unsigned c = i / SUBSCRIPTIONS_CLIENT_MAX;
		snprintf(client, sizeof client, "c%u", c);
		snprintf(name, sizeof name, "n%u", i);
		assert_int_equal(subscriptions_room(w->s, str_of(client)), ROOM_ENOUGH);
		add(w, client, name, "{}", NULL, false);
	}
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_CLIENT_FULL);
	assert_int_equal(subscriptions_room(w->s, STR("new")), ROOM_FULL);
	subscriptions_remove(w->s, subscriptions_own(w->s, STR("c0")));
	assert_int_equal(subscriptions_room(w->s, STR("c0")), ROOM_ENOUGH);
	assert_int_equal(subscriptions_room(w->s, STR("c1")), ROOM_CLIENT_FULL);
}

/* ---- stored ---- */

/* The rows that a store would have. */
enum { ROWS = 16 };
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
	subscriptions_flush(w->s, put, r);
	assert_false(subscriptions_could_store(w->s));
	return r->puts - before;
}

static void
only_what_changed_is_stored(void **state)
{
	struct world *w = *state;
	struct rows r = {0};
	assert_false(subscriptions_could_store(w->s));
	struct subscription *first = add(w, "c", "x", "{\"min_score\": 500}", NULL, false);
	struct subscription *second = add(w, "c", "y", "{}", NULL, false);
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
	add(w, "c", "removed", "{}", NULL, false);
	struct subscription *sub =
	    add(w, "c", "x", "{\"exchange\": \"parts\", \"side\": \"offer\", \"min_score\": 500}",
		kind_x, true);
	add(w, "c", "last", "{}", NULL, false);
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
	assert_memory_equal(got->epoch, OTHER, sizeof OTHER);
	assert_true(got->seen.number == 6 && got->given.state == 4);
	assert_true(str_eq(got->filter.bytes, sub->filter.bytes));
	assert_false(got->misfit);
	assert_false(subscriptions_could_store(back));

	subscriptions_free(w->s);
	w->s = back;
	trade_revise(&w->trade, offer, to_dear); /* the view and the conditions are there again */
	assert_noted(w, "listing.revised 2\nmatch.changed 2\n");
	assert_int_equal(add(w, "c", "new", "{}", NULL, false)->number, 4);
	rows_done(&r);
}

/* Nothing is made of bytes that are no subscription. */
static void
damaged_rows_are_refused(void **state)
{
	struct world *w = *state;
	struct rows r = {0};
	struct buf broken = BUF_EMPTY;
	add(w, "c", "x", "{\"exchange\": \"parts\"}", NULL, false);
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
#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
	    STORY(a_match_is_told_from_coming_into_view_to_leaving_it),
	    STORY(conditions_are_about_listings_and_matches),
	    STORY(the_state_is_in_view_from_the_beginning),
	    STORY(a_note_says_what_a_picky_one_lets_through),
	    STORY(those_that_pass_are_told_in_order),
	    STORY(a_changed_exchange_may_leave_conditions_behind),
	    STORY(a_name_is_its_clients),
	    STORY(there_is_room_for_so_many),
	    STORY(only_what_changed_is_stored),
	    STORY(what_is_read_back_is_the_same),
	    STORY(damaged_rows_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
