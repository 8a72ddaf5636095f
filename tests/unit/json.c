#include "json.h"

#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
skip_spaces(const char **at)
{
	while (**at == ' ' || **at == '\n' || **at == '\t')
		(*at)++;
}

static void
put_float(struct buf *out, double value)
{
	uint8_t bytes[9] = {0xcb};
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	for (int i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(bits >> (56 - 8 * i));
	buf_put(out, bytes, sizeof bytes);
}

static void
text_to_mp(const char **at, struct buf *out)
{
	struct buf text = BUF_EMPTY;
	for ((*at)++; **at != '"'; (*at)++) {
		assert_true(**at);
		if (**at == '\\')
			(*at)++;
		buf_put(&text, *at, 1);
	}
	(*at)++;
	mp_put_str(out, text.len ? buf_str(&text) : STR(""));
	buf_free(&text);
}

static void
number_to_mp(const char **at, struct buf *out)
{
	char *end;
	double value = strtod(*at, &end);
	if (memchr(*at, '.', (size_t)(end - *at)) || **at == 'N' || **at == 'I')
		put_float(out, value);
	else if (**at == '-')
		mp_put_int(out, strtoll(*at, &end, 10));
	else
		mp_put_uint(out, strtoull(*at, &end, 10));
	assert_true(end > *at);
	*at = end;
}

static void value_to_mp(const char **at, struct buf *out);

/* A list, or a map, whose count is only known at its end. */
static void
list_to_mp(const char **at, struct buf *out)
{
	bool map = **at == '{';
	struct buf elements = BUF_EMPTY;
	uint32_t n = 0;
	for ((*at)++;; n++) {
		skip_spaces(at);
		if (**at == ']' || **at == '}')
			break;
		value_to_mp(at, &elements);
		skip_spaces(at);
		if (map) {
			assert_int_equal(**at, ':');
			(*at)++;
			value_to_mp(at, &elements);
			skip_spaces(at);
		}
		if (**at == ',')
			(*at)++;
	}
	(*at)++;
	if (map)
		mp_put_map(out, n);
	else
		mp_put_array(out, n);
	mp_put_raw(out, buf_str(&elements));
	buf_free(&elements);
}

static bool
take_word(const char **at, const char *word)
{
	if (strncmp(*at, word, strlen(word)) != 0)
		return false;
	*at += strlen(word);
	return true;
}

static void
value_to_mp(const char **at, struct buf *out)
{
	skip_spaces(at);
	if (**at == '{' || **at == '[')
		list_to_mp(at, out);
	else if (**at == '"')
		text_to_mp(at, out);
	else if (take_word(at, "null"))
		mp_put_nil(out);
	else if (take_word(at, "true"))
		mp_put_bool(out, true);
	else if (take_word(at, "false"))
		mp_put_bool(out, false);
	else
		number_to_mp(at, out);
}

void
json_to_mp(const char *json, struct buf *out)
{
	value_to_mp(&json, out);
	skip_spaces(&json);
	assert_int_equal(*json, '\0');
}

static void
put_text(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static void
value_to_json(struct mp *in, struct buf *out)
{
	char number[32];
	enum mp_type type = mp_peek(in);
	switch (type) {
	case MP_NIL:
		mp_get_nil(in);
		put_text(out, "null");
		break;
	case MP_BOOL:
		put_text(out, mp_get_bool(in) ? "true" : "false");
		break;
	case MP_INT:
		snprintf(number, sizeof number, "%lld", (long long)mp_get_int(in));
		put_text(out, number);
		break;
	case MP_STR: {
		struct str text = mp_get_str(in);
		put_text(out, "\"");
		buf_put(out, text.p, text.len);
		put_text(out, "\"");
		break;
	}
	case MP_ARRAY:
	case MP_MAP: {
		uint32_t n = type == MP_MAP ? mp_get_map(in) : mp_get_array(in);
		put_text(out, type == MP_MAP ? "{" : "[");
		for (uint32_t i = 0; i < n; i++) {
			if (i > 0)
				put_text(out, ",");
			value_to_json(in, out);
			if (type == MP_MAP) {
				put_text(out, ":");
				value_to_json(in, out);
			}
		}
		put_text(out, type == MP_MAP ? "}" : "]");
		break;
	}
	default:
		fail_msg("no JSON for token type %d", type);
	}
}

const char *
mp_to_json(struct str token, struct buf *out)
{
	struct mp in = mp_of(token);
	buf_clear(out);
	value_to_json(&in, out);
	assert_false(in.failed);
	assert_ptr_equal(in.at, in.end);
	buf_put(out, "", 1);
	return (const char *)out->data;
}
