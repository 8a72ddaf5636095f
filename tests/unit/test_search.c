/* Standing searches: each listing finds those that it meets, and no other, as comparing it with every
 * single one does. */

#include "../crash/random.h"
#include "core/meet.h"
#include "core/participant.h"
#include "core/search.h"
#include "market.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
search_for(struct searches *s, uint32_t id, enum side side, const char *json)
{
	struct buf body = BUF_EMPTY;
	trade_write(searches_exchange(s, 0, side), side, json, true, &body);
	searches_add(s, id, 0, side, buf_str(&body));
	buf_free(&body);
}

/* ---- what is stated by chance ---- */

/* Values of each field, so few that they meet often. */
static const struct {
	const char *field;
	const char *values[6];
} stated[] = {
    {"material",
     {"\"steel\"", "[\"steel\", \"tin\"]", "{\"none_of\": [\"tin\"]}",
      "{\"any_of\": [\"tin\"], \"veto\": [\"steel\"]}",
      "{\"any_of\": [\"lead\"], \"prefer\": true}", "{\"veto\": [\"lead\"]}"}},
    {"grade", {"\"first\"", "\"second\"", "{\"none_of\": [\"first\"]}"}},
    {"activity", {"\"28.41\"", "[\"10\", \"28.9\"]", "{\"none_of\": [\"28.9\"]}", "\"28\""}},
    {"patent", {"\"A01B 3/12\"", "\"A01B 3\"", "\"A01\"", "{\"veto\": [\"A01B 3\"]}"}},
    {"customs", {"\"49.43\"", "\"49\"", "\"50\""}},
    {"certified", {"true", "false", "[true, false]", "{\"none_of\": [true]}"}},
    {"length", {"5", "{\"from\": 4}", "{\"to\": \"5.5\"}", "{\"from\": 6, \"to\": 7}"}},
    {"pieces", {"10", "20", "{\"from\": 10, \"to\": 15}"}},
    {"price", {"100", "{\"to\": 150}", "{\"from\": 120}", "{\"value\": 100, \"prefer\": true}"}},
    {"start", {"\"2026-11-23\"", "{\"from\": \"2026-11-01\"}", "{\"to\": \"2026-10-31\"}"}},
    {"readiness", {"\"low\"", "{\"from\": \"middle\"}", "{\"to\": \"middle\"}"}},
    {"size", {"[1, 2, 3]", "[2, 3, 4]", "[1, 1]"}},
    {"place",
     {"{\"lat\": 55, \"lon\": 37}", "{\"lat\": 55, \"lon\": 38, \"radius_km\": 100}",
      "{\"lat\": 50, \"lon\": 37, \"radius_km\": 100}"}},
    {"region", {"\"77\"", "\"78\"", "{\"none_of\": [\"78\"]}"}},
};
enum { FIELDS = sizeof stated / sizeof *stated, REGION = FIELDS - 1 };

static void
put_text(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

/* Some fields with some of their values as a JSON map, each field stated once in `in` times. */
static void
put_fields(struct chance *c, uint64_t in, bool region, struct buf *out)
{
	const char *comma = "";
	put_text(out, "{");
	for (size_t i = 0; i < FIELDS; i++) {
		size_t n = 0;
		if (!chance_is(c, 1, in) || (i == REGION && !region))
			continue;
		while (n < sizeof stated[i].values / sizeof *stated[i].values &&
		       stated[i].values[n])
			n++;
		put_text(out, comma);
		put_text(out, "\"");
		put_text(out, stated[i].field);
		put_text(out, "\": ");
		put_text(out, stated[i].values[chance_below(c, n)]);
		comma = ", ";
	}
	put_text(out, "}");
}

static const char *
random_search(struct chance *c, struct buf *out)
{
	buf_clear(out);
	put_text(out, "{\"title\": \"t\", \"fields\": ");
	put_fields(c, 3, true, out);
	buf_put(out, "}", 2);
	return (const char *)out->data;
}

/* An offer's region comes from its participant and is not stated. */
static const char *
random_listing(struct chance *c, enum side side, struct buf *out)
{
	uint64_t variants = chance_below(c, 4);
	buf_clear(out);
	put_text(out, "{\"title\": \"t\", \"fields\": ");
	put_fields(c, 2, side == NEED, out);
	for (uint64_t i = 0; i < variants; i++) {
		put_text(out, i == 0 ? ", \"variants\": [" : ", ");
		put_fields(c, 4, side == NEED, out);
	}
	put_text(out, variants > 0 ? "]" : "");
	buf_put(out, "}", 2);
	return (const char *)out->data;
}

/* ---- the same, compared one by one ---- */

/* Canonical bodies of searches, and of the listings, in columns of the test's own. */
enum { SEARCHES = 600, LISTINGS = 300 };
struct plain {
	struct exchange *exchange;
	struct exchange *searched; /* in which offers state their region themselves */
	struct dict *dict;
	struct columns *searches[2], *listings[2];
	uint32_t row[SEARCHES + 1]; /* by id; 0: removed */
	enum side side[SEARCHES + 1];
};

/* What a search states it demands, whatever the exchange says; what it does not state it does not
 * look at. */
static bool
plain_meets(const struct plain *p, uint32_t id, struct box listing)
{
	enum side side = p->side[id];
	struct box search = {p->searches[side], p->row[id]};
	for (size_t i = 0; i < p->exchange->n_fields; i++) {
		struct field f = p->exchange->fields[i];
		struct stated s =
		    side == NEED ? stated_by(search, listing, i) : stated_by(listing, search, i);
		f.demanded_by[side] = true;
		if (s.by[side].stated && field_excludes(&f, &s, p->dict))
			return false;
	}
	return true;
}

/* Compares what the searches say with what each of them says by itself; returns how many meet. */
static size_t
assert_met(struct plain *p, struct searches *s, const struct market *m, const struct listing *l)
{
	static struct numbers met;
	enum side side = side_other((enum side)l->side);
	const struct participant *owner = market_participant_at(m, l->participant);
	uint32_t rows,
	    row = columns_add(p->listings[l->side], l->number, market_body(m, l), owner, &rows);
	size_t n = 0;
	searches_met(s, l, &met);
	for (uint32_t id = 1; id <= SEARCHES; id++) {
		bool meets = false;
		for (uint32_t i = 0; p->row[id] && p->side[id] == side && i < rows; i++)
			meets = meets ||
				plain_meets(p, id, (struct box){p->listings[l->side], row + i});
		if (meets && (n >= met.len || met.at[n] != id))
			fail_msg("listing %u meets search %u, which is not told", l->number, id);
		n += meets;
	}
	assert_int_equal(met.len, n);
	columns_remove(p->listings[l->side], row, rows);
	return n;
}

static void
random_add(struct plain *p, struct searches *s, struct chance *c, uint32_t id)
{
	static const struct participant nobody;
	struct buf json = BUF_EMPTY, body = BUF_EMPTY;
	enum side side = chance_is(c, 1, 2) ? NEED : OFFER;
	uint32_t one;
	trade_write(searches_exchange(s, 0, side), side, random_search(c, &json), true, &body);
	searches_add(s, id, 0, side, buf_str(&body));
	p->side[id] = side;
	p->row[id] = columns_add(p->searches[side], id, buf_str(&body), &nobody, &one);
	buf_free(&json);
	buf_free(&body);
}

static void
random_remove(struct plain *p, struct searches *s, struct chance *c, uint32_t id)
{
	if (!chance_is(c, 1, 3))
		return;
	searches_remove(s, id);
	columns_remove(p->searches[p->side[id]], p->row[id], 1);
	p->row[id] = 0;
}

static void
open_plain(struct plain *p)
{
	*p = (struct plain){.exchange = market_open(), .dict = dict_new()};
	p->searched = exchange_decode(p->exchange->canonical);
	for (size_t i = 0; i < p->exchange->n_fields; i++) {
		p->searched->fields[i].tree = p->exchange->fields[i].tree;
		p->searched->fields[i].side[OFFER].from = ATTRIBUTE_NONE;
	}
	for (enum side side = NEED; side <= OFFER; side++) {
		p->searches[side] = columns_new(p->searched, side, p->dict);
		p->listings[side] = columns_new(p->exchange, side, p->dict);
	}
}

static void
close_plain(struct plain *p)
{
	for (enum side side = NEED; side <= OFFER; side++) {
		columns_free(p->searches[side]);
		columns_free(p->listings[side]);
	}
	dict_free(p->dict);
	exchange_free(p->searched);
	market_close(p->exchange);
}

/* The exchange with a field of every type, and three participants. */
static struct trade
open_trade(const struct exchange *e)
{
	struct trade t = {.market = market_new()};
	for (size_t i = 0; i < e->n_fields; i++)
		if (e->fields[i].tree)
			trade_load(&t, COMMAND_LOAD_TREE, e->fields[i].tree->canonical);
	trade_load(&t, COMMAND_LOAD_EXCHANGE, e->canonical);
	trade_enlist(&t, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\", \"region\": \"77\"}");
	trade_enlist(&t, "b", "{\"name\": \"b\", \"kind\": \"legal_entity\", \"region\": \"78\"}");
	trade_enlist(&t, "c", "{\"name\": \"c\", \"kind\": \"legal_entity\"}");
	return t;
}

/* ---- stories ---- */

static void
listings_find_what_comparing_each_search_finds(void **state)
{
	static struct plain p;
	static const char *const participants[] = {"a", "b", "c"};
	struct chance c = {20};
	struct buf json = BUF_EMPTY;
	size_t met = 0, left = 0, again = 0;
	(void)state;
	open_plain(&p);
	struct trade t = open_trade(p.exchange);
	struct searches *s = searches_new(t.market);
	for (uint32_t id = 1; id <= SEARCHES; id++)
		random_add(&p, s, &c, id);
	for (uint32_t i = 0; i < LISTINGS; i++) {
		enum side side = chance_is(&c, 1, 2) ? NEED : OFFER;
		met += assert_met(&p, s, t.market,
				  trade_publish(&t, participants[chance_below(&c, 3)], side,
						random_listing(&c, side, &json)));
	}
	for (uint32_t id = 1; id <= SEARCHES; id++)
		random_remove(&p, s, &c, id);
	for (uint32_t number = 1; number <= LISTINGS; number++)
		left += assert_met(&p, s, t.market, market_listing_at(t.market, number));
	/* Others take the rows of those that were removed. */
	for (uint32_t id = 1; id <= SEARCHES; id++)
		if (!p.row[id])
			random_add(&p, s, &c, id);
	searches_rebuild(s);
	for (uint32_t number = 1; number <= LISTINGS; number++)
		again += assert_met(&p, s, t.market, market_listing_at(t.market, number));
	assert_true(met > LISTINGS && met < (size_t)LISTINGS * SEARCHES / 4);
	assert_true(left < met && left < again);
	buf_free(&json);
	searches_free(s);
	market_free(t.market);
	close_plain(&p);
}

static void
a_search_is_told_once_and_not_when_it_is_gone(void **state)
{
	struct exchange *e = market_open();
	struct trade t = open_trade(e);
	struct searches *s = searches_new(t.market);
	struct numbers met = {0};
	(void)state;
	assert_null(searches_exchange(s, 1, NEED));
	const struct listing *l = trade_publish(
	    &t, "a", OFFER,
	    "{\"title\": \"t\", \"fields\": {\"material\": \"tin\"}, \"variants\": [{}, "
	    "{\"price\": 5}, {\"price\": 7}]}");
	searches_met(s, l, &met);
	assert_int_equal(met.len, 0);
	/* the younger first, and one of the listing's own side */
	search_for(s, 7, NEED, "{\"title\": \"t\", \"fields\": {\"material\": \"tin\"}}");
	search_for(s, 3, NEED, "{\"title\": \"t\", \"fields\": {\"price\": 7}}");
	search_for(s, 5, OFFER, "{\"title\": \"t\", \"fields\": {\"material\": \"tin\"}}");
	searches_met(s, l, &met);
	assert_int_equal(met.len, 2);
	assert_true(met.at[0] == 3 && met.at[1] == 7);
	assert_true(searches_fit(s, 7));
	searches_remove(s, 7);
	searches_remove(s, 7);
	searches_remove(s, 8);
	assert_false(searches_fit(s, 7));
	searches_met(s, l, &met);
	assert_int_equal(met.len, 1);
	assert_int_equal(met.at[0], 3);
	for (uint32_t id = 10; id < 3010; id++) { /* what many leave behind is cleared away */
		search_for(s, id, NEED, "{\"title\": \"t\", \"fields\": {\"material\": \"tin\"}}");
		searches_remove(s, id);
	}
	searches_met(s, l, &met);
	assert_int_equal(met.len, 1);
	assert_int_equal(met.at[0], 3);
	assert_true(searches_fit(s, 3) && searches_fit(s, 5));
	numbers_free(&met);
	searches_free(s);
	market_free(t.market);
	market_close(e);
}

/* ---- definitions that change ---- */

#define T    "title: {ru: х, en: x}"
#define TOP  "exchange: parts\n" T "\nneed: {" T "}\noffer: {" T "}\nfields:\n"
#define KIND "  kind: {type: keyword, " T "}\n"

/* What becomes of a search of a need that states the field, when its line is another. */
static const struct {
	const char *was, *now, *states;
	bool fits;
} changes[] = {
    {"{type: keyword, " T "}", "{type: keyword, " T ", need: {absent: none}}", "\"a\"", true},
    {"{type: keyword, " T "}", "{type: flag, " T "}", "\"a\"", false},
    {"{type: keyword, " T "}", NULL, "\"a\"", false},
    {"{type: keyword, " T "}", "{type: keyword, " T ", offer: {visibility: mutual}}", "\"a\"",
     false},
    {"{type: keyword, " T "}", "{type: keyword, " T ", need: {visibility: mutual}}", "\"a\"", true},
    {"{type: money, " T ", currency: RUB}", "{type: money, " T ", currency: USD}", "5", false},
    {"{type: money, " T ", currency: RUB}", "{type: money, " T ", currency: RUB, decimals: 0}", "5",
     false},
    {"{type: number, " T ", unit: mm}", "{type: number, " T ", unit: m}", "5", false},
    {"{type: number, " T ", unit: mm}", "{type: number, " T ", unit: mm, units: {m: 1000}}", "5",
     true},
    {"{type: ordinal, " T ", labels: [low, high]}",
     "{type: ordinal, " T ", labels: [low, middle, high]}", "\"high\"", false},
};

static void
define(struct trade *t, const char *line)
{
	char yaml[1024];
	snprintf(yaml, sizeof yaml, "%s%s%s%s%s", TOP, KIND, line ? "  it: " : "", line ? line : "",
		 line ? "\n" : "");
	trade_define(t, yaml);
}

static void
a_search_that_the_exchange_knows_no_more_meets_nothing(void **state)
{
	struct numbers met = {0};
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct trade t = {.market = market_new()};
		struct searches *s = searches_new(t.market);
		char json[128];
		define(&t, changes[i].was);
		trade_enlist(&t, "a", "{\"name\": \"a\", \"kind\": \"legal_entity\"}");
		snprintf(json, sizeof json,
			 "{\"title\": \"t\", \"fields\": {\"kind\": \"x\", \"it\": %s}}",
			 changes[i].states);
		search_for(s, 1, NEED, json);
		search_for(s, 2, NEED, "{\"title\": \"t\", \"fields\": {\"kind\": \"x\"}}");
		define(&t, changes[i].now);
		searches_rebuild(s);
		assert_true(searches_fit(s, 2));
		if (searches_fit(s, 1) != changes[i].fits)
			fail_msg("change %zu: a search that fits or does not", i);
		searches_met(s,
			     trade_publish(&t, "a", OFFER,
					   "{\"title\": \"t\", \"fields\": {\"kind\": \"x\"}}"),
			     &met);
		assert_int_equal(met.len, changes[i].fits ? 2 : 1);
		assert_int_equal(met.at[met.len - 1], 2);
		/* it comes back with nothing but a new search */
		define(&t, changes[i].was);
		searches_rebuild(s);
		assert_int_equal(searches_fit(s, 1), changes[i].fits);
		searches_remove(s, 1);
		assert_false(searches_fit(s, 1));
		searches_free(s);
		market_free(t.market);
	}
	numbers_free(&met);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listings_find_what_comparing_each_search_finds),
	    cmocka_unit_test(a_search_is_told_once_and_not_when_it_is_gone),
	    cmocka_unit_test(a_search_that_the_exchange_knows_no_more_meets_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
