#include "times.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void
print_times(const char *name, double *times, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += times[i];
	qsort(times, n, sizeof *times, ascending);
	printf(",\"%s\":{\"mean\":%.2f,\"p50\":%.2f,\"p99\":%.2f,\"min\":%.2f,\"max\":%.2f}", name,
	       sum / (double)n, times[n / 2], times[n * 99 / 100], times[0], times[n - 1]);
}
