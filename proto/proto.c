#include "proto/proto.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const type_names[] = {
    [PROTO_TEXT] = "text", [PROTO_INT] = "an integer", [PROTO_BOOL] = "true or false",
    [PROTO_MAP] = "a map", [PROTO_ARRAY] = "an array", [PROTO_BIN] = "bytes",
};

static const enum mp_type wire_types[] = {
    [PROTO_TEXT] = MP_STR, [PROTO_INT] = MP_INT,     [PROTO_BOOL] = MP_BOOL,
    [PROTO_MAP] = MP_MAP,  [PROTO_ARRAY] = MP_ARRAY, [PROTO_BIN] = MP_BIN,
};

const struct proto_message *
proto_find(struct str name)
{
	for (const struct proto_message *m = proto_messages; m->name; m++)
		if (str_is(name, m->name))
			return m;
	return NULL;
}

static int
arg_index(const struct proto_message *m, struct str name)
{
	for (int i = 0; m->args[i].name; i++)
		if (str_is(name, m->args[i].name))
			return i;
	return -1;
}

const struct proto_value *
proto_arg(const struct proto_request *r, const char *name)
{
	int i = arg_index(r->message, str_of(name));
	assert(i >= 0 && i < PROTO_MAX_ARGS);
	return &r->args[i];
}

/* ---- refusing ---- */

/* Formats into a bounded text; what does not fit is cut off between two characters, for an error
 * goes out as UTF-8 itself. */
static void __attribute__((format(printf, 3, 0)))
format(char *to, size_t size, const char *text, va_list args)
{
	int n = vsnprintf(to, size, text, args);
	if (n < 0 || (size_t)n < size)
		return;
	size_t end = size - 1;
	size_t start = end;
	while (start > 0 && ((unsigned char)to[start - 1] & 0xc0) == 0x80)
		start--;
	/* The last character begins at start - 1 and is whole only if it is one byte long. */
	if (start > 0 && (unsigned char)to[start - 1] >= 0xc0)
		end = start - 1;
	to[end] = '\0';
}

static void __attribute__((format(printf, 3, 4))) set(char *to, size_t size, const char *text, ...)
{
	va_list args;
	va_start(args, text);
	format(to, size, text, args);
	va_end(args);
}

/* Fills in everything but `expected`; returns 1, so that a check can return it. */
static int __attribute__((format(printf, 4, 5)))
refuse(struct proto_error *e, const char *code, struct str field, const char *message, ...)
{
	va_list args;
	va_start(args, message);
	*e = (struct proto_error){.code = code};
	set(e->field, sizeof e->field, "%.*s", STR_FMT(field));
	format(e->message, sizeof e->message, message, args);
	va_end(args);
	return 1;
}

/* ---- one argument ---- */

static int
bad_type(struct proto_error *e, const struct proto_field *f)
{
	refuse(e, "bad_type", str_of(f->name), "%s has the wrong type", f->name);
	set(e->expected, sizeof e->expected, "%s%s", type_names[f->type],
	    f->flags & PROTO_NULLABLE ? ", or null" : "");
	return 1;
}

static int
read_text(const struct proto_field *f, struct mp in, struct proto_value *ret, struct proto_error *e)
{
	ret->text = f->type == PROTO_BIN ? mp_get_bin(&in) : mp_get_str(&in);
	bool above = f->max > 0 && ret->text.len > f->max;
	if (!above && ret->text.len >= f->min)
		return 0;
	refuse(e, above ? "too_large" : "bad_value", str_of(f->name), "%s has %" PRIu32 " bytes",
	       f->name, ret->text.len);
	set(e->expected, sizeof e->expected, "%" PRId64 " to %" PRId64 " bytes", f->min, f->max);
	return 1;
}

static int
read_int(const struct proto_field *f, struct mp in, struct proto_value *ret, struct proto_error *e)
{
	ret->number = mp_get_int(&in);
	/* What an int64_t cannot hold is a positive number far beyond any limit. */
	bool above = in.failed || ret->number > f->max;
	if (!above && ret->number >= f->min)
		return 0;
	refuse(e, above ? "too_large" : "bad_value", str_of(f->name), "%s is outside its range",
	       f->name);
	set(e->expected, sizeof e->expected, "%" PRId64 " to %" PRId64, f->min, f->max);
	return 1;
}

static int
check_count(const struct proto_field *f, struct mp in, struct proto_error *e)
{
	uint32_t n = f->type == PROTO_MAP ? mp_get_map(&in) : mp_get_array(&in);
	if (f->max == 0 || n <= f->max)
		return 0;
	refuse(e, "too_many_values", str_of(f->name), "%s has %" PRIu32 " entries", f->name, n);
	set(e->expected, sizeof e->expected, "at most %" PRId64, f->max);
	return 1;
}

static int
read_value(const struct proto_field *f, struct mp in, struct proto_value *ret,
	   struct proto_error *e)
{
	*ret = (struct proto_value){.present = true, .raw = in};
	enum mp_type type = mp_peek(&in);
	if (type == MP_NIL && (f->flags & PROTO_NULLABLE)) {
		ret->nil = true;
		return 0;
	}
	if (type != wire_types[f->type])
		return bad_type(e, f);
	switch (f->type) {
	case PROTO_TEXT:
	case PROTO_BIN:
		return read_text(f, in, ret, e);
	case PROTO_INT:
		return read_int(f, in, ret, e);
	case PROTO_BOOL:
		ret->number = mp_get_bool(&in);
		return 0;
	case PROTO_MAP:
	case PROTO_ARRAY:
		return check_count(f, in, e);
	}
	return 0;
}

/* ---- the whole request ---- */

static int
check_bytes(struct str bytes, struct proto_error *e)
{
	if (bytes.len > PROTO_MAX_REQUEST) {
		refuse(e, "too_large", STR_NONE, "the request has %" PRIu32 " bytes", bytes.len);
		set(e->expected, sizeof e->expected, "at most %d bytes", PROTO_MAX_REQUEST);
		return 1;
	}
	size_t offset;
	enum mp_problem problem = mp_check(bytes, PROTO_MAX_DEPTH, PROTO_MAX_TOKENS, &offset);
	if (problem != MP_OK)
		return refuse(e, mp_problem_name(problem), STR_NONE,
			      "the request cannot be read from byte %zu on", offset);
	struct mp in = mp_of(bytes);
	if (mp_peek(&in) == MP_MAP)
		return 0;
	refuse(e, "bad_type", STR_NONE, "the request is not a map");
	set(e->expected, sizeof e->expected, "a map with v, id, cmd and the arguments");
	return 1;
}

enum envelope_key { KEY_V, KEY_ID, KEY_CMD, KEY_CLIENT, KEY_KEY, ENVELOPE_KEYS };

static const char *const envelope_names[] = {"v", "id", "cmd", "client", "key", NULL};

/* What a request says beside its message's own arguments: each value, MP_END where there is none. */
struct envelope {
	struct mp at[ENVELOPE_KEYS];
};

static int
envelope_key(struct str name)
{
	for (int i = 0; i < ENVELOPE_KEYS; i++)
		if (str_is(name, envelope_names[i]))
			return i;
	return -1;
}

static void
open_envelope(struct mp map, struct envelope *ret)
{
	*ret = (struct envelope){0};
	for (uint32_t n = mp_get_map(&map); n > 0; n--) {
		int key = envelope_key(mp_get_str(&map));
		if (key >= 0)
			ret->at[key] = map;
		mp_get_raw(&map);
	}
}

/* Takes a value of the envelope that must be there and checks its type. */
static int
take(const struct envelope *all, enum envelope_key key, enum mp_type type, struct mp *ret,
     struct proto_error *e)
{
	const char *name = envelope_names[key];
	*ret = all->at[key];
	enum mp_type found = mp_peek(ret);
	if (found == type)
		return 0;
	if (found == MP_END)
		return refuse(e, "missing_field", str_of(name), "%s is not there", name);
	refuse(e, "bad_type", str_of(name), "%s has the wrong type", name);
	set(e->expected, sizeof e->expected, "%s", type == MP_INT ? "an integer" : "text");
	return 1;
}

/* v, id and cmd. The version comes first: another version may know other rules for the rest. */
static int
read_envelope(const struct envelope *all, struct proto_request *ret, struct proto_error *e)
{
	struct mp in;
	if (take(all, KEY_V, MP_INT, &in, e))
		return 1;
	if (mp_get_int(&in) != PROTO_VERSION || in.failed) {
		refuse(e, "unsupported_version", STR("v"), "this version is not spoken here");
		set(e->expected, sizeof e->expected, "%d", PROTO_VERSION);
		return 1;
	}
	if (take(all, KEY_ID, MP_INT, &in, e))
		return 1;
	mp_get_uint(&in);
	if (in.failed) {
		refuse(e, "bad_value", STR("id"), "id is negative");
		set(e->expected, sizeof e->expected, "0 or a positive integer");
		return 1;
	}
	if (take(all, KEY_CMD, MP_STR, &in, e))
		return 1;
	struct str cmd = mp_get_str(&in);
	ret->message = proto_find(cmd);
	if (ret->message)
		return 0;
	refuse(e, "unknown_message", STR("cmd"), "there is no message \"%.*s\"", STR_FMT(cmd));
	set(e->expected, sizeof e->expected, "a name from the protocol's list of messages");
	return 1;
}

/* A client's name or a key: 1 to 64 bytes of A-Z a-z 0-9 . _ - and, for keys, : and /. */
static int
read_name(const struct envelope *all, enum envelope_key which, struct str *ret,
	  struct proto_error *e)
{
	const char *name = envelope_names[which];
	bool is_key = which == KEY_KEY;
	struct mp in = all->at[which];
	if (mp_peek(&in) == MP_END)
		return 0;
	*ret = mp_get_str(&in);
	bool ok = !in.failed && ret->len >= 1 && ret->len <= PROTO_MAX_NAME;
	for (uint32_t i = 0; ok && i < ret->len; i++) {
		char c = ret->p[i];
		ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		     strchr(is_key ? "._-:/" : "._-", c);
		ok = ok && c != '\0';
	}
	if (ok)
		return 0;
	refuse(e,
	       in.failed		   ? "bad_type"
	       : ret->len > PROTO_MAX_NAME ? "key_too_long"
					   : "bad_value",
	       str_of(name), "%s cannot be one", name);
	set(e->expected, sizeof e->expected, "1 to 64 of A-Z a-z 0-9 . _ -%s",
	    is_key ? " : /" : "");
	return 1;
}

/* Who asks, and the key under which the reply is kept. */
static int
read_sender(const struct envelope *all, struct proto_request *ret, struct proto_error *e)
{
	if (arg_index(ret->message, STR("client")) >= 0)
		return 0; /* hello's own, which may be any text */
	if (read_name(all, KEY_CLIENT, &ret->client, e) || read_name(all, KEY_KEY, &ret->key, e))
		return 1;
	if (!ret->key.p || ret->client.p)
		return 0;
	refuse(e, "missing_field", STR("client"), "a key belongs to a client");
	set(e->expected, sizeof e->expected, "the name under which you keep your keys");
	return 1;
}

static int
unknown_field(const struct proto_message *m, struct str key, struct proto_error *e)
{
	refuse(e, "unknown_field", key, "%s has no argument \"%.*s\"", m->name, STR_FMT(key));
	size_t at = 0;
	for (const struct proto_field *f = m->args; f->name && at < sizeof e->expected; f++) {
		set(e->expected + at, sizeof e->expected - at, "%s%s", at ? ", " : "", f->name);
		at += strlen(e->expected + at);
	}
	return 1;
}

static int
read_args(struct mp map, struct proto_request *ret, struct proto_error *e)
{
	const struct proto_message *m = ret->message;
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&map);
		struct mp value = map;
		mp_get_raw(&map);
		int at = arg_index(m, key);
		if (at < 0 && envelope_key(key) >= 0)
			continue;
		if (at < 0)
			return unknown_field(m, key, e);
		if (read_value(&m->args[at], value, &ret->args[at], e))
			return 1;
	}
	for (int i = 0; m->args[i].name; i++)
		if ((m->args[i].flags & PROTO_REQUIRED) && !ret->args[i].present)
			return refuse(e, "missing_field", str_of(m->args[i].name),
				      "%s is not there", m->args[i].name);
	return 0;
}

int
proto_read(struct str bytes, struct proto_request *ret, struct proto_error *ret_error)
{
	*ret = (struct proto_request){0};
	struct mp map = mp_of(bytes);
	struct envelope all;

	/* Even a request that is refused for its form is answered under its id where that can be
	 * found, so that a client with many in flight knows which one it was. The cursor is safe on
	 * any bytes. */
	struct mp id = mp_find(map, STR("id"));
	ret->id = mp_get_uint(&id);
	ret->map = map;

	if (check_bytes(bytes, ret_error))
		return 1;
	open_envelope(map, &all);
	if (read_envelope(&all, ret, ret_error) || read_sender(&all, ret, ret_error))
		return 1;
	return read_args(map, ret, ret_error);
}

/* ---- replies ---- */

static void
write_head(struct buf *out, uint64_t id, bool ok, uint32_t count)
{
	mp_put_map(out, 3 + count);
	mp_put_text(out, "v");
	mp_put_int(out, PROTO_VERSION);
	mp_put_text(out, "id");
	mp_put_uint(out, id);
	mp_put_text(out, "ok");
	mp_put_bool(out, ok);
}

void
proto_write_ok(struct buf *out, uint64_t id, uint32_t count)
{
	write_head(out, id, true, count);
}

void
proto_write_error(struct buf *out, uint64_t id, const char *code, const char *field,
		  const char *message, const char *expected)
{
	const char *const pairs[][2] = {
	    {"code", code}, {"field", field}, {"message", message}, {"expected", expected}};

	write_head(out, id, false, 1);
	mp_put_text(out, "error");
	mp_put_map(out, 4);
	for (size_t i = 0; i < 4; i++) {
		mp_put_text(out, pairs[i][0]);
		mp_put_text(out, pairs[i][1] ? pairs[i][1] : "");
	}
}

void
proto_write_again(struct buf *out, uint64_t id, struct str reply)
{
	struct mp in = mp_of(reply);
	uint32_t n = mp_get_map(&in);

	mp_put_map(out, n);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&in), value = mp_get_raw(&in);
		mp_put_str(out, key);
		if (str_eq(key, STR("id")))
			mp_put_uint(out, id);
		else
			mp_put_raw(out, value);
	}
}

/* ---- the feed ---- */

static void
put_number(uint8_t *to, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		to[i] = (uint8_t)value;
}

static uint64_t
get_number(const uint8_t *from)
{
	uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

void
proto_feed_header(uint8_t header[PROTO_FEED_HEADER], const uint8_t epoch[PROTO_EPOCH],
		  uint64_t number, uint64_t prev)
{
	memcpy(header, epoch, PROTO_EPOCH);
	put_number(header + PROTO_EPOCH, number);
	put_number(header + PROTO_EPOCH + 8, prev);
}

bool
proto_feed_read(struct str header, uint8_t epoch[PROTO_EPOCH], uint64_t *number, uint64_t *prev)
{
	if (header.len != PROTO_FEED_HEADER)
		return false;
	const uint8_t *p = (const uint8_t *)header.p;
	memcpy(epoch, p, PROTO_EPOCH);
	*number = get_number(p + PROTO_EPOCH);
	*prev = get_number(p + PROTO_EPOCH + 8);
	return true;
}
