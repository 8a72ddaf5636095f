#include "core/bodies.h"

#include "util/mem.h"

#include <stdlib.h>

/* Where the listing is among those whose bodies are held, or would be inserted. */
static size_t
place_of(const struct bodies *b, uint32_t listing)
{
	size_t lo = 0, hi = b->n_held;
	if (hi > 0 && b->held[hi - 1].listing < listing)
		return hi; /* new listings come last */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (b->held[mid].listing < listing)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_held(const struct bodies *b, uint32_t listing, size_t place)
{
	return place < b->n_held && b->held[place].listing == listing;
}

void
bodies_hold(struct bodies *b, uint32_t listing, struct str body)
{
	size_t place = place_of(b, listing);
	struct held_body holds = {mem_dup(body.p, body.len), body.len, listing, false};
	if (is_held(b, listing, place)) {
		free(b->held[place].bytes);
	} else {
		b->held = mem_grow(b->held, b->n_held, &b->cap_held, sizeof *b->held);
		memmove(b->held + place + 1, b->held + place,
			(b->n_held - place) * sizeof *b->held);
		b->n_held++;
	}
	b->held[place] = holds;
}

struct str
bodies_held(const struct bodies *b, uint32_t listing)
{
	size_t place = place_of(b, listing);
	if (!is_held(b, listing, place))
		return STR_NONE;
	return (struct str){b->held[place].bytes, b->held[place].len};
}

void
bodies_flushed(struct bodies *b)
{
	for (size_t i = 0; i < b->n_held; i++)
		b->held[i].flushed = true;
}

void
bodies_let_go(struct bodies *b)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->n_held; i++) {
		if (b->held[i].flushed)
			free(b->held[i].bytes);
		else
			b->held[kept++] = b->held[i];
	}
	b->n_held = kept;
}

void
bodies_done(struct bodies *b)
{
	for (size_t i = 0; i < b->n_held; i++)
		free(b->held[i].bytes);
	free(b->held);
}
