#include "daemon/delivery.h"

#include "daemon/page.h"
#include "proto/proto.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>
#include <utlist.h>

enum {
	ENVELOPE_MAX = 255,
	RUN_LOOKS = 8192,   /* of a turn, for all together: some 20 ms */
	BYTES_LOOKED = 128, /* that are given take as long as a look, about */
	COMING_MS = 1000,   /* that a new subscription is waited for, until its state is in view */
	PAIRS_KEPT_MS = 60000, /* when no state was given for so long, what is kept for it goes */
	MOVED = 4096 /* facts that nobody had to acknowledge, before that is worth storing */
};

static const char taken[] = "another consumer fetches from it now";

/* A fetch that waits. */
struct fetch {
	struct subscription *sub;
	void *origin;
	uint64_t id;
	uint32_t credit;
	int64_t deadline_ms;
	bool waits;	  /* until its deadline, and no longer */
	bool other_epoch; /* the consumer counts in one that is over */
	uint8_t envelope_len;
	char envelope[ENVELOPE_MAX];
	struct fetch *prev, *next;
};

struct delivery {
	const struct market *market;
	const struct journal *journal;
	struct subscriptions *subscriptions;
	struct recent *recent;
	struct state_pairs pairs;
	struct fetch *waiting;
	struct delivery_outlet outlet;
};

struct delivery *
delivery_new(const struct market *m, const struct journal *journal, struct subscriptions *s,
	     const struct delivery_outlet *outlet)
{
	struct delivery *d = mem_zalloc(sizeof *d);
	*d = (struct delivery){.market = m,
			       .journal = journal,
			       .subscriptions = s,
			       .recent = recent_new(),
			       .outlet = *outlet};
	return d;
}

static void
drop(struct delivery *d, struct fetch *f)
{
	DL_DELETE(d->waiting, f);
	f->sub->fetch = NULL;
	free(f);
}

void
delivery_free(struct delivery *d)
{
	if (!d)
		return;
	while (d->waiting)
		drop(d, d->waiting);
	recent_free(d->recent);
	state_pairs_done(&d->pairs);
	free(d);
}

bool
place_before(struct place_in a, struct place_in b)
{
	return a.state != b.state ? a.state < b.state : a.number < b.number;
}

static const uint8_t *
epoch_of(const struct delivery *d)
{
	return d->journal->epoch(d->journal->self);
}

static bool
is_epoch(const struct delivery *d, const uint8_t *epoch)
{
	return memcmp(epoch, epoch_of(d), SUBSCRIPTION_EPOCH) == 0;
}

/* ---- answering ---- */

static void
answer(struct delivery *d, struct fetch *f, const struct buf *reply)
{
	d->outlet.send(d->outlet.arg, f->origin, (struct str){f->envelope, f->envelope_len},
		       buf_str(reply));
	drop(d, f);
}

static void
put_epoch(const struct delivery *d, struct buf *out)
{
	mp_put_text(out, "epoch");
	mp_put_bin(out, (struct str){(const char *)epoch_of(d), SUBSCRIPTION_EPOCH});
}

/* The reply to a fetch: the page's rows, and what there is to say of the subscription. */
static void
answer_page(struct delivery *d, struct fetch *f, const struct page *p)
{
	struct buf reply = BUF_EMPTY;
	bool lost = p->lost_to > 0;

	proto_write_ok(&reply, f->id, 3u + lost + p->epoch_changed);
	mp_put_text(&reply, "head");
	mp_put_uint(&reply, market_head(d->market));
	put_epoch(d, &reply);
	if (lost) {
		mp_put_text(&reply, "subscription_lagged");
		mp_put_array(&reply, 2);
		mp_put_uint(&reply, p->lost_from);
		mp_put_uint(&reply, p->lost_to);
	}
	if (p->epoch_changed) {
		mp_put_text(&reply, "epoch_changed");
		mp_put_bool(&reply, true);
	}
	mp_put_text(&reply, "facts"); /* last, so that nobody must step over them */
	mp_put_array(&reply, p->count);
	buf_put(&reply, p->rows.data, p->rows.len);
	answer(d, f, &reply);
	buf_free(&reply);
}

static void
answer_nothing(struct delivery *d, struct fetch *f)
{
	struct page nothing = {0};
	answer_page(d, f, &nothing);
}

void
delivery_end(struct delivery *d, struct subscription *sub, const char *code, const char *message)
{
	struct buf reply = BUF_EMPTY;
	if (!sub->fetch)
		return;
	proto_write_error(&reply, sub->fetch->id, code, "name", message, NULL);
	answer(d, sub->fetch, &reply);
	buf_free(&reply);
}

void
delivery_forget(struct delivery *d, const void *origin)
{
	struct fetch *f, *next;
	DL_FOREACH_SAFE(d->waiting, f, next)
	if (f->origin == origin)
		drop(d, f);
}

/* ---- asking ---- */

/* Begins again behind what was acknowledged. */
static void
rewind_to_acked(struct subscription *sub)
{
	sub->seen = sub->given = sub->acked;
}

/* Whether something was given that is not acknowledged. */
static bool
is_owed(const struct subscription *sub)
{
	return place_before(sub->acked, sub->given);
}

/* A place that is not of the state being given, nor behind it: it is of an earlier subscription of
 * that name, and would pass over the state. */
static bool
is_of_another(const struct subscription *sub, struct place_in place)
{
	if (sub->acked.state == STATE_DONE)
		return false;
	return place.state == STATE_DONE ? place.number <= sub->acked.number
					 : place.number != sub->acked.number;
}

/* Goes on where the consumer says it is, unless that is where it is anyhow. Whatever was lost,
 * repeated or late in between, the answer fits the question. */
static void
go_to(struct subscription *sub, struct place_in after)
{
	if (is_of_another(sub, after) || place_before(after, sub->acked))
		after = sub->acked;
	if (!place_before(after, sub->given) && !place_before(sub->given, after))
		return;
	sub->seen = sub->given = after;
}

/* What passes nobody needs no acknowledgement. */
static void
move_on(struct delivery *d, struct subscription *sub)
{
	bool far = sub->seen.number - sub->acked.number >= MOVED ||
		   sub->acked.number + 1 < d->journal->first(d->journal->self);
	if (is_owed(sub) || !place_before(sub->acked, sub->seen))
		return;
	if (far || sub->seen.state != sub->acked.state)
		subscription_ack(d->subscriptions, sub, sub->seen, sub->acked_ms);
}

static struct place_in
head_place(const struct delivery *d)
{
	return (struct place_in){STATE_DONE, market_head(d->market)};
}

static bool
take_ack(struct delivery *d, struct subscription *sub, struct place_in ack, int64_t now_ms,
	 int64_t monotonic_ms, struct refusal *ret)
{
	if (ack.number > market_head(d->market)) {
		refuse(ret, "bad_value", "ack", "the number of a fact that was given",
		       "there is no fact of that number yet");
		return false;
	}
	if (is_of_another(sub, ack) || !place_before(sub->acked, ack))
		return true;
	if (place_before(sub->seen, ack)) /* given before a restart, or lost and known to be */
		sub->seen = ack;
	if (!place_before(ack, sub->given)) /* all of it: what followed and passed not is done */
		sub->given = ack = sub->seen;
	subscription_ack(d->subscriptions, sub, ack, now_ms);
	sub->given_ms = monotonic_ms;
	return true;
}

/* Whether it was taken over from this consumer: what it sends, perhaps late, does not take it back. */
static bool
was_taken_from(const struct subscription *sub, uint64_t consumer)
{
	for (unsigned i = 0; i < CONSUMERS_KNOWN; i++)
		if (sub->before[i] == consumer)
			return true;
	return false;
}

static void
take_over(struct delivery *d, struct subscription *sub, uint64_t consumer)
{
	delivery_end(d, sub, "subscription_taken", taken);
	sub->before[sub->n_before++ % CONSUMERS_KNOWN] = sub->consumer;
	sub->consumer = consumer;
	sub->asked = 0;
	rewind_to_acked(sub);
}

static void
wait_for(struct delivery *d, struct subscription *sub, const struct fetch_ask *ask, int64_t now_ms)
{
	struct fetch *f = mem_zalloc(sizeof *f);
	f->sub = sub;
	f->origin = ask->origin;
	f->id = ask->id;
	f->credit = ask->credit;
	f->deadline_ms = now_ms + ask->wait_ms;
	f->waits = ask->wait_ms > 0;
	f->other_epoch = ask->epoch && !is_epoch(d, ask->epoch);
	f->envelope_len = (uint8_t)ask->envelope.len;
	memcpy(f->envelope, ask->envelope.p, ask->envelope.len);
	DL_APPEND(d->waiting, f);
	sub->fetch = f;
}

/* The gateway hears that it is dealt with; the consumer, who has moved on, hears nothing. */
static bool
pass_over(const struct delivery *d, const struct fetch_ask *ask)
{
	d->outlet.send(d->outlet.arg, ask->origin, ask->envelope, STR_NONE);
	return true;
}

bool
delivery_fetch(struct delivery *d, struct subscription *sub, const struct fetch_ask *ask,
	       int64_t now_ms, int64_t monotonic_ms, struct refusal *ret)
{
	bool in_epoch = ask->epoch && is_epoch(d, ask->epoch);
	if (was_taken_from(sub, ask->consumer)) {
		refuse(ret, "subscription_taken", "consumer", "a number that is new", "%s", taken);
		return false;
	}
	if (ask->consumer != sub->consumer)
		take_over(d, sub, ask->consumer);
	else if (ask->id <= sub->asked)
		return pass_over(d, ask);
	else if (sub->fetch)
		answer_nothing(d, sub->fetch);
	sub->asked = ask->id;
	if (in_epoch && !is_epoch(d, sub->epoch))
		subscription_confirm(d->subscriptions, sub, epoch_of(d));
	/* What is said in an epoch that is over means nothing in this one. */
	bool counts = (!ask->epoch || in_epoch) && is_epoch(d, sub->epoch);
	if (ask->acks && counts && !take_ack(d, sub, ask->ack, now_ms, monotonic_ms, ret))
		return false;
	if (is_owed(sub) && monotonic_ms - sub->given_ms > sub->ack_timeout_ms)
		rewind_to_acked(sub);
	if (ask->places && counts && !place_before(head_place(d), ask->after))
		go_to(sub, ask->after);
	wait_for(d, sub, ask, monotonic_ms);
	return true;
}

/* ---- running ---- */

void
delivery_turn(struct delivery *d)
{
	recent_age(d->recent);
}

void
delivery_keep(struct delivery *d, const struct recent_fact *f)
{
	recent_keep(d->recent, f);
}

enum served {
	SERVED,	 /* answered, and gone */
	WAITING, /* nothing was there for it yet */
	BEHIND,	 /* likewise, but there is more to look through at once */
};

/* Fills a page for the fetch and answers it where there is something to say. */
static enum served
serve(struct delivery *d, struct fetch *f, int64_t now_ms, uint32_t *looks)
{
	struct subscription *sub = f->sub;
	const struct page_source source = {d->market, d->journal, d->recent, d->subscriptions,
					   &d->pairs};
	struct page page = {.credit = f->credit};

	page.epoch_changed = f->other_epoch || !is_epoch(d, sub->epoch);
	if (!page.epoch_changed)
		page_fill(&page, &source, sub);
	if (page.count > 0)
		sub->given_ms = now_ms;
	if (page.waits && !f->waits) { /* who does not wait waits a little: it is coming */
		f->waits = true;
		f->deadline_ms = now_ms + COMING_MS;
	}
	*looks += page.looked + (uint32_t)page.rows.len / BYTES_LOOKED;
	move_on(d, sub);
	bool behind = !page.epoch_changed && !page.waits &&
		      (sub->seen.state != STATE_DONE || sub->seen.number < market_head(d->market));
	bool late = f->deadline_ms <= now_ms && (f->waits || !behind);
	if (page.failed && page.count == 0) { /* what stands before it is given first */
		struct refusal why;
		refuse_unreadable(&why, d->journal);
		delivery_end(d, sub, why.code, why.message);
	} else if (page.count > 0 || page.lost_to > 0 || page.epoch_changed || f->credit == 0 ||
		   late) {
		answer_page(d, f, &page);
	}
	page_done(&page);
	return !sub->fetch ? SERVED : behind ? BEHIND : WAITING;
}

/* Whoever was looked after and goes on waiting goes to the end of the line, so that each has its
 * turn, whatever the bound on one run. Whoever asked through an origin that does not keep up waits
 * until it does. */
bool
delivery_run(struct delivery *d, int64_t monotonic_ms)
{
	uint32_t looks = 0;
	struct fetch *f, *next, *last = d->waiting ? d->waiting->prev : NULL;
	bool more = false;

	if (d->pairs.used)
		d->pairs.used_ms = monotonic_ms;
	else if (monotonic_ms - d->pairs.used_ms > PAIRS_KEPT_MS)
		state_pairs_done(&d->pairs);
	d->pairs.used = false;
	for (f = d->waiting; f; f = next) {
		bool at_end = f == last;
		next = f->next;
		enum served served = d->outlet.is_ready(d->outlet.arg, f->origin)
					 ? serve(d, f, monotonic_ms, &looks)
					 : BEHIND;
		if (served != SERVED) {
			DL_DELETE(d->waiting, f);
			DL_APPEND(d->waiting, f);
		}
		more = more || served == BEHIND;
		if (at_end)
			break;
		if (looks >= RUN_LOOKS)
			return true;
	}
	return more;
}

int64_t
delivery_deadline_ms(const struct delivery *d)
{
	int64_t first = INT64_MAX;
	const struct fetch *f;
	DL_FOREACH(d->waiting, f)
	if (f->deadline_ms < first)
		first = f->deadline_ms;
	return first;
}
