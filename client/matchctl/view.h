#pragma once

/*
 * Showing what a command prints: once, through the pager where it is long; or with --watch again
 * and again, in place at a terminal, one below the other with the time before each elsewhere, until
 * it is interrupted.
 */

#include "client/matchctl/command.h"

#include <stdio.h>

/* Prints to `out`. Returns an exit code, having said what went wrong. */
typedef int (*view_fn)(struct tool *t, FILE *out, void *arg);

/* Returns the view's exit code; with --watch, EXIT_DONE once interrupted. While matchd is away a
 * watch goes on. */
int view_show(struct tool *t, view_fn view, void *arg);
