/* Core and gateway must agree on every frame, however the bytes arrive, and on none that is wrong.
 */

#include "daemon/channel.h"
#include "proto/proto.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char header[PROTO_FEED_HEADER] = "0123456789abcdef0123456789abcdef";
#define HEADER ((struct str){header, sizeof(header)})

static struct channel_fact
fact_of_two(void)
{
	return (struct channel_fact){
	    .epoch = {header, PROTO_EPOCH},
	    .number = 7,
	    .kind = STR("match.made"),
	    .n_streams = 2,
	    .streams = {{STR("x.parts"), 6}, {STR("p.acme"), UINT64_C(1) << 40}},
	    .body = STR("body"),
	};
}

/* One frame of each kind. */
static void
put_all(struct buf *out)
{
	channel_put_hello(out, CHANNEL_GATEWAY);
	channel_put_request(out, STR("peer"), STR("request"));
	channel_put_reply(out, STR("peer"), STR("reply"));
	const struct channel_fact fact = fact_of_two();
	channel_put_fact(out, &fact);
	channel_put_heartbeat(out, HEADER);
	channel_put_bye(out, CHANNEL_STOPPING);
}

static void
assert_text(struct str text, const char *expected)
{
	assert_true(str_eq(text, str_of(expected)));
}

static void
assert_fact(const struct channel_fact *f)
{
	assert_true(str_eq(f->epoch, (struct str){header, PROTO_EPOCH}));
	assert_int_equal(f->number, 7);
	assert_text(f->kind, "match.made");
	assert_int_equal(f->n_streams, 2);
	assert_text(f->streams[0].name, "x.parts");
	assert_int_equal(f->streams[0].prev, 6);
	assert_text(f->streams[1].name, "p.acme");
	assert_int_equal(f->streams[1].prev, UINT64_C(1) << 40);
	assert_text(f->body, "body");
}

static void
assert_frame(size_t index, const struct channel_frame *f)
{
	static const enum channel_kind kinds[] = {CHANNEL_HELLO, CHANNEL_REQUEST,   CHANNEL_REPLY,
						  CHANNEL_FACT,	 CHANNEL_HEARTBEAT, CHANNEL_BYE};

	assert_int_equal(f->kind, kinds[index]);
	switch (f->kind) {
	case CHANNEL_HELLO:
		assert_int_equal(f->role, CHANNEL_GATEWAY);
		break;
	case CHANNEL_REQUEST:
		assert_text(f->envelope, "peer");
		assert_text(f->bytes, "request");
		break;
	case CHANNEL_REPLY:
		assert_text(f->envelope, "peer");
		assert_text(f->bytes, "reply");
		break;
	case CHANNEL_FACT:
		assert_fact(&f->fact);
		break;
	case CHANNEL_HEARTBEAT:
		assert_true(str_eq(f->header, HEADER));
		break;
	case CHANNEL_BYE:
		assert_int_equal(f->reason, CHANNEL_STOPPING);
		break;
	}
}

/* The bytes arrive one at a time; each frame is read at its last byte and not before. */
static void
frames_arrive_in_any_pieces(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct channel_frame frame;
	enum channel_reason reason;
	size_t begin = 0, size, index = 0;

	(void)state;
	put_all(&bytes);
	for (size_t end = 0; end <= bytes.len; end++) {
		struct str part = {(const char *)bytes.data + begin, (uint32_t)(end - begin)};
		int got = channel_read(part, &frame, &size, &reason);
		assert_true(got >= 0);
		assert_int_equal(got == 1, part.len > 0 && channel_size(part) == part.len);
		if (got == 1) {
			assert_int_equal(size, part.len);
			assert_frame(index++, &frame);
			begin = end;
		}
	}
	assert_int_equal(index, 6);
	assert_int_equal(begin, bytes.len);
	buf_free(&bytes);
}

/* The longest of everything fits; empty is something too. */
static void
frames_have_room(void **state)
{
	struct buf bytes = BUF_EMPTY;
	struct channel_frame frame;
	enum channel_reason reason;
	size_t size;
	char *much = mem_zalloc(CHANNEL_MAX_BYTES);

	(void)state;
	struct str longest = {much, CHANNEL_MAX_ENVELOPE};
	struct channel_fact fact = {.epoch = {header, PROTO_EPOCH},
				    .kind = longest,
				    .n_streams = CHANNEL_MAX_STREAMS,
				    .body = {much, CHANNEL_MAX_BYTES}};
	for (size_t i = 0; i < CHANNEL_MAX_STREAMS; i++)
		fact.streams[i].name = longest;
	channel_put_fact(&bytes, &fact);
	assert_int_equal(channel_size(buf_str(&bytes)), bytes.len);
	assert_int_equal(channel_read(buf_str(&bytes), &frame, &size, &reason), 1);
	assert_int_equal(frame.fact.body.len, CHANNEL_MAX_BYTES);
	assert_int_equal(frame.fact.streams[CHANNEL_MAX_STREAMS - 1].name.len,
			 CHANNEL_MAX_ENVELOPE);
	buf_clear(&bytes);
	channel_put_request(&bytes, STR(""), STR(""));
	assert_int_equal(channel_read(buf_str(&bytes), &frame, &size, &reason), 1);
	assert_int_equal(frame.envelope.len + frame.bytes.len, 0);
	buf_free(&bytes);
	free(much);
}

static void
what_does_not_fit_is_refused_by_name(void **state)
{
	static const struct {
		const char *what;
		struct str bytes;
		enum channel_reason reason;
	} wrong[] = {
	    {"no kind", STR("\0\0\0\0\1"), CHANNEL_MALFORMED},
	    {"too long", STR("\x7f\0\0\0\1"), CHANNEL_TOO_LARGE},
	    {"kind 0", STR("\0\0\0\1\0"), CHANNEL_KIND_UNKNOWN},
	    {"kind 7", STR("\0\0\0\1\7"), CHANNEL_KIND_UNKNOWN},
	    {"kind 255", STR("\0\0\0\1\xff"), CHANNEL_KIND_UNKNOWN},
	    {"empty hello", STR("\0\0\0\1\1"), CHANNEL_MALFORMED},
	    {"hello without role", STR("\0\0\0\2\1\2"), CHANNEL_MALFORMED},
	    {"hello of version 1", STR("\0\0\0\3\1\1\2"), CHANNEL_VERSION_UNKNOWN},
	    {"hello and more", STR("\0\0\0\4\1\2\2\0"), CHANNEL_MALFORMED},
	    {"request without envelope", STR("\0\0\0\1\2"), CHANNEL_MALFORMED},
	    {"envelope too short", STR("\0\0\0\4\2\5ab"), CHANNEL_MALFORMED},
	    {"fact without an epoch", STR("\0\0\0\4\4\2ab"), CHANNEL_MALFORMED},
	    {"fact of four streams",
	     STR("\0\0\0\103\4"
		 "0123456789abcdef"
		 "\0\0\0\0\0\0\0\7"
		 "\0"
		 "\4"
		 "\0--------"
		 "\0--------"
		 "\0--------"
		 "\0--------"
		 "body"),
	     CHANNEL_MALFORMED},
	    {"fact with less than it says",
	     STR("\0\0\0\43\4"
		 "0123456789abcdef"
		 "\0\0\0\0\0\0\0\7"
		 "\0"
		 "\1"
		 "\0-------"),
	     CHANNEL_MALFORMED},
	    {"short heartbeat", STR("\0\0\0\3\5ab"), CHANNEL_MALFORMED},
	    {"bye without reason", STR("\0\0\0\1\6"), CHANNEL_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct channel_frame frame;
		enum channel_reason reason;
		size_t size;
		if (channel_read(wrong[i].bytes, &frame, &size, &reason) != -1)
			fail_msg("%s was read", wrong[i].what);
		if (reason != wrong[i].reason)
			fail_msg("%s: %s", wrong[i].what, channel_reason_name(reason));
	}
}

/* A request longer than a frame's limit on bytes, in a frame that is not too long as a whole. */
static void
bytes_have_a_limit_of_their_own(void **state)
{
	uint32_t length = 1 + 1 + CHANNEL_MAX_BYTES + 1;
	char *frame_bytes = mem_zalloc(4 + length);
	struct channel_frame frame;
	enum channel_reason reason = 0;
	size_t size;

	(void)state;
	frame_bytes[1] = (char)(length >> 16);
	frame_bytes[2] = (char)(length >> 8);
	frame_bytes[3] = (char)length;
	frame_bytes[4] = CHANNEL_REQUEST;
	assert_int_equal(
	    channel_read((struct str){frame_bytes, 4 + length}, &frame, &size, &reason), -1);
	assert_int_equal(reason, CHANNEL_TOO_LARGE);
	free(frame_bytes);
}

/* Whatever a length claims, no more is waited for than a frame may have. */
static void
claims_are_not_believed(void **state)
{
	(void)state;
	assert_int_equal(channel_size(STR("\xff\xff\xff\xff\1")), 4 + CHANNEL_MAX_FRAME);
	assert_int_equal(channel_size(STR("\0\0\0\0\1")), CHANNEL_HEAD);
	assert_int_equal(channel_size(STR("\0\0\0\1")), 0);
}

static void
reasons_have_names(void **state)
{
	(void)state;
	assert_string_equal(channel_reason_name(CHANNEL_STOPPING), "stopping");
	assert_string_equal(channel_reason_name(CHANNEL_TOO_SLOW), "too_slow");
	assert_string_equal(channel_reason_name(0), "unknown");
	assert_string_equal(channel_reason_name(200), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_arrive_in_any_pieces),
	    cmocka_unit_test(frames_have_room),
	    cmocka_unit_test(what_does_not_fit_is_refused_by_name),
	    cmocka_unit_test(bytes_have_a_limit_of_their_own),
	    cmocka_unit_test(claims_are_not_believed),
	    cmocka_unit_test(reasons_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
