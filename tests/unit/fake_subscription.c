#include "fake_subscription.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 5 };

static void
send_to(struct fake_subscription *s, const struct fake_store *store, const struct buf *reply)
{
	store->send(store->arg, &s->identity, reply);
	s->waits = false;
	zmq_msg_close(&s->identity);
}

void
fake_subscription_forget(struct fake_subscription *s)
{
	if (s->waits)
		zmq_msg_close(&s->identity);
	s->waits = false;
}

static void
refuse(struct fake_subscription *s, const struct fake_store *store, const char *code)
{
	struct buf reply = BUF_EMPTY;
	proto_write_error(&reply, s->id, code, "name", "as the test wants it", NULL);
	send_to(s, store, &reply);
	buf_free(&reply);
}

static void
refuse_former(const struct fake_store *store, zmq_msg_t *identity, uint64_t id)
{
	struct buf reply = BUF_EMPTY;
	proto_write_error(&reply, id, "subscription_taken", "consumer", "it was taken over", NULL);
	store->send(store->arg, identity, &reply);
	buf_free(&reply);
}

void
fake_subscription_end(struct fake_subscription *s, const struct fake_store *store, const char *code)
{
	if (strcmp(code, "subscription_taken") == 0)
		s->before = s->consumer;
	s->consumer = 0;
	if (s->waits)
		refuse(s, store, code);
}

/* ---- answering ---- */

static void
put_row(struct buf *rows, const struct fake_store *store, uint64_t number, uint64_t state)
{
	mp_put_map(rows, 3);
	mp_put_text(rows, "number");
	mp_put_uint(rows, number);
	mp_put_text(rows, state ? "state" : "because");
	if (state) {
		mp_put_uint(rows, state);
	} else {
		mp_put_array(rows, 1);
		mp_put_text(rows, "s");
	}
	mp_put_text(rows, "body");
	store->put_body(rows, number);
}

static uint32_t
put_rows(struct fake_subscription *s, const struct fake_store *store, struct buf *rows)
{
	uint32_t n = 0;
	for (; n < s->credit && n < PAGE && s->seen_state < s->n_state; n++)
		put_row(rows, store, s->seen, ++s->seen_state);
	for (; n < s->credit && n < PAGE && s->seen < store->head; n++)
		put_row(rows, store, ++s->seen, 0);
	return n;
}

static void
answer(struct fake_subscription *s, const struct fake_store *store, uint32_t n, bool lost,
       bool epoch_changed, const struct buf *rows)
{
	struct buf reply = BUF_EMPTY;
	proto_write_ok(&reply, s->id, 3u + lost + epoch_changed);
	mp_put_text(&reply, "facts");
	mp_put_array(&reply, n);
	buf_put(&reply, rows->data, rows->len);
	mp_put_text(&reply, "head");
	mp_put_uint(&reply, store->head);
	mp_put_text(&reply, "epoch");
	mp_put_bin(&reply, (struct str){(const char *)store->epoch, PROTO_EPOCH});
	if (lost) {
		mp_put_text(&reply, "subscription_lagged");
		mp_put_array(&reply, 2);
		mp_put_uint(&reply, s->seen + 1);
		mp_put_uint(&reply, store->first - 1);
	}
	if (epoch_changed) {
		mp_put_text(&reply, "epoch_changed");
		mp_put_bool(&reply, true);
	}
	send_to(s, store, &reply);
	buf_free(&reply);
}

static bool
is_epoch(const struct fake_store *store, const uint8_t *epoch)
{
	return memcmp(store->epoch, epoch, PROTO_EPOCH) == 0;
}

void
fake_subscription_run(struct fake_subscription *s, const struct fake_store *store, int64_t now_ms)
{
	struct buf rows = BUF_EMPTY;
	if (!s->waits)
		return;
	bool changed = s->other_epoch || !is_epoch(store, s->epoch);
	bool lost = !changed && s->seen_state == s->n_state && s->seen + 1 < store->first;
	uint32_t n = changed || lost ? 0 : put_rows(s, store, &rows);
	if (n > 0 && s->lose) {
		s->lose = false;
		refuse(s, store, "core_unavailable");
	} else if (n > 0 || lost || changed || s->credit == 0 || s->deadline_ms <= now_ms)
		answer(s, store, n, lost, changed, &rows);
	buf_free(&rows);
}

/* ---- asking ---- */

static void
rewind_to_acked(struct fake_subscription *s)
{
	s->seen = s->acked;
	s->seen_state = s->acked_state;
}

/* It begins there, whatever was given before. */
static void
go_to(struct fake_subscription *s, const struct proto_request *r)
{
	uint64_t after = (uint64_t)proto_arg(r, "after")->number;
	const struct proto_value *given = proto_arg(r, "after_state");
	uint64_t state = given->present ? (uint64_t)given->number : s->n_state;
	s->seen = after > s->acked ? after : s->acked;
	s->seen_state = state > s->acked_state ? state : s->acked_state;
}

static void
take_ack(struct fake_subscription *s, const struct proto_request *r)
{
	uint64_t ack = (uint64_t)proto_arg(r, "ack")->number;
	bool state = proto_arg(r, "ack_state")->present;
	s->acks++;
	s->acked_state = state ? (uint64_t)proto_arg(r, "ack_state")->number : s->n_state;
	s->acked = ack;
	if (s->seen < s->acked || s->seen_state < s->acked_state)
		rewind_to_acked(s);
}

void
fake_subscription_fetch(struct fake_subscription *s, const struct fake_store *store,
			zmq_msg_t *identity, const struct proto_request *r, int64_t now_ms)
{
	uint64_t consumer = (uint64_t)proto_arg(r, "consumer")->number;
	const struct proto_value *epoch = proto_arg(r, "epoch");
	const struct buf none = BUF_EMPTY;
	if (consumer == s->before) {
		refuse_former(store, identity, r->id);
		return;
	}
	if (consumer != s->consumer) {
		fake_subscription_end(s, store, "subscription_taken");
		s->consumer = consumer;
		s->consumers++;
		rewind_to_acked(s);
	} else if (r->id <= s->asked) {
		return;
	} else if (s->waits) {
		answer(s, store, 0, false, false, &none);
	}
	s->asked = r->id;
	s->other_epoch = epoch->present && !is_epoch(store, (const uint8_t *)epoch->text.p);
	if (epoch->present && !s->other_epoch)
		memcpy(s->epoch, store->epoch, PROTO_EPOCH);
	if (proto_arg(r, "ack")->present && is_epoch(store, s->epoch))
		take_ack(s, r);
	if (proto_arg(r, "after")->present && is_epoch(store, s->epoch))
		go_to(s, r);
	zmq_msg_init(&s->identity);
	zmq_msg_copy(&s->identity, identity);
	s->waits = true;
	s->id = r->id;
	s->credit = proto_arg(r, "credit")->number;
	s->deadline_ms = now_ms + proto_arg(r, "wait_ms")->number;
}
