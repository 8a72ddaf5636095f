/*
 * The command handler: requests as they come from the gateway, on a market that has participants
 * and an exchange.
 *
 * The input is records of one byte (minutes that pass), two bytes of length, and a request.
 * Whatever comes in, each request is answered by exactly one well-formed reply under the protocol's
 * limits, and the facts, replayed, give the same market.
 */

#include "core/market.h"
#include "daemon/dispatch.h"
#include "fuzz.h"
#include "market.h"
#include "proto/proto.h"

enum { REQUESTS = 64 };

struct run {
	struct dispatch dispatch;
	struct market *shadow; /* follows by facts alone */
};

static void
follow(void *arg, const struct fact *f, struct str bytes)
{
	struct run *r = arg;
	struct fact decoded;
	(void)f;
	must(fact_decode(bytes, &decoded));
	must(market_apply(r->shadow, &decoded));
}

static void
drop_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg;
	must(!bytes.p || market_row_checksum(table, key, bytes) == checksum);
}

/* ---- a journal that is empty ---- */

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
	(void)from;
	(void)limit;
	(void)fact;
	(void)arg;
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
try_request(struct run *r, struct str request, int64_t clock_ms)
{
	struct buf reply = BUF_EMPTY;
	dispatch_request(&r->dispatch, request, clock_ms, &reply);
	must(reply.len <= PROTO_MAX_REPLY);
	must(mp_check(buf_str(&reply), 16, 200000, NULL) == MP_OK);
	struct mp ok = mp_find(mp_of(buf_str(&reply)), STR("ok"));
	must(mp_peek(&ok) == MP_BOOL);
	buf_free(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {.dispatch = {.market = market_new(), .journal = &journal, .emit = follow}};
	int64_t clock_ms = 1;
	r.dispatch.emit_arg = &r;
	r.shadow = market_new();
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
	market_free(r.dispatch.market);
	market_free(r.shadow);
	return 0;
}
