#pragma once

/*
 * What may stand next in a command line, for the shells. Everything follows from the table of
 * commands: the words in capitals that stand behind options and as operands are kinds of values,
 * and for each kind there is a list, or a question to matchd.
 */

#include "client/matchctl/command.h"

#include <stdio.h>

/*
 * Prints what may stand in place of the last of the words (those behind "matchctl" up to the
 * cursor), one candidate a line; nothing where that is a file or unknown. Asks matchd, with the
 * endpoint and context that the words name, for a second at most.
 */
void complete_words(struct tool *t, char *const *words, size_t n, FILE *out);
