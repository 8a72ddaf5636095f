#pragma once

/* The reads, by what they are about: handlers as dispatch_internal.h says, and what several of them
 * write. */

#include "daemon/dispatch_internal.h"

/* dispatch_matches.c */
bool listing_matches(struct call *c);
bool match_explain(struct call *c);
/* dispatch_facts.c */
bool facts_read(struct call *c);
bool streams_heads(struct call *c);
/* dispatch_verify.c */
bool index_verify(struct call *c);
/* dispatch_exchange.c */
bool exchange_list(struct call *c);
bool exchange_show(struct call *c);

/*
 * Pages end at REPLY_PAGE bytes, so that a client that does not read ties up little. A fact's row,
 * whose published statements can be several times MAX_BODY, is taken back where it would leave less
 * than REPLY_HEADROOM to PROTO_MAX_REPLY.
 */
enum { REPLY_HEADROOM = 4096, REPLY_PAGE = 256 * 1024 };

void put_epoch(struct call *c);
/* "head": the last fact's number. */
void put_head_number(struct call *c);
/* The listing that a text argument names; NULL where there is none, which is refused. */
const struct listing *wanted_listing(struct call *c, const char *arg);
/* Good until the market is changed or flushed. */
struct str listing_title(const struct market *m, const struct listing *l);
