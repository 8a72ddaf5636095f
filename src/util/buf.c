#include "util/buf.h"

#include "util/mem.h"

#include <stdlib.h>

enum { FIRST = 256 }; /* most buffers hold a message or a listing: fewer steps to their size */

void
buf_reserve(struct buf *b, size_t len)
{
	size_t cap = b->cap ? b->cap : FIRST;

	if (b->cap - b->len >= len)
		return;
	while (cap - b->len < len)
		cap *= 2;
	b->data = mem_realloc(b->data, cap);
	b->cap = cap;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = BUF_EMPTY;
}
