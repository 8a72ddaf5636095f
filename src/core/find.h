#pragma once

/* Finding the rows of a lookup that meet a box of the other side. */

#include "core/bound.h"
#include "core/plan.h"
#include "util/workers.h"

/* A row that meets, with what ranking needs of it. */
struct hit {
	uint32_t row, owner, opening;
	uint16_t bound; /* its score is at most this */
};

/* Where one thread sieves spans, and what it found there. */
struct sieve {
	uint64_t *words; /* unions of sets, one span each */
	size_t cap_words;
	uint32_t *rows; /* of one span, as they are sieved */
	struct hit *hits;
	size_t n_hits, cap_hits;
};

/* Room to find in, kept between probes. Zeroed at first; free with finder_free. */
struct finder {
	struct plan plan;
	struct sieve *sieves; /* by the workers' hands; the first is the caller's */
	unsigned n_sieves;
	struct yield *yields; /* by span */
	size_t cap_yields;
	struct hit *joined; /* hits of several sieves */
	size_t cap_joined;
	const struct hit *hits; /* what was found: by row, ascending; good until the next probe */
	size_t n_hits;
};

/*
 * Fills f->hits with the rows that meet the probe: those for which boxes_meet is true. `bound` is
 * made for the same probe, or NULL: then no score is bounded. A long find is shared with the
 * workers, if not NULL; what is found does not depend on them.
 */
void finder_find(struct finder *f, struct workers *workers, const struct lookup *l,
		 struct box probe, const struct bound *bound, const struct dict *d);
void finder_free(struct finder *f);
