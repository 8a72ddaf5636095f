/* A listing's body is what it was published as, whether it stands in memory or in a row that
 * somebody keeps, and once it is kept it is not held in memory as well. */

#include "market.h"
#include "trade.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 8 };

struct world {
	struct exchange *exchange;
	struct trade trade;
	struct str rows[MOST]; /* of listings, as flushed last; by number - 1 */
	unsigned given;	       /* rows that were asked for */
};

static void
keep_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct world *w = arg;
	(void)checksum;
	if (table != TABLE_LISTING)
		return;
	assert_in_range(key, 1, MOST);
	free((char *)w->rows[key - 1].p);
	w->rows[key - 1] = (struct str){mem_dup(bytes.p, bytes.len), bytes.len};
}

static struct str
give_row(void *arg, enum table table, uint64_t key, uint64_t checksum)
{
	struct world *w = arg;
	w->given++;
	assert_int_equal(table, TABLE_LISTING);
	assert_true(market_row_checksum(table, key, w->rows[key - 1]) == checksum);
	return w->rows[key - 1];
}

static void
flush(struct world *w)
{
	market_flush(w->trade.market, keep_row, w);
}

static int
open_world(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	w->exchange = market_open();
	w->trade = (struct trade){.market = market_new()};
	market_keep(w->trade.market, (struct row_keeper){give_row, w});
	for (size_t i = 0; i < w->exchange->n_fields; i++)
		if (w->exchange->fields[i].tree)
			trade_load(&w->trade, COMMAND_LOAD_TREE,
				   w->exchange->fields[i].tree->canonical);
	trade_load(&w->trade, COMMAND_LOAD_EXCHANGE, w->exchange->canonical);
	trade_enlist(&w->trade, "a", "{\"name\": \"a\", \"kind\": \"person\"}");
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;
	market_free(w->trade.market);
	market_close(w->exchange);
	for (int i = 0; i < MOST; i++)
		free((char *)w->rows[i].p);
	free(w);
	return 0;
}

/* The listing's body is what this JSON makes; it took so many rows to tell. */
static void
expect(struct world *w, const struct listing *l, const char *json, unsigned given)
{
	struct buf body = BUF_EMPTY;
	w->given = 0;
	trade_write(w->exchange, (enum side)l->side, json, true, &body);
	assert_true(str_eq(market_body(w->trade.market, l), buf_str(&body)));
	assert_int_equal(w->given, given);
	buf_free(&body);
}

static const char steel[] = "{\"title\": \"t\", \"fields\": {\"material\": [\"steel\"]}}";
static const char brass[] = "{\"title\": \"t\", \"fields\": {\"material\": [\"brass\"]}}";
static const char to_brass[] = "{\"fields\": {\"material\": [\"brass\"]}}";

static void
a_body_is_in_memory_until_its_row_is_kept(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	const struct listing *first = trade_publish(&w->trade, "a", NEED, steel),
			     *second = trade_publish(&w->trade, "a", OFFER, brass);
	expect(w, first, steel, 0);
	flush(w);
	expect(w, first, steel, 0); /* nobody said that it is kept */
	market_kept(m);
	expect(w, first, steel, 1);
	expect(w, second, brass, 1);
	trade_revise(&w->trade, first, to_brass);
	expect(w, first, brass, 0);
	expect(w, second, brass, 1);
	flush(w);
	market_kept(m);
	expect(w, first, brass, 1);
}

/* What is flushed and kept is all that may be let go. */
static void
a_body_newer_than_the_flush_is_held_on(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	const struct listing *l = trade_publish(&w->trade, "a", NEED, steel);
	flush(w);
	market_kept(m);
	trade_revise(&w->trade, l, to_brass);
	market_kept(m);
	expect(w, l, brass, 0);
	flush(w);
	market_kept(m);
	expect(w, l, brass, 1);
}

/* While a flush is being stored, commands go on: what they bring is not in it. */
static void
a_body_newer_than_what_is_being_kept_is_held_on(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	const struct listing *l = trade_publish(&w->trade, "a", NEED, steel), *other;
	flush(w);
	trade_revise(&w->trade, l, to_brass);
	other = trade_publish(&w->trade, "a", OFFER, steel);
	market_kept(m);
	expect(w, l, brass, 0);
	expect(w, other, steel, 0);
	flush(w);
	market_kept(m);
	expect(w, l, brass, 1);
	expect(w, other, steel, 1);
}

/* A row that is written again for another reason has the body that it had. */
static void
a_row_keeps_its_body(void **state)
{
	struct world *w = *state;
	struct market *m = w->trade.market;
	const struct listing *l = trade_publish(&w->trade, "a", NEED, steel);
	flush(w);
	market_kept(m);
	trade_withdraw(&w->trade, l);
	flush(w);
	market_kept(m);
	expect(w, l, steel, 1);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
	    STORY(a_body_is_in_memory_until_its_row_is_kept),
	    STORY(a_body_newer_than_the_flush_is_held_on),
	    STORY(a_body_newer_than_what_is_being_kept_is_held_on),
	    STORY(a_row_keeps_its_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
