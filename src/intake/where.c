#include "intake/where.h"

#include <stdarg.h>
#include <stdio.h>
#include <utf8proc.h>

/* Appends as many whole characters as fit into `size` bytes with a final zero. */
static void
append(char *text, size_t size, struct str more)
{
	size_t len = strlen(text);
	for (uint32_t i = 0; i < more.len;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate((const uint8_t *)more.p + i,
						      (utf8proc_ssize_t)(more.len - i), &c);
		bool plain = n > 0 && utf8proc_category(c) != UTF8PROC_CATEGORY_CC;
		size_t take = plain ? (size_t)n : 1;
		if (len + take >= size)
			break;
		memcpy(text + len, plain ? more.p + i : "?", take);
		len += take;
		i += n > 0 ? (uint32_t)n : 1;
	}
	text[len] = '\0';
}

static void
write_out(const struct where *at, char *text, size_t size)
{
	if (!at)
		return;
	write_out(at->up, text, size);
	if (at->name.p) {
		if (*text)
			append(text, size, STR("."));
		append(text, size, at->name);
	} else {
		char index[16];
		snprintf(index, sizeof index, "[%u]", at->index);
		append(text, size, str_of(index));
	}
}

int
refuse_at(struct refusal *r, const struct where *at, const char *code, const char *expected,
	  const char *message, ...)
{
	char field[REFUSAL_FIELD] = "", text[REFUSAL_TEXT];
	va_list args;
	write_out(at, field, sizeof field);
	va_start(args, message);
	vsnprintf(text, sizeof text, message, args);
	va_end(args);
	return refuse(r, code, field, expected, "%s", text);
}

const char *
quote(struct str text, char quoted[QUOTE])
{
	*quoted = '\0';
	append(quoted, QUOTE, text);
	return quoted;
}
