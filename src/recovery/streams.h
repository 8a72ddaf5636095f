#pragma once

/*
 * Where streams stand, as the facts say it: against the links of the facts themselves and against the
 * store's table of heads, which is as of an earlier fact.
 */

#include "store/inspect.h"

enum { STREAMS_WHY = 200 };

struct streams;

struct streams *streams_new(void);
void streams_free(struct streams *s);
/* A store_head_fn: an entry of the table. */
void streams_note_head(void *streams, uint64_t stream, uint64_t number);
uint64_t streams_heads(const struct streams *s);
/* The next fact; facts come in order. `first`: the journal began there, when the walk began;
 * `heads_at`: the table's. False where a link does not lead to the fact before it in the stream. */
bool streams_follow(struct streams *s, const struct store_record *fact, uint64_t first,
		    uint64_t heads_at, char why[STREAMS_WHY]);
/* After all facts: whether the table says the same. `first`: the oldest fact still kept, since
 * what a head named may have been trimmed. */
bool streams_agree(const struct streams *s, uint64_t first, char why[STREAMS_WHY]);
