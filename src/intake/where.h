#pragma once

/*
 * Where in a command something stands, for error fields such as "variants[2].price.from".
 *
 * A chain of frames on the stack, written out only when there is something to refuse, so that what
 * is right costs nothing.
 */

#include "core/refusal.h"
#include "util/buf.h"

struct where {
	const struct where *up; /* NULL: the whole */
	struct str name;	/* of a key; STR_NONE for an element */
	uint32_t index;		/* of an element */
};

#define WHERE_KEY(up, key)    ((struct where){(up), (key), 0})
#define WHERE_ITEM(up, index) ((struct where){(up), STR_NONE, (index)})

enum { QUOTE = 64 };

/* Refuses what stands there. Returns 1. */
int refuse_at(struct refusal *r, const struct where *at, const char *code, const char *expected,
	      const char *message, ...) __attribute__((format(printf, 5, 6)));
/* A short printable piece of what somebody wrote, for messages: whole characters, control
 * characters as '?'. Returns `quoted`. */
const char *quote(struct str text, char quoted[QUOTE]);
