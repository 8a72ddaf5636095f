#pragma once

/*
 * The canonical forms in which a listing's and a participant's content is carried and stored, and
 * nothing else.
 *
 * A *statement* is what a listing accepts on one field, normalised (docs/semantics.md, section 1).
 * Canonical bytes, one MessagePack array each, flags being the sum of STATEMENT_*:
 *
 *   set         [0, flags, [any_of…], [none_of…], [veto…]]
 *               texts sorted by bytes, distinct; code: paths; flag: "false", "true"
 *   interval    [1, flags, lo or nil, hi or nil]
 *               scaled integers
 *   dimensions  [2, flags, [a, b, c]]
 *               scaled, descending
 *   place       [3, flags, x, y, z, r2 or nil, lat_e7, lon_e7, radius_m or nil]
 *               metres; squared chord; the last three only to show again
 *
 * A keyword set with STATEMENT_EVERYTHING_BUT has its exceptions in none_of and an empty any_of;
 * without the flag none_of is empty, being subtracted already. A code set without written any_of
 * has the flag as well, and the root (the empty path) as its one entry.
 *
 * A *body* is a map with these keys in this order, all present:
 *
 *   {"title": text, "text": text or nil, "language": text or nil,
 *    "fields": {name: statement…}, "variants": [{name: statement or nil…}…]}
 *
 * field names in byte order. A *patch* is the same map with only the keys that change, where a
 * field may be nil: removed.
 */

#include "core/exchange.h"
#include "util/buf.h"

enum statement_shape { SHAPE_SET, SHAPE_INTERVAL, SHAPE_DIMENSIONS, SHAPE_PLACE };

enum {
	STATEMENT_PREFER = 1,
	STATEMENT_EVERYTHING_BUT = 2,
};

/* The body that results from the patch; both are canonical, so is the result. */
void body_patch(struct str body, struct str patch, struct buf *out);

/*
 * A participant's content is a map of attributes in this order, absent ones left out:
 *
 *   {"name": text, "kind": text, "inn": text, "ogrn": text, "region": text, "okved": [paths…],
 *    "size": text, "headcount": int, "revenue": int (kopecks), "founded": int (days),
 *    "contacts": {name: text…}, "blocks": [ids…]}
 *
 * okved, contacts' names and blocks sorted and distinct. A patch may give nil: removed.
 */
extern const char *const participant_keys[]; /* in that order, NULL-terminated */
void participant_patch(struct str content, struct str patch, struct buf *out);

/* The participant kinds and sizes that exist, NULL-terminated. */
extern const char
    *const participant_kinds[]; /* legal_entity, sole_proprietor, person, foreign_entity */
extern const char *const participant_sizes[]; /* micro, small, medium, large */
