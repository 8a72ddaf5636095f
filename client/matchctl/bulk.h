#pragma once

/*
 * Files of objects, each sent as one request, many in flight: what publish, revise and the
 * participants' commands share.
 */

#include "client/matchctl/arguments.h"
#include "client/matchctl/both.h"
#include "client/matchctl/command.h"

/*
 * Turns an object into a message's arguments. Returns 0, or 1 with a sentence about what is wrong
 * with it in `why`.
 */
typedef int (*bulk_fn)(const struct tool *t, struct mp object, struct arguments *args,
		       struct both *why);

/* What is wrong with an object that no message holds. */
extern const struct both bulk_too_long;

/*
 * Reads all files of the command's operands and sends each object. Says what was refused with file
 * and line, and at the end how many were stored, unchanged and refused. Returns an exit code:
 * EXIT_INPUT if a file had mistakes, else EXIT_REFUSED if anything was refused.
 */
int bulk_send(struct tool *t, const char *cmd, bulk_fn convert);
/* Has matchd check each object of all files, a listing or a participant, without storing it. As
 * bulk_send, counting good and refused. */
int bulk_validate(struct tool *t);
