#pragma once

/* What took how long. */

#include <stddef.h>

double now_us(void);
/* Sorts the `n` times in place and prints ,"<name>":{"mean":…,"p50":…,"p99":…,"min":…,"max":…}; n is not 0. */
void print_times(const char *name, double *times, size_t n);
