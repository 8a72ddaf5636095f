#include "client/matchctl/yaml_write.h"

#include "client/matchctl/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <utf8proc.h>

enum { COMMENT_WIDTH = 90, INDENT = 2 };

static void
put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static void
put_blanks(struct buf *out, unsigned n)
{
	while (n-- > 0)
		put(out, " ");
}

/* ---- texts ---- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Words that plain YAML takes for something else, here or in other readers. */
static bool
means_something(struct str text)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (text.len == strlen(words[i]) && strncasecmp(text.p, words[i], text.len) == 0)
			return true;
	return false;
}

/* "19.99": with a point it stays a text, which is how decimals travel. */
static bool
is_decimal(struct str text)
{
	uint32_t points = 0, start = text.len > 1 && *text.p == '-';
	for (uint32_t i = start; i < text.len; i++) {
		points += text.p[i] == '.';
		if (!is_digit(text.p[i]) && text.p[i] != '.')
			return false;
	}
	return points == 1 && is_digit(text.p[start]) && is_digit(text.p[text.len - 1]);
}

/* What prints as itself: no control, mark of order, or blank other than the usual one. */
static bool
is_plain(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	case UTF8PROC_CATEGORY_ZS:
		return c == ' ';
	default:
		return true;
	}
}

static bool
all_plain(struct str text)
{
	utf8proc_ssize_t n;
	for (uint32_t at = 0; at < text.len; at += (uint32_t)n) {
		utf8proc_int32_t c;
		n = utf8proc_iterate((const utf8proc_uint8_t *)text.p + at,
				     (utf8proc_ssize_t)(text.len - at), &c);
		if (n <= 0 || (c != '\n' && !is_plain(c)))
			return false;
	}
	return true;
}

/* Letters of any script, digits, and what stands within words; one blank at a time between them. */
static bool
is_bare(struct str text)
{
	if (text.len == 0 || means_something(text) || text.len > 60)
		return false;
	if (is_decimal(text))
		return true;
	if (!is_letter(*text.p) && !(*text.p & 0x80))
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		bool blank = c == ' ' && i + 1 < text.len && text.p[i + 1] != ' ';
		if (!is_letter(c) && !is_digit(c) && !(c & 0x80) && !blank && !strchr("._-/", c))
			return false;
	}
	return all_plain(text);
}

/* Everything that is no ordinary character as an escape. */
static void
put_quoted(struct buf *out, struct str text)
{
	utf8proc_ssize_t n;
	put(out, "\"");
	for (uint32_t at = 0; at < text.len; at += (uint32_t)n) {
		utf8proc_int32_t c;
		char escape[16];
		n = utf8proc_iterate((const utf8proc_uint8_t *)text.p + at,
				     (utf8proc_ssize_t)(text.len - at), &c);
		bool bad = n <= 0;
		if (bad)
			n = 1;
		if (bad)
			put(out, " ");
		else if (c == '"' || c == '\\')
			buf_put(out, (char[]){'\\', (char)c}, 2);
		else if (c == '\n')
			put(out, "\\n");
		else if (is_plain(c))
			buf_put(out, text.p + at, (size_t)n);
		else {
			snprintf(escape, sizeof escape, "\\U%08x", (unsigned)c);
			put(out, escape);
		}
	}
	put(out, "\"");
}

void
yaml_put_text(struct buf *out, struct str text)
{
	if (is_bare(text)) {
		buf_put(out, text.p, text.len);
		return;
	}
	put_quoted(out, text);
}

/* A block keeps lines as they are, if the first has something in it and begins without blanks,
 * which would change the indentation, and it ends with one newline at most. */
static bool
fits_block(struct str text)
{
	if (text.len < 3 || !memchr(text.p, '\n', text.len - 1) || !all_plain(text))
		return false;
	bool ends_empty = text.p[text.len - 1] == '\n' && text.p[text.len - 2] == '\n';
	return *text.p != ' ' && *text.p != '\n' && !ends_empty;
}

static void
put_block(struct buf *out, unsigned indent, struct str text)
{
	bool ends = text.p[text.len - 1] == '\n';
	put(out, ends ? "|\n" : "|-\n");
	for (uint32_t at = 0; at < text.len;) {
		const char *newline = memchr(text.p + at, '\n', text.len - at);
		uint32_t n = newline ? (uint32_t)(newline - text.p) - at : text.len - at;
		if (n > 0)
			put_blanks(out, indent + INDENT);
		buf_put(out, text.p + at, n);
		put(out, "\n");
		at += n + 1;
	}
}

/* ---- values ---- */

static void
put_map(struct buf *out, struct mp map)
{
	uint32_t n = mp_get_map(&map);
	put(out, "{");
	for (uint32_t i = 0; i < n; i++) {
		put(out, i > 0 ? ", " : "");
		yaml_put_text(out, mp_get_str(&map));
		put(out, ": ");
		yaml_put_inline(out, map);
		mp_get_raw(&map);
	}
	put(out, "}");
}

static void
put_array(struct buf *out, struct mp array)
{
	uint32_t n = mp_get_array(&array);
	put(out, "[");
	for (uint32_t i = 0; i < n; i++) {
		put(out, i > 0 ? ", " : "");
		yaml_put_inline(out, array);
		mp_get_raw(&array);
	}
	put(out, "]");
}

void
yaml_put_inline(struct buf *out, struct mp value)
{
	char number[24];
	switch (mp_peek(&value)) {
	case MP_BOOL:
		put(out, mp_get_bool(&value) ? "true" : "false");
		break;
	case MP_INT:
		snprintf(number, sizeof number, "%" PRId64, mp_get_int(&value));
		put(out, number);
		break;
	case MP_STR:
		yaml_put_text(out, mp_get_str(&value));
		break;
	case MP_ARRAY:
		put_array(out, value);
		break;
	case MP_MAP:
		put_map(out, value);
		break;
	case MP_NIL:
	case MP_FLOAT:
	case MP_BIN:
	case MP_EXT:
	case MP_END:
		put(out, "null");
		break;
	}
}

void
yaml_put_pair(struct buf *out, unsigned indent, struct str name, struct mp value)
{
	struct mp again = value;
	put_blanks(out, indent);
	yaml_put_text(out, name);
	put(out, ": ");
	if (mp_peek(&value) == MP_STR && fits_block(mp_get_str(&again))) {
		put_block(out, indent, mp_get_str(&value));
		return;
	}
	yaml_put_inline(out, value);
	put(out, "\n");
}

/* ---- comments ---- */

void
yaml_put_comment(struct buf *out, unsigned indent, struct str text)
{
	struct buf safe = BUF_EMPTY;
	text_put(&safe, text);
	struct str rest = buf_str(&safe);
	size_t column = 0;
	while (rest.len > 0) {
		const char *blank = memchr(rest.p, ' ', rest.len);
		struct str word = {rest.p, blank ? (uint32_t)(blank - rest.p) : rest.len};
		size_t width = text_width(word);
		rest.p += word.len + (blank != NULL);
		rest.len -= word.len + (blank != NULL);
		if (word.len == 0)
			continue;
		if (column == 0 || column + 1 + width > COMMENT_WIDTH) {
			put(out, column > 0 ? "\n" : "");
			put_blanks(out, indent);
			put(out, "#");
			column = indent + 1;
		}
		put(out, " ");
		buf_put(out, word.p, word.len);
		column += 1 + width;
	}
	if (column > 0)
		put(out, "\n");
	buf_free(&safe);
}
