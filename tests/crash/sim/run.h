#pragma once

#include "sim.h"

/* What runs come to. */
struct tally {
	uint64_t runs, faults, crashes, least_crashes, checked, facts, duplicates, violations;
};

/* Plays one seed; false where something was wrong, which stands on stderr. */
bool run_seed(uint64_t seed, struct tally *tally);
