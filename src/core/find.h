#pragma once

/* Finding the rows of a lookup that meet a box of the other side. */

#include "core/plan.h"

/* Room to find in, kept between probes. Zeroed at first; free with finder_free. */
struct finder {
	struct plan plan;
	uint64_t *words; /* unions of sets, one span each */
	size_t cap_words;
	struct numbers rows; /* what was found: ascending, good until the next probe */
};

/* Fills f->rows with the rows that meet the probe: those for which boxes_meet is true. */
void finder_find(struct finder *f, const struct lookup *l, struct box probe, const struct dict *d);
void finder_free(struct finder *f);
