#pragma once

/* A growing run of bytes, and a view of bytes that somebody else owns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Text or bytes owned elsewhere; not zero-terminated. `p` is NULL for "not there". */
struct str {
	const char *p;
	uint32_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE     ((struct str){NULL, 0})
/* For printf("%.*s"). */
#define STR_FMT(s) (int)(s).len, (s).p

static inline struct str
str_of(const char *text)
{
	return (struct str){text, text ? (uint32_t)strlen(text) : 0};
}

/* Byte order, shorter first among equals: the order in which canonical records list things. */
static inline int
str_cmp(struct str a, struct str b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Whether the text is this word: told by its first byte, mostly. */
static inline bool
str_is(struct str text, const char *word)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (word[i] == '\0' || word[i] != text.p[i])
			return false;
	return word[text.len] == '\0';
}

/* The place of a word in a NULL-terminated list, or -1. */
static inline int
str_place(struct str word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (str_is(word, words[i]))
			return i;
	return -1;
}

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

#define BUF_EMPTY ((struct buf){NULL, 0, 0})

/* Makes room for `len` more bytes behind the contents. */
void buf_reserve(struct buf *b, size_t len);

static inline void
buf_put(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (b->cap - b->len < len)
		buf_reserve(b, len);
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

/* Forgets the contents, keeps the memory. */
void buf_clear(struct buf *b);
/* Leaves an empty buffer behind. */
void buf_free(struct buf *b);

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){(const char *)b->data, (uint32_t)b->len};
}
