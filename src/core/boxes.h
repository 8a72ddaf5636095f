#pragma once

/*
 * A listing's boxes as canonical bytes: what each of them states about a field.
 *
 * A listing has one box, or one per variant. A box's statement of a field is the variant's, else
 * the shared one, else none; or, for fields that come `from: participant`, the participant's
 * attribute written as a statement.
 */

#include "core/body.h"
#include "core/exchange.h"
#include "core/participant.h"

/* The number of boxes of a canonical body. */
size_t body_boxes(struct str body);
/*
 * The canonical statement of one field in one box: as written, or as it comes from the participant
 * (then it is appended to `room`, which must be empty). STR_NONE where there is none.
 */
struct str body_statement(const struct field *f, enum side side, struct str body, size_t box,
			  const struct participant *p, struct buf *room);
/* The first required field that some box of the side lacks, or NULL; *ret_box says which box. */
const struct field *body_lacks(const struct exchange *e, enum side side, struct str body,
			       const struct participant *p, size_t *ret_box);
