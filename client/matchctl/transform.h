#pragma once

/* Transforms at work: cells of the current row become one MessagePack token. */

#include "client/matchctl/map.h"

enum made {
	MADE,
	MADE_NOTHING, /* empty, or its condition does not hold: the key is left out */
	MADE_WRONG,   /* `trouble` says why */
};

struct trouble {
	const char *code;  /* stable: "not_in_table" */
	struct str column; /* STR_NONE where it is about none in particular */
	struct both why;
};

/* A row at work. */
struct maker {
	const struct map *map;
	struct sheet *sheet;
	struct cells cells;
	struct trouble trouble;
	bool cut; /* not all of the last value was taken: the map's cut or most */
};

bool conditions_hold(struct maker *m, const struct conditions *when);
/* Appends one token where it returns MADE, else nothing. */
enum made transform_make(struct maker *m, const struct transform *t, struct buf *out);
