#pragma once

/* The names of what facts number, by the rows of the market that they made. Apart from the commands,
 * whose word for a command is the core's, too. */

#include "store/store.h"
#include "util/buf.h"

struct names;

enum { NAMES_WHY = 300 };

/* Reads the rows of participants and listings. NULL, with a sentence in `why`, where rows are
 * damaged. */
struct names *names_load(struct store *store, char why[NAMES_WHY]);
/* Takes NULL, as all of these do: then there are no names. */
void names_free(struct names *n);
/* Appends "acme", "acme/bolts", "parts"; "#17" for what has no name. */
void names_put_participant(const struct names *n, struct buf *out, uint32_t number);
void names_put_listing(const struct names *n, struct buf *out, uint32_t number);
void names_put_exchange(const struct names *n, struct buf *out, uint32_t index);
/* By id; 0: there is none. */
uint32_t names_participant(const struct names *n, struct str id);
uint32_t names_listing(const struct names *n, struct str id);
/* Whose the listing is; 0 for one that is not known. */
uint32_t names_owner(const struct names *n, uint32_t listing);
