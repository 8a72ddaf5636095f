#pragma once

/*
 * What the clients of one gateway have asked and nobody has dealt with yet: a line for each client,
 * served round robin, so that one who asks much or asks for much waits for itself and not the others
 * for it. A client's own requests keep their order.
 *
 * A client is known here while it has something in line.
 */

#include "util/buf.h"
#include "util/hash.h"

/* A request in line. */
struct queued {
	struct queued *prev, *next;
	uint32_t envelope_len, len;
	char bytes[]; /* the envelope, then the request */
};

static inline struct str
queued_envelope(const struct queued *q)
{
	return (struct str){q->bytes, q->envelope_len};
}

static inline struct str
queued_request(const struct queued *q)
{
	return (struct str){q->bytes + q->envelope_len, q->len};
}

struct line;

/* Zeroed: empty. */
struct fair_queue {
	struct line *by_envelope; /* uthash; owned */
	struct line *turn;	  /* utlist: whose turn it is, and who comes then */
	size_t bytes;		  /* of all in line */
};

/* Copies both texts. */
void fair_queue_add(struct fair_queue *q, struct str envelope, struct str request);
/* Takes the next one out, to be freed with free(); NULL where there is none. */
struct queued *fair_queue_take(struct fair_queue *q);
void fair_queue_done(struct fair_queue *q);
