#pragma once

/* What a probe finds: how many listings match, and the best of them. */

#include <stddef.h>
#include <stdint.h>

enum { TOP_MOST = 20 };

struct top {
	uint64_t count; /* of all matches */
	size_t n;	/* of the best, best first; of equals the lower place first */
	struct {
		uint32_t place; /* of the listing among those generated, from 0 */
		uint16_t score; /* 0..1000 */
	} best[TOP_MOST];
};

/* Counts a match and keeps it if it is among the best. Matches come by ascending place. */
static inline void
top_add(struct top *t, uint32_t place, uint16_t score)
{
	size_t i = t->n;
	t->count++;
	if (i == TOP_MOST && t->best[i - 1].score >= score)
		return;
	if (i == TOP_MOST)
		i--;
	else
		t->n++;
	for (; i > 0 && t->best[i - 1].score < score; i--)
		t->best[i] = t->best[i - 1];
	t->best[i].place = place;
	t->best[i].score = score;
}
