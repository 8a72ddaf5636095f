#pragma once

/* watch --durable: consumes a subscription and prints, runs or forwards each fact. */

#include "client/matchctl/command.h"

/* Until there were `count` facts; 0: until it is interrupted. Takes --durable, --exec and --forward.
 * Returns an exit code. */
int durable_watch(struct tool *t, long long count);
