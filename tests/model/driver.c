/*
 * market-driver: the core without a daemon, driven over stdin and stdout, for comparing with the
 * slow model.
 *
 * Each frame is a 4-byte big-endian length and MessagePack. A request is [clock in ms, map]; the
 * map is a request of the protocol, or one of the driver's own: exchange.load and tree.load
 * {"source": YAML text}, settings.set {"work", "regions"}, space, tick, reset, dump, facts, replay
 * (drivers.py says what they answer). Facts are kept in memory in place of a journal; the reply
 * to facts has a hash of their bytes, so that runs can be compared byte for byte.
 */

#include "core/exchange.h"
#include "core/listing.h"
#include "core/participant.h"
#include "daemon/dispatch.h"
#include "intake/files.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct driver {
	struct dispatch dispatch;
	struct journal journal;
	struct buf facts; /* frames */
	struct buf out;
	int64_t clock_ms;
	unsigned requests;
	struct str *listings; /* rows of listings, by number from 1, as kept last; owned */
	size_t n_listings, cap_listings;
};

static void
keep_fact(void *arg, const struct fact *f, struct str bytes)
{
	struct driver *d = arg;
	(void)f;
	buf_put(&d->facts, &bytes.len, sizeof bytes.len);
	buf_put(&d->facts, bytes.p, bytes.len);
}

/* ---- the journal that reads ask ---- */

static const uint8_t *
no_epoch(void *self)
{
	static const uint8_t epoch[PROTO_EPOCH];
	(void)self;
	return epoch;
}

static const char *
no_message(void *self)
{
	(void)self;
	return "";
}

static uint64_t
no_first(void *self)
{
	(void)self;
	return 1;
}

static uint64_t
no_head(void *self, uint64_t stream)
{
	(void)self;
	(void)stream;
	return 0;
}

static int
no_facts(void *self, uint64_t from, uint64_t limit,
	 bool (*fact)(void *arg, const struct journalled *f), void *arg)
{
	(void)self;
	(void)from;
	(void)limit;
	(void)fact;
	(void)arg;
	return 0;
}

/* ---- the market's rows, of which those of listings are given back ---- */

static void
keep_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct driver *d = arg;
	(void)checksum;
	if (table != TABLE_LISTING)
		return;
	if (key > d->n_listings) {
		d->listings =
		    mem_grow(d->listings, d->n_listings, &d->cap_listings, sizeof *d->listings);
		d->listings[d->n_listings++] = STR_NONE;
	}
	struct str *row = &d->listings[key - 1];
	free((char *)row->p);
	*row = (struct str){mem_dup(bytes.p, bytes.len), bytes.len};
}

static struct str
give_row(void *arg, enum table table, uint64_t key, uint64_t checksum)
{
	const struct driver *d = arg;
	struct str row = key <= d->n_listings ? d->listings[key - 1] : STR_NONE;
	if (table != TABLE_LISTING || market_row_checksum(table, key, row) != checksum) {
		fprintf(stderr, "row %" PRIu64 " is not the one that was kept\n", key);
		abort();
	}
	return row;
}

static struct market *
new_market(struct driver *d)
{
	struct market *m = market_new();
	market_keep(m, (struct row_keeper){give_row, d});
	return m;
}

static uint64_t
digest_of(struct driver *d)
{
	market_flush(d->dispatch.market, keep_row, d);
	market_kept(d->dispatch.market);
	return market_digest(d->dispatch.market);
}

static void
forget_rows(struct driver *d)
{
	for (size_t i = 0; i < d->n_listings; i++)
		free((char *)d->listings[i].p);
	d->n_listings = 0;
}

static void
reset(struct driver *d)
{
	market_free(d->dispatch.market);
	d->dispatch.market = new_market(d);
	forget_rows(d);
	buf_clear(&d->facts);
	d->dispatch.room = DISPATCH_ROOM_ENOUGH;
}

/* ---- the driver's own requests ---- */

static void
answer_refusal(struct driver *d, const struct refusal *r)
{
	proto_write_error(&d->out, 0, r->code, r->field, r->message, r->expected);
}

static void
command(struct driver *d, struct command *c)
{
	struct outcome o;
	c->clock_ms = d->clock_ms;
	market_execute(d->dispatch.market, c, keep_fact, d, &o);
	if (o.kind == OUTCOME_REFUSED) {
		answer_refusal(d, &o.refusal);
		return;
	}
	proto_write_ok(&d->out, 0, 1);
	mp_put_text(&d->out, "result");
	mp_put_text(&d->out, o.kind == OUTCOME_CHANGED ? "changed" : "unchanged");
}

static void
load(struct driver *d, struct mp request, enum command_kind kind)
{
	struct mp source = mp_find(request, STR("source"));
	struct str text = mp_get_str(&source);
	struct buf canonical = BUF_EMPTY;
	struct mistakes mistakes = {0};
	int failed = kind == COMMAND_LOAD_TREE ? tree_read(text, &canonical, &mistakes)
					       : exchange_read(text, &canonical, &mistakes);
	if (failed)
		proto_write_error(&d->out, 0, "bad_value", mistakes.list[0].field,
				  mistakes.list[0].message, "");
	else
		command(d, &(struct command){.kind = kind, .definition = buf_str(&canonical)});
	buf_free(&canonical);
}

static void
set_settings(struct driver *d, struct mp request)
{
	struct mp work = mp_find(request, STR("work")), regions = mp_find(request, STR("regions"));
	struct str names[MAX_REGIONS];
	uint32_t n = mp_peek(&regions) == MP_ARRAY ? mp_get_array(&regions) : 0;
	struct buf canonical = BUF_EMPTY;
	for (uint32_t i = 0; i < n && i < MAX_REGIONS; i++)
		names[i] = mp_get_str(&regions);
	market_settings_encode((uint32_t)mp_get_uint(&work), names, n, &canonical);
	command(d, &(struct command){.kind = COMMAND_SETTINGS, .definition = buf_str(&canonical)});
	buf_free(&canonical);
}

static void
set_space(struct driver *d, struct mp request)
{
	struct mp full = mp_find(request, STR("full"));
	d->dispatch.room = mp_get_bool(&full) ? DISPATCH_ROOM_RESERVE : DISPATCH_ROOM_ENOUGH;
	proto_write_ok(&d->out, 0, 0);
}

static void
put_listing_id(const struct market *m, const struct listing *l, struct buf *out)
{
	char id[MAX_LISTING_ID + MAX_NAME];
	int len = snprintf(id, sizeof id, "%.*s/%s",
			   STR_FMT(market_participant_at(m, l->participant)->id), l->key);
	mp_put_str(out, (struct str){id, (uint32_t)len});
}

static void
put_matches(const struct market *m, struct buf *out)
{
	struct buf rows = BUF_EMPTY;
	const struct listing *l;
	uint32_t count = 0;
	for (uint32_t i = 1; (l = market_listing_at(m, i)); i++) {
		size_t n;
		struct match *matches = l->side == NEED ? market_matches(m, l, &n) : NULL;
		for (size_t k = 0; matches && k < n; k++, count++) {
			mp_put_array(&rows, 5);
			put_listing_id(m, l, &rows);
			put_listing_id(m, matches[k].counterpart, &rows);
			mp_put_uint(&rows, matches[k].score);
			mp_put_uint(&rows, matches[k].need_box);
			mp_put_uint(&rows, matches[k].offer_box);
		}
		free(matches);
	}
	mp_put_array(out, count);
	buf_put(out, rows.data, rows.len);
	buf_free(&rows);
}

static void
put_told(const struct market *m, struct buf *out)
{
	struct market_counts counts = market_count(m);
	struct told t;
	mp_put_array(out, (uint32_t)counts.told);
	for (uint64_t after = 0; market_told_after(m, after, &t); after = t.serial) {
		mp_put_array(out, 3);
		put_listing_id(m, t.need, out);
		put_listing_id(m, t.offer, out);
		mp_put_uint(out, t.score);
	}
}

static void
dump(struct driver *d)
{
	struct market *m = d->dispatch.market;
	const struct listing *l;
	char digest[17];
	snprintf(digest, sizeof digest, "%016" PRIx64, digest_of(d));
	mp_put_map(&d->out, 5);
	mp_put_text(&d->out, "matches");
	put_matches(m, &d->out);
	mp_put_text(&d->out, "told");
	put_told(m, &d->out);
	mp_put_text(&d->out, "listings");
	mp_put_map(&d->out, (uint32_t)market_count(m).listings);
	for (uint32_t i = 1; (l = market_listing_at(m, i)); i++) {
		put_listing_id(m, l, &d->out);
		mp_put_array(&d->out, 3);
		mp_put_text(&d->out, listing_state_names[l->state]);
		mp_put_uint(&d->out, l->revision);
		mp_put_uint(&d->out, l->opening);
	}
	mp_put_text(&d->out, "queue");
	mp_put_uint(&d->out, market_queue(m));
	mp_put_text(&d->out, "digest");
	mp_put_text(&d->out, digest);
}

/* One fact as drivers.py wants it; bookkeeping has none. */
static bool
put_fact(const struct market *m, const struct fact *f, struct buf *out)
{
	if (f->kind < FACT_EXCHANGE_REVISED || f->kind >= FACT_QUEUE_ADDED)
		return false;
	bool match = f->kind >= FACT_MATCH_MADE, ended = f->kind == FACT_MATCH_ENDED;
	mp_put_array(out, !match ? 2 : ended ? 5 : 6);
	mp_put_text(out, fact_kind_name(f->kind));
	if (f->kind == FACT_EXCHANGE_REVISED) {
		mp_put_str(out, exchange_name_of(f->definition));
	} else if (f->kind < FACT_LISTING_DRAFTED) {
		mp_put_str(out, market_participant_at(m, f->participant.number)->id);
	} else if (!match) {
		put_listing_id(m, market_listing_at(m, f->listing.number), out);
	} else {
		put_listing_id(m, market_listing_at(m, f->match.need), out);
		put_listing_id(m, market_listing_at(m, f->match.offer), out);
		mp_put_uint(out, f->match.score);
		if (ended) {
			mp_put_text(out, cause_names[f->match.cause]);
		} else {
			mp_put_uint(out, f->match.need_box);
			mp_put_uint(out, f->match.offer_box);
		}
	}
	return true;
}

/* Steps to the next kept fact; false at the end. */
static bool
next_fact(const struct driver *d, size_t *at, struct fact *ret)
{
	uint32_t len;
	if (*at == d->facts.len)
		return false;
	memcpy(&len, d->facts.data + *at, sizeof len);
	if (!fact_decode((struct str){(const char *)d->facts.data + *at + sizeof len, len}, ret))
		abort();
	*at += sizeof len + len;
	return true;
}

static void
facts(struct driver *d)
{
	struct buf rows = BUF_EMPTY;
	struct fact f;
	uint32_t count = 0;
	for (size_t at = 0; next_fact(d, &at, &f);)
		count += put_fact(d->dispatch.market, &f, &rows);
	mp_put_map(&d->out, 2);
	mp_put_text(&d->out, "bytes");
	mp_put_uint(&d->out, market_row_checksum(TABLE_COUNTERS, 0, buf_str(&d->facts)));
	mp_put_text(&d->out, "facts");
	mp_put_array(&d->out, count);
	buf_put(&d->out, rows.data, rows.len);
	buf_free(&rows);
}

struct reload {
	struct market *into;
	bool good;
};

static void
take_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct reload *r = arg;
	r->good = r->good && market_load_row(r->into, table, key, bytes, checksum);
}

/*
 * Goes on with a market that was made anew in both ways there are: from the facts alone, and from
 * that market's rows. All three must have the same digest.
 */
static void
replay(struct driver *d)
{
	struct market *replayed = market_new();
	struct reload reload = {new_market(d), true};
	struct fact f;
	bool same = true;
	char digest[17];

	for (size_t at = 0; same && next_fact(d, &at, &f);)
		same = market_apply(replayed, &f);
	market_flush(replayed, take_row, &reload);
	uint64_t lived = digest_of(d);
	same = same && reload.good && market_digest(replayed) == lived &&
	       market_digest(reload.into) == lived && market_loaded(reload.into);
	market_free(d->dispatch.market);
	market_free(replayed);
	d->dispatch.market = reload.into;
	same = same && digest_of(d) == lived;
	snprintf(digest, sizeof digest, "%016" PRIx64, market_digest(reload.into));
	mp_put_map(&d->out, 3);
	mp_put_text(&d->out, "ok");
	mp_put_bool(&d->out, true);
	mp_put_text(&d->out, "digest");
	mp_put_text(&d->out, digest);
	mp_put_text(&d->out, "same");
	mp_put_bool(&d->out, same);
}

/* ---- the loop ---- */

static bool
own_request(struct driver *d, struct str cmd, struct mp request)
{
	if (str_eq(cmd, STR("exchange.load")))
		load(d, request, COMMAND_LOAD_EXCHANGE);
	else if (str_eq(cmd, STR("tree.load")))
		load(d, request, COMMAND_LOAD_TREE);
	else if (str_eq(cmd, STR("settings.set")))
		set_settings(d, request);
	else if (str_eq(cmd, STR("tick")))
		command(d, &(struct command){.kind = COMMAND_TICK, .a_share = true});
	else if (str_eq(cmd, STR("space")))
		set_space(d, request);
	else if (str_eq(cmd, STR("dump")))
		dump(d);
	else if (str_eq(cmd, STR("facts")))
		facts(d);
	else if (str_eq(cmd, STR("replay")))
		replay(d);
	else if (str_eq(cmd, STR("reset"))) {
		reset(d);
		proto_write_ok(&d->out, 0, 0);
	} else
		return false;
	return true;
}

enum { TURN = 3 }; /* requests until rows are kept */

static void
handle(struct driver *d, struct str frame)
{
	struct mp in = mp_of(frame);
	mp_get_array(&in);
	d->clock_ms = mp_get_int(&in);
	struct mp request = in;
	struct str bytes = mp_get_raw(&in);
	struct mp cmd = mp_find(request, STR("cmd"));
	if (!own_request(d, mp_get_str(&cmd), request))
		dispatch_request(&d->dispatch, bytes, d->clock_ms, &d->out);
	if (++d->requests % TURN == 0)
		digest_of(d);
}

/* Reads a frame into `in`; false at the end of input. */
static bool
read_frame(struct buf *in)
{
	uint8_t head[4];
	if (fread(head, 1, 4, stdin) != 4)
		return false;
	size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	char *bytes = mem_alloc(len);
	bool whole = fread(bytes, 1, len, stdin) == len;
	buf_clear(in);
	if (whole)
		buf_put(in, bytes, len);
	free(bytes);
	return whole;
}

int
main(void)
{
	struct driver d = {0};
	struct buf in = BUF_EMPTY;

	d.dispatch.market = new_market(&d);
	d.journal = (struct journal){&d, no_epoch, no_first, no_head, no_facts, no_message};
	d.dispatch.journal = &d.journal;
	d.dispatch.emit = keep_fact;
	d.dispatch.emit_arg = &d;
	while (read_frame(&in)) {
		buf_clear(&d.out);
		handle(&d, buf_str(&in));
		uint32_t len = (uint32_t)d.out.len;
		uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
				   (uint8_t)len};
		fwrite(head, 1, 4, stdout);
		fwrite(d.out.data, 1, d.out.len, stdout);
		fflush(stdout);
	}
	market_free(d.dispatch.market);
	forget_rows(&d);
	free(d.listings);
	buf_free(&d.facts);
	buf_free(&d.out);
	buf_free(&in);
	return 0;
}
