#include "delivered.h"

#include "daemon/publish.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const char GATEWAY[] = "a gateway", OTHER_GATEWAY[] = "another gateway";

struct kept_fact {
	struct buf bytes, note;
};

/* ---- the journal ---- */

static const uint8_t *
epoch(void *self)
{
	return ((struct desk *)self)->epoch;
}

static uint64_t
first(void *self)
{
	return ((struct desk *)self)->first;
}

static uint64_t
stream_head(void *self, uint64_t stream)
{
	(void)self;
	return stream;
}

static const char *
message(void *self)
{
	(void)self;
	return "a test has broken it";
}

static int
read_facts(void *self, uint64_t from, uint64_t limit,
	   bool (*fact)(void *arg, const struct journalled *f), void *arg)
{
	struct desk *d = self;
	assert_true(from >= d->first && from > d->before);
	for (uint64_t n = from; n <= d->before + d->n_facts && limit-- > 0; n++) {
		const struct kept_fact *kept = &d->facts[n - d->before - 1];
		struct journalled j = {.number = n, .bytes = buf_str(&kept->bytes)};
		if (d->broken && n >= d->broken)
			return -1;
		if (kept->note.len)
			j.note = buf_str(&kept->note);
		if (!fact(arg, &j))
			break;
	}
	return 0;
}

static void
keep(void *arg, const struct fact *f, struct str bytes, const struct about *a, struct str note)
{
	struct desk *d = arg;
	struct buf body = BUF_EMPTY;
	d->facts = mem_grow(d->facts, d->n_facts, &d->cap_facts, sizeof *d->facts);
	struct kept_fact *kept = &d->facts[d->n_facts++];
	*kept = (struct kept_fact){BUF_EMPTY, BUF_EMPTY};
	buf_put(&kept->bytes, bytes.p, bytes.len);
	if (note.p)
		buf_put(&kept->note, note.p, note.len);
	if (!d->at_hand)
		return;
	publish_body(d->w->trade.market, f, &body);
	delivery_keep(d->delivery, &(struct recent_fact){f->number, *a, buf_str(&body), note});
	buf_free(&body);
}

/* ---- answers ---- */

static void put(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(struct buf *out, const char *format, ...)
{
	char text[200];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert_in_range(len, 0, sizeof text - 1);
	buf_put(out, text, (size_t)len);
}

static void
put_text(struct buf *out, const char *before, struct mp *text)
{
	struct str s = mp_get_str(text);
	put(out, "%s%.*s", before, STR_FMT(s));
}

/* "listing.opened 5", "match.made 6/p6 (good better)" */
static void
put_row(struct buf *out, struct mp row)
{
	struct mp number = mp_find(row, STR("number")), state = mp_find(row, STR("state")),
		  because = mp_find(row, STR("because")),
		  kind = mp_find(mp_find(row, STR("body")), STR("fact"));
	put_text(out, "", &kind);
	put(out, " %" PRIu64, mp_get_uint(&number));
	if (mp_peek(&state) != MP_END) {
		uint64_t place = mp_get_uint(&state);
		bool pair = place > PLACE_PAIRS;
		put(out, "/%s%" PRIu64, pair ? "p" : "", pair ? place - PLACE_PAIRS : place);
	}
	if (mp_peek(&because) == MP_END)
		return;
	uint32_t n = mp_get_array(&because);
	for (uint32_t i = 0; i < n; i++)
		put_text(out, i ? " " : " (", &because);
	put(out, n ? ")" : " ()");
}

static void
put_page(struct desk *d, struct mp reply)
{
	struct mp rows = mp_find(reply, STR("facts")), head = mp_find(reply, STR("head")),
		  epoch_now = mp_find(reply, STR("epoch")),
		  lost = mp_find(reply, STR("subscription_lagged")),
		  changed = mp_find(reply, STR("epoch_changed"));
	struct str bytes = mp_get_bin(&epoch_now);
	assert_int_equal(mp_get_uint(&head), market_head(d->w->trade.market));
	assert_int_equal(bytes.len, SUBSCRIPTION_EPOCH);
	assert_memory_equal(bytes.p, d->epoch, SUBSCRIPTION_EPOCH);
	d->rows = mp_get_array(&rows);
	if (d->rows == 0)
		put(&d->log, " empty");
	for (uint32_t i = 0; i < d->rows; i++) {
		put(&d->log, i ? ", " : " ");
		put_row(&d->log, mp_of(mp_get_raw(&rows)));
	}
	if (mp_peek(&lost) != MP_END) {
		assert_int_equal(mp_get_array(&lost), 2);
		uint64_t from = mp_get_uint(&lost), to = mp_get_uint(&lost);
		put(&d->log, "; lagged %" PRIu64 "-%" PRIu64, from, to);
	}
	if (mp_get_bool(&changed))
		put(&d->log, "; epoch changed");
}

static void
take_answer(void *arg, void *origin, struct str envelope, struct str reply)
{
	struct desk *d = arg;
	assert_true(origin == GATEWAY || origin == OTHER_GATEWAY);
	assert_ptr_not_equal(origin, d->slow);
	put(&d->log, "%.*s", STR_FMT(envelope));
	d->answers++;
	d->bytes = reply.len;
	if (reply.len == 0) {
		put(&d->log, ": nothing\n");
		return;
	}
	assert_int_equal(mp_check(reply, 16, 400000, NULL), MP_OK);
	struct mp whole = mp_of(reply), id = mp_find(whole, STR("id")),
		  ok = mp_find(whole, STR("ok")),
		  code = mp_find(mp_find(whole, STR("error")), STR("code"));
	put(&d->log, " %" PRIu64 ":", mp_get_uint(&id));
	if (mp_get_bool(&ok))
		put_page(d, whole);
	else
		put_text(&d->log, " ", &code);
	put(&d->log, "\n");
}

static bool
takes_more(void *arg, const void *origin)
{
	return origin != ((struct desk *)arg)->slow;
}

void
assert_answered(struct desk *d, const char *lines)
{
	buf_put(&d->log, "", 1);
	assert_string_equal((const char *)d->log.data, lines);
	buf_clear(&d->log);
}

/* ---- the desk ---- */

int
delivered_setup(void **state)
{
	struct desk *d = mem_zalloc(sizeof *d);
	void *world;
	subscribed_setup(&world);
	d->w = world;
	d->w->keep = keep;
	d->w->keep_arg = d;
	d->before = d->w->head;
	d->first = d->before + 1;
	d->epoch = EPOCH;
	d->at_hand = true;
	d->now_ms = 1000000;
	d->journal = (struct journal){d, epoch, first, stream_head, read_facts, message};
	d->outlet = (struct delivery_outlet){take_answer, takes_more, d};
	d->delivery = delivery_new(d->w->trade.market, &d->journal, d->w->s, &d->outlet);
	*state = d;
	return 0;
}

int
delivered_teardown(void **state)
{
	struct desk *d = *state;
	void *world = d->w;
	delivery_free(d->delivery);
	subscribed_teardown(&world);
	for (size_t i = 0; i < d->n_facts; i++) {
		buf_free(&d->facts[i].bytes);
		buf_free(&d->facts[i].note);
	}
	free(d->facts);
	buf_free(&d->log);
	free(d);
	return 0;
}

void
restart(struct desk *d)
{
	delivery_free(d->delivery);
	d->delivery = delivery_new(d->w->trade.market, &d->journal, d->w->s, &d->outlet);
	for (struct subscription *sub = subscriptions_all(d->w->s); sub; sub = sub->next) {
		sub->seen = sub->given = sub->acked;
		sub->consumer = sub->asked = 0;
	}
}

void
ask(struct desk *d, struct subscription *sub, struct fetch_ask ask)
{
	struct refusal refusal;
	if (!ask.origin)
		ask.origin = (void *)GATEWAY;
	if (!ask.consumer)
		ask.consumer = 1;
	ask.envelope = str_of(sub->name);
	if (delivery_fetch(d->delivery, sub, &ask, 2000, d->now_ms, &refusal))
		return;
	put(&d->log, "%s %" PRIu64 ": %s\n", sub->name, ask.id, refusal.code);
	d->answers++;
}

bool
run(struct desk *d)
{
	return delivery_run(d->delivery, d->now_ms);
}

void
fetch(struct desk *d, struct subscription *sub, uint64_t id, uint32_t credit)
{
	ask(d, sub, (struct fetch_ask){.id = id, .credit = credit});
	run(d);
}

struct place_in
place_of(uint64_t number)
{
	return (struct place_in){STATE_DONE, number};
}
