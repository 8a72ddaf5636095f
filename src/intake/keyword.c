#include "intake/keyword.h"

#include "util/mem.h"

#include <utf8proc.h>

enum {
	/* Longer ones could only fold to something too long: no text gets shorter than a quarter.
	 */
	WRITTEN_MAX = 4 * MAX_KEYWORD,
	/* a character decomposes into at most four */
	POINTS_MAX = 4 * WRITTEN_MAX,
};

static bool
is_space(utf8proc_int32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	utf8proc_category_t category = utf8proc_category(c);
	return c == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

static bool
is_control(utf8proc_int32_t c)
{
	if (c < 0x80)
		return c < ' ' || c == 0x7f;
	utf8proc_category_t category = utf8proc_category(c);
	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

/* Steps over one character; 0 at the end of what is UTF-8. */
static uint32_t
step(struct str s, uint32_t at, utf8proc_int32_t *ret_c)
{
	if (at == s.len)
		return 0;
	if ((uint8_t)s.p[at] < 0x80) {
		*ret_c = s.p[at];
		return 1;
	}
	utf8proc_ssize_t n =
	    utf8proc_iterate((const uint8_t *)s.p + at, (utf8proc_ssize_t)(s.len - at), ret_c);
	return n > 0 ? (uint32_t)n : 0;
}

/* Finds the part between leading and trailing spaces and checks it. */
static enum text_problem
trim(struct str written, struct str *ret)
{
	uint32_t begin = written.len, end = 0, n;
	utf8proc_int32_t c;
	bool control = false, control_seen = false;
	for (uint32_t at = 0; at < written.len; at += n) {
		n = step(written, at, &c);
		if (n == 0)
			return TEXT_BAD_UTF8;
		if (is_control(c) && begin < written.len)
			control_seen = true; /* inside, should anything follow */
		if (is_space(c))
			continue;
		if (is_control(c))
			control = true;
		if (begin == written.len)
			begin = at;
		end = at + n;
		control |= control_seen;
	}
	if (begin == written.len)
		return TEXT_BLANK;
	*ret = (struct str){written.p + begin, end - begin};
	return control ? TEXT_CONTROL : TEXT_OK;
}

/* Rewrites the text in `bytes`, which has room for POINTS_MAX code points. */
static enum text_problem
normalise(struct str text, utf8proc_int32_t *points, utf8proc_option_t options, struct str *ret)
{
	utf8proc_ssize_t n = utf8proc_decompose((const uint8_t *)text.p, (utf8proc_ssize_t)text.len,
						points, POINTS_MAX, options);
	if (n > POINTS_MAX)
		return TEXT_TOO_LONG;
	if (n >= 0)
		n = utf8proc_reencode(points, n, options);
	if (n < 0)
		return TEXT_BAD_UTF8;
	*ret = (struct str){(const char *)points, (uint32_t)n};
	return TEXT_OK;
}

static enum text_problem
fold_unicode(struct str text, char folded[MAX_KEYWORD], uint32_t *ret_len)
{
	/* one more for the zero that utf8proc_reencode puts behind */
	utf8proc_int32_t first[POINTS_MAX + 1], second[POINTS_MAX + 1];
	utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	struct str composed, result;
	enum text_problem problem = normalise(text, first, nfc, &composed);
	if (!problem && composed.len > WRITTEN_MAX)
		problem = TEXT_TOO_LONG;
	if (!problem)
		problem = normalise(composed, second, nfc | UTF8PROC_CASEFOLD, &result);
	if (!problem && result.len > MAX_KEYWORD)
		problem = TEXT_TOO_LONG;
	if (problem)
		return problem;
	memcpy(folded, result.p, result.len);
	*ret_len = result.len;
	return TEXT_OK;
}

enum text_problem
keyword_fold(struct str written, char folded[MAX_KEYWORD], uint32_t *ret_len)
{
	struct str text;
	enum text_problem problem = trim(written, &text);
	if (problem)
		return problem;
	if (text.len > WRITTEN_MAX)
		return TEXT_TOO_LONG;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		if (c & 0x80)
			return fold_unicode(text, folded, ret_len);
		if (i < MAX_KEYWORD)
			folded[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	*ret_len = text.len;
	return text.len <= MAX_KEYWORD ? TEXT_OK : TEXT_TOO_LONG;
}

enum text_problem
text_check(struct str text, uint32_t max, bool lines)
{
	utf8proc_int32_t c;
	uint32_t n;
	bool blank = true;
	if (text.len > max)
		return TEXT_TOO_LONG;
	for (uint32_t at = 0; at < text.len; at += n) {
		n = step(text, at, &c);
		if (n == 0)
			return TEXT_BAD_UTF8;
		bool line = c == '\t' || c == '\n' || c == '\r';
		if (is_control(c) && !(lines && line))
			return TEXT_CONTROL;
		blank = blank && is_space(c);
	}
	return blank && !lines ? TEXT_BLANK : TEXT_OK;
}

const char *
text_problem_name(enum text_problem problem)
{
	static const char *const name[] = {
	    [TEXT_OK] = "is right",
	    [TEXT_BAD_UTF8] = "is not UTF-8",
	    [TEXT_CONTROL] = "holds a control character",
	    [TEXT_BLANK] = "is empty",
	    [TEXT_TOO_LONG] = "is too long",
	};
	return name[problem];
}
