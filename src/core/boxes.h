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
 * The canonical statements of all boxes; returns how many boxes there are. ret[box * e->n_fields + field], room for MAX_STATEMENTS;
 * STR_NONE where there is none. Each is a piece of the body, so that what boxes share is the same
 * piece, or, where it comes from the participant (NULL: nothing does), of `room`, which is emptied first.
 */
enum { MAX_STATEMENTS = MAX_VARIANTS * MAX_FIELDS };
size_t body_statements(const struct exchange *e, enum side side, struct str body,
		       const struct participant *p, struct buf *room, struct str *ret);
/* The first required field that some box of the side lacks, or NULL; *ret_box says which box. */
const struct field *body_lacks(const struct exchange *e, enum side side, struct str body,
			       const struct participant *p, size_t *ret_box);
