#include "util/mp.h"

#include <msgpack/pack.h>
#include <utf8proc.h>

/* ---- writing ---- */

static int
put(void *data, const char *bytes, size_t len)
{
	buf_put(data, bytes, len);
	return 0;
}

#define PACKER(b) (&(msgpack_packer){.data = (b), .callback = put})

void
mp_put_nil(struct buf *b)
{
	msgpack_pack_nil(PACKER(b));
}

void
mp_put_bool(struct buf *b, bool value)
{
	if (value)
		msgpack_pack_true(PACKER(b));
	else
		msgpack_pack_false(PACKER(b));
}

void
mp_put_int(struct buf *b, int64_t value)
{
	msgpack_pack_int64(PACKER(b), value);
}

void
mp_put_uint(struct buf *b, uint64_t value)
{
	msgpack_pack_uint64(PACKER(b), value);
}

void
mp_put_str(struct buf *b, struct str value)
{
	if (!value.p) {
		mp_put_nil(b);
		return;
	}
	msgpack_pack_str(PACKER(b), value.len);
	buf_put(b, value.p, value.len);
}

void
mp_put_bin(struct buf *b, struct str value)
{
	msgpack_pack_bin(PACKER(b), value.len);
	buf_put(b, value.p, value.len);
}

void
mp_put_array(struct buf *b, uint32_t count)
{
	msgpack_pack_array(PACKER(b), count);
}

void
mp_put_map(struct buf *b, uint32_t count)
{
	msgpack_pack_map(PACKER(b), count);
}

void
mp_put_raw(struct buf *b, struct str token)
{
	buf_put(b, token.p, token.len);
}

/* ---- one token's head: its type, its number or length, and the bytes it takes ---- */

struct head {
	enum mp_type type;
	uint64_t value; /* integer bits, text length, element count */
	bool negative;	/* value is the two's complement of a negative integer */
	size_t size;	/* bytes of the head itself */
};

static uint64_t
big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Heads whose number stands in the following 1 << (byte & 3) or so bytes: type and width by first
 * byte 0xc4..0xdf. */
static const struct {
	uint8_t type;
	uint8_t width;
} wide[] = {
    [0xc4 - 0xc0] = {MP_BIN, 1},   [0xc5 - 0xc0] = {MP_BIN, 2},	  [0xc6 - 0xc0] = {MP_BIN, 4},
    [0xca - 0xc0] = {MP_FLOAT, 4}, [0xcb - 0xc0] = {MP_FLOAT, 8}, [0xcc - 0xc0] = {MP_INT, 1},
    [0xcd - 0xc0] = {MP_INT, 2},   [0xce - 0xc0] = {MP_INT, 4},	  [0xcf - 0xc0] = {MP_INT, 8},
    [0xd0 - 0xc0] = {MP_INT, 1},   [0xd1 - 0xc0] = {MP_INT, 2},	  [0xd2 - 0xc0] = {MP_INT, 4},
    [0xd3 - 0xc0] = {MP_INT, 8},   [0xd9 - 0xc0] = {MP_STR, 1},	  [0xda - 0xc0] = {MP_STR, 2},
    [0xdb - 0xc0] = {MP_STR, 4},   [0xdc - 0xc0] = {MP_ARRAY, 2}, [0xdd - 0xc0] = {MP_ARRAY, 4},
    [0xde - 0xc0] = {MP_MAP, 2},   [0xdf - 0xc0] = {MP_MAP, 4},
};

/* Reads a head; false where there is none or it is cut off (then size says how many bytes it
 * wanted). */
static bool
head_read(const uint8_t *at, const uint8_t *end, struct head *h)
{
	*h = (struct head){.type = MP_END};
	if (at == end)
		return false;
	uint8_t c = *at;
	h->size = 1;
	if (c <= 0x7f || c >= 0xe0) {
		h->type = MP_INT;
		h->negative = c >= 0xe0;
		h->value = (uint64_t)(int64_t)(int8_t)c;
	} else if (c <= 0x8f) {
		h->type = MP_MAP;
		h->value = c & 0x0f;
	} else if (c <= 0x9f) {
		h->type = MP_ARRAY;
		h->value = c & 0x0f;
	} else if (c <= 0xbf) {
		h->type = MP_STR;
		h->value = c & 0x1f;
	} else if (c == 0xc0) {
		h->type = MP_NIL;
	} else if (c == 0xc2 || c == 0xc3) {
		h->type = MP_BOOL;
		h->value = c & 1;
	} else if (wide[c - 0xc0].type == MP_END) {
		h->type = MP_EXT;
		return false;
	} else {
		size_t width = wide[c - 0xc0].width;
		h->type = wide[c - 0xc0].type;
		h->size = 1 + width;
		if ((size_t)(end - at) < h->size)
			return false;
		h->value = big_endian(at + 1, width);
		if (c >= 0xd0 && c <= 0xd3) {
			unsigned shift = 64 - 8 * (unsigned)width;
			int64_t v = (int64_t)(h->value << shift) >> shift;
			h->value = (uint64_t)v;
			h->negative = v < 0;
		}
	}
	return true;
}

/* ---- reading ---- */

enum mp_type
mp_peek(const struct mp *in)
{
	struct head h;
	if (in->failed || !head_read(in->at, in->end, &h))
		return MP_END;
	return h.type;
}

/* Steps over the head of a token of the wanted type; on anything else the cursor fails and the head
 * reads as zero. */
static struct head
take(struct mp *in, enum mp_type type)
{
	struct head h;
	if (in->failed || !head_read(in->at, in->end, &h) || h.type != type) {
		in->failed = true;
		return (struct head){.type = MP_END};
	}
	in->at += h.size;
	return h;
}

bool
mp_get_nil(struct mp *in)
{
	if (mp_peek(in) != MP_NIL)
		return false;
	in->at++;
	return true;
}

bool
mp_get_bool(struct mp *in)
{
	return take(in, MP_BOOL).value;
}

int64_t
mp_get_int(struct mp *in)
{
	struct head h = take(in, MP_INT);
	if (!h.negative && h.value > INT64_MAX) {
		in->failed = true;
		return 0;
	}
	return (int64_t)h.value;
}

uint64_t
mp_get_uint(struct mp *in)
{
	struct head h = take(in, MP_INT);
	if (h.negative) {
		in->failed = true;
		return 0;
	}
	return h.value;
}

double
mp_get_float(struct mp *in)
{
	struct head h = take(in, MP_FLOAT);
	if (h.size == 5) {
		uint32_t bits = (uint32_t)h.value;
		float f;
		memcpy(&f, &bits, sizeof f);
		return f;
	}
	double d;
	memcpy(&d, &h.value, sizeof d);
	return d;
}

static struct str
take_bytes(struct mp *in, enum mp_type type)
{
	struct head h = take(in, type);
	if (in->failed || h.value > (uint64_t)(in->end - in->at)) {
		in->failed = true;
		return STR_NONE;
	}
	struct str s = {(const char *)in->at, (uint32_t)h.value};
	in->at += h.value;
	return s;
}

struct str
mp_get_str(struct mp *in)
{
	return take_bytes(in, MP_STR);
}

struct str
mp_get_str_or_nil(struct mp *in)
{
	return mp_get_nil(in) ? STR_NONE : mp_get_str(in);
}

struct str
mp_get_bin(struct mp *in)
{
	return take_bytes(in, MP_BIN);
}

/* A count that claims more elements than bytes are left is a lie; refusing it bounds every loop
 * over it. */
static uint32_t
take_count(struct mp *in, enum mp_type type, unsigned tokens_each)
{
	struct head h = take(in, type);
	if (in->failed || h.value > (uint64_t)(in->end - in->at) / tokens_each) {
		in->failed = true;
		return 0;
	}
	return (uint32_t)h.value;
}

uint32_t
mp_get_array(struct mp *in)
{
	return take_count(in, MP_ARRAY, 1);
}

uint32_t
mp_get_map(struct mp *in)
{
	return take_count(in, MP_MAP, 2);
}

/* Steps over tokens whose head is one byte, which most are, as long as such follow; `left`: how many
 * tokens are to come. */
static const uint8_t *
skip_small(const uint8_t *at, const uint8_t *end, uint64_t *left)
{
	for (; *left > 0 && at < end; (*left)--) {
		uint8_t c = *at;
		size_t bytes = 1;
		if (c >= 0xa0 && c <= 0xbf)
			bytes += c & 0x1f;
		else if (c >= 0x90 && c <= 0x9f)
			*left += c & 0x0f;
		else if (c >= 0x80 && c <= 0x8f)
			*left += 2 * (c & 0x0f);
		else if (c >= 0xc1 && c <= 0xdf && c != 0xc2 && c != 0xc3)
			break;
		if (bytes > (size_t)(end - at))
			break;
		at += bytes;
	}
	return at;
}

struct str
mp_get_raw(struct mp *in)
{
	const uint8_t *start = in->at;
	uint64_t left = 1;
	while (left > 0 && !in->failed) {
		struct head h;
		in->at = skip_small(in->at, in->end, &left);
		if (left == 0)
			break;
		if (!head_read(in->at, in->end, &h)) {
			in->failed = true;
			break;
		}
		in->at += h.size;
		left--;
		uint64_t room = (uint64_t)(in->end - in->at);
		uint64_t want = h.type == MP_STR || h.type == MP_BIN || h.type == MP_ARRAY ? h.value
				: h.type == MP_MAP ? 2 * h.value
						   : 0;
		if (want > room)
			in->failed = true;
		else if (h.type == MP_STR || h.type == MP_BIN)
			in->at += h.value;
		else
			left += want;
	}
	return in->failed ? STR_NONE
			  : (struct str){(const char *)start, (uint32_t)(in->at - start)};
}

struct mp
mp_find(struct mp map, struct str key)
{
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n; i++) {
		if (str_eq(mp_get_str(&map), key) && !map.failed)
			return map;
		mp_get_raw(&map);
	}
	map.at = map.end;
	return map;
}

/* ---- checking ---- */

/* No map of the protocol is longer; a bound here keeps the search for repeated keys short. */
enum { CHECK_DEPTH = 32, CHECK_PAIRS = 1024 };

/* One open array or map: how many tokens are still to come in it, and for a map where its keys
 * began. */
struct level {
	uint64_t left;
	uint64_t seen; /* a bit for each key that came, by its bytes */
	bool is_map;
	const uint8_t *first;
};

/* A check under way. */
struct check {
	const uint8_t *at, *end;
	struct level levels[CHECK_DEPTH + 1];
	unsigned depth, max_depth;
	unsigned tokens_left;
	enum mp_problem problem;
};

static bool
utf8_ok(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		utf8proc_int32_t c;
		uint64_t eight;
		if (len - i >= sizeof eight) {
			memcpy(&eight, p + i, sizeof eight);
			if (!(eight & UINT64_C(0x8080808080808080))) {
				i += sizeof eight;
				continue;
			}
		}
		if (p[i] < 0x80) {
			i++;
			continue;
		}
		utf8proc_ssize_t n = utf8proc_iterate(p + i, (utf8proc_ssize_t)(len - i), &c);
		if (n <= 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

/* Whether the key at `key` stands earlier in the map whose pairs begin at `first`. CHECK_PAIRS
 * bounds it. */
static bool
key_repeats(const uint8_t *first, const uint8_t *key, struct str text)
{
	struct mp in = {first, key, false};
	while (in.at < key && !in.failed) {
		if (str_eq(mp_get_str(&in), text))
			return true;
		mp_get_raw(&in);
	}
	return false;
}

/* Whether a key that is not among `seen` for certain comes; it is from now on. */
static bool
key_is_new(struct level *level, struct str key)
{
	uint32_t hash = key.len;
	for (uint32_t i = 0; i < key.len; i++)
		hash = hash * 31 + (uint8_t)key.p[i];
	uint64_t bit = UINT64_C(1) << (hash * UINT32_C(0x9e3779b1) >> 26);
	bool is_new = !(level->seen & bit);
	level->seen |= bit;
	return is_new;
}

/* Checks the bytes of a text or binary token, whose head begins at `token` and whose bytes at `at`.
 */
static enum mp_problem
check_bytes(struct level *level, bool is_key, const uint8_t *token, const struct head *h,
	    const uint8_t *at, const uint8_t *end)
{
	if (h->value > (uint64_t)(end - at))
		return MP_TRUNCATED;
	if (h->type == MP_STR && !utf8_ok(at, h->value))
		return MP_BAD_UTF8;
	struct str text = {(const char *)at, (uint32_t)h->value};
	if (!is_key || key_is_new(level, text))
		return MP_OK;
	return key_repeats(level->first, token, text) ? MP_DUPLICATE_KEY : MP_OK;
}

/* Opens an array or map whose elements begin at `at`. */
static enum mp_problem
check_open(struct level *levels, unsigned *depth, unsigned max_depth, const struct head *h,
	   const uint8_t *at, const uint8_t *end)
{
	bool is_map = h->type == MP_MAP;
	uint64_t want = is_map ? 2 * h->value : h->value;
	if (want > (uint64_t)(end - at))
		return MP_TRUNCATED;
	if (*depth == max_depth)
		return MP_TOO_DEEP;
	if (is_map && h->value > CHECK_PAIRS)
		return MP_TOO_MANY;
	levels[++*depth] = (struct level){.left = want, .is_map = is_map, .first = at};
	return MP_OK;
}

/* Checks the next token; false when there is none to come or there is a problem. */
static bool
check_token(struct check *c)
{
	while (c->depth > 0 && c->levels[c->depth].left == 0)
		c->depth--;
	struct level *level = &c->levels[c->depth];
	struct head h;
	if (level->left == 0)
		return false;
	if (!head_read(c->at, c->end, &h)) {
		c->problem = h.type == MP_EXT ? MP_MALFORMED : MP_TRUNCATED;
		return false;
	}
	bool is_key = level->is_map && level->left % 2 == 0;
	level->left--;
	if (c->tokens_left-- == 0)
		c->problem = MP_TOO_MANY;
	else if (is_key && h.type != MP_STR)
		c->problem = MP_MALFORMED;
	if (c->problem != MP_OK)
		return false;
	const uint8_t *token = c->at;
	bool bytes = h.type == MP_STR || h.type == MP_BIN;
	c->at += h.size;
	if (bytes)
		c->problem = check_bytes(level, is_key, token, &h, c->at, c->end);
	else if (h.type == MP_ARRAY || h.type == MP_MAP)
		c->problem = check_open(c->levels, &c->depth, c->max_depth, &h, c->at, c->end);
	if (c->problem == MP_DUPLICATE_KEY)
		c->at = token;
	if (c->problem != MP_OK)
		return false;
	if (bytes)
		c->at += h.value;
	return true;
}

enum mp_problem
mp_check(struct str bytes, unsigned max_depth, unsigned max_tokens, size_t *ret_offset)
{
	const uint8_t *start = (const uint8_t *)bytes.p;
	struct check c = {.at = start,
			  .end = start ? start + bytes.len : start,
			  .levels = {{.left = 1}},
			  .max_depth = max_depth < CHECK_DEPTH ? max_depth : CHECK_DEPTH,
			  .tokens_left = max_tokens};

	while (check_token(&c))
		continue;
	if (c.problem == MP_OK && c.at != c.end)
		c.problem = MP_TRAILING;
	if (ret_offset)
		*ret_offset = (size_t)(c.at - start);
	return c.problem;
}

const char *
mp_problem_name(enum mp_problem problem)
{
	static const char *const name[] = {
	    [MP_OK] = "ok",
	    [MP_MALFORMED] = "malformed",
	    [MP_TRUNCATED] = "truncated",
	    [MP_TRAILING] = "trailing_bytes",
	    [MP_TOO_DEEP] = "too_deep",
	    [MP_TOO_MANY] = "too_many_values",
	    [MP_BAD_UTF8] = "bad_utf8",
	    [MP_DUPLICATE_KEY] = "duplicate_field",
	};
	return name[problem];
}
