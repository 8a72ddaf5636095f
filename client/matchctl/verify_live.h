#pragma once

#include "client/matchctl/command.h"

/* verify --live: has the running matchd compare what it finds with the rule of matching, and prints
 * where they differ. Returns an exit code: EXIT_REFUSED where they do. */
int verify_live(struct tool *t);
