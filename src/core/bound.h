#pragma once

/*
 * Bounds: the most that a row's score can be, by its lanes alone (core/lanes.h).
 *
 * Whoever wants the best of many matches scores exactly only those whose bound can still come
 * among them. A bound is computed in floating point and rounded up; nothing but the order in which
 * scores are computed depends on it.
 */

#include "core/lookup.h"

/* How the share of full points that a side can earn by a field is bounded. */
enum bound_kind {
	BOUND_NOTHING,	/* left out of the side's score, or it weighs nothing */
	BOUND_FULL,	/* full points are assumed */
	BOUND_LOWER,	/* the probe's side: the lower the agreed value, the better */
	BOUND_HIGHER,	/* likewise */
	BOUND_BELOW,	/* the row's side, of a probe that states one value: the further the row's
			   upper limit is above it, the better */
	BOUND_ABOVE,	/* likewise its lower limit below it */
	BOUND_INTERVAL, /* any other rule on intervals */
	BOUND_PLACE
};

/* One field that earns points, for one probe. */
struct bound_field {
	const struct field *field;
	uint8_t at;	 /* its first lane */
	uint8_t bit;	 /* in the head's weighed lane */
	uint8_t kind[2]; /* by side */
	double weight[2];
	struct interval interval; /* the probe's, by the field's type */
	int32_t x, y, z;	  /* lanes */
	/* LOWER, HIGHER: the probe's bound on the bad end; BELOW, ABOVE: its one value. Where one
	 * side has the first and the other the second, these are the same. */
	double limit;
	double scale; /* LOWER, HIGHER: share of a unit; PLACE: of a lane, on the probe's side */
};

struct bound {
	enum side own; /* the probe's */
	size_t n;
	struct bound_field fields[MAX_WEIGHED_BITS];
	bool earns[2]; /* by side: whether some field earns points */
	bool useless;  /* more weighted fields than the head has bits */
};

/* Prepares for one probe against the rows of the lookup. */
void bound_make(struct bound *b, const struct lookup *l, struct box probe);
/* A published score that boxes_score does not exceed. */
uint16_t bound_score(const struct bound *b, const lane *row);
