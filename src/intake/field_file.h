#pragma once

/* The part of an exchange file that declares one field. */

#include "intake/reader.h"

/* Reads it into a field that is zero but for its name. Lists and folded texts are taken from the
 * reader's document. `standing`: the need side is filled from the participant. */
void field_read(struct reader *r, const struct doc_node *map, bool standing, struct field *ret);
