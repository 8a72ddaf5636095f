#pragma once

/*
 * The facts of the last turns, as they were published, so that subscribers that keep up are served
 * from memory. Whatever is not here is read from the journal.
 */

#include "daemon/filter.h"
#include "util/buf.h"

struct recent;

/* What a subscriber may be given of one fact; the texts live until the next recent_keep. */
struct recent_fact {
	uint64_t number;
	struct about about;
	struct str body; /* empty: the fact is not published */
	struct str note; /* as the journal keeps it; STR_NONE: none */
};

struct recent *recent_new(void);
/* Takes NULL. */
void recent_free(struct recent *r);
/* To be called before a turn's facts: may forget those of turns before the last, and no others. */
void recent_age(struct recent *r);
/* Keeps a fact; numbers grow, and whole turns may be left out. */
void recent_keep(struct recent *r, const struct recent_fact *f);
/* False where it is not kept (any more). */
bool recent_find(const struct recent *r, uint64_t number, struct recent_fact *ret);
