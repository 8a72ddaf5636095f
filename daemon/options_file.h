#pragma once

/*
 * The configuration file: YAML, one flat map from option names to a value or a list of values.
 * Aliases, anchors and tags are refused, as are a name given twice and nesting; every mistake is
 * reported with its line.
 */

#include "daemon/options.h"

enum { OPTIONS_FILE_MAX = 1 << 20 };

/* Reads YAML text into the options; mistakes are added to *ret. */
void options_file_read(struct options *o, struct str yaml, struct mistakes *ret);
