#pragma once

/*
 * MessagePack: written with msgpack-c's packer, read with a cursor.
 *
 * The cursor reads in place and allocates nothing, which msgpack-c's unpacker cannot (its tree
 * takes many times the bytes, and a short hostile message can make it reserve gigabytes). It
 * latches: after the first wrong type or short read every further read returns zero or empty and
 * `failed` stays set, so that a reader checks once, at its end.
 *
 * Bytes from outside pass mp_check() first; from then on the cursor cannot run into anything
 * unexpected but a wrong type.
 */

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- writing: each appends one token to the buffer, in its shortest form ---- */

void mp_put_nil(struct buf *b);
void mp_put_bool(struct buf *b, bool value);
void mp_put_int(struct buf *b, int64_t value);
void mp_put_uint(struct buf *b, uint64_t value);
void mp_put_str(struct buf *b, struct str value); /* nil where value.p is NULL */
void mp_put_bin(struct buf *b, struct str value);
void mp_put_array(struct buf *b, uint32_t count);
void mp_put_map(struct buf *b, uint32_t count);
/* Appends bytes that already are one complete token. */
void mp_put_raw(struct buf *b, struct str token);

enum { MP_FIXSTR = 0xa0, MP_FIXSTR_MAX = 31 };

/* Inline, since most are short literals: all of the token is known when compiling. */
static inline void
mp_put_text(struct buf *b, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (!value || len > MP_FIXSTR_MAX) {
		mp_put_str(b, str_of(value));
		return;
	}
	if (b->cap - b->len < 1 + len)
		buf_reserve(b, 1 + len);
	b->data[b->len] = (uint8_t)(MP_FIXSTR | len);
	memcpy(b->data + b->len + 1, value, len);
	b->len += 1 + len;
}

/* ---- reading ---- */

struct mp {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

enum mp_type {
	MP_END, /* nothing left, or failed */
	MP_NIL,
	MP_BOOL,
	MP_INT, /* any integer, signed or not */
	MP_FLOAT,
	MP_STR,
	MP_BIN,
	MP_ARRAY,
	MP_MAP,
	MP_EXT, /* never valid here; skipped or refused */
};

static inline struct mp
mp_of(struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.p;

	/* Nothing at all may be added to NULL, not even nothing. */
	return (struct mp){at, at ? at + bytes.len : at, false};
}

/* The type of the next token, without moving. */
enum mp_type mp_peek(const struct mp *in);

/* If the next token is nil, steps over it and returns true. */
bool mp_get_nil(struct mp *in);
bool mp_get_bool(struct mp *in);
/* Fails on integers outside int64_t. */
int64_t mp_get_int(struct mp *in);
/* Fails on negative integers. */
uint64_t mp_get_uint(struct mp *in);
/* A floating-point token's value. */
double mp_get_float(struct mp *in);
/* A view into the bytes read; an empty text has a pointer, a failed read has none. */
struct str mp_get_str(struct mp *in);
/* As mp_get_str, but nil gives STR_NONE without failing. */
struct str mp_get_str_or_nil(struct mp *in);
struct str mp_get_bin(struct mp *in);
/* The number of elements (of pairs, for a map) that follow. */
uint32_t mp_get_array(struct mp *in);
uint32_t mp_get_map(struct mp *in);
/* Steps over one whole token, whatever it holds, and returns its bytes. */
struct str mp_get_raw(struct mp *in);
/* Looks up a text key in the map that begins at `map`; returns a cursor at the value, or one that
 * is at its end. */
struct mp mp_find(struct mp map, struct str key);

/* ---- checking bytes from outside ---- */

enum mp_problem {
	MP_OK,
	MP_MALFORMED,	  /* a byte that begins no token, an ext, or a key that is not text */
	MP_TRUNCATED,	  /* a length or count that claims more than there is */
	MP_TRAILING,	  /* bytes behind the one token */
	MP_TOO_DEEP,	  /* nesting beyond `max_depth` */
	MP_TOO_MANY,	  /* more tokens than `max_tokens`, or more than 1,024 pairs in a map */
	MP_BAD_UTF8,	  /* a text that is not UTF-8 */
	MP_DUPLICATE_KEY, /* a key twice in one map */
};

/*
 * Checks that the bytes are exactly one well-formed token: bounded, UTF-8 throughout, all map keys
 * text and distinct, nothing behind it. Returns MP_OK or the first problem; `*ret_offset` (may be
 * NULL) is where it is.
 */
enum mp_problem mp_check(struct str bytes, unsigned max_depth, unsigned max_tokens,
			 size_t *ret_offset);
/* "malformed", "truncated", …: the error codes of the protocol. */
const char *mp_problem_name(enum mp_problem problem);
