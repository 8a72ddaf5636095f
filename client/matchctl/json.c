#include "client/matchctl/json.h"

#include "client/matchctl/decimal.h"
#include "client/matchctl/language.h"
#include "proto/proto.h"

#include <inttypes.h>
#include <stdlib.h>

static int
put_real(double value, struct buf *out, char why[JSON_WHY])
{
	char text[DECIMAL_TEXT];
	if (decimal_write(value, text)) {
		mp_put_text(out, text);
		return 0;
	}
	snprintf(why, JSON_WHY,
		 TR("the number %g cannot be written as a plain decimal",
		    "число %g нельзя записать обычной десятичной дробью"),
		 value);
	return 1;
}

static int put_value(const json_t *value, struct buf *out, unsigned depth, char why[JSON_WHY]);

static int
put_object(const json_t *object, struct buf *out, unsigned depth, char why[JSON_WHY])
{
	const char *key;
	json_t *value;
	mp_put_map(out, (uint32_t)json_object_size(object));
	json_object_foreach((json_t *)object, key, value)
	{
		mp_put_text(out, key);
		if (put_value(value, out, depth, why))
			return 1;
	}
	return 0;
}

static int
put_array(const json_t *array, struct buf *out, unsigned depth, char why[JSON_WHY])
{
	mp_put_array(out, (uint32_t)json_array_size(array));
	for (size_t i = 0; i < json_array_size(array); i++)
		if (put_value(json_array_get(array, i), out, depth, why))
			return 1;
	return 0;
}

static int
put_value(const json_t *value, struct buf *out, unsigned depth, char why[JSON_WHY])
{
	bool nests = json_is_object(value) || json_is_array(value);
	if (nests && depth == 0) {
		snprintf(why, JSON_WHY, TR("nested deeper than %d", "вложенность глубже %d"),
			 PROTO_MAX_DEPTH);
		return 1;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_object(value, out, depth - 1, why);
	case JSON_ARRAY:
		return put_array(value, out, depth - 1, why);
	case JSON_STRING:
		mp_put_str(out, (struct str){json_string_value(value),
					     (uint32_t)json_string_length(value)});
		return 0;
	case JSON_INTEGER:
		mp_put_int(out, json_integer_value(value));
		return 0;
	case JSON_REAL:
		return put_real(json_real_value(value), out, why);
	case JSON_TRUE:
	case JSON_FALSE:
		mp_put_bool(out, json_is_true(value));
		return 0;
	case JSON_NULL:
		mp_put_nil(out);
		return 0;
	}
	return 0;
}

int
json_to_mp(const json_t *value, struct buf *out, char why[JSON_WHY])
{
	return put_value(value, out, PROTO_MAX_DEPTH, why);
}

int
json_text_to_mp(struct str text, struct buf *out, char why[JSON_WHY])
{
	json_error_t error;
	json_t *value =
	    json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value) {
		snprintf(why, JSON_WHY, "%s", error.text);
		return 1;
	}
	int rc = json_to_mp(value, out, why);
	json_decref(value);
	return rc;
}

/* ---- back ---- */

static json_t *
from_int(struct mp value)
{
	struct mp again = value;
	int64_t number = mp_get_int(&value);
	if (!value.failed)
		return json_integer(number);
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, mp_get_uint(&again));
	return json_string(text);
}

static json_t *
from_bytes(struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	struct buf hex = BUF_EMPTY;
	for (uint32_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		buf_put(&hex, &digits[c >> 4], 1);
		buf_put(&hex, &digits[c & 15], 1);
	}
	json_t *text = json_stringn(hex.data ? (const char *)hex.data : "", hex.len);
	buf_free(&hex);
	return text;
}

static json_t *
from_array(struct mp value)
{
	json_t *array = json_array();
	uint32_t n = mp_get_array(&value);
	for (uint32_t i = 0; i < n; i++) {
		json_array_append_new(array, json_from_mp(value));
		mp_get_raw(&value);
	}
	return array;
}

static json_t *
from_map(struct mp value)
{
	json_t *object = json_object();
	uint32_t n = mp_get_map(&value);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&value);
		char *name = strndup(key.p, key.len);
		json_object_set_new(object, name ? name : "", json_from_mp(value));
		free(name);
		mp_get_raw(&value);
	}
	return object;
}

json_t *
json_from_mp(struct mp value)
{
	struct str text;
	switch (mp_peek(&value)) {
	case MP_BOOL:
		return json_boolean(mp_get_bool(&value));
	case MP_INT:
		return from_int(value);
	case MP_FLOAT:
		return json_real(mp_get_float(&value));
	case MP_STR:
		text = mp_get_str(&value);
		return json_stringn(text.p, text.len);
	case MP_BIN:
		return from_bytes(mp_get_bin(&value));
	case MP_ARRAY:
		return from_array(value);
	case MP_MAP:
		return from_map(value);
	case MP_NIL:
	case MP_EXT:
	case MP_END:
		return json_null();
	}
	return json_null();
}

void
json_print_line(FILE *out, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	fprintf(out, "%s\n", text ? text : "{}");
	free(text);
	json_decref(object);
}
