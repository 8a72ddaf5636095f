#pragma once

/* What --help prints, from the table of commands. */

#include "client/matchctl/command.h"

#include <stdio.h>

/* By exit code; ends with NULLs. */
extern const struct texts exit_meanings[];

void help_all(FILE *out);
void help_command(FILE *out, const struct command *c);
