#include "client/matchctl/text.h"

#include <stdlib.h>
#include <utf8proc.h>

/* The next character, and how many bytes it has; a byte that begins none counts as a space. */
static size_t
next_char(struct str text, size_t at, utf8proc_int32_t *ret)
{
	utf8proc_ssize_t n =
	    utf8proc_iterate((const uint8_t *)text.p + at, (utf8proc_ssize_t)(text.len - at), ret);
	if (n > 0)
		return (size_t)n;
	*ret = ' ';
	return 1;
}

/* C0 and C1 controls, and the marks that reorder or split what stands around them. */
static bool
commands_terminal(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

void
text_put(struct buf *out, struct str text)
{
	size_t n;
	for (size_t at = 0; at < text.len; at += n) {
		utf8proc_int32_t c;
		n = next_char(text, at, &c);
		if (c == ' ' || commands_terminal(c))
			buf_put(out, " ", 1);
		else
			buf_put(out, text.p + at, n);
	}
}

void
text_print(FILE *out, struct str text)
{
	struct buf b = BUF_EMPTY;
	text_put(&b, text);
	fwrite(b.data, 1, b.len, out);
	buf_free(&b);
}

void
text_fold(struct buf *out, struct str text)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n =
	    utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.len, &folded,
			 UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	if (n > 0)
		buf_put(out, folded, (size_t)n);
	free(folded);
}

size_t
text_width(struct str text)
{
	size_t width = 0, n;
	for (size_t at = 0; at < text.len; at += n) {
		utf8proc_int32_t c;
		n = next_char(text, at, &c);
		width += (size_t)utf8proc_charwidth(c);
	}
	return width;
}

void
text_cut(struct buf *out, struct str text, size_t width)
{
	if (text_width(text) <= width) {
		text_put(out, text);
		return;
	}
	size_t n, at = 0, used = 1; /* the ellipsis */
	for (; at < text.len; at += n) {
		utf8proc_int32_t c;
		n = next_char(text, at, &c);
		used += (size_t)utf8proc_charwidth(c);
		if (used > width)
			break;
	}
	text_put(out, (struct str){text.p, (uint32_t)at});
	buf_put(out, "…", strlen("…"));
}
