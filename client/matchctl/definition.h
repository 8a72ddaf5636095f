#pragma once

/* An exchange's definition as exchange.show gives it, and its titles in the language of this run. */

#include "client/matchctl/ask.h"

/* Asks for the definition; *ret (the map) lives until the reply is freed. Returns an exit code. */
int definition_ask(struct tool *t, const char *exchange, struct matchd_reply **ret_reply,
		   struct mp *ret);
/* The text of that name ("title", "help") of a definition, a side, a field or a value, in the
 * language of this run, else in the other; STR_NONE where there is neither. */
struct str definition_text(struct mp of, const char *name);
/* The same of a bare pair {ru, en}. */
struct str definition_pick(struct mp texts);
/* One field of the definition; at its end if there is none. */
struct mp definition_field(struct mp definition, struct str name);
