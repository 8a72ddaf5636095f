#pragma once

/*
 * Places: from degrees to earth-centred metres, the only floating point there is. It happens once,
 * before a command is journalled; replay reads the integers.
 *
 * Computed in long double, so that the rounding to whole metres is the same wherever the last bits
 * of sin and cos are not.
 */

#include <stdint.h>

enum {
	GEO_DECIMALS = 7, /* of a degree: about a centimetre */
	GEO_RADIUS_M = 6371000,
};

struct geo_point {
	int64_t x, y, z;
};

/* Degrees times 10^7; lat within 90, lon within 180. */
struct geo_point geo_point(int64_t lat_e7, int64_t lon_e7);
/* The squared chord of an arc of that many metres (0 or more); beyond half the circumference, the
 * whole sphere's. */
int64_t geo_chord2(int64_t radius_m);
