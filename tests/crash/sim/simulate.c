/* Plays seeds: simulate [--seed FIRST] [--seeds N]. One line of JSON; 1 where a promise was broken. */

#include "run.h"

#include "daemon/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
usage(void)
{
	fprintf(stderr, "usage: simulate [--seed FIRST] [--seeds N]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	uint64_t first = 1, seeds = 200;
	struct tally tally = {0};
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage();
		uint64_t value = strtoull(argv[i + 1], NULL, 10);
		if (strcmp(argv[i], "--seed") == 0)
			first = value;
		else if (strcmp(argv[i], "--seeds") == 0)
			seeds = value;
		else
			return usage();
	}
	log_open(LOG_TO_STDERR, (enum log_level)0); /* that commits fail is meant */
	for (uint64_t seed = first; seed < first + seeds; seed++)
		if (!run_seed(seed, &tally))
			fprintf(stderr, "again: simulate --seed %" PRIu64 " --seeds 1\n", seed);
	printf("{\"kind\":\"simulation\",\"runs\":%" PRIu64 ",\"faults\":%" PRIu64
	       ",\"crashes\":%" PRIu64 ",\"least_crashes\":%" PRIu64 ",\"facts\":%" PRIu64
	       ",\"checked\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"violations\":%" PRIu64 "}\n",
	       tally.runs, tally.faults, tally.crashes, tally.least_crashes, tally.facts,
	       tally.checked, tally.duplicates, tally.violations);
	return tally.violations > 0;
}
