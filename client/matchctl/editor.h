#pragma once

/* A text given to the user's editor ($VISUAL, $EDITOR, vi) in a private file. */

#include "util/buf.h"

#include <stdbool.h>

enum { EDITOR_PATH = 256 };

struct editor {
	char path[EDITOR_PATH];
};

/* Makes the file, mode 0600, in $TMPDIR or /tmp. Returns 0 or an errno code. */
int editor_open(struct editor *e);
/* Writes the text, runs the editor, reads the file back. False, having said why, where the editor
 * did not end well or the file cannot be read. */
bool editor_run(const struct editor *e, struct str text, struct buf *out);
/* Removes the file. */
void editor_close(const struct editor *e);
