#include "core/words.h"

#include "util/mem.h"

#include <stdlib.h>

uint32_t
words_roomier(uint32_t cap, uint32_t needed)
{
	uint64_t more = (uint64_t)cap + cap / 8 + 64;
	if (more < needed)
		more = needed;
	if (more > UINT32_MAX)
		mem_failed(SIZE_MAX); /* places have 32 bits; beyond is beyond memory */
	return (uint32_t)more;
}

uint32_t
words_take(struct words *w, uint32_t n)
{
	uint32_t at = w->free[n];
	if (at) {
		w->free[n] = w->at[at];
		return at;
	}
	if (w->n == 0)
		w->n = 1;
	if (w->cap - w->n < n || w->cap == 0) {
		w->cap = words_roomier(w->cap, w->n + n);
		w->at = mem_realloc(w->at, w->cap * sizeof *w->at);
	}
	at = w->n;
	w->n += n;
	return at;
}

void
words_give(struct words *w, uint32_t at, uint32_t n)
{
	w->at[at] = w->free[n];
	w->free[n] = at;
}

void
words_free(struct words *w)
{
	free(w->at);
	*w = (struct words){0};
}
