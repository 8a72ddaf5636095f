#pragma once

/* A message's arguments, gathered pair by pair; what was not given is left out. */

#include "util/buf.h"
#include "util/mp.h"

struct arguments {
	struct buf pairs;
	uint32_t count;
	struct buf map; /* as handed out last */
};

#define ARGUMENTS_EMPTY ((struct arguments){BUF_EMPTY, 0, BUF_EMPTY})

/* Begins a pair: put exactly one token into the buffer that it returns. */
struct buf *arguments_key(struct arguments *a, const char *name);
/* NULL: left out. */
void arguments_text(struct arguments *a, const char *name, const char *value);
void arguments_int(struct arguments *a, const char *name, int64_t value);
/* The map so far; a view that lives until the next change. */
struct str arguments_map(struct arguments *a);
void arguments_free(struct arguments *a);
