#pragma once

/* What --help prints, from the table of commands. */

#include "client/matchctl/command.h"

#include <stdio.h>

void help_all(FILE *out);
void help_command(FILE *out, const struct command *c);
