#include "client/matchctl/value.h"

#include "client/matchctl/language.h"
#include "client/matchctl/text.h"
#include "client/matchctl/times.h"

#include <inttypes.h>

enum { INDENT = 2 };

static void
put_text(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static bool
names_time(const char *key)
{
	static const char *const names[] = {"valid_from", "valid_until", "stamp",
					    "at",	  "created",	 "acked_at"};
	for (size_t i = 0; key && i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

static void
put_int(struct buf *out, const char *key, struct mp value)
{
	char text[TIMES_TEXT];
	int64_t number = mp_get_int(&value);
	if (key && strcmp(key, "acked_at") == 0 && number == 0)
		snprintf(text, sizeof text, "%s", TR("never", "ни разу"));
	else if (names_time(key) && !value.failed)
		times_write(number, text);
	else
		snprintf(text, sizeof text, "%" PRId64, number);
	put_text(out, text);
}

static void
put_bytes(struct buf *out, struct str bytes)
{
	char hex[3];
	for (uint32_t i = 0; i < bytes.len; i++) {
		snprintf(hex, sizeof hex, "%02x", (unsigned char)bytes.p[i]);
		put_text(out, hex);
	}
}

static void
put_array(struct buf *out, const char *between, struct mp value)
{
	uint32_t n = mp_get_array(&value);
	if (n == 0)
		put_text(out, TR("(none)", "(нет)"));
	for (uint32_t i = 0; i < n && !value.failed; i++) {
		if (i > 0)
			put_text(out, between);
		value_put(out, NULL, value);
		mp_get_raw(&value);
	}
}

static bool
has(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) != MP_END;
}

/* "100 … 350", "100 or more", "up to 350"; a single value as such. */
static void
put_interval(struct buf *out, struct mp map)
{
	struct mp low = mp_find(map, STR("from")), high = mp_find(map, STR("to"));
	if (str_eq(mp_get_raw(&low), mp_get_raw(&high))) {
		value_put_key(out, map, "from");
		return;
	}
	bool from = has(map, "from"), to = has(map, "to");
	if (from)
		value_put_key(out, map, "from");
	put_text(out, from ? (to ? " … " : TR(" or more", " и больше")) : TR("up to ", "до "));
	if (to)
		value_put_key(out, map, "to");
}

/* "55.7522, 37.6156 within 80 km"; without a radius just the point. */
static void
put_place(struct buf *out, struct mp map)
{
	const char *const radius[][2] = {{"radius_km", TR(" km", " км")},
					 {"radius_m", TR(" m", " м")}};
	value_put_key(out, map, "lat");
	put_text(out, ", ");
	value_put_key(out, map, "lon");
	for (size_t i = 0; i < 2; i++)
		if (has(map, radius[i][0])) {
			put_text(out, TR(" within ", " в радиусе "));
			value_put_key(out, map, radius[i][0]);
			put_text(out, radius[i][1]);
		}
}

/* The keys that put_map words itself. */
static bool
worded(struct str key)
{
	static const char *const names[] = {"from",	"to",  "value", "any_of",    "unit",
					    "currency", "lat", "lon",	"radius_km", "radius_m"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(key, str_of(names[i])))
			return true;
	return false;
}

/* A statement's main value first, its unit behind it, then whatever else it says. */
static void
put_map(struct buf *out, struct mp map)
{
	static const char *const main_keys[] = {"value", "any_of"};
	static const char *const units[] = {"unit", "currency"};
	size_t start = out->len;
	if (has(map, "from") || has(map, "to"))
		put_interval(out, map);
	if (has(map, "lat") && has(map, "lon"))
		put_place(out, map);
	for (size_t i = 0; i < 2; i++)
		value_put_key(out, map, main_keys[i]);
	for (size_t i = 0; i < 2; i++)
		if (has(map, units[i])) {
			put_text(out, " ");
			value_put_key(out, map, units[i]);
		}

	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n && !map.failed; i++) {
		struct str key = mp_get_str(&map);
		struct mp value = map;
		mp_get_raw(&map);
		if (worded(key))
			continue;
		if (out->len > start)
			put_text(out, "; ");
		text_put(out, key);
		put_text(out, ": ");
		value_put(out, NULL, value);
	}
}

void
value_put(struct buf *out, const char *key, struct mp value)
{
	switch (mp_peek(&value)) {
	case MP_NIL:
		put_text(out, "-");
		break;
	case MP_BOOL:
		put_text(out, mp_get_bool(&value) ? TR("yes", "да") : TR("no", "нет"));
		break;
	case MP_INT:
		put_int(out, key, value);
		break;
	case MP_STR:
		text_put(out, mp_get_str(&value));
		break;
	case MP_BIN:
		put_bytes(out, mp_get_bin(&value));
		break;
	case MP_ARRAY:
		put_array(out, key && strcmp(key, "lost") == 0 ? " … " : ", ", value);
		break;
	case MP_MAP:
		put_map(out, value);
		break;
	case MP_FLOAT:
	case MP_EXT:
	case MP_END:
		break;
	}
}

void
value_put_key(struct buf *out, struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	value_put(out, key, at);
}

/* ---- records ---- */

static size_t
key_width(struct mp map)
{
	size_t widest = 0;
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n && !map.failed; i++) {
		size_t width = text_width(mp_get_str(&map));
		mp_get_raw(&map);
		if (width > widest)
			widest = width;
	}
	return widest;
}

static void print_record(FILE *out, struct mp map, int indent);

/* Whether the value is a map whose entries deserve a line each: the statements of a listing. */
static bool
spreads(const char *key, struct mp value)
{
	static const char *const names[] = {"fields", "exchange", "need", "offer", "values"};
	if (mp_peek(&value) != MP_MAP)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return has(value, "type") || has(value, "title");
}

/* Variants are a list of maps: numbered. */
static void
print_numbered(FILE *out, struct mp list, int indent)
{
	uint32_t n = mp_get_array(&list);
	for (uint32_t i = 0; i < n && !list.failed; i++) {
		fprintf(out, "%*s%u\n", indent, "", i);
		print_record(out, list, indent + INDENT);
		mp_get_raw(&list);
	}
}

static void
print_line(FILE *out, struct str key, struct mp value, size_t width, int indent)
{
	char name[80];
	snprintf(name, sizeof name, "%.*s", STR_FMT(key));
	fprintf(out, "%*s", indent, "");
	text_print(out, key);
	if (spreads(name, value)) {
		fputc('\n', out);
		print_record(out, value, indent + INDENT);
		return;
	}
	struct mp first = value;
	if (mp_peek(&first) == MP_ARRAY && mp_get_array(&first) > 0 && mp_peek(&first) == MP_MAP) {
		fputc('\n', out);
		print_numbered(out, value, indent + INDENT);
		return;
	}
	struct buf text = BUF_EMPTY;
	value_put(&text, name, value);
	fprintf(out, "%*s%.*s\n", (int)(width - text_width(key) + 2), "", STR_FMT(buf_str(&text)));
	buf_free(&text);
}

static void
print_record(FILE *out, struct mp map, int indent)
{
	size_t width = key_width(map);
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n && !map.failed; i++) {
		struct str key = mp_get_str(&map);
		struct mp value = map;
		mp_get_raw(&map);
		print_line(out, key, value, width, indent);
	}
}

void
value_print_record(FILE *out, struct mp map)
{
	print_record(out, map, 0);
}
