/* subscription.*: written into filters by intake, kept by subscriptions.h, given by delivery.h. */

#include "daemon/dispatch_internal.h"

#include "daemon/delivery.h"
#include "daemon/publish.h"
#include "daemon/retention.h"

#include <inttypes.h>

enum { SUBSCRIPTIONS_PAGE = 100, FETCH_CREDIT = 1000 };

/* ---- where it begins ---- */

static bool
find_time(struct call *c, int64_t since_ms, uint64_t *ret)
{
	if (retention_find_time(c->dispatch->journal, market_head(c->market), since_ms, ret) == 0)
		return true;
	refuse_unreadable(&c->refusal, c->dispatch->journal);
	return false;
}

static bool
refuse_past(struct call *c, const char *field)
{
	refuse(
	    &c->refusal, "bad_value", field, "start: now, or start: state",
	    "with min_score or fields a subscription begins now or with the state: what a listing "
	    "stated earlier is not kept");
	return false;
}

static bool
read_beginning(struct call *c, bool picky, struct beginning *b)
{
	struct str start = arg_text(c, "start");
	bool from = arg_is_there(c, "from"), since = arg_is_there(c, "since");
	uint64_t head = market_head(c->market);
	b->at = (struct place_in){STATE_DONE, head};
	if ((start.p != NULL) + from + since > 1) {
		refuse(&c->refusal, "bad_value", from ? "from" : "since",
		       "one of start, from and since", "a subscription begins at one place");
		return false;
	}
	if ((from || since) && picky)
		return refuse_past(c, from ? "from" : "since");
	if (since)
		return find_time(c, arg_int(c, "since", 0), &b->at.number);
	if (from) {
		b->at.number = (uint64_t)arg_int(c, "from", 1) - 1;
		if (b->at.number <= head)
			return true;
		refuse(&c->refusal, "bad_value", "from", "at most the next fact's number",
		       "the last fact is %" PRIu64, head);
		return false;
	}
	if (str_eq(start, STR("state")))
		b->at.state = 0;
	else if (start.p && !str_eq(start, STR("now"))) {
		refuse(&c->refusal, "bad_value", "start", "now or state", "%.*s is no start",
		       STR_FMT(start));
		return false;
	}
	return true;
}

/* ---- creating and deleting ---- */

static bool
is_a_name(struct call *c, struct str name)
{
	if (id_is_valid(name))
		return true;
	refuse(&c->refusal, "bad_value", "name", "1 to 64 of A-Z a-z 0-9 . _ -",
	       "the subscription's name cannot be one");
	return false;
}

static bool
has_client(struct call *c)
{
	if (c->request->client.p)
		return true;
	refuse(&c->refusal, "missing_field", "client", "your name, the same in every connection",
	       "a subscription belongs to a client");
	return false;
}

static bool
has_room(struct call *c)
{
	switch (subscriptions_room(c->dispatch->subscriptions, c->request->client)) {
	case ROOM_ENOUGH:
		return true;
	case ROOM_CLIENT_FULL:
		refuse(&c->refusal, "too_many_subscriptions", "name", "delete what is not used",
		       "the client has %d subscriptions", SUBSCRIPTIONS_CLIENT_MAX);
		return false;
	case ROOM_FULL:
		break;
	}
	refuse(&c->refusal, "too_many_subscriptions", "name", "delete what is not used",
	       "there are %d subscriptions", SUBSCRIPTIONS_MAX);
	return false;
}

static bool
answer_created(struct call *c, const struct subscription *sub, bool changed)
{
	const struct journal *j = c->dispatch->journal;
	proto_write_ok(c->reply, c->request->id, 4);
	put_word(c, "result", changed ? "changed" : "unchanged");
	put_word(c, "name", sub->name);
	put_pair(c, "acked", sub->acked.number);
	put_key(c, "epoch");
	mp_put_bin(c->reply, (struct str){(const char *)j->epoch(j->self), PROTO_EPOCH});
	return true;
}

static bool
create_new(struct call *c, struct str name, struct filter *filter)
{
	const struct journal *j = c->dispatch->journal;
	struct beginning b = {.head = market_head(c->market),
			      .now_ms = c->clock_ms,
			      .ack_timeout_ms = arg_int(c, "ack_timeout_ms", ACK_TIMEOUT_MS),
			      .epoch = j->epoch(j->self)};
	if (!has_room(c) || !read_beginning(c, filter_is_picky(filter), &b))
		return false;
	return answer_created(
	    c, subscriptions_add(c->dispatch->subscriptions, c->request->client, name, filter, &b),
	    true);
}

static bool
create(struct call *c)
{
	struct str name = arg_text(c, "name");
	struct buf bytes = BUF_EMPTY;
	struct filter filter;
	if (!has_client(c) || !is_a_name(c, name) || !dispatch_filter(c, &bytes)) {
		buf_free(&bytes);
		return false;
	}
	const struct subscription *known =
	    subscriptions_find(c->dispatch->subscriptions, c->request->client, name);
	bool same = known && str_eq(known->filter.bytes, buf_str(&bytes));
	bool done = false;
	if (same) {
		done = answer_created(c, known, false);
	} else if (known) {
		refuse(&c->refusal, "subscription_exists", "name",
		       "another name, or delete it first",
		       "there is a subscription %.*s with another filter", STR_FMT(name));
	} else if (filter_decode(buf_str(&bytes), &filter)) {
		done = create_new(c, name, &filter);
		if (!done)
			filter_done(&filter);
	} else {
		refuse(&c->refusal, "bad_value", "", NULL, "the filter cannot be read");
	}
	buf_free(&bytes);
	return done;
}

static struct subscription *
wanted(struct call *c)
{
	struct str name = arg_text(c, "name");
	if (!has_client(c) || !is_a_name(c, name))
		return NULL;
	struct subscription *sub =
	    subscriptions_find(c->dispatch->subscriptions, c->request->client, name);
	if (!sub)
		refuse(&c->refusal, "unknown_subscription", "name",
		       "a name that subscription.list gives", "%.*s has no subscription %.*s",
		       STR_FMT(c->request->client), STR_FMT(name));
	return sub;
}

static bool delete (struct call *c)
{
	struct subscription *sub = wanted(c);
	if (!sub)
		return false;
	if (c->dispatch->delivery)
		delivery_end(c->dispatch->delivery, sub, "subscription_deleted",
			     "the subscription was deleted");
	subscriptions_remove(c->dispatch->subscriptions, sub);
	proto_write_ok(c->reply, c->request->id, 2);
	put_word(c, "result", "changed");
	put_key(c, "name");
	mp_put_str(c->reply, arg_text(c, "name"));
	return true;
}

/* ---- looking ---- */

static void
put_filter(struct call *c, const struct filter *f)
{
	struct mp in = mp_of(f->bytes);
	uint32_t n = mp_get_map(&in);
	put_key(c, "filter");
	mp_put_map(c->reply, n);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&in), value = mp_get_raw(&in);
		if (!str_eq(key, STR("body"))) {
			mp_put_str(c->reply, key);
			mp_put_raw(c->reply, value);
			continue;
		}
		put_key(c, "fields");
		publish_fields(market_exchange(c->market, f->exchange),
			       side_other((enum side)f->side), mp_find(mp_of(value), STR("fields")),
			       true, c->reply);
	}
}

static void
put_subscription(struct call *c, const struct subscription *sub, bool whole)
{
	const struct dispatch *d = c->dispatch;
	uint64_t head = market_head(c->market), first = d->journal->first(d->journal->self);
	bool state = sub->acked.state != STATE_DONE;
	bool lost = sub->acked.number + 1 < first;
	mp_put_map(c->reply, 10u + whole + lost + sub->misfit);
	put_word(c, "client", sub->client);
	put_word(c, "name", sub->name);
	put_pair(c, "created", (uint64_t)sub->created_ms);
	put_pair(c, "acked", sub->acked.number);
	put_pair(c, "acked_at", (uint64_t)sub->acked_ms);
	put_pair(c, "lag", head - sub->acked.number);
	put_pair(c, "given", sub->given.number);
	put_key(c, "waiting");
	mp_put_bool(c->reply, sub->fetch != NULL);
	put_key(c, "state");
	mp_put_bool(c->reply, state);
	put_pair(c, "ack_timeout_ms", (uint64_t)sub->ack_timeout_ms);
	if (whole)
		put_filter(c, &sub->filter);
	if (lost) {
		put_key(c, "lost");
		mp_put_array(c->reply, 2);
		mp_put_uint(c->reply, sub->acked.number + 1);
		mp_put_uint(c->reply, first - 1);
	}
	if (sub->misfit) {
		put_key(c, "misfit");
		mp_put_bool(c->reply, true);
	}
}

static bool
show(struct call *c)
{
	const struct subscription *sub = wanted(c);
	if (!sub)
		return false;
	proto_write_ok(c->reply, c->request->id, 1);
	put_key(c, "subscription");
	put_subscription(c, sub, true);
	return true;
}

/* The client's own, or where the request names no client everybody's. */
static bool
list(struct call *c)
{
	struct subscriptions *s = c->dispatch->subscriptions;
	bool own = c->request->client.p;
	uint64_t after = (uint64_t)arg_int(c, "after", 0);
	uint32_t limit = (uint32_t)arg_int(c, "limit", SUBSCRIPTIONS_PAGE), count = 0;
	struct buf rows = BUF_EMPTY, *reply = c->reply;
	const struct subscription *sub =
	    own ? subscriptions_own(s, c->request->client) : subscriptions_all(s);
	while (sub && sub->number <= after)
		sub = own ? sub->own_next : sub->next;
	c->reply = &rows;
	for (; sub && count < limit; sub = own ? sub->own_next : sub->next, count++) {
		put_subscription(c, sub, false);
		after = sub->number;
	}
	c->reply = reply;
	proto_write_ok(reply, c->request->id, sub ? 2 : 1);
	put_key(c, "subscriptions");
	mp_put_array(reply, count);
	buf_put(reply, rows.data, rows.len);
	if (sub)
		put_pair(c, "next", after);
	buf_free(&rows);
	return true;
}

/* ---- fetching ---- */

static bool
fetch(struct call *c)
{
	const struct dispatch *d = c->dispatch;
	struct subscription *sub = wanted(c);
	struct str epoch = arg_text(c, "epoch");
	struct fetch_ask ask = {
	    .origin = d->origin,
	    .envelope = d->envelope,
	    .id = c->request->id,
	    .consumer = (uint64_t)arg_int(c, "consumer", 0),
	    .credit = (uint32_t)arg_int(c, "credit", FETCH_CREDIT),
	    .wait_ms = arg_int(c, "wait_ms", 0),
	    .acks = arg_is_there(c, "ack"),
	    .places = arg_is_there(c, "after"),
	    .after = {arg_is_there(c, "after_state") ? (uint64_t)arg_int(c, "after_state", 0)
						     : STATE_DONE,
		      (uint64_t)arg_int(c, "after", 0)},
	    .ack = {arg_is_there(c, "ack_state") ? (uint64_t)arg_int(c, "ack_state", 0)
						 : STATE_DONE,
		    (uint64_t)arg_int(c, "ack", 0)},
	    .epoch = (const uint8_t *)epoch.p,
	};
	if (!sub)
		return false;
	if (!d->delivery) {
		refuse(&c->refusal, "core_unavailable", "", NULL, "nothing is given out here");
		return false;
	}
	c->deferred =
	    delivery_fetch(d->delivery, sub, &ask, c->clock_ms, d->monotonic_ms, &c->refusal);
	return c->deferred;
}

handler_fn
dispatch_subscription_handler(const char *message)
{
	static const struct {
		const char *message;
		handler_fn handler;
	} handlers[] = {
	    {"subscription.create", create}, {"subscription.delete", delete},
	    {"subscription.show", show},     {"subscription.list", list},
	    {"subscription.fetch", fetch},
	};
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (strcmp(handlers[i].message, message) == 0)
			return handlers[i].handler;
	return NULL;
}
