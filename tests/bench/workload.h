#pragma once

/*
 * The matching workload: seeded contract-manufacturing offers and needs. The same seed gives the
 * same listings, and a smaller set is the beginning of a larger one. Processes, materials and
 * cities are drawn by Zipf-like weights, sizes and prices log-uniformly or log-normally, places
 * around 85 Russian cities. About 0.065 % of the offers match a need.
 */

#include "util/buf.h"

#include <stdint.h>

struct workload;

enum workload_kind { WORKLOAD_OFFERS, WORKLOAD_NEEDS };

/* Free with workload_free, which takes NULL. */
struct workload *workload_new(enum workload_kind kind, uint64_t seed);
void workload_free(struct workload *w);
/*
 * Appends the arguments of listing.publish (a MessagePack map of five) for the next listing, under
 * the given id, in the exchange of workload.yaml.
 */
void workload_next(struct workload *w, const char *listing, struct buf *out);
/* Appends the arguments of participant.register (a map of two) for a member of that id. */
void workload_participant(const char *id, struct buf *out);
