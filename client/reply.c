#include "client/reply.h"

#include "proto/proto.h"
#include "util/mem.h"

#include <stdlib.h>

/* A definition or a listing nests inside a reply inside a list. */
enum { REPLY_DEPTH = 16, REPLY_TOKENS = PROTO_MAX_REPLY };

/* An own copy of a text in the map; "" where it is not there. */
static const char *
copy_text(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	struct str text = mp_get_str(&at);
	return mem_dup(text.p ? text.p : "", text.len);
}

static int
read_head(struct matchd_reply *r)
{
	struct mp map = mp_of(buf_str(&r->bytes));
	if (mp_peek(&map) != MP_MAP)
		return MATCHD_E_PROTOCOL;

	struct mp id = mp_find(map, STR("id")), ok = mp_find(map, STR("ok"));
	r->id = mp_get_uint(&id);
	r->ok = mp_get_bool(&ok);
	if (id.failed || ok.failed)
		return MATCHD_E_PROTOCOL;
	if (r->ok)
		return MATCHD_OK;

	struct mp error = mp_find(map, STR("error"));
	if (mp_peek(&error) != MP_MAP)
		return MATCHD_E_PROTOCOL;
	r->error.code = copy_text(error, "code");
	r->error.field = copy_text(error, "field");
	r->error.message = copy_text(error, "message");
	r->error.expected = copy_text(error, "expected");
	return MATCHD_OK;
}

int
reply_read(struct str bytes, struct matchd_reply **ret)
{
	if (mp_check(bytes, REPLY_DEPTH, REPLY_TOKENS, NULL) != MP_OK)
		return MATCHD_E_PROTOCOL;
	struct matchd_reply *r = mem_zalloc(sizeof *r);
	buf_put(&r->bytes, bytes.p, bytes.len);
	int rc = read_head(r);
	if (rc == MATCHD_OK)
		*ret = r;
	else
		matchd_reply_free(r);
	return rc;
}

uint64_t
matchd_reply_id(const struct matchd_reply *r)
{
	return r->id;
}

bool
matchd_reply_error(const struct matchd_reply *r, struct matchd_error *ret)
{
	if (r->ok)
		return false;
	*ret = r->error;
	return true;
}

const void *
matchd_reply_bytes(const struct matchd_reply *r, size_t *ret_len)
{
	*ret_len = r->bytes.len;
	return r->bytes.data;
}

void
matchd_reply_free(struct matchd_reply *r)
{
	if (!r)
		return;
	buf_free(&r->bytes);
	free((char *)r->error.code);
	free((char *)r->error.field);
	free((char *)r->error.message);
	free((char *)r->error.expected);
	free(r);
}
