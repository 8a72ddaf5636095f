#pragma once

/*
 * The generated exchanges. Each is a seeded stream of listings per side, and a scan: the same
 * listings as plain columns, and a loop over all of them that knows this exchange by heart. What
 * matchd finds by any exchange file is compared with what the scan finds.
 *
 * The same seed gives the same listings, and a smaller set is the beginning of a larger one.
 *
 *   workload   contract manufacturing, 15 conditions; about 0.065 % match
 *   intervals  six ranges and nothing else; about 0.13 % match
 *   sets       three sets of 10,000 words; about 0.06 % match
 *   alike      one value that everybody has; all match
 *   places     places alone; about 2 % match
 */

#include "core/exchange.h"
#include "dice.h"
#include "top.h"
#include "util/buf.h"

/* One exchange. A record is what its `next` makes. */
struct workload {
	const char *name; /* of the exchange, and of its file here */
	size_t record_size;
	void (*next)(struct dice *d, enum side side, void *ret_record);
	/* Appends the listing's fields as they are written: one MessagePack map. */
	void (*write)(const void *record, enum side side, struct buf *out);
	/* An empty scan of records of that side, with room for `capacity`. */
	void *(*scan_new)(enum side side, size_t capacity);
	void (*scan_free)(void *scan);
	void (*scan_add)(void *scan, const void *record);
	/* A record of the other side against all; *ret begins empty. */
	void (*scan)(const void *scan, const void *probe, struct top *ret);
};

extern const struct workload manufacturing, intervals, sets, alike, places;

/* By name, or NULL. */
const struct workload *workload_find(struct str name);

/* Its listings of one side, one after the other. */
struct listings {
	const struct workload *of;
	enum side side;
	struct dice dice;
	void *record; /* the last one made */
};

/* Free with listings_done. */
struct listings listings_of(const struct workload *w, enum side side);
void listings_done(struct listings *l);
/* Makes the next record. */
const void *listings_next(struct listings *l);
/* Makes the next one and appends it as the arguments of listing.publish (a MessagePack map of
 * five) under the given id. */
void listings_write(struct listings *l, const char *listing, struct buf *out);

/* Appends the arguments of participant.register (a map of two) for a member of that id. */
void workload_participant(const char *id, struct buf *out);
