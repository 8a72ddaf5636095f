#pragma once

/* Finding the rows of a lookup that meet a box of the other side. */

#include "core/bound.h"
#include "core/plan.h"

/* A row that meets, with what ranking needs of it. */
struct hit {
	uint32_t row, owner, opening;
	uint16_t bound; /* its score is at most this */
};

/* Room to find in, kept between probes. Zeroed at first; free with finder_free. */
struct finder {
	struct plan plan;
	uint64_t *words; /* unions of sets, one span each */
	size_t cap_words;
	uint32_t *rows;	  /* of one span, as they are sieved */
	struct hit *hits; /* what was found: by row, ascending; good until the next probe */
	size_t n_hits, cap_hits;
};

/*
 * Fills f->hits with the rows that meet the probe: those for which boxes_meet is true. `bound` is
 * made for the same probe, or NULL: then no score is bounded.
 */
void finder_find(struct finder *f, const struct lookup *l, struct box probe,
		 const struct bound *bound, const struct dict *d);
void finder_free(struct finder *f);
