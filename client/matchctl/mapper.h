#pragma once

/* Rows to objects: what a map makes of one row, as `publish` and `participant register` take it. */

#include "client/matchctl/ledger.h"
#include "client/matchctl/transform.h"

enum mapped {
	MAPPED,
	MAPPED_SKIP,  /* by the map's own word: mapper->reason */
	MAPPED_WRONG, /* maker.trouble says why; nothing of the row is used */
};

struct mapped_object {
	const struct object_map *from;
	struct buf map;	   /* MessagePack */
	struct str id;	   /* in `map`; of a listing its key with the participant's id */
	struct str market; /* the exchange; STR_NONE for a participant */
};

struct mapper {
	struct maker maker;
	struct mapped_object objects[MAP_OBJECTS];
	size_t n;
	struct str reason;
	struct tallies
	    left_out; /* of this row: fields that were left out because they were wrong */
};

void mapper_init(struct mapper *m, const struct map *map);
/* Maps the sheet's current row. */
enum mapped mapper_row(struct mapper *m, struct sheet *sheet);
void mapper_done(struct mapper *m);
/* The column that fills a field such as "fields.price" or "inn"; STR_NONE if none does. */
struct str mapper_column(const struct map *map, const struct object_map *object, const char *field);
