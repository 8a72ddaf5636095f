/* Every command comes through this reader: what it lets pass must be what msgpack-c reads, too. */

#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

/* ---- writing and reading back ---- */

static void
integers_survive(void **state)
{
	static const int64_t values[] = {
	    0,	       1,  127, 128, 255,  256,	 65535,	 65536,	 INT32_MAX, UINT32_MAX,
	    INT64_MAX, -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, (int64_t)INT32_MIN - 1,
	    INT64_MIN};
	struct buf b = BUF_EMPTY;
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		buf_clear(&b);
		mp_put_int(&b, values[i]);
		struct mp in = mp_of(buf_str(&b));
		assert_int_equal(mp_peek(&in), MP_INT);
		assert_true(mp_get_int(&in) == values[i]);
		assert_false(in.failed);
		assert_ptr_equal(in.at, in.end);
		in = mp_of(buf_str(&b));
		assert_true(mp_get_uint(&in) == (values[i] < 0 ? 0 : (uint64_t)values[i]));
		assert_int_equal(in.failed, values[i] < 0);
	}
	buf_clear(&b);
	mp_put_uint(&b, UINT64_MAX);
	struct mp in = mp_of(buf_str(&b));
	assert_true(mp_get_uint(&in) == UINT64_MAX);
	in = mp_of(buf_str(&b));
	assert_int_equal(mp_get_int(&in), 0);
	assert_true(in.failed);
	buf_free(&b);
}

static void
other_tokens_survive(void **state)
{
	static char long_text[70000];
	static const uint32_t lengths[] = {0, 31, 32, 255, 256, 65535, 65536, sizeof long_text};
	struct buf b = BUF_EMPTY;
	(void)state;
	memset(long_text, 'x', sizeof long_text);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct str text = {long_text, lengths[i]};
		buf_clear(&b);
		mp_put_str(&b, text);
		mp_put_bin(&b, text);
		struct mp in = mp_of(buf_str(&b));
		struct str got = mp_get_str(&in);
		assert_non_null(got.p);
		assert_true(str_eq(got, text));
		assert_true(str_eq(mp_get_bin(&in), text));
		assert_false(in.failed);
	}
	buf_clear(&b);
	mp_put_nil(&b);
	mp_put_str(&b, STR_NONE);
	mp_put_bool(&b, true);
	mp_put_bool(&b, false);
	mp_put_array(&b, 1);
	mp_put_map(&b, 0);
	struct mp in = mp_of(buf_str(&b));
	assert_true(mp_get_nil(&in));
	assert_null(mp_get_str_or_nil(&in).p);
	assert_false(mp_get_nil(&in));
	assert_true(mp_get_bool(&in));
	assert_false(mp_get_bool(&in));
	assert_int_equal(mp_get_array(&in), 1);
	assert_int_equal(mp_get_map(&in), 0);
	assert_false(in.failed);
	assert_int_equal(mp_peek(&in), MP_END);
	buf_free(&b);
}

static void
floats_are_read(void **state)
{
	static const uint8_t one_and_a_half[] = {0xca, 0x3f, 0xc0, 0, 0, 0xcb, 0x3f,
						 0xf8, 0,    0,	   0, 0, 0,    0};
	struct mp in = {one_and_a_half, one_and_a_half + sizeof one_and_a_half, false};
	(void)state;
	assert_int_equal(mp_peek(&in), MP_FLOAT);
	assert_true(mp_get_float(&in) == 1.5);
	assert_true(mp_get_float(&in) == 1.5);
	assert_false(in.failed);
}

static void
a_wrong_read_latches(void **state)
{
	struct buf b = BUF_EMPTY;
	(void)state;
	mp_put_text(&b, "text");
	mp_put_int(&b, 5);
	struct mp in = mp_of(buf_str(&b));
	assert_int_equal(mp_get_int(&in), 0);
	assert_true(in.failed);
	assert_null(mp_get_str(&in).p);
	assert_int_equal(mp_get_array(&in), 0);
	assert_int_equal(mp_peek(&in), MP_END);
	assert_null(mp_get_raw(&in).p);
	buf_free(&b);
}

static void
keys_are_found_and_tokens_skipped(void **state)
{
	struct buf b = BUF_EMPTY;
	(void)state;
	mp_put_map(&b, 3);
	mp_put_text(&b, "a");
	mp_put_array(&b, 2);
	mp_put_map(&b, 1);
	mp_put_text(&b, "b");
	mp_put_nil(&b);
	mp_put_int(&b, 1000);
	mp_put_text(&b, "b");
	mp_put_text(&b, "found");
	mp_put_text(&b, "c");
	mp_put_nil(&b);
	struct mp in = mp_of(buf_str(&b)), value = mp_find(in, STR("b"));
	assert_true(str_eq(mp_get_str(&value), STR("found")));
	value = mp_find(in, STR("d"));
	assert_int_equal(mp_peek(&value), MP_END);
	assert_int_equal(mp_get_raw(&in).len, b.len);
	assert_int_equal(mp_peek(&in), MP_END);
	buf_free(&b);
}

/* ---- checking ---- */

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct {
	struct {
		const char *p;
		uint32_t len;
	} bytes;
	enum mp_problem problem;
	size_t offset;
} checks[] = {
    {BYTES("\xc0"), MP_OK, 1},
    {BYTES("\x82\xa1"
	   "a\x01\xa1"
	   "b\x93\x01\x02\x03"),
     MP_OK, 10},
    {BYTES(""), MP_TRUNCATED, 0},
    {BYTES("\xa5"
	   "abc"),
     MP_TRUNCATED, 1},
    {BYTES("\xcd\x01"), MP_TRUNCATED, 0},
    {BYTES("\xdd\xff\xff\xff\xff\x01"), MP_TRUNCATED, 5},
    {BYTES("\xdf\xff\xff\xff\xff\x01"), MP_TRUNCATED, 5},
    {BYTES("\xdb\xff\xff\xff\xff\x01"), MP_TRUNCATED, 5},
    {BYTES("\x01\x02"), MP_TRAILING, 1},
    {BYTES("\xc1"), MP_MALFORMED, 0},
    {BYTES("\xd4\x01\x01"), MP_MALFORMED, 0},
    {BYTES("\xc7\x01\x01\x01"), MP_MALFORMED, 0},
    {BYTES("\x81\x01\x02"), MP_MALFORMED, 1},
    {BYTES("\x81\xc0\x02"), MP_MALFORMED, 1},
    {BYTES("\x91\x91\x91\x91\x01"), MP_TOO_DEEP, 4},
    {BYTES("\x91\x91\x91\x01"), MP_OK, 4},
    {BYTES("\x98\x01\x01\x01\x01\x01\x01\x01\x01"), MP_TOO_MANY, 8},
    {BYTES("\xa2\xc3\x28"), MP_BAD_UTF8, 1},
    {BYTES("\xa3\xed\xa0\x80"), MP_BAD_UTF8, 1},
    {BYTES("\xa2\xc0\x80"), MP_BAD_UTF8, 1},
    {BYTES("\x81\xa1\xff\x01"), MP_BAD_UTF8, 2},
    {BYTES("\x82\xa1"
	   "a\x01\xa1"
	   "a\x02"),
     MP_DUPLICATE_KEY, 4},
    {BYTES("\x82\xa1"
	   "a\x91\x01\xd9\x01"
	   "a\x02"),
     MP_DUPLICATE_KEY, 5},
};

static void
problems_are_named_with_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		size_t offset;
		struct str bytes = {checks[i].bytes.p, checks[i].bytes.len};
		enum mp_problem problem = mp_check(bytes, 3, 8, &offset);
		if (problem != checks[i].problem || offset != checks[i].offset)
			fail_msg("case %zu: %s at %zu", i, mp_problem_name(problem), offset);
	}
	assert_string_equal(mp_problem_name(MP_DUPLICATE_KEY), "duplicate_field");
}

static void
long_maps_are_refused(void **state)
{
	struct buf b = BUF_EMPTY;
	(void)state;
	for (uint32_t pairs = 1024; pairs <= 1025; pairs++) {
		buf_clear(&b);
		mp_put_map(&b, pairs);
		for (uint32_t i = 0; i < pairs; i++) {
			char key[16];
			snprintf(key, sizeof key, "k%u", i);
			mp_put_text(&b, key);
			mp_put_nil(&b);
		}
		assert_int_equal(mp_check(buf_str(&b), 8, 10000, NULL),
				 pairs == 1024 ? MP_OK : MP_TOO_MANY);
	}
	buf_free(&b);
}

/* ---- msgpack-c as the yardstick ---- */

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static void
put_random(uint64_t *seed, unsigned depth, struct buf *b)
{
	char key[16];
	uint32_t n = (uint32_t)next(seed, 5);
	switch (next(seed, depth < 4 ? 8 : 6)) {
	case 0:
		mp_put_nil(b);
		break;
	case 1:
		mp_put_bool(b, n & 1);
		break;
	case 2:
		mp_put_int(b, (int64_t)(next(seed, 1u << 31) << next(seed, 33)) * (n & 1 ? 1 : -1));
		break;
	case 3:
		mp_put_uint(b, next(seed, 1u << 31) << next(seed, 33));
		break;
	case 4:
		mp_put_str(b, (struct str){"жук и жаба, жук и жаба, жук",
					   (uint32_t)next(seed, 18) / 2 * 2});
		break;
	case 5:
		mp_put_bin(b, (struct str){"\xff\xfe\xfd\xfc", n});
		break;
	case 6:
		mp_put_array(b, n);
		for (uint32_t i = 0; i < n; i++)
			put_random(seed, depth + 1, b);
		break;
	default:
		mp_put_map(b, n);
		for (uint32_t i = 0; i < n; i++) {
			snprintf(key, sizeof key, "key%u", i);
			mp_put_text(b, key);
			put_random(seed, depth + 1, b);
		}
	}
}

/* Reads by our cursor what msgpack-c has unpacked, and compares. */
static void
compare(struct mp *in, const msgpack_object *o)
{
	switch (o->type) {
	case MSGPACK_OBJECT_NIL:
		assert_true(mp_get_nil(in));
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		assert_int_equal(mp_get_bool(in), o->via.boolean);
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		assert_true(mp_get_uint(in) == o->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		assert_true(mp_get_int(in) == o->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64: {
		double d = mp_get_float(in);
		assert_true(d == o->via.f64 || (d != d && o->via.f64 != o->via.f64));
		break;
	}
	case MSGPACK_OBJECT_STR:
		assert_true(str_eq(mp_get_str(in), (struct str){o->via.str.ptr, o->via.str.size}));
		break;
	case MSGPACK_OBJECT_BIN:
		assert_true(str_eq(mp_get_bin(in), (struct str){o->via.bin.ptr, o->via.bin.size}));
		break;
	case MSGPACK_OBJECT_ARRAY:
		assert_int_equal(mp_get_array(in), o->via.array.size);
		for (uint32_t i = 0; i < o->via.array.size; i++)
			compare(in, &o->via.array.ptr[i]);
		break;
	case MSGPACK_OBJECT_MAP:
		assert_int_equal(mp_get_map(in), o->via.map.size);
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			compare(in, &o->via.map.ptr[i].key);
			compare(in, &o->via.map.ptr[i].val);
		}
		break;
	default:
		fail_msg("type %d passed the check", o->type);
	}
	assert_false(in->failed);
}

static void
what_passes_is_what_msgpack_reads(void **state)
{
	struct buf b = BUF_EMPTY;
	uint64_t seed = 3;
	int passed = 0, stopped = 0;
	(void)state;
	for (int i = 0; i < 100000; i++) {
		buf_clear(&b);
		put_random(&seed, 0, &b);
		/* two of three are damaged */
		for (uint64_t k = next(&seed, 3); k > 0; k--)
			b.data[next(&seed, b.len)] = (uint8_t)next(&seed, 256);
		if (mp_check(buf_str(&b), 8, 1000, NULL) != MP_OK) {
			stopped++;
			continue;
		}
		msgpack_unpacked u;
		size_t offset = 0;
		msgpack_unpacked_init(&u);
		assert_int_equal(msgpack_unpack_next(&u, (const char *)b.data, b.len, &offset),
				 MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(offset, b.len);
		struct mp in = mp_of(buf_str(&b)), whole = in;
		compare(&in, &u.data);
		assert_int_equal(mp_peek(&in), MP_END);
		assert_int_equal(mp_get_raw(&whole).len, b.len);
		msgpack_unpacked_destroy(&u);
		passed++;
	}
	assert_true(passed > 10000 && stopped > 10000);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_survive),
	    cmocka_unit_test(other_tokens_survive),
	    cmocka_unit_test(floats_are_read),
	    cmocka_unit_test(a_wrong_read_latches),
	    cmocka_unit_test(keys_are_found_and_tokens_skipped),
	    cmocka_unit_test(problems_are_named_with_their_place),
	    cmocka_unit_test(long_maps_are_refused),
	    cmocka_unit_test(what_passes_is_what_msgpack_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
