#pragma once

/*
 * Exchange files and their trees from a directory, read when first asked for; and objects checked
 * against them as matchd checks what an object says, without matchd. What only the market knows
 * (who is registered, which INN is taken, what is stored) is not checked.
 */

#include "core/refusal.h"
#include "util/mp.h"

struct exchange_files;

/* `directory` as matchd's --exchanges-directory; it must outlive the definitions. */
struct exchange_files *exchange_files_new(const char *directory);
/* The message's arguments of a listing.publish or, with `participant`, a participant.register.
 * Returns 0, or 1 with *ret filled in. */
int exchange_files_check(struct exchange_files *d, bool participant, struct mp args,
			 struct refusal *ret);
/* Takes NULL. */
void exchange_files_free(struct exchange_files *d);
