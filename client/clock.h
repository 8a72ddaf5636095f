#pragma once

/* Monotonic milliseconds, for deadlines. */

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A deadline that many milliseconds ahead; negative: never. */
static inline int64_t
clock_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : clock_ms() + timeout_ms;
}

/* What is left of it for poll(2): 0 when it has passed, at most an hour. */
static inline int
clock_left(int64_t deadline)
{
	int64_t left = deadline - clock_ms();
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}
