/*
 * The bytes of a request, from anyone. What is refused is refused by a listed code, in a reply that
 * is itself well-formed; what is read is what the table says, and reads the same when it is written
 * anew.
 */

#include "fuzz.h"
#include "proto/proto.h"

enum { REPLY_DEPTH = 3, REPLY_TOKENS = 32 };

static void
check_refusal(const struct proto_request *r, const struct proto_error *e)
{
	struct buf reply = BUF_EMPTY;
	bool listed = false;
	for (const struct proto_error_code *c = proto_error_codes; c->code; c++)
		listed |= strcmp(c->code, e->code) == 0;
	must(listed && *e->message);
	proto_write_error(&reply, r->id, e->code, e->field, e->message, e->expected);
	must(mp_check(buf_str(&reply), REPLY_DEPTH, REPLY_TOKENS, NULL) == MP_OK);
	buf_free(&reply);
}

/* Limits hold for whatever handlers will look at. */
static void
check_arg(const struct proto_field *f, const struct proto_value *arg)
{
	if (!arg->present) {
		must(!(f->flags & PROTO_REQUIRED));
		return;
	}
	if (arg->nil) {
		must(f->flags & PROTO_NULLABLE);
		return;
	}
	if (f->type == PROTO_TEXT)
		must(arg->text.p && arg->text.len >= f->min && arg->text.len <= f->max);
	if (f->type == PROTO_INT)
		must(arg->number >= f->min && arg->number <= f->max);
}

static void
write_again(const struct proto_request *r, struct buf *out)
{
	uint32_t n = 3;
	for (size_t i = 0; r->message->args[i].name; i++)
		n += r->args[i].present;
	mp_put_map(out, n);
	mp_put_text(out, "cmd");
	mp_put_text(out, r->message->name);
	mp_put_text(out, "id");
	mp_put_uint(out, r->id);
	mp_put_text(out, "v");
	mp_put_int(out, PROTO_VERSION);
	for (size_t i = 0; r->message->args[i].name; i++) {
		struct mp raw = r->args[i].raw;
		if (!r->args[i].present)
			continue;
		mp_put_text(out, r->message->args[i].name);
		mp_put_raw(out, mp_get_raw(&raw));
		must(!raw.failed);
	}
}

static void
check_request(const struct proto_request *r)
{
	struct proto_request again;
	struct proto_error e;
	struct buf bytes = BUF_EMPTY;
	for (size_t i = 0; r->message->args[i].name; i++)
		check_arg(&r->message->args[i], &r->args[i]);
	write_again(r, &bytes);
	if (bytes.len <= PROTO_MAX_REQUEST) {
		must(proto_read(buf_str(&bytes), &again, &e) == 0);
		must(again.message == r->message && again.id == r->id);
	}
	buf_free(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, (uint32_t)size};
	struct proto_request r;
	struct proto_error e;
	uint8_t epoch[PROTO_EPOCH], header[PROTO_FEED_HEADER];
	uint64_t number, prev;

	if (proto_read(bytes, &r, &e))
		check_refusal(&r, &e);
	else
		check_request(&r);
	if (proto_feed_read(bytes, epoch, &number, &prev)) {
		proto_feed_header(header, epoch, number, prev);
		must(memcmp(header, data, size) == 0);
	}
	return 0;
}
