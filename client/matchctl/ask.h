#pragma once

/* Asking matchd on behalf of a command, and saying what went wrong in a way that helps. */

#include "client/matchctl/arguments.h"
#include "client/matchctl/command.h"
#include "client/matchd.h"

#include <stdio.h>

/* Makes t->client if it is not there yet. Returns an exit code. */
int ask_connect(struct tool *t);
/* Asks and waits. EXIT_DONE with *ret to be freed by matchd_reply_free; or another exit code,
 * having said why. */
int ask(struct tool *t, const char *cmd, struct arguments *args, struct matchd_reply **ret);
/* What a code of the library means, a sentence without a full stop. */
const char *ask_words(int code);
/* Says what a code of the library means, and what to do about it. Returns the exit code for it. */
int ask_failed(const struct tool *t, int code);
/* Says what was refused, with `where` in front ("file:3"; NULL: nothing); as JSON if asked for.
 * What to
 * do is said as well where there is no `where`. Returns EXIT_REFUSED, or EXIT_CONNECTION where it was only the core's being away. */
int ask_refused(const struct tool *t, const char *where, const struct matchd_error *e);
/* Says what to do about a refusal of that code, if there is something. */
void ask_hint(const struct tool *t, const char *code);
/* The reply's map. */
struct mp ask_map(const struct matchd_reply *r);
/* One of its results; at its end if it is not there. */
struct mp ask_result(const struct matchd_reply *r, const char *name);
/* Asks, and prints the result of that name (NULL: the whole reply without its envelope) as a record
 * or as JSON. Returns an exit code. */
int ask_and_print(struct tool *t, const char *cmd, struct arguments *args, const char *result);
/* The same to a stream. */
int ask_and_print_to(struct tool *t, const char *cmd, struct arguments *args, const char *result,
		     FILE *out);
