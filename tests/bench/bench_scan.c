#include "bench.h"
#include "times.h"
#include "util/mem.h"
#include "workload.h"

#include <stdlib.h>

enum { WARM = 50 };

int
bench_scan(const struct probing *p)
{
	const struct workload *w = workload_find(str_of(p->exchange));
	if (!w)
		bench_fail("nothing is generated for", str_of(p->exchange));
	enum side side = p->reverse ? NEED : OFFER;
	struct listings stored = listings_of(w, side), probes = listings_of(w, side_other(side));
	void *scan = w->scan_new(side, p->stored);
	for (size_t i = 0; i < p->stored; i++)
		w->scan_add(scan, listings_next(&stored));

	struct listings warm = listings_of(w, side_other(side));
	for (size_t i = 0; i < WARM && i < p->probes; i++)
		w->scan(scan, listings_next(&warm), &(struct top){0});
	double *us = mem_alloc(p->probes * sizeof *us);
	uint64_t matches = 0;
	for (size_t i = 0; i < p->probes; i++) {
		const void *probe = listings_next(&probes);
		struct top top = {0};
		double start = now_us();
		w->scan(scan, probe, &top);
		us[i] = now_us() - start;
		matches += top.count;
		bench_write(p->findings, &top);
	}
	printf("{\"stored\":%zu,\"probes\":%zu,\"matches_per_probe\":%.2f", p->stored, p->probes,
	       (double)matches / (double)p->probes);
	print_times("us", us, p->probes);
	printf("}\n");
	free(us);
	w->scan_free(scan);
	listings_done(&warm);
	listings_done(&stored);
	listings_done(&probes);
	return 0;
}
