#pragma once

/* What people write in files, made into arguments: times as text, whole numbers where a code is
 * meant, the status beside the attributes. */

#include "client/matchctl/bulk.h"

/* A listing, whole or in parts: its keys are the message's arguments; valid_from and valid_until
 * may be written as times.h reads them. */
int object_listing(const struct tool *t, struct mp object, struct arguments *args,
		   struct both *why);
/* participant.register: `status` leaves the object; --status stands in where it is missing. */
int object_register(const struct tool *t, struct mp object, struct arguments *args,
		    struct both *why);
/* participant.revise: `id` leaves the object, the rest is what to set. */
int object_participant_revise(const struct tool *t, struct mp object, struct arguments *args,
			      struct both *why);

/* Adds a time given as an option: EXIT_DONE, also for NULL, or EXIT_USAGE having said so. */
int object_time_option(struct arguments *args, const char *name, const char *text, bool end);
/* Adds a yes or no given as an option, if it is. As above. */
int object_yes_no_option(const struct tool *t, const char *name, struct arguments *args);
/* Adds NAME=JSON options of that name as one map under `key`, if there are any. Returns an exit
 * code. */
int object_assignments(const struct tool *t, const char *option, const char *key,
		       struct arguments *args);
