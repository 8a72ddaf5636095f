#include "util/buf.h"

#include "util/mem.h"

#include <stdlib.h>

void
buf_put(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (b->cap - b->len < len) {
		size_t cap = b->cap ? b->cap : 64;
		while (cap - b->len < len)
			cap *= 2;
		b->data = mem_realloc(b->data, cap);
		b->cap = cap;
	}
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
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
