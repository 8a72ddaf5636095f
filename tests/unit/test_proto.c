/*
 * The protocol as clients out there know it: recorded bytes of every message are read as they
 * always were, and whatever is no request is refused by name.
 */

#include "json.h"
#include "proto/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *golden;

/* ---- recorded bytes ---- */

enum { FRAMES = 3 };

static int
hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads v1/<kind>.<name>.hex; blank lines separate frames. Fails the test where there is none. */
static void
read_golden(const char *kind, const char *name, struct buf frames[FRAMES])
{
	char path[512], line[256];
	size_t frame = 0;
	snprintf(path, sizeof path, "%s/v1/%s.%s.hex", golden, kind, name);
	FILE *in = fopen(path, "r");
	if (!in)
		fail_msg("there are no golden bytes %s: add a sample to write.py", path);
	for (size_t i = 0; i < FRAMES; i++)
		frames[i] = BUF_EMPTY;
	while (fgets(line, sizeof line, in)) {
		if (*line == '#')
			continue;
		if (*line == '\n')
			assert_true(++frame < FRAMES);
		for (const char *c = line; hex_digit(*c) >= 0; c += 2) {
			uint8_t byte = (uint8_t)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
			buf_put(&frames[frame], &byte, 1);
		}
	}
	fclose(in);
}

static void
free_frames(struct buf frames[FRAMES])
{
	for (size_t i = 0; i < FRAMES; i++)
		buf_free(&frames[i]);
}

static const struct {
	const char *cmd;
	const char *args;
} requests[] = {
    {"hello", "{\"versions\":[1,2],\"client\":\"portal 4.2\"}"},
    {"status", "{}"},
    {"exchange.list", "{}"},
    {"exchange.show", "{\"exchange\":\"patents\"}"},
    {"participant.register",
     "{\"participant\":{\"id\":\"acme\",\"name\":\"ООО «Акме»\",\"kind\":\"legal_entity\","
     "\"inn\":\"7707083893\",\"region\":\"77\",\"okved\":[\"25.62\"],\"headcount\":120,"
     "\"revenue\":\"1500000.50\",\"founded\":\"2009-04-01\",\"contacts\":{\"email\":"
     "\"a@example.org\"},\"blocks\":[\"rival\"]},\"status\":\"member\"}"},
    {"participant.revise",
     "{\"participant\":\"acme\",\"set\":{\"headcount\":121,\"size\":null},\"expect_revision\":1}"},
    {"participant.status", "{\"participant\":\"acme\",\"status\":\"suspended\"}"},
    {"participant.show", "{\"participant\":\"acme\"}"},
    {"participant.list", "{\"status\":\"member\",\"after\":100,\"limit\":50}"},
    {"listing.publish",
     "{\"listing\":\"acme/turning\",\"exchange\":\"contract-manufacturing\",\"side\":\"offer\","
     "\"title\":\"Токарные работы\",\"text\":\"С ЧПУ\",\"language\":\"ru\",\"fields\":"
     "{\"material\":[\"steel\",\"brass\"],\"price\":{\"from\":\"350.00\",\"currency\":\"RUB\"},"
     "\"site\":{\"lat\":\"55.7558\",\"lon\":\"37.6173\",\"radius_km\":50}},\"variants\":"
     "[{\"quantity\":{\"from\":1,\"to\":100}},{\"quantity\":{\"from\":100},\"price\":null}],"
     "\"draft\":false,\"valid_from\":1767225600000,\"valid_until\":1798761600000,"
     "\"expect_revision\":4294967295}"},
    {"listing.revise",
     "{\"listing\":\"acme/turning\",\"title\":\"Turning\",\"text\":null,\"language\":null,"
     "\"fields\":{\"price\":null},\"variants\":null,\"valid_from\":null,\"valid_until\":null,"
     "\"expect_revision\":2}"},
    {"listing.pause", "{\"listing\":\"acme/turning\"}"},
    {"listing.resume", "{\"listing\":\"acme/turning\",\"expect_revision\":3}"},
    {"listing.renew", "{\"listing\":\"acme/turning\",\"valid_until\":1798761600000}"},
    {"listing.withdraw", "{\"listing\":\"acme/turning\",\"expect_revision\":5}"},
    {"listing.approve", "{\"listing\": \"acme/turning\", \"expect_revision\": 1}"},
    {"listing.reject", "{\"listing\": \"acme/turning\", \"reason\": \"нет цены\"}"},
    {"reload", "{}"},
    {"listing.show", "{\"listing\":\"acme/turning\"}"},
    {"listing.list",
     "{\"participant\":\"acme\",\"exchange\":\"patents\",\"side\":\"need\",\"state\":\"open\","
     "\"after\":7,\"limit\":1000}"},
    {"listing.matches", "{\"listing\":\"acme/turning\",\"after\":20,\"limit\":20}"},
    {"match.explain", "{\"need\":\"beta/shafts\",\"offer\":\"acme/turning\"}"},
    {"index.verify",
     "{\"exchange\":\"patents\",\"sample\":200,\"every\":1000,\"from\":17,"
     "\"from_counterpart\":4294967295,\"work\":100000}"},
    {"facts.read", "{\"from\":9007199254740993,\"limit\":1000,\"stream\":\"p.acme\"}"},
    {"streams.heads", "{\"streams\":[\"p.acme\",\"x.patents\"]}"},
    {"subscription.create",
     "{\"name\":\"mail\",\"exchange\":\"patents\",\"side\":\"offer\",\"participant\":\"acme\","
     "\"listing\":\"acme/turning\",\"kinds\":[\"match.made\",\"match.ended\"],\"min_score\":300,"
     "\"fields\":{\"trl\":{\"from\":\"trl6\"}},\"start\":\"state\",\"ack_timeout_ms\":30000}"},
    {"subscription.delete", "{\"name\":\"mail\"}"},
    {"subscription.show", "{\"name\":\"mail\"}"},
    {"subscription.list", "{\"after\":7,\"limit\":1000}"},
    {"subscription.fetch",
     "{\"name\":\"mail\",\"consumer\":9007199254740993,\"credit\":1000,\"wait_ms\":60000,"
     "\"ack\":1042,\"ack_state\":4294967314}"},
};

/* Compares one argument, in every form in which handlers look at it, with the expected token. */
static void
check_arg(const struct proto_field *f, const struct proto_value *arg, struct mp expected)
{
	struct mp raw = arg->raw, value = expected;
	struct str bytes = mp_get_raw(&raw), wanted = mp_get_raw(&value);
	assert_true(arg->present);
	assert_int_equal(bytes.len, wanted.len);
	assert_memory_equal(bytes.p, wanted.p, wanted.len);
	assert_int_equal(arg->nil, mp_peek(&expected) == MP_NIL);
	if (arg->nil)
		return;
	if (f->type == PROTO_TEXT)
		assert_true(str_eq(arg->text, mp_get_str(&expected)));
	else if (f->type == PROTO_INT)
		assert_true(arg->number == mp_get_int(&expected));
	else if (f->type == PROTO_BOOL)
		assert_int_equal(arg->number, mp_get_bool(&expected));
}

static void
check_request(const struct proto_message *m, const char *args_json)
{
	struct buf frames[FRAMES], args = BUF_EMPTY;
	struct proto_request r;
	struct proto_error e = {0};
	uint32_t present = 0;

	read_golden("request", m->name, frames);
	json_to_mp(args_json, &args);
	if (proto_read(buf_str(&frames[0]), &r, &e))
		fail_msg("%s: %s %s", m->name, e.code, e.message);
	assert_ptr_equal(r.message, m);
	assert_int_equal(r.id, 7);
	for (size_t i = 0; m->args[i].name; i++) {
		struct mp expected = mp_find(mp_of(buf_str(&args)), str_of(m->args[i].name));
		const struct proto_value *arg = proto_arg(&r, m->args[i].name);
		if (mp_peek(&expected) == MP_END) {
			assert_false(arg->present);
			continue;
		}
		check_arg(&m->args[i], arg, expected);
		present++;
	}
	struct mp all = mp_of(buf_str(&args));
	assert_int_equal(present, mp_get_map(&all));
	free_frames(frames);
	buf_free(&args);
}

static void
recorded_requests_are_read_as_ever(void **state)
{
	(void)state;
	size_t n = sizeof requests / sizeof *requests;
	for (size_t i = 0; i < n; i++) {
		const struct proto_message *m = proto_find(str_of(requests[i].cmd));
		assert_non_null(m);
		check_request(m, requests[i].args);
	}
	for (const struct proto_message *m = proto_messages; m->name; m++)
		n--;
	assert_int_equal(n, 0);
}

static const enum mp_type wire[] = {
    [PROTO_TEXT] = MP_STR, [PROTO_INT] = MP_INT,     [PROTO_BOOL] = MP_BOOL,
    [PROTO_MAP] = MP_MAP,  [PROTO_ARRAY] = MP_ARRAY, [PROTO_BIN] = MP_BIN,
};

/* Every key of the map but the first `passed` ones stands in the table with its type, and nothing
 * that is always there is missing. */
static void
check_pairs(const char *name, struct mp map, uint32_t passed, const struct proto_field *fields)
{
	uint32_t known = 0, n;
	for (const struct proto_field *f = fields; f->name; f++) {
		struct mp at = mp_find(map, str_of(f->name));
		if (mp_peek(&at) == MP_END && !(f->flags & PROTO_REQUIRED))
			continue;
		if (mp_peek(&at) != wire[f->type])
			fail_msg("%s: %s is missing or has another type", name, f->name);
		known++;
	}
	n = mp_get_map(&map);
	if (n != passed + known)
		fail_msg("%s: a key that the table does not have", name);
}

static void
recorded_replies_are_what_the_table_says(void **state)
{
	(void)state;
	for (const struct proto_message *m = proto_messages; m->name; m++) {
		struct buf frames[FRAMES];
		read_golden("reply", m->name, frames);
		check_pairs(m->name, mp_of(buf_str(&frames[0])), 3, m->results);
		free_frames(frames);
	}
}

static void
recorded_facts_are_what_the_table_says(void **state)
{
	(void)state;
	for (const struct proto_message *m = proto_facts; m->name; m++) {
		struct buf frames[FRAMES];
		read_golden("feed", m->name, frames);
		struct mp body = mp_of(buf_str(&frames[2]));
		check_pairs(m->name, body, 3, m->results);
		struct mp kind = mp_find(body, STR("fact"));
		assert_true(str_eq(mp_get_str(&kind), str_of(m->name)));
		free_frames(frames);
	}
}

/* ---- writing ---- */

static void
replies_are_written_as_recorded(void **state)
{
	(void)state;
	struct buf frames[FRAMES], out = BUF_EMPTY;
	read_golden("reply", "error", frames);
	proto_write_error(&out, UINT64_MAX, "unknown_listing", "listing", "нет такого объявления",
			  NULL);
	assert_int_equal(out.len, frames[0].len);
	assert_memory_equal(out.data, frames[0].data, out.len);
	free_frames(frames);

	buf_clear(&out);
	read_golden("reply", "streams.heads", frames);
	proto_write_ok(&out, 7, 3);
	assert_true(out.len < frames[0].len);
	assert_memory_equal(out.data, frames[0].data, out.len);
	free_frames(frames);
	buf_free(&out);
}

static void
feed_headers_are_written_and_read_as_recorded(void **state)
{
	(void)state;
	struct buf frames[FRAMES];
	uint8_t header[PROTO_FEED_HEADER], epoch[PROTO_EPOCH], read_epoch[PROTO_EPOCH];
	uint64_t number, prev;
	for (uint8_t i = 0; i < PROTO_EPOCH; i++)
		epoch[i] = i;
	read_golden("feed", "match.made", frames);
	proto_feed_header(header, epoch, 41, 40);
	assert_int_equal(frames[1].len, PROTO_FEED_HEADER);
	assert_memory_equal(frames[1].data, header, PROTO_FEED_HEADER);
	assert_true(proto_feed_read(buf_str(&frames[1]), read_epoch, &number, &prev));
	assert_memory_equal(read_epoch, epoch, PROTO_EPOCH);
	assert_int_equal(number, 41);
	assert_int_equal(prev, 40);
	frames[1].len--;
	assert_false(proto_feed_read(buf_str(&frames[1]), read_epoch, &number, &prev));
	free_frames(frames);

	read_golden("feed", "heartbeat", frames);
	assert_true(str_eq(buf_str(&frames[0]), STR(PROTO_HEARTBEAT)));
	assert_true(proto_feed_read(buf_str(&frames[1]), read_epoch, &number, &prev));
	assert_int_equal(number, 1042);
	assert_int_equal(prev, 0);
	free_frames(frames);
}

/* ---- refusals ---- */

static void
expect_refusal(struct str bytes, const char *code, const char *field, uint64_t id)
{
	struct proto_request r;
	struct proto_error e = {0};
	if (proto_read(bytes, &r, &e) != 1)
		fail_msg("%s was expected, and the request was read", code);
	assert_string_equal(e.code, code);
	assert_string_equal(e.field, field);
	assert_true(r.id == id);
	assert_true(strlen(e.message) > 0);
	bool listed = false;
	for (const struct proto_error_code *c = proto_error_codes; c->code; c++)
		listed |= strcmp(c->code, e.code) == 0;
	assert_true(listed);
}

#define BYTES(literal) ((struct str){(literal), sizeof(literal) - 1})

static void
bytes_that_are_no_request_are_refused(void **state)
{
	(void)state;
	expect_refusal(BYTES(""), "truncated", "", 0);
	expect_refusal(BYTES("\xc1"), "malformed", "", 0);
	expect_refusal(BYTES("\xd4\x01\x02"), "malformed", "", 0);
	expect_refusal(BYTES("\x81\x01\x02"), "malformed", "", 0);
	expect_refusal(BYTES("\x82\xa1v\x01"), "truncated", "", 0);
	expect_refusal(BYTES("\xdf\xff\xff\xff\xff"), "truncated", "", 0);
	expect_refusal(BYTES("\x80\x80"), "trailing_bytes", "", 0);
	expect_refusal(BYTES("\x93\x01\x02\x03"), "bad_type", "", 0);
	expect_refusal(BYTES("\xa3the"), "bad_type", "", 0);
	expect_refusal(BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01"), "too_deep", "", 0);
	/* Where the id can be found it is given back, whatever else is wrong. */
	expect_refusal(BYTES("\x82\xa2id\x09\xa1x\xa1\xff"), "bad_utf8", "", 9);
	expect_refusal(BYTES("\x83\xa2id\x09\xa1v\x01\xa1v\x01"), "duplicate_field", "", 9);
	expect_refusal(BYTES("\x82\xa2id\x09\xa1v"), "truncated", "", 9);
}

static void
requests_beyond_the_limits_are_refused(void **state)
{
	(void)state;
	struct buf b = BUF_EMPTY;
	static const char text[PROTO_MAX_REQUEST];
	mp_put_map(&b, 2);
	mp_put_text(&b, "id");
	mp_put_int(&b, 5);
	mp_put_text(&b, "text");
	mp_put_str(&b, (struct str){text, sizeof text});
	expect_refusal(buf_str(&b), "too_large", "", 5);

	buf_clear(&b);
	mp_put_array(&b, PROTO_MAX_TOKENS);
	for (int i = 0; i < PROTO_MAX_TOKENS; i++)
		mp_put_nil(&b);
	expect_refusal(buf_str(&b), "too_many_values", "", 0);
	buf_free(&b);
}

static const struct {
	const char *json, *code, *field;
} refusals[] = {
    {"{\"id\":3,\"cmd\":\"status\"}", "missing_field", "v"},
    {"{\"v\":1,\"id\":3}", "missing_field", "cmd"},
    {"{\"v\":\"1\",\"id\":3,\"cmd\":\"status\"}", "bad_type", "v"},
    {"{\"v\":2,\"id\":3,\"cmd\":\"status\"}", "unsupported_version", "v"},
    {"{\"v\":0,\"id\":3,\"cmd\":\"nonsense\"}", "unsupported_version", "v"},
    {"{\"v\":1,\"id\":3,\"cmd\":7}", "bad_type", "cmd"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"nonsense\"}", "unknown_message", "cmd"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"status\",\"verbose\":true}", "unknown_field", "verbose"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"exchange.show\"}", "missing_field", "exchange"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"exchange.show\",\"exchange\":5}", "bad_type", "exchange"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"exchange.show\",\"exchange\":null}", "bad_type", "exchange"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"exchange.show\",\"exchange\":\"\"}", "bad_value", "exchange"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"exchange.show\",\"exchange\":"
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
     "too_large", "exchange"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"facts.read\",\"from\":0}", "bad_value", "from"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"facts.read\",\"from\":-1}", "bad_value", "from"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"facts.read\",\"from\":1.5}", "bad_type", "from"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"facts.read\",\"from\":\"1\"}", "bad_type", "from"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"facts.read\",\"from\":1,\"limit\":1001}", "too_large", "limit"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"streams.heads\",\"streams\":{}}", "bad_type", "streams"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"hello\",\"versions\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
     "too_many_values", "versions"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"listing.pause\",\"listing\":\"a/b\",\"expect_revision\":true}",
     "bad_type", "expect_revision"},
    {"{\"v\":1,\"id\":3,\"cmd\":\"listing.revise\",\"listing\":\"a/b\",\"title\":null}", "bad_type",
     "title"},
};

static void
requests_that_the_table_does_not_know_are_refused(void **state)
{
	(void)state;
	struct buf b = BUF_EMPTY;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		buf_clear(&b);
		json_to_mp(refusals[i].json, &b);
		expect_refusal(buf_str(&b), refusals[i].code, refusals[i].field, 3);
	}
	buf_free(&b);
}

static void
ids_are_any_unsigned_integer(void **state)
{
	(void)state;
	struct buf b = BUF_EMPTY;
	struct proto_request r;
	struct proto_error e;
	mp_put_map(&b, 3);
	mp_put_text(&b, "v");
	mp_put_int(&b, 1);
	mp_put_text(&b, "cmd");
	mp_put_text(&b, "status");
	mp_put_text(&b, "id");
	size_t head = b.len;
	mp_put_uint(&b, UINT64_MAX);
	assert_int_equal(proto_read(buf_str(&b), &r, &e), 0);
	assert_true(r.id == UINT64_MAX);
	b.len = head;
	mp_put_int(&b, -1);
	expect_refusal(buf_str(&b), "bad_value", "id", 0);
	b.len = head;
	mp_put_text(&b, "7");
	expect_refusal(buf_str(&b), "bad_type", "id", 0);
	/* And a number above what an argument can hold is too large, not negative. */
	buf_clear(&b);
	json_to_mp("{\"v\":1,\"id\":3,\"cmd\":\"facts.read\"}", &b);
	b.data[0]++;
	mp_put_text(&b, "from");
	mp_put_uint(&b, UINT64_MAX);
	expect_refusal(buf_str(&b), "too_large", "from", 3);
	buf_free(&b);
}

/* What an error quotes is cut between characters: an error is UTF-8 like everything else. */
static void
long_names_are_quoted_as_whole_characters(void **state)
{
	(void)state;
	struct buf b = BUF_EMPTY;
	struct proto_request r;
	struct proto_error e;
	for (size_t shift = 0; shift < 4; shift++) {
		struct buf name = BUF_EMPTY;
		buf_put(&name, "abc", shift);
		for (int i = 0; i < 200; i++)
			buf_put(&name, "я", 2);
		buf_clear(&b);
		json_to_mp("{\"v\":1,\"id\":3,\"cmd\":\"status\"}", &b);
		b.data[0]++;
		mp_put_str(&b, buf_str(&name));
		mp_put_nil(&b);
		assert_int_equal(proto_read(buf_str(&b), &r, &e), 1);
		assert_string_equal(e.code, "unknown_field");
		buf_clear(&b);
		proto_write_error(&b, r.id, e.code, e.field, e.message, e.expected);
		assert_int_equal(mp_check(buf_str(&b), 4, 100, NULL), MP_OK);
		assert_in_range(strlen(e.field), sizeof e.field - 3, sizeof e.field - 1);
		buf_free(&name);
	}
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_requests_are_read_as_ever),
	    cmocka_unit_test(recorded_replies_are_what_the_table_says),
	    cmocka_unit_test(recorded_facts_are_what_the_table_says),
	    cmocka_unit_test(replies_are_written_as_recorded),
	    cmocka_unit_test(feed_headers_are_written_and_read_as_recorded),
	    cmocka_unit_test(bytes_that_are_no_request_are_refused),
	    cmocka_unit_test(requests_beyond_the_limits_are_refused),
	    cmocka_unit_test(requests_that_the_table_does_not_know_are_refused),
	    cmocka_unit_test(ids_are_any_unsigned_integer),
	    cmocka_unit_test(long_names_are_quoted_as_whole_characters),
	};
	assert_int_equal(argc, 2);
	golden = argv[1];
	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
