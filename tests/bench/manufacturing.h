#pragma once

/*
 * Contract manufacturing, as generated: processes, materials and cities are drawn by Zipf-like
 * weights, sizes and prices log-uniformly or log-normally, places around 85 Russian cities. The
 * score's weights and the rest of the definition are in workload.yaml.
 */

#include "core/exchange.h"
#include "dice.h"
#include "top.h"

#include <stdint.h>

enum { PROCESSES = 40, MATERIALS = 60, CERTIFICATES = 12, SIZES = 4, REGIONS = 85 };
enum { LEAD_WEIGHT = 3, PRICE_WEIGHT = 5, PLACE_WEIGHT = 2 };

/* Sets are bits. Places are in 10^-5 degrees. */
struct capability { /* an offer */
	uint64_t process, material;
	uint64_t region[2]; /* both 0: any */
	uint32_t certificates;
	uint32_t size; /* 0: any */
	int32_t batch_min, batch_max, lead, price_kopecks, least_order;
	int32_t lat, lon;
};

struct order { /* a need */
	int32_t process, material, region, size;
	uint32_t certificates;
	int32_t quantity, deadline, budget_kopecks, value;
	int32_t lat, lon, km; /* km < 0: anywhere */
};

void capability_next(struct dice *d, struct capability *ret);
void order_next(struct dice *d, struct order *ret);

/* Where it is, and how far a need reaches, as the exchange sees it: metres, squared metres. */
struct site {
	int32_t x, y, z;
	int64_t reach;	/* 0: anywhere, and no part of the score */
	int64_t reach2; /* squared chord; beyond every distance where it is anywhere */
};
struct site capability_site(const struct capability *c);
struct site order_site(const struct order *o);

/* The scan, as in workload.h. */
void *manufacturing_scan_new(enum side side, size_t capacity);
void manufacturing_scan_free(void *scan);
void manufacturing_scan_add(void *scan, const void *record);
void manufacturing_scan(const void *scan, const void *probe, struct top *ret);
