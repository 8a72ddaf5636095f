/* Subscribing: what the caller gets of a durable subscription, and says about it. */

#include "client/clock.h"
#include "client/subscriber.h"
#include "util/mem.h"

#include <stdlib.h>

enum {
	DEFAULT_CREDIT = 1000,
	MAX_CREDIT = 10000,
	DEFAULT_WAIT_MS = 5000,
	MAX_WAIT_MS = 60000,
	MAX_NAME = 64,
};

/* ---- pages ---- */

static struct mp
result(const struct matchd_reply *r, const char *name)
{
	return mp_find(mp_of(buf_str(&r->bytes)), str_of(name));
}

static void
drop(struct matchd_reply **r)
{
	matchd_reply_free(*r);
	*r = NULL;
}

/* One row of a page. */
struct row {
	struct place place;
	struct str body, because; /* because.p NULL: it is no match */
};

/* Steps over a row. */
static bool
read_row(struct mp *in, struct row *ret)
{
	uint32_t n = mp_get_map(in);
	bool numbered = false;
	*ret = (struct row){.place.state = NO_STATE};
	for (uint32_t i = 0; i < n && !in->failed; i++) {
		struct str key = mp_get_str(in);
		if (str_eq(key, STR("number"))) {
			ret->place.number = mp_get_uint(in);
			numbered = true;
		} else if (str_eq(key, STR("state"))) {
			ret->place.state = mp_get_uint(in);
		} else if (str_eq(key, STR("because"))) {
			ret->because = mp_get_raw(in);
		} else if (str_eq(key, STR("body"))) {
			ret->body = mp_get_raw(in);
		} else {
			mp_get_raw(in);
		}
	}
	return !in->failed && numbered && ret->body.p;
}

/* The epoch in which the page's numbers count. With `changed` it is another than was known. */
static int
read_epoch(struct matchd_subscription *s, const struct matchd_reply *r, bool *ret_changed)
{
	struct mp at = result(r, "epoch"), changed = result(r, "epoch_changed");
	struct str epoch = mp_get_bin(&at);
	if (at.failed || epoch.len != PROTO_EPOCH)
		return MATCHD_E_PROTOCOL;
	memcpy(s->epoch, epoch.p, PROTO_EPOCH);
	*ret_changed = mp_peek(&changed) == MP_BOOL && mp_get_bool(&changed);
	s->epoch_known = !*ret_changed;
	return MATCHD_OK;
}

/* Facts are gone. Those that were given before are no loss of ours. */
static int
take_loss(struct matchd_subscription *s, struct mp range, struct matchd_delivery *ret)
{
	uint32_t n = mp_get_array(&range);
	uint64_t from = mp_get_uint(&range), to = mp_get_uint(&range);
	if (range.failed || n != 2 || from > to)
		return MATCHD_E_PROTOCOL;
	if (s->given.state == NO_STATE && from <= s->given.number)
		from = s->given.number + 1;
	struct place end = {NO_STATE, to};
	if (place_is_before(s->given, end))
		s->given = end;
	if (place_is_before(s->came, end))
		s->came = end;
	s->lagged = from <= to;
	if (!s->lagged) {
		s->acked = end;
		return SUB_AGAIN;
	}
	*ret = (struct matchd_delivery){.lost_from = from, .lost_to = to};
	return MATCHD_LAGGED;
}

/* Looks where the page ends. Returns whether matchd had more to look through when it made the page:
 * then the next one is asked for while this one is dealt with. */
static bool
look_ahead(struct matchd_subscription *s, struct mp rows)
{
	struct row last = {0};
	struct mp head_at = result(s->page, "head");
	uint64_t head = mp_get_uint(&head_at);
	for (uint32_t i = 0; i < s->rows_left; i++) {
		if (i + 1 < s->rows_left)
			mp_get_raw(&rows);
		else if (!read_row(&rows, &last))
			return false;
	}
	if (place_is_before(s->came, last.place))
		s->came = last.place;
	return s->rows_left > 0 && (last.place.state != NO_STATE || last.place.number < head);
}

/* Begins with the page that was received. Returns a public code or SUB_AGAIN. */
static int
turn_page(struct matchd_subscription *s, struct matchd_delivery *ret)
{
	s->page = s->ahead;
	s->ahead = NULL;
	struct mp rows = result(s->page, "facts"), lost = result(s->page, "subscription_lagged");
	uint32_t n = mp_get_array(&rows);
	int rc = rows.failed ? MATCHD_E_PROTOCOL : read_epoch(s, s->page, &s->epoch_changed);
	s->rows = rows;
	s->rows_left = rc == MATCHD_OK && !s->epoch_changed ? n : 0;
	if (rc == MATCHD_OK && s->epoch_changed)
		rc = MATCHD_EPOCH_CHANGED;
	else if (rc == MATCHD_OK && mp_peek(&lost) != MP_END)
		rc = take_loss(s, lost, ret);
	else if (rc == MATCHD_OK && look_ahead(s, rows))
		rc = fetch_more(s);
	if (s->rows_left == 0)
		drop(&s->page);
	return rc == MATCHD_OK || rc == SUB_WAIT ? SUB_AGAIN : rc;
}

static int
give_row(struct matchd_subscription *s, const struct row *row, struct matchd_delivery *ret)
{
	struct mp kind_at = mp_find(mp_of(row->body), STR("fact")),
		  at = mp_find(mp_of(row->body), STR("at"));
	struct str kind = mp_get_str(&kind_at);
	int64_t at_ms = mp_get_int(&at);
	if (kind_at.failed || at.failed || kind.len >= sizeof s->kind)
		return MATCHD_E_PROTOCOL;
	memcpy(s->kind, kind.p, kind.len);
	s->kind[kind.len] = '\0';
	s->given = row->place;
	*ret = (struct matchd_delivery){
	    .number = row->place.number,
	    .state = row->place.state == NO_STATE ? 0 : row->place.state,
	    .at_ms = at_ms,
	    .kind = s->kind,
	    .body = row->body.p,
	    .len = row->body.len,
	    .because = row->because.p,
	    .because_len = row->because.len,
	};
	return MATCHD_OK;
}

/* The next row that has not been given before, or SUB_AGAIN at the page's end. */
static int
give(struct matchd_subscription *s, struct matchd_delivery *ret)
{
	while (s->rows_left > 0) {
		struct row row;
		s->rows_left--;
		if (!read_row(&s->rows, &row))
			return MATCHD_E_PROTOCOL;
		if (place_is_before(s->given, row.place))
			return give_row(s, &row, ret);
	}
	drop(&s->page);
	return SUB_AGAIN;
}

/* ---- what is told ---- */

/* Forgets the pages, and with `places` how far we were. */
static void
forget(struct matchd_subscription *s, bool places)
{
	drop(&s->page);
	drop(&s->ahead);
	s->rows_left = 0;
	s->lagged = false;
	s->came = s->given;
	if (places)
		s->given = s->came = s->acked = s->sent = s->heard = (struct place){0};
}

static int
tell_refusal(struct matchd_subscription *s)
{
	const char *code = s->refusal->error.code;
	bool gone =
	    strcmp(code, "subscription_deleted") == 0 || strcmp(code, "unknown_subscription") == 0;
	s->refusal_told = true;
	forget(s, gone);
	return MATCHD_REFUSED;
}

/* What the last call told has been heard by now. */
static void
go_on(struct matchd_subscription *s)
{
	if (s->refusal_told) {
		drop(&s->refusal);
		s->refusal_told = false;
	}
	if (s->lagged) {
		s->lagged = false;
		s->acked = s->given;
	}
}

/* Does the next thing that can be done. Returns a public code, SUB_AGAIN or SUB_WAIT. */
static int
step(struct matchd_subscription *s, struct matchd_delivery *ret)
{
	if (s->epoch_changed)
		return MATCHD_EPOCH_CHANGED;
	if (s->refusal)
		return tell_refusal(s);
	if (s->page)
		return give(s, ret);
	if (s->ahead)
		return turn_page(s, ret);
	int rc = fetch_receive(s);
	if (rc == SUB_WAIT)
		rc = fetch_more(s);
	return rc == SUB_WAIT ? fetch_ack(s) : rc;
}

int
matchd_subscription_next(struct matchd_subscription *s, int timeout_ms, struct matchd_delivery *ret)
{
	int64_t deadline = clock_deadline(timeout_ms);
	go_on(s);
	for (;;) {
		int rc = step(s, ret);
		if (rc == SUB_WAIT) {
			rc = fetch_wait(s, deadline);
			if (rc != MATCHD_OK)
				return rc;
		} else if (rc != SUB_AGAIN) {
			return rc;
		}
	}
}

/* ---- what the caller says ---- */

void
matchd_subscription_ack(struct matchd_subscription *s)
{
	s->acked = s->given;
}

int
matchd_subscription_flush(struct matchd_subscription *s, int timeout_ms)
{
	int64_t deadline = clock_deadline(timeout_ms);
	while (place_is_before(s->heard, s->acked) && !s->epoch_changed) {
		if (s->refusal)
			return MATCHD_REFUSED;
		int rc = fetch_receive(s);
		/* A fetch that carries it may wait for a fact; this one ends it. */
		if (rc == SUB_WAIT && !s->ack.id)
			s->sent = s->heard;
		if (rc == SUB_WAIT)
			rc = fetch_ack(s);
		if (rc == SUB_WAIT)
			rc = fetch_wait(s, deadline);
		if (rc != MATCHD_OK && rc != SUB_AGAIN)
			return rc;
	}
	return MATCHD_OK;
}

int
matchd_subscription_confirm(struct matchd_subscription *s)
{
	if (!s->epoch_changed)
		return MATCHD_E_USAGE;
	forget(s, true);
	s->epoch_changed = false;
	s->epoch_known = true;
	return MATCHD_OK;
}

const uint8_t *
matchd_subscription_epoch(const struct matchd_subscription *s)
{
	return s->epoch;
}

bool
matchd_subscription_error(const struct matchd_subscription *s, struct matchd_error *ret)
{
	return s->refusal && matchd_reply_error(s->refusal, ret);
}

int
matchd_subscription_fd(const struct matchd_subscription *s)
{
	return s->waiter.epoll_fd;
}

/* ---- opening and closing ---- */

int
matchd_subscription_open(struct matchd *c, const char *name,
			 const struct matchd_subscription_options *options,
			 struct matchd_subscription **ret)
{
	static const struct matchd_subscription_options defaults = {0};
	const struct matchd_subscription_options *o = options ? options : &defaults;
	if (!c->client || strlen(name) > MAX_NAME || !*name || o->credit > MAX_CREDIT ||
	    o->wait_ms < 0 || o->wait_ms > MAX_WAIT_MS)
		return MATCHD_E_USAGE;
	struct matchd_subscription *s = mem_zalloc(sizeof *s);
	s->waiter = WAITER_NONE;
	s->ask_fd = -1;
	s->name = mem_dup(name, strlen(name));
	s->credit = o->credit ? o->credit : DEFAULT_CREDIT;
	s->wait_ms = o->wait_ms ? o->wait_ms : DEFAULT_WAIT_MS;
	int rc = waiter_open(&s->waiter);
	if (rc == MATCHD_OK)
		rc = connection_clone(c, &s->ask);
	if (rc == MATCHD_OK)
		rc = fetch_reconnect(s);
	if (rc == MATCHD_OK)
		*ret = s;
	else
		matchd_subscription_close(s);
	return rc;
}

void
matchd_subscription_close(struct matchd_subscription *s)
{
	if (!s)
		return;
	forget(s, true);
	drop(&s->refusal);
	waiter_unwatch(&s->waiter, &s->ask_fd);
	matchd_close(s->ask);
	waiter_close(&s->waiter);
	free(s->name);
	free(s);
}
