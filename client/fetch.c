/* The requests of a subscriber and their answers. */

#include "client/clock.h"
#include "client/subscriber.h"
#include "util/mem.h"

#include <sys/random.h>
#include <zmq.h>

enum { RETRY_MS = 100, LATE_MS = 30000 };

/* ---- connecting ---- */

/* Another one than any consumer has, so that matchd sees that somebody else asks. */
static uint64_t
random_consumer(void)
{
	uint64_t number = 0;
	while (number == 0) {
		if (getrandom(&number, sizeof number, 0) != sizeof number)
			number = (uint64_t)clock_ms();
		number &= INT64_MAX;
	}
	return number;
}

/* For matchd refuses the number of whom it was taken from, and what was asked under it. */
static void
renew_consumer(struct matchd_subscription *s)
{
	s->fetch = s->ack = (struct asked){0};
	s->sent = s->heard;
	s->consumer = random_consumer();
}

int
fetch_reconnect(struct matchd_subscription *s)
{
	waiter_unwatch(&s->waiter, &s->ask_fd);
	if (s->fetch.id || s->ack.id)
		s->late_ms = clock_deadline(LATE_MS);
	renew_consumer(s);
	int rc = matchd_reset(s->ask);
	return rc == MATCHD_OK ? waiter_watch(&s->waiter, s->ask->socket, &s->ask_fd) : rc;
}

/* ---- sending ---- */

/* As two arguments, or one. */
static void
add_place(struct buf *args, uint32_t *n, const char *name, const char *name_state, struct place p)
{
	mp_put_text(args, name);
	mp_put_uint(args, p.number);
	(*n)++;
	if (p.state == NO_STATE)
		return;
	mp_put_text(args, name_state);
	mp_put_uint(args, p.state);
	(*n)++;
}

static void
write_fetch(const struct matchd_subscription *s, unsigned credit, struct buf *args)
{
	struct buf places = BUF_EMPTY;
	uint32_t n = 4u + s->epoch_known;
	/* Where nothing came yet that is behind 0, which is: behind what was acknowledged. */
	add_place(&places, &n, "after", "after_state", s->came);
	if (place_is_before(s->heard, s->acked))
		add_place(&places, &n, "ack", "ack_state", s->acked);
	mp_put_map(args, n);
	mp_put_text(args, "name");
	mp_put_text(args, s->name);
	mp_put_text(args, "consumer");
	mp_put_uint(args, s->consumer);
	mp_put_text(args, "credit");
	mp_put_uint(args, credit);
	mp_put_text(args, "wait_ms");
	mp_put_int(args, credit > 0 ? s->wait_ms : 0);
	if (s->epoch_known) {
		mp_put_text(args, "epoch");
		mp_put_bin(args, (struct str){(const char *)s->epoch, PROTO_EPOCH});
	}
	buf_put(args, places.data, places.len);
	buf_free(&places);
}

/* Sends it if it can go out now, else has it tried again a little later. */
static int
send_fetch(struct matchd_subscription *s, unsigned credit, struct asked *asked)
{
	struct buf args = BUF_EMPTY;
	if (clock_ms() < s->retry_ms)
		return SUB_WAIT;
	write_fetch(s, credit, &args);
	uint64_t id = 0;
	int rc = connection_try_send(s->ask, "subscription.fetch", buf_str(&args), &id);
	buf_free(&args);
	if (rc != MATCHD_OK) {
		s->retry_ms = clock_ms() + RETRY_MS;
		return rc == MATCHD_UNREACHABLE ? SUB_WAIT : rc;
	}
	int patience = s->ask->timeout_ms + (credit > 0 ? s->wait_ms : 0);
	*asked = (struct asked){id, clock_deadline(patience), s->acked};
	s->sent = s->acked;
	return SUB_WAIT;
}

int
fetch_more(struct matchd_subscription *s)
{
	return s->fetch.id || s->ahead ? SUB_WAIT : send_fetch(s, s->credit, &s->fetch);
}

int
fetch_ack(struct matchd_subscription *s)
{
	return s->ack.id || !place_is_before(s->sent, s->acked) ? SUB_WAIT
								: send_fetch(s, 0, &s->ack);
}

/* ---- receiving ---- */

/* What an answer to one of them means for what it acknowledged. */
static void
settle(struct matchd_subscription *s, struct asked *asked, bool taken)
{
	if (taken && place_is_before(s->heard, asked->ack))
		s->heard = asked->ack;
	if (!taken || place_is_before(s->sent, s->heard))
		s->sent = s->heard;
	*asked = (struct asked){0};
}

/* Whether to ask again is all that is to be done. What was asked over a connection that was given up
 * may be carried out late, and then it is our own former number that has taken over. */
static bool
is_passing(struct matchd_subscription *s, const struct matchd_reply *r)
{
	if (strcmp(r->error.code, "subscription_taken") == 0 && clock_ms() < s->late_ms) {
		s->late_ms = 0;
		return true;
	}
	return strcmp(r->error.code, "core_unavailable") == 0 ||
	       strcmp(r->error.code, "too_many_requests") == 0;
}

static void
take_refusal(struct matchd_subscription *s, struct matchd_reply *r)
{
	if (strcmp(r->error.code, "subscription_taken") == 0)
		renew_consumer(s);
	s->retry_ms = clock_ms() + RETRY_MS;
	if (is_passing(s, r) || s->refusal) {
		matchd_reply_free(r);
		return;
	}
	s->refusal = r;
	s->refusal_told = false;
}

static void
take_answer(struct matchd_subscription *s, struct matchd_reply *r)
{
	bool page = r->id == s->fetch.id;
	if (!page && r->id != s->ack.id) {
		matchd_reply_free(r);
		return;
	}
	settle(s, page ? &s->fetch : &s->ack, r->ok);
	if (!r->ok)
		take_refusal(s, r);
	else if (page)
		s->ahead = r;
	else
		matchd_reply_free(r);
}

/* What the socket can do now. */
static int
events_of(const struct matchd_subscription *s)
{
	int events = 0;
	size_t size = sizeof events;
	return zmq_getsockopt(s->ask->socket, ZMQ_EVENTS, &events, &size) == 0 ? events : 0;
}

/* A socket that could send and cannot has lost its connection (ZMQ_IMMEDIATE), and the answers with
 * it. Where it is connected again before anybody looks, they are found to be overdue. */
static bool
is_cut(const struct matchd_subscription *s)
{
	return (s->fetch.id || s->ack.id) && !(events_of(s) & (ZMQ_POLLOUT | ZMQ_POLLIN));
}

static bool
is_overdue(const struct asked *asked)
{
	return asked->id && clock_ms() >= asked->overdue_ms;
}

int
fetch_receive(struct matchd_subscription *s)
{
	struct matchd_reply *r = NULL;
	int rc = connection_try_receive(s->ask, &r);
	if (rc == MATCHD_OK || rc == MATCHD_REFUSED) {
		take_answer(s, r);
		return SUB_AGAIN;
	}
	if (rc == MATCHD_TIMEOUT && !is_cut(s) && !is_overdue(&s->fetch) && !is_overdue(&s->ack))
		return SUB_WAIT;
	int again = fetch_reconnect(s);
	return again != MATCHD_OK ? again : rc == MATCHD_TIMEOUT ? SUB_AGAIN : rc;
}

/* ---- waiting ---- */

/* As in follow_fd.c: the descriptor may not show any more what a call on the socket has seen. */
static bool
ready(const struct matchd_subscription *s)
{
	return (s->fetch.id || s->ack.id) && (is_cut(s) || (events_of(s) & ZMQ_POLLIN));
}

int
fetch_wait(struct matchd_subscription *s, int64_t deadline)
{
	int64_t due = INT64_MAX;
	if (ready(s))
		return MATCHD_OK;
	if (s->fetch.id)
		due = s->fetch.overdue_ms;
	if (s->ack.id && s->ack.overdue_ms < due)
		due = s->ack.overdue_ms;
	/* What may be sent already has been. */
	if (s->retry_ms > clock_ms() && s->retry_ms < due)
		due = s->retry_ms;
	waiter_set_timer(&s->waiter, due);
	return waiter_wait(&s->waiter, deadline);
}
