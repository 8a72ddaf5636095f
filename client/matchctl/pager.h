#pragma once

/*
 * Long output goes through a pager, at a terminal only: $MATCHCTL_PAGER, else $PAGER, else
 * `less -FRX`; an empty one is none. What fits on the screen is printed as it is, and so is all
 * where the pager cannot be run.
 */

#include "client/matchctl/command.h"

#include <stdio.h>

/* Where to print: stdout itself, or a text that pager_close shows. */
FILE *pager_open(const struct tool *t);
void pager_close(FILE *out);
