#pragma once

/* MessagePack as the YAML that yaml_file reads back to the same bytes. */

#include "util/buf.h"
#include "util/mp.h"

/* Appends one text: bare where it reads back as the same text, else in quotes. */
void yaml_put_text(struct buf *out, struct str text);
/* Appends any value on one line: {from: 5, to: 10}, [steel, brass]. */
void yaml_put_inline(struct buf *out, struct mp value);
/* Appends "name: value" and the newline, `indent` blanks before it. A text of several lines becomes
 * a block, where that reads back the same. */
void yaml_put_pair(struct buf *out, unsigned indent, struct str name, struct mp value);
/* Appends a remark as lines of comment, broken at about 90 columns; nothing for an empty one. */
void yaml_put_comment(struct buf *out, unsigned indent, struct str text);
