#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "daemon/dispatch_internal.h"

#include "core/listing.h"
#include "core/participant.h"
#include "daemon/log.h"
#include "daemon/replies.h"

/* ---- what both kinds of handlers need ---- */

bool
split_listing_id(struct str id, struct str *ret_participant, struct str *ret_key)
{
	const char *slash = id.p ? memchr(id.p, '/', id.len) : NULL;
	if (!slash)
		return false;
	uint32_t len = (uint32_t)(slash - id.p);
	*ret_participant = (struct str){id.p, len};
	*ret_key = (struct str){slash + 1, id.len - len - 1};
	return true;
}

void
put_key(struct call *c, const char *key)
{
	mp_put_text(c->reply, key);
}

void
put_pair(struct call *c, const char *key, uint64_t value)
{
	put_key(c, key);
	mp_put_uint(c->reply, value);
}

void
put_word(struct call *c, const char *key, const char *word)
{
	put_key(c, key);
	mp_put_text(c->reply, word);
}

void
refuse_unreadable(struct refusal *ret, const struct journal *j)
{
	const char *why = j->message(j->self);
	log_write(LOG_ID_JOURNAL_UNREADABLE, LOG_NONE, "facts cannot be given: %s", why);
	refuse(ret, "journal_unreadable", "", "to be told to the operator",
	       "the journal cannot be read: %s", why);
}

/* ---- requests ---- */

bool
dispatch_writes(struct str request)
{
	struct proto_request r;
	struct proto_error error;
	return proto_read(request, &r, &error) == 0 && r.message->writes;
}

bool
dispatch_command(struct dispatch *d, const struct command *c, struct refusal *ret)
{
	struct outcome outcome;
	market_execute(d->market, c, d->emit, d->emit_arg, &outcome);
	*ret = outcome.refusal;
	return outcome.kind != OUTCOME_REFUSED;
}

/* What is refused for its form never became a command; deadlines and queued work go on all the
 * same. */
static void
tick(struct dispatch *d, int64_t clock_ms)
{
	struct command command = {.kind = COMMAND_TICK, .clock_ms = clock_ms};
	struct refusal none;
	dispatch_command(d, &command, &none);
}

static bool
asks_for_dry_run(const struct proto_request *r)
{
	for (size_t i = 0; r->message->args[i].name; i++)
		if (strcmp(r->message->args[i].name, "dry_run") == 0)
			return r->args[i].present && r->args[i].number;
	return false;
}

static bool
refuse_subscriptions(struct call *c)
{
	refuse(&c->refusal, "core_unavailable", "", NULL, "there are no subscriptions here");
	return false;
}

static handler_fn
find_handler(const struct call *c)
{
	const struct proto_message *m = c->request->message;
	handler_fn subscription = dispatch_subscription_handler(m->name);
	if (subscription)
		return c->dispatch->subscriptions ? subscription : refuse_subscriptions;
	return m->writes ? dispatch_command_handler(m->name) : dispatch_read_handler(m->name);
}

/* Handles the request and appends its one reply, if it has one now. */
static void
handle(struct call *c)
{
	const struct proto_request *r = c->request;
	struct buf *reply = c->reply;
	size_t before = reply->len;
	bool done = find_handler(c)(c);
	if (c->deferred)
		return;
	if (reply->len - before > PROTO_MAX_REPLY) {
		reply->len = before;
		done = false;
		refuse(&c->refusal, "too_large", "", "a smaller page",
		       "the answer takes more than %d bytes", PROTO_MAX_REPLY);
	}
	if (r->message->writes && !c->executed && !c->dry_run &&
	    c->dispatch->room == DISPATCH_ROOM_ENOUGH)
		tick(c->dispatch, c->clock_ms);
	if (!done)
		proto_write_error(reply, r->id, c->refusal.code, c->refusal.field,
				  c->refusal.message, c->refusal.expected);
}

/* ---- room ---- */

/* Whether the reserve is there for it: what ends something. */
static bool
is_small(const char *message)
{
	static const char *const small[] = {"listing.withdraw", "listing.pause",
					    "subscription.delete", NULL};
	return str_place(str_of(message), small) >= 0;
}

/* Answers a request that writes where there is no room for it; nothing of it is kept. */
static bool
refuse_for_room(struct call *c)
{
	const struct proto_message *m = c->request->message;
	enum dispatch_room room = c->dispatch->room;
	if (!m->writes || c->dry_run || room == DISPATCH_ROOM_ENOUGH ||
	    (room == DISPATCH_ROOM_RESERVE && is_small(m->name)))
		return false;
	proto_write_error(c->reply, c->request->id, "storage_full", NULL,
			  "matchd has no room to store this; nothing was changed",
			  "the same again, once the operator has made room");
	return true;
}

/* ---- idempotency ---- */

/* Of all pairs but the id, in whatever order they stand. */
static struct request_hash
hash_request(const struct proto_request *r)
{
	struct mp in = r->map;
	struct request_hash sum = {0, 0};
	uint32_t n = mp_get_map(&in);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *pair = in.at;
		struct str key = mp_get_str(&in);
		mp_get_raw(&in);
		if (str_eq(key, STR("id")))
			continue;
		XXH128_hash_t hash = XXH3_128bits(pair, (size_t)(in.at - pair));
		sum.low += hash.low64;
		sum.high += hash.high64;
	}
	return sum;
}

/* Answers a request whose key is known; false: it is to be carried out. */
static bool
answer_again(struct call *c, struct request_hash hash)
{
	const struct proto_request *r = c->request;
	struct str reply;

	switch (replies_find(c->dispatch->replies, r->client, r->key, hash, c->clock_ms, &reply)) {
	case REPLIES_NONE:
		return false;
	case REPLIES_SAME:
		proto_write_again(c->reply, r->id, reply);
		return true;
	case REPLIES_OTHER:
		break;
	}
	proto_write_error(c->reply, r->id, "idempotency_conflict", "key",
			  "another request of this client had this key",
			  "a key of its own for each request");
	return true;
}

/* One effect, and one reply, whoever often it is sent. */
static void
handle_once(struct call *c)
{
	const struct proto_request *r = c->request;
	struct request_hash hash = hash_request(r);
	size_t before = c->reply->len;

	/* What was carried out is answered so, whatever room there is now; that there is none is not
	 * kept. */
	if (answer_again(c, hash) || refuse_for_room(c))
		return;
	handle(c);
	if (strcmp(c->refusal.code, "journal_unreadable") == 0)
		return; /* the same may be answered tomorrow */
	replies_keep(c->dispatch->replies, r->client, r->key, hash, c->clock_ms,
		     (struct str){(const char *)c->reply->data + before,
				  (uint32_t)(c->reply->len - before)});
}

void
dispatch_request(struct dispatch *d, struct str request, int64_t clock_ms, struct buf *reply)
{
	struct proto_request r;
	struct proto_error error;

	if (proto_read(request, &r, &error) != 0) {
		proto_write_error(reply, r.id, error.code, error.field, error.message,
				  error.expected);
		return;
	}
	struct call c = {.dispatch = d,
			 .market = d->market,
			 .request = &r,
			 .clock_ms = clock_ms,
			 .dry_run = asks_for_dry_run(&r),
			 .reply = reply};
	if (r.key.p && d->replies && r.message->writes && !c.dry_run)
		handle_once(&c);
	else if (!refuse_for_room(&c))
		handle(&c);
}
