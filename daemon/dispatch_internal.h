#pragma once

/* What dispatch's files share: a request being handled. */

#include "daemon/dispatch.h"
#include "proto/proto.h"

struct call {
	struct dispatch *dispatch;
	const struct market *market;
	const struct proto_request *request;
	int64_t clock_ms;
	bool executed;		/* the market has executed a command for this request */
	bool dry_run;		/* nothing may change */
	bool deferred;		/* it is answered later: no reply now */
	struct refusal refusal; /* filled in where a handler returns false */
	struct buf *reply;	/* appended to where it returns true: a whole reply */
};

/* Handles a request; false leaves call->refusal as the answer. */
typedef bool (*handler_fn)(struct call *c);

/* Handlers by message name; NULL where this file has none. */
handler_fn dispatch_command_handler(const char *message);
handler_fn dispatch_read_handler(const char *message);
handler_fn dispatch_subscription_handler(const char *message);

/* ---- what both need ---- */

static inline struct str
arg_text(const struct call *c, const char *name)
{
	const struct proto_value *v = proto_arg(c->request, name);
	return v->present && !v->nil ? v->text : STR_NONE;
}

static inline int64_t
arg_int(const struct call *c, const char *name, int64_t otherwise)
{
	const struct proto_value *v = proto_arg(c->request, name);
	return v->present && !v->nil ? v->number : otherwise;
}

static inline bool
arg_is_there(const struct call *c, const char *name)
{
	const struct proto_value *v = proto_arg(c->request, name);
	return v->present && !v->nil;
}

/* Appends the canonical bytes of the filter that the request describes; false with a refusal. */
bool dispatch_filter(struct call *c, struct buf *out);
/* "participant/key" in two; false where there is no slash. */
bool split_listing_id(struct str id, struct str *ret_participant, struct str *ret_key);
/* Append a result's key, alone or with a number or word behind it. */
void put_key(struct call *c, const char *key);
void put_pair(struct call *c, const char *key, uint64_t value);
void put_word(struct call *c, const char *key, const char *word);
