#include "recovery/streams.h"

#include "util/hash.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>

struct stream {
	uint64_t key;
	uint64_t last;	/* fact so far */
	uint64_t at;	/* of those that the table covers */
	uint64_t table; /* as the table says; 0: it does not */
	UT_hash_handle hh;
};

struct streams {
	struct stream *by_key;
	uint64_t heads;
};

struct streams *
streams_new(void)
{
	return mem_zalloc(sizeof(struct streams));
}

void
streams_free(struct streams *s)
{
	struct stream *each, *next;
	HASH_ITER(hh, s->by_key, each, next)
	{
		HASH_DEL(s->by_key, each);
		free(each);
	}
	free(s);
}

static struct stream *
find_or_add(struct streams *s, uint64_t key)
{
	struct stream *found;
	HASH_FIND(hh, s->by_key, &key, sizeof key, found);
	if (found)
		return found;
	found = mem_zalloc(sizeof *found);
	found->key = key;
	HASH_ADD(hh, s->by_key, key, sizeof found->key, found);
	return found;
}

void
streams_note_head(void *streams, uint64_t stream, uint64_t number)
{
	struct streams *s = streams;
	find_or_add(s, stream)->table = number;
	s->heads++;
}

uint64_t
streams_heads(const struct streams *s)
{
	return s->heads;
}

bool
streams_follow(struct streams *s, const struct store_record *fact, uint64_t first,
	       uint64_t heads_at, char why[STREAMS_WHY])
{
	for (size_t i = 0; i < fact->n_links; i++) {
		struct stream *stream = find_or_add(s, fact->links[i].stream);
		uint64_t prev = fact->links[i].prev;
		bool right = stream->last > 0 ? prev == stream->last : prev < first;
		if (!right) {
			snprintf(why, STREAMS_WHY,
				 "fact %" PRIu64 " follows on %" PRIu64 " in stream %" PRIx64
				 ", where %" PRIu64 " was the last",
				 fact->number, prev, stream->key, stream->last);
			return false;
		}
		stream->last = fact->number;
		if (fact->number <= heads_at)
			stream->at = fact->number;
	}
	return true;
}

bool
streams_agree(const struct streams *s, uint64_t first, char why[STREAMS_WHY])
{
	for (const struct stream *each = s->by_key; each; each = each->hh.next) {
		bool right = each->table >= first ? each->at == each->table
						  : each->at == 0 || each->at <= each->table;
		if (right)
			continue;
		snprintf(why, STREAMS_WHY,
			 "the head of stream %" PRIx64 " is fact %" PRIu64
			 " in the table and fact %" PRIu64 " in the journal",
			 each->key, each->table, each->at);
		return false;
	}
	return true;
}
