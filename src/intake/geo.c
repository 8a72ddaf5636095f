#include "intake/geo.h"

#include <math.h>

static const long double PI = 3.141592653589793238462643383279502884L;

struct geo_point
geo_point(int64_t lat_e7, int64_t lon_e7)
{
	long double lat = (long double)lat_e7 / 1e7L * PI / 180;
	long double lon = (long double)lon_e7 / 1e7L * PI / 180;
	return (struct geo_point){
	    llroundl(GEO_RADIUS_M * cosl(lat) * cosl(lon)),
	    llroundl(GEO_RADIUS_M * cosl(lat) * sinl(lon)),
	    llroundl(GEO_RADIUS_M * sinl(lat)),
	};
}

int64_t
geo_chord2(int64_t radius_m)
{
	if ((long double)radius_m >= PI * GEO_RADIUS_M)
		return 4 * (int64_t)GEO_RADIUS_M * GEO_RADIUS_M;
	long double chord = 2 * GEO_RADIUS_M * sinl((long double)radius_m / (2 * GEO_RADIUS_M));
	return llroundl(chord * chord);
}
