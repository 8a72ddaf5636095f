#pragma once

/*
 * What a listing states, packed for comparing: one block of memory per listing, no pointers in it.
 *
 * A listing has one box, or one per variant. A box has a statement per field of the exchange, or
 * none where the listing is silent. Boxes that share a statement share its bytes. Built from the
 * canonical body (core/body.h) and, for fields that come `from: participant`, the participant.
 */

#include "core/body.h"
#include "core/dict.h"
#include "core/exchange.h"
#include "core/participant.h"

/* One field's statement. What follows it in memory depends on the shape: see the accessors. */
struct statement {
	uint8_t shape;			/* enum statement_shape */
	uint8_t flags;			/* STATEMENT_* */
	uint16_t n_any, n_none, n_veto; /* SHAPE_SET; n_any also counts SHAPE_DIMENSIONS' lengths */
};

/* Closed; INT64_MIN and INT64_MAX are open ends. */
struct interval {
	int64_t lo, hi;
};

#define PLACE_NO_RADIUS UINT64_MAX

struct place {
	uint64_t r2;	 /* squared chord, or PLACE_NO_RADIUS */
	int32_t x, y, z; /* metres, earth-centred */
	int32_t zero;	 /* no padding: statements are compared as bytes */
};

/* Numbers in the dictionary, ascending within each of the three lists. */
static inline const uint32_t *
statement_any(const struct statement *s)
{
	return (const uint32_t *)(s + 1);
}
static inline const uint32_t *
statement_none(const struct statement *s)
{
	return statement_any(s) + s->n_any;
}
static inline const uint32_t *
statement_veto(const struct statement *s)
{
	return statement_none(s) + s->n_none;
}
static inline const struct interval *
statement_interval(const struct statement *s)
{
	return (const struct interval *)(s + 1);
}
/* n_any lengths, longest first */
static inline const int64_t *
statement_lengths(const struct statement *s)
{
	return (const int64_t *)(s + 1);
}
static inline const struct place *
statement_place(const struct statement *s)
{
	return (const struct place *)(s + 1);
}

struct boxes {
	uint32_t size; /* bytes of the whole block */
	uint16_t n_boxes, n_fields;
	uint32_t offset[]; /* [box * n_fields + field]: from the block's start; 0: not stated */
};

static inline const struct statement *
boxes_statement(const struct boxes *b, size_t box, size_t field)
{
	uint32_t offset = b->offset[box * b->n_fields + field];
	return offset ? (const struct statement *)((const char *)b + offset) : NULL;
}

/* Packs a canonical body. Values that are new go into the dictionary. free() the result. */
struct boxes *boxes_build(const struct exchange *e, enum side side, struct str body,
			  const struct participant *p, struct dict *d);
/* Whether both state the same in every box. */
bool boxes_equal(const struct boxes *a, const struct boxes *b);
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
