#pragma once

/*
 * libmatchd-client: talks to matchd.
 *
 * Three things can be done with a connection. *Asking*: one request, one reply, either by
 * matchd_call() or, with many in flight, by matchd_send() and matchd_receive(). *Following*: every
 * fact of the streams that you name, once and in order, whatever gets lost or restarts in between.
 * *Subscribing*: the same of a durable subscription, where matchd keeps count of what you have
 * dealt with.
 *
 * The library carries MessagePack and does not hide it: arguments go in as the bytes of a map,
 * replies and facts come out as bytes. Make and read them with msgpack-c or any other library;
 * docs/protocol.md lists what they hold.
 *
 * Functions return 0 (MATCHD_OK), a positive condition that the caller is expected to handle, or a
 * negative code for what it cannot: matchd_strerror() words all of them. A connection, a follower
 * and a subscription each belong to one thread at a time and are independent of others. Where memory
 * runs out the process ends with a message.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct matchd;
struct matchd_reply;
struct matchd_follower;
struct matchd_subscription;

enum {
	MATCHD_OK = 0,
	MATCHD_REFUSED = 1,	  /* matchd answered with an error: matchd_reply_error() */
	MATCHD_TIMEOUT = 2,	  /* nothing came within the time given */
	MATCHD_UNREACHABLE = 3,	  /* nobody listens at the endpoint */
	MATCHD_EPOCH_CHANGED = 4, /* the numbers begin anew: see matchd_follow_next and
				     matchd_subscription_next */
	MATCHD_BUSY = 5,	  /* too many requests in flight: receive first */
	MATCHD_LAGGED = 6,	  /* facts are gone that were not given: see the same */

	MATCHD_E_USAGE = -1,	/* the arguments of the call make no sense */
	MATCHD_E_PROTOCOL = -2, /* what came back cannot be read as the protocol */
	MATCHD_E_SYSTEM = -3,	/* ZeroMQ or the operating system refused; errno says more */
};

/* A sentence about a code, without a full stop; never NULL. */
const char *matchd_strerror(int code);

/* ---- connecting ---- */

/* Set it to zero before you fill it in: zero is every field's default, and later versions add
 * fields at the end. */
struct matchd_options {
	/*
	 * Where matchd-gateway listens: its runtime directory ("/run/matchd", or with "ipc://" in
	 * front), or the two ZeroMQ endpoints of commands and feed with a comma between them. NULL:
	 * $MATCHD_RUNTIME if set; else $XDG_RUNTIME_DIR/matchd if a socket is there; else
	 * /run/matchd.
	 */
	const char *endpoint;
	int timeout_ms; /* how long a call may take; 0: 5000 */
	int check_ms;	/* following: how long a loss behind which nothing comes may stay unseen; 0:
			   2000 */
	/*
	 * Our name, the same in every connection: 1 to 64 of A-Z a-z 0-9 . _ -. It goes with every
	 * request whose arguments do not have a `client` of their own. Durable subscriptions and
	 * idempotency keys belong to it. NULL: none. Copied.
	 */
	const char *client;
};

/*
 * Makes a connection; `options` may be NULL. Nothing is sent yet: ZeroMQ connects in the background
 * and again after every loss. Returns MATCHD_OK, MATCHD_E_USAGE (an endpoint that cannot be one,
 * such as a path beyond 107 bytes; a client that is no name) or MATCHD_E_SYSTEM. Free with matchd_close.
 */
int matchd_open(const struct matchd_options *options, struct matchd **ret);
/* Takes NULL. What is in flight is dropped. */
void matchd_close(struct matchd *c);
/* The endpoint of commands in use, for messages to people; lives as long as `c`. */
const char *matchd_endpoint(const struct matchd *c);

/* ---- asking ---- */

/*
 * Sends one request and waits for its reply. `args` is a MessagePack map of `len` bytes with the
 * message's arguments, or NULL for none. Returns MATCHD_OK or MATCHD_REFUSED with *ret a reply to
 * be freed by matchd_reply_free; MATCHD_UNREACHABLE (not sent); MATCHD_TIMEOUT (sent, and perhaps
 * carried out: ask, or send it again, which publishing allows); MATCHD_BUSY while matchd_send has
 * requests in flight; or a negative code (MATCHD_E_USAGE: `args` is no map, or the request is
 * beyond 65,536 bytes). *ret is set only in the first two cases.
 */
int matchd_call(struct matchd *c, const char *cmd, const void *args, size_t len,
		struct matchd_reply **ret);

/*
 * Sends without waiting for the reply; *ret_id (may be NULL) is what its reply will carry. At most
 * 1,000 may be in flight: then MATCHD_BUSY. Otherwise as matchd_call. Requests are carried out in
 * the order sent; match replies to them by id.
 */
int matchd_send(struct matchd *c, const char *cmd, const void *args, size_t len, uint64_t *ret_id);
/* Waits for the next reply to matchd_send. Returns as matchd_call; MATCHD_TIMEOUT drops nothing:
 * receive again, or matchd_reset. MATCHD_E_USAGE when nothing is in flight. */
int matchd_receive(struct matchd *c, int timeout_ms, struct matchd_reply **ret);
/* How many replies are still to come. */
size_t matchd_in_flight(const struct matchd *c);
/* Forgets what is in flight and connects afresh; the fate of those requests stays unknown. */
int matchd_reset(struct matchd *c);

/* ---- replies ---- */

/* What was refused and why. Texts are never NULL, may be empty, and live as long as the reply. */
struct matchd_error {
	const char *code;     /* stable, for programs: "unknown_listing" */
	const char *field;    /* path into the arguments: "fields.price.from" */
	const char *message;  /* for people */
	const char *expected; /* for people: what would have been right */
};

uint64_t matchd_reply_id(const struct matchd_reply *r);
/* True with *ret filled in if the reply is an error; else false. */
bool matchd_reply_error(const struct matchd_reply *r, struct matchd_error *ret);
/* The whole reply, a MessagePack map that has been checked; lives as long as `r`. */
const void *matchd_reply_bytes(const struct matchd_reply *r, size_t *ret_len);
/* Takes NULL. */
void matchd_reply_free(struct matchd_reply *r);

/* ---- following ---- */

enum { MATCHD_EPOCH_SIZE = 16 };
#define MATCHD_NOW UINT64_C(0)

struct matchd_fact {
	uint64_t number;  /* unique within the epoch; grows */
	int64_t at_ms;	  /* Unix time */
	const char *kind; /* "match.made" */
	const void *body; /* a MessagePack map, see docs/protocol.md, Facts */
	size_t len;
};

/*
 * Begins to follow. `streams` are `n` names such as "x.patents" or "p.acme", at most 1,000; with
 * n = 0 every fact is given. `from` is the first number wanted (remember the last fact's number + 1
 * to go on after a restart), or MATCHD_NOW for what happens after this call. `epoch` is the one in
 * which `from` was counted (16 bytes from matchd_follow_epoch, kept beside the number), or NULL if
 * there is none yet.
 *
 * Asks matchd where the streams stand, so it must be reachable. An `epoch` that has passed is
 * told by the first matchd_follow_next, and so is a `from` beyond the number to come: without an
 * epoch as MATCHD_E_USAGE, with one as MATCHD_EPOCH_CHANGED. Returns MATCHD_OK; MATCHD_REFUSED
 * (*ret_error says why, and is freed by the caller; `ret_error` may be NULL); or as matchd_call. A
 * stream that does not exist yet is followed from its beginning. The follower has connections of
 * its own, to the endpoint of `c` and with its options. Free with matchd_follow_close.
 */
int matchd_follow_open(struct matchd *c, const char *const *streams, size_t n, uint64_t from,
		       const uint8_t *epoch, struct matchd_follower **ret,
		       struct matchd_reply **ret_error);

/*
 * Gives the next fact, waiting for it at most timeout_ms (0: not at all; negative: for ever). Facts
 * come by ascending number, each once, also those that concern several of the streams: when number
 * n has been given, every fact of the streams up to n has. Loss, and restarts of gateway or core,
 * are made good by replay; meanwhile it just takes longer. One stream is followed live at no cost
 * to matchd; with several, or all, the feed only wakes the follower, which then asks for the facts.
 *
 * Returns MATCHD_OK with *ret filled in (its pointers live until the next call), MATCHD_TIMEOUT
 * (also when a signal handler ran), or MATCHD_EPOCH_CHANGED: matchd has lost or replaced its store,
 * the numbers known are void, and the next call begins with number 1 of the new epoch.
 * MATCHD_LAGGED: matchd does not keep the next facts any more. matchd_follow_lost says which; those
 * of the streams among them, if there are any, will not come, and the next call goes on behind.
 * MATCHD_REFUSED: matchd refuses to replay, in the words of matchd_follow_error; the next call
 * tries again later. Negative codes as in matchd_call.
 */
int matchd_follow_next(struct matchd_follower *f, int timeout_ms, struct matchd_fact *ret);
/* Why matchd_follow_next returned MATCHD_REFUSED; false where it did not. Lives until the next
 * call. */
bool matchd_follow_error(const struct matchd_follower *f, struct matchd_error *ret);

/* The first and the last number of what matchd_follow_next last told as lost by MATCHD_LAGGED; 0
 * and 0 where it never did. */
void matchd_follow_lost(const struct matchd_follower *f, uint64_t *ret_from, uint64_t *ret_to);

/* The epoch that the facts given so far belong to: 16 bytes, to be kept beside their numbers. */
const uint8_t *matchd_follow_epoch(const struct matchd_follower *f);
/*
 * For event loops: a descriptor that polls readable when there may be something to do, also for the
 * follower's own timers. Then call matchd_follow_next(f, 0, …) until it gives MATCHD_TIMEOUT; do so
 * once before the first wait, too. Do not read from it.
 */
int matchd_follow_fd(const struct matchd_follower *f);
/* Takes NULL. */
void matchd_follow_close(struct matchd_follower *f);

/* ---- subscribing ---- */

/*
 * A durable subscription is made by the message subscription.create and belongs to a client
 * (options.client). It is then consumed by one subscriber at a time:
 *
 *   matchd_subscription_open(c, "orders", NULL, &s);
 *   while ((rc = matchd_subscription_next(s, -1, &d)) == MATCHD_OK) {
 *           deal_with(&d);
 *           matchd_subscription_ack(s);
 *   }
 *
 * What was not acknowledged comes again to whoever opens the subscription next, be it after a crash
 * on either side. So each fact is given at least once, and once only within one subscriber's life;
 * whoever must not deal with any twice keeps the place (`state` and `number`) of the last one
 * beside the results.
 */

/* Set it to zero before you fill it in, as struct matchd_options. */
struct matchd_subscription_options {
	unsigned credit; /* facts asked for at a time, 1 to 10,000; 0: 1000. At most twice as many
			    are held. */
	int wait_ms; /* how long matchd may wait for a fact before it answers that there is none, 1
			to 60,000; 0: 5000. With options.timeout_ms on top an answer is overdue:
			so long may a connection that stands and is dead go unnoticed. */
};

struct matchd_delivery {
	uint64_t number;  /* of the fact; in what stands, of the last one before the subscription */
	uint64_t state;	  /* its place in what stands, growing from one to the next; 0: it is a fact
			     that happened */
	int64_t at_ms;	  /* Unix time */
	const char *kind; /* "match.made" */
	const void *body; /* a MessagePack map, see docs/protocol.md, Facts */
	size_t len;
	/* Of a match that happened: a MessagePack array of texts, the client's subscriptions that
	 * let it through. NULL: none given. */
	const void *because;
	size_t because_len;
	uint64_t lost_from, lost_to; /* MATCHD_LAGGED: the first and the last number */
};

/*
 * Begins to consume. Nothing is sent yet: that there is no such subscription is told by
 * matchd_subscription_next, and matchd need not be reachable. `options` may be NULL. Returns
 * MATCHD_OK, MATCHD_E_USAGE (`c` has no client, the name cannot be one, an option is out of range)
 * or MATCHD_E_SYSTEM. The subscription has a connection of its own, to the endpoint of `c`, with
 * its options and its client. Free with matchd_subscription_close.
 */
int matchd_subscription_open(struct matchd *c, const char *name,
			     const struct matchd_subscription_options *options,
			     struct matchd_subscription **ret);

/*
 * Gives the next fact, waiting for it at most timeout_ms (0: not at all; negative: for ever). Facts
 * come in order and each once: first what stands, if the subscription began with it, by ascending
 * `state`; then what happened, by ascending number. While you deal with a page of them the next one
 * is fetched already. A connection, gateway or core that is lost is replaced under way, and what is
 * given again because of that is recognised.
 *
 * Returns MATCHD_OK with *ret filled in (its pointers live until the next call) or
 *
 * - MATCHD_TIMEOUT, also when a signal handler ran;
 * - MATCHD_LAGGED: matchd does not keep facts ret->lost_from to ret->lost_to any more. What was of
 *   them will not come. The next call acknowledges them, with all that was given before, and goes
 *   on behind;
 * - MATCHD_EPOCH_CHANGED: matchd was restored from a backup, and numbers mean other facts. Nothing
 *   comes until you say that you know, by matchd_subscription_confirm;
 * - MATCHD_REFUSED, in the words of matchd_subscription_error. What was given and not acknowledged
 *   is not ours any more where the code is subscription_taken (another subscriber has it now; the
 *   next call takes it back, so do not call again unless that is meant) or subscription_deleted;
 *   there, and at unknown_subscription, the next call begins with whatever is of that name then;
 * - a negative code as in matchd_call.
 */
int matchd_subscription_next(struct matchd_subscription *s, int timeout_ms,
			     struct matchd_delivery *ret);

/*
 * All that was given so far is dealt with, for ever. Sends nothing: matchd hears of it with the next
 * fetch, when matchd_subscription_next would wait, or by matchd_subscription_flush. matchd stores
 * it within a second or so.
 */
void matchd_subscription_ack(struct matchd_subscription *s);
/*
 * Sends what is acknowledged and waits until matchd has heard it: before the end of a program; or
 * with 0, which sends and does not wait, after each fact that takes long to deal with. Returns
 * MATCHD_OK (heard, or there was nothing to say), MATCHD_TIMEOUT, MATCHD_REFUSED (which the next
 * matchd_subscription_next tells as well) or a negative code.
 */
int matchd_subscription_flush(struct matchd_subscription *s, int timeout_ms);

/*
 * After MATCHD_EPOCH_CHANGED: goes on where the backup was made. What stood in the old epoch behind
 * that place is void; whoever keeps a copy of the state rather deletes the subscription, creates it
 * with `start: state`, and confirms then. Returns MATCHD_OK, or MATCHD_E_USAGE where no epoch has
 * changed.
 */
int matchd_subscription_confirm(struct matchd_subscription *s);

/* The epoch that the facts given so far belong to, 16 bytes; after MATCHD_EPOCH_CHANGED the new
 * one; zeroes before matchd has said. */
const uint8_t *matchd_subscription_epoch(const struct matchd_subscription *s);
/* Why matchd_subscription_next or _flush returned MATCHD_REFUSED; false where it did not. Lives
 * until the next call of _next. */
bool matchd_subscription_error(const struct matchd_subscription *s, struct matchd_error *ret);
/*
 * For event loops: a descriptor that polls readable when there may be something to do, also for the
 * subscription's own timers. Then call matchd_subscription_next(s, 0, …) until it gives
 * MATCHD_TIMEOUT; do so once before the first wait, too. Do not read from it.
 */
int matchd_subscription_fd(const struct matchd_subscription *s);
/* Takes NULL. What is acknowledged and not flushed may come again. */
void matchd_subscription_close(struct matchd_subscription *s);

#ifdef __cplusplus
}
#endif
