#include "daemon/journal.h"

#include "store/store.h"

#include <assert.h>

static_assert((int)STORE_STREAMS == (int)MAX_STREAMS, "store and market agree on links");

static const uint8_t *
epoch(void *self)
{
	return store_epoch(self);
}

static uint64_t
first(void *self)
{
	return store_first(self);
}

static uint64_t
stream_head(void *self, uint64_t stream)
{
	return store_stream_head(self, stream);
}

/* Whom the facts of one read go to. */
struct reader {
	bool (*fact)(void *arg, const struct journalled *f);
	void *arg;
};

static bool
pass_on(void *arg, const struct store_record *fact)
{
	struct reader *r = arg;
	struct journalled f = {.number = fact->number,
			       .bytes = fact->bytes,
			       .note = fact->note,
			       .n_links = fact->n_links};

	for (size_t i = 0; i < fact->n_links; i++) {
		f.links[i].stream = fact->links[i].stream;
		f.links[i].prev = fact->links[i].prev;
	}
	return r->fact(r->arg, &f);
}

static int
read_facts(void *self, uint64_t from, uint64_t limit,
	   bool (*fact)(void *arg, const struct journalled *f), void *arg)
{
	struct reader r = {fact, arg};

	return store_facts(self, from, limit, pass_on, &r);
}

static const char *
message(void *self)
{
	return store_message(self);
}

void
journal_of_store(struct journal *ret, struct store *store)
{
	*ret = (struct journal){store, epoch, first, stream_head, read_facts, message};
}
