#include "daemon/channel.h"

#include "proto/proto.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>

static_assert((int)PROTO_MAX_REPLY <= (int)CHANNEL_MAX_BYTES, "a reply fits a frame");
/* Of a fact: what stands before its streams, each of them, and what it is all in all. */
enum {
	FACT_HEAD = PROTO_EPOCH + 8 + (1 + CHANNEL_MAX_ENVELOPE) + 1,
	FACT_STREAM = 1 + CHANNEL_MAX_ENVELOPE + 8,
	FACT_MAX = FACT_HEAD + CHANNEL_MAX_STREAMS * FACT_STREAM + CHANNEL_MAX_BYTES,
};
static_assert(1 + (int)FACT_MAX <= (int)CHANNEL_MAX_FRAME, "every kind fits a frame");

const char *
channel_reason_name(enum channel_reason reason)
{
	static const char *const names[] = {
	    [CHANNEL_STOPPING] = "stopping",	   [CHANNEL_VERSION_UNKNOWN] = "version_unknown",
	    [CHANNEL_MALFORMED] = "malformed",	   [CHANNEL_KIND_UNKNOWN] = "kind_unknown",
	    [CHANNEL_TOO_LARGE] = "too_large",	   [CHANNEL_OUT_OF_TURN] = "out_of_turn",
	    [CHANNEL_NOT_ALLOWED] = "not_allowed", [CHANNEL_TOO_SLOW] = "too_slow",
	};
	size_t n = sizeof(names) / sizeof(names[0]);

	return (size_t)reason < n && names[reason] ? names[reason] : "unknown";
}

/* ---- reading ---- */

/* The payload, taken from its front. Latches: after the first short read all are empty. */
struct cursor {
	struct str rest;
	bool failed;
};

static struct str
take(struct cursor *c, uint32_t len)
{
	if (c->failed || c->rest.len < len) {
		c->failed = true;
		return STR_NONE;
	}
	struct str taken = {c->rest.p, len};
	c->rest.p += len;
	c->rest.len -= len;
	return taken;
}

static uint8_t
take_byte(struct cursor *c)
{
	struct str one = take(c, 1);
	return one.p ? (uint8_t)one.p[0] : 0;
}

static struct str
take_short(struct cursor *c)
{
	return take(c, take_byte(c));
}

static uint64_t
take_number(struct cursor *c)
{
	struct str bytes = take(c, sizeof(uint64_t));
	uint64_t number = 0;

	if (bytes.p)
		memcpy(&number, bytes.p, sizeof(number));
	return be64toh(number);
}

static struct str
take_rest(struct cursor *c)
{
	return take(c, c->rest.len);
}

static void
take_fact(struct cursor *c, struct channel_fact *f)
{
	f->epoch = take(c, PROTO_EPOCH);
	f->number = take_number(c);
	f->kind = take_short(c);
	f->n_streams = take_byte(c);
	if (f->n_streams > CHANNEL_MAX_STREAMS) {
		c->failed = true;
		return;
	}
	for (size_t i = 0; i < f->n_streams; i++) {
		f->streams[i].name = take_short(c);
		f->streams[i].prev = take_number(c);
	}
	f->body = take_rest(c);
}

/* The whole payload of one frame; 0, or the reason why it does not fit. */
static enum channel_reason
read_payload(struct cursor *c, struct channel_frame *f)
{
	switch (f->kind) {
	case CHANNEL_HELLO:
		if (take_byte(c) != CHANNEL_VERSION && !c->failed)
			return CHANNEL_VERSION_UNKNOWN;
		f->role = (enum channel_role)take_byte(c);
		break;
	case CHANNEL_REQUEST:
	case CHANNEL_REPLY:
		f->envelope = take_short(c);
		f->bytes = take_rest(c);
		break;
	case CHANNEL_FACT:
		take_fact(c, &f->fact);
		break;
	case CHANNEL_HEARTBEAT:
		f->header = take(c, PROTO_FEED_HEADER);
		break;
	case CHANNEL_BYE:
		f->reason = (enum channel_reason)take_byte(c);
		break;
	default:
		return CHANNEL_KIND_UNKNOWN;
	}
	if (c->failed || c->rest.len > 0)
		return CHANNEL_MALFORMED;
	return f->bytes.len > CHANNEL_MAX_BYTES || f->fact.body.len > CHANNEL_MAX_BYTES
		   ? CHANNEL_TOO_LARGE
		   : 0;
}

/* As it stands in the frame, however large. */
static uint32_t
claimed_length(struct str bytes)
{
	uint32_t length;

	memcpy(&length, bytes.p, sizeof(length));
	return ntohl(length);
}

size_t
channel_size(struct str bytes)
{
	if (bytes.len < CHANNEL_HEAD)
		return 0;
	uint32_t length = claimed_length(bytes);
	if (length == 0)
		length = 1;
	return 4 + (size_t)(length < CHANNEL_MAX_FRAME ? length : CHANNEL_MAX_FRAME);
}

int
channel_read(struct str bytes, struct channel_frame *ret, size_t *ret_size,
	     enum channel_reason *ret_reason)
{
	if (bytes.len < CHANNEL_HEAD)
		return 0;
	uint32_t length = claimed_length(bytes);
	if (length == 0 || length > CHANNEL_MAX_FRAME) {
		*ret_reason = length ? CHANNEL_TOO_LARGE : CHANNEL_MALFORMED;
		return -1;
	}
	if (bytes.len - 4 < length)
		return 0;
	struct channel_frame f = {.kind = (enum channel_kind)(uint8_t)bytes.p[4]};
	struct cursor payload = {{bytes.p + CHANNEL_HEAD, length - 1}, false};
	enum channel_reason reason = read_payload(&payload, &f);
	if (reason) {
		*ret_reason = reason;
		return -1;
	}
	*ret = f;
	*ret_size = 4 + (size_t)length;
	return 1;
}

/* ---- writing ---- */

static void
put_head(struct buf *out, enum channel_kind kind, size_t payload)
{
	assert(payload < CHANNEL_MAX_FRAME);
	uint32_t length = htonl((uint32_t)payload + 1);
	uint8_t byte = (uint8_t)kind;

	buf_put(out, &length, sizeof(length));
	buf_put(out, &byte, 1);
}

static void
put_short(struct buf *out, struct str text)
{
	assert(text.len <= CHANNEL_MAX_ENVELOPE);
	uint8_t len = (uint8_t)text.len;

	buf_put(out, &len, 1);
	buf_put(out, text.p, text.len);
}

static void
put_number(struct buf *out, uint64_t number)
{
	number = htobe64(number);
	buf_put(out, &number, sizeof(number));
}

static void
put_enveloped(struct buf *out, enum channel_kind kind, struct str envelope, struct str bytes)
{
	assert(bytes.len <= CHANNEL_MAX_BYTES);
	put_head(out, kind, 1 + (size_t)envelope.len + bytes.len);
	put_short(out, envelope);
	buf_put(out, bytes.p, bytes.len);
}

void
channel_put_hello(struct buf *out, enum channel_role role)
{
	const uint8_t payload[] = {CHANNEL_VERSION, (uint8_t)role};

	put_head(out, CHANNEL_HELLO, sizeof(payload));
	buf_put(out, payload, sizeof(payload));
}

void
channel_put_request(struct buf *out, struct str envelope, struct str request)
{
	put_enveloped(out, CHANNEL_REQUEST, envelope, request);
}

void
channel_put_reply(struct buf *out, struct str envelope, struct str reply)
{
	put_enveloped(out, CHANNEL_REPLY, envelope, reply);
}

void
channel_put_fact(struct buf *out, const struct channel_fact *f)
{
	size_t payload = PROTO_EPOCH + 8 + 1 + (size_t)f->kind.len + 1 + f->body.len;
	uint8_t n = (uint8_t)f->n_streams;

	assert(f->epoch.len == PROTO_EPOCH && f->n_streams <= CHANNEL_MAX_STREAMS &&
	       f->body.len <= CHANNEL_MAX_BYTES);
	for (size_t i = 0; i < f->n_streams; i++)
		payload += 1 + (size_t)f->streams[i].name.len + 8;
	put_head(out, CHANNEL_FACT, payload);
	buf_put(out, f->epoch.p, PROTO_EPOCH);
	put_number(out, f->number);
	put_short(out, f->kind);
	buf_put(out, &n, 1);
	for (size_t i = 0; i < f->n_streams; i++) {
		put_short(out, f->streams[i].name);
		put_number(out, f->streams[i].prev);
	}
	buf_put(out, f->body.p, f->body.len);
}

void
channel_put_heartbeat(struct buf *out, struct str header)
{
	assert(header.len == PROTO_FEED_HEADER);
	put_head(out, CHANNEL_HEARTBEAT, header.len);
	buf_put(out, header.p, header.len);
}

void
channel_put_bye(struct buf *out, enum channel_reason reason)
{
	uint8_t payload = (uint8_t)reason;

	put_head(out, CHANNEL_BYE, 1);
	buf_put(out, &payload, 1);
}
