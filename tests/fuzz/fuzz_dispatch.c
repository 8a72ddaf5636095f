/*
 * The command handler: requests as they come from the gateway, on a market that has participants
 * and an exchange.
 *
 * The input is records of one byte (minutes that pass), two bytes of length, and a request.
 * Whatever comes in, each request is answered by exactly one well-formed reply under the protocol's
 * limits, at once or, a fetch, behind the turn; the facts, replayed, give the same market; and what
 * is kept of subscriptions and replies can be taken back.
 */

#include "core/market.h"
#include "daemon/delivery.h"
#include "daemon/dispatch.h"
#include "daemon/publish.h"
#include "daemon/replies.h"
#include "fuzz.h"
#include "market.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <stdlib.h>

enum { REQUESTS = 64 };

struct kept_fact {
	struct buf bytes, note;
};

struct run {
	struct dispatch dispatch;
	struct market *shadow; /* follows by facts alone */
	struct kept_fact *facts;
	size_t n_facts, cap_facts;
	unsigned answered; /* fetches */
};

static struct run *the_run; /* whose facts the journal has */

/* As turn.c does it. */
static void
follow(void *arg, const struct fact *f, struct str bytes)
{
	struct run *r = arg;
	struct fact decoded;
	struct buf body = BUF_EMPTY;
	must(fact_decode(bytes, &decoded));
	must(market_apply(r->shadow, &decoded));
	r->facts = mem_grow(r->facts, r->n_facts, &r->cap_facts, sizeof *r->facts);
	struct kept_fact *kept = &r->facts[r->n_facts++];
	*kept = (struct kept_fact){BUF_EMPTY, BUF_EMPTY};
	buf_put(&kept->bytes, bytes.p, bytes.len);
	struct recent_fact recent = {.number = f->number};
	about_fact(r->dispatch.market, f, &recent.about);
	publish_body(r->dispatch.market, f, &body);
	subscriptions_judge(r->dispatch.subscriptions, f, &recent.about, &kept->note);
	recent.body = buf_str(&body);
	recent.note = kept->note.len ? buf_str(&kept->note) : STR_NONE;
	delivery_keep(r->dispatch.delivery, &recent);
	buf_free(&body);
}

static void
drop_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg;
	must(!bytes.p || market_row_checksum(table, key, bytes) == checksum);
}

/* ---- a journal in memory ---- */

static const uint8_t *
epoch(void *self)
{
	static const uint8_t zeros[PROTO_EPOCH];
	(void)self;
	return zeros;
}

static const char *
no_message(void *self)
{
	(void)self;
	return "";
}

static uint64_t
first(void *self)
{
	(void)self;
	return 1;
}

static uint64_t
stream_head(void *self, uint64_t stream)
{
	(void)self;
	return stream;
}

static int
read_facts(void *self, uint64_t from, uint64_t limit,
	   bool (*fact)(void *arg, const struct journalled *f), void *arg)
{
	(void)self;
	for (uint64_t n = from ? from : 1; n <= the_run->n_facts && limit-- > 0; n++) {
		const struct kept_fact *kept = &the_run->facts[n - 1];
		struct journalled j = {.number = n, .bytes = buf_str(&kept->bytes)};
		if (kept->note.len)
			j.note = buf_str(&kept->note);
		if (!fact(arg, &j))
			break;
	}
	return 0;
}

static const struct journal journal = {NULL, epoch, first, stream_head, read_facts, no_message};

/* ---- what the market begins with ---- */

static void
put_text(struct buf *b, const char *key, const char *value)
{
	mp_put_text(b, key);
	mp_put_text(b, value);
}

static void
begin(struct run *r)
{
	static const char *const ids[] = {"a", "b"};
	struct exchange *e = market_open();
	struct command load = {
	    .kind = COMMAND_LOAD_EXCHANGE, .clock_ms = 1, .definition = e->canonical};
	struct command tree = {.kind = COMMAND_LOAD_TREE, .clock_ms = 1};
	struct refusal refusal;

	for (size_t i = 0; i < e->n_fields; i++) {
		if (!e->fields[i].tree)
			continue;
		tree.definition = e->fields[i].tree->canonical;
		must(dispatch_command(&r->dispatch, &tree, &refusal));
	}
	must(dispatch_command(&r->dispatch, &load, &refusal));
	for (size_t i = 0; i < 2; i++) {
		struct buf b = BUF_EMPTY, reply = BUF_EMPTY;
		mp_put_map(&b, 5);
		mp_put_text(&b, "v");
		mp_put_int(&b, PROTO_VERSION);
		mp_put_text(&b, "id");
		mp_put_int(&b, 1);
		put_text(&b, "cmd", "participant.register");
		put_text(&b, "status", "member");
		mp_put_text(&b, "participant");
		mp_put_map(&b, 3);
		put_text(&b, "id", ids[i]);
		put_text(&b, "name", ids[i]);
		put_text(&b, "kind", "person");
		dispatch_request(&r->dispatch, buf_str(&b), 1, &reply);
		buf_free(&b);
		buf_free(&reply);
	}
	must(market_count(r->dispatch.market).participants == 2);
	market_close(e);
}

static void
must_be_reply(struct str reply)
{
	must(reply.len <= PROTO_MAX_REPLY);
	must(mp_check(reply, 16, 200000, NULL) == MP_OK);
	struct mp ok = mp_find(mp_of(reply), STR("ok"));
	must(mp_peek(&ok) == MP_BOOL);
}

static void
take_delivery(void *arg, void *origin, struct str envelope, struct str reply)
{
	struct run *r = arg;
	(void)origin;
	must(str_eq(envelope, STR("me")));
	if (reply.len > 0) /* else passed over */
		must_be_reply(reply);
	r->answered++;
}

static bool
takes_more(void *arg, const void *origin)
{
	(void)arg;
	(void)origin;
	return true;
}

static void
try_request(struct run *r, struct str request, int64_t clock_ms)
{
	struct buf reply = BUF_EMPTY;
	unsigned before = r->answered;
	r->dispatch.origin = r;
	r->dispatch.envelope = STR("me");
	r->dispatch.monotonic_ms = clock_ms;
	dispatch_request(&r->dispatch, request, clock_ms, &reply);
	if (reply.len > 0)
		must_be_reply(buf_str(&reply));
	while (subscriptions_seed(r->dispatch.subscriptions, 64))
		;
	for (int i = 0; i < 100 && delivery_run(r->dispatch.delivery, clock_ms + 100000); i++)
		;
	must(reply.len > 0 || r->answered > before ||
	     delivery_deadline_ms(r->dispatch.delivery) == INT64_MAX);
	buf_free(&reply);
}

/* ---- what is kept ---- */

struct shelf {
	struct subscriptions *subscriptions;
	struct replies *replies;
};

static void
put_back(void *arg, bool views, uint64_t key, struct str bytes)
{
	struct shelf *s = arg;
	if (bytes.p && !views)
		must(subscriptions_load(s->subscriptions, key, bytes));
	else if (bytes.p)
		must(subscriptions_load_view(s->subscriptions, key, bytes));
}

static void
put_reply_back(void *arg, uint64_t number, struct str bytes)
{
	struct shelf *s = arg;
	if (bytes.p)
		must(replies_load(s->replies, number, bytes));
}

static void
take_back(struct run *r)
{
	struct shelf s = {subscriptions_new(r->dispatch.market), replies_new()};
	subscriptions_flush(r->dispatch.subscriptions, true, put_back, &s);
	replies_flush(r->dispatch.replies, put_reply_back, &s);
	must(subscriptions_count(s.subscriptions) ==
	     subscriptions_count(r->dispatch.subscriptions));
	subscriptions_free(s.subscriptions);
	replies_free(s.replies);
}

static void
end(struct run *r)
{
	delivery_free(r->dispatch.delivery);
	subscriptions_free(r->dispatch.subscriptions);
	replies_free(r->dispatch.replies);
	market_free(r->dispatch.market);
	market_free(r->shadow);
	for (size_t i = 0; i < r->n_facts; i++) {
		buf_free(&r->facts[i].bytes);
		buf_free(&r->facts[i].note);
	}
	free(r->facts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {.dispatch = {.market = market_new(), .journal = &journal, .emit = follow}};
	int64_t clock_ms = 1;
	r.dispatch.emit_arg = &r;
	r.shadow = market_new();
	r.dispatch.replies = replies_new();
	r.dispatch.subscriptions = subscriptions_new(r.dispatch.market);
	r.dispatch.delivery =
	    delivery_new(r.dispatch.market, &journal, r.dispatch.subscriptions,
			 &(struct delivery_outlet){take_delivery, takes_more, &r});
	the_run = &r;
	begin(&r);
	for (int n = 0; n < REQUESTS && size >= 3; n++) {
		size_t len = (size_t)data[1] << 8 | data[2];
		clock_ms += data[0] * INT64_C(60000);
		data += 3;
		size -= 3;
		len = len < size ? len : size;
		try_request(&r, (struct str){(const char *)data, (uint32_t)len}, clock_ms);
		data += len;
		size -= len;
	}
	market_flush(r.dispatch.market, drop_row, NULL);
	market_flush(r.shadow, drop_row, NULL);
	must(market_digest(r.dispatch.market) == market_digest(r.shadow));
	take_back(&r);
	end(&r);
	return 0;
}
