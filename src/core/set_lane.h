#pragma once

/*
 * The lane of a set field (core/lanes.h): what a row states of it, in 16 bits.
 *
 * While rows name at most SET_BITS different values of the field, each value has a bit, and the
 * lane is the set itself. From then on the lane is a code: the number of the one value that the row
 * states, or that it states several. Values have numbers by field, given out by the lookup.
 */

#include "core/lookup.h"

enum {
	SET_BITS = 14,
	SET_SILENT = 1 << 14, /* as bits: nothing is stated */
	SET_ODD = 1 << 15,    /* as bits: exceptions, vetoes: the columns must say */
	CODE_SILENT = 0,
	CODE_FIRST = 1, /* the value numbered 0 */
	CODE_SEVERAL = UINT16_MAX - 1,
	CODE_ODD = UINT16_MAX,
	NO_NUMBER = UINT16_MAX /* of a value: there were too many */
};

/* A number for a new value of the field. The lanes of all rows change where it is the first that
 * has no bit. */
uint16_t set_lane_number(struct lookup *l, size_t field);
/* The number may be given to another value. */
void set_lane_free_number(struct field_index *index, uint16_t number);
/* Writes the lane of a row whose values all have postings. */
void set_lane_put(struct lookup *l, size_t field, uint32_t row);

enum lane_verdict { VERDICT_OUT, VERDICT_SURE, VERDICT_UNSURE, VERDICT_SEVERAL };

/* What a probe makes of the lane. */
struct set_probe {
	uint8_t at, field;
	bool coded, inner, outer; /* the relation, as the stored side sees it */
	bool impossible;	  /* outer: it asks for a value that nobody states */
	bool given;	/* another condition holds already that decides for all but odd rows */
	uint8_t silent; /* enum lane_verdict on silent rows */
	lane bits;	/* the probe's values */
	const uint64_t *accepted;	  /* coded: a bit for each code that meets */
	uint32_t accepted_at, n_accepted; /* words */
};

static inline enum lane_verdict
set_judge(const struct set_probe *p, lane v)
{
	if (!p->coded) {
		if (v & SET_ODD)
			return VERDICT_UNSURE;
		if (v & SET_SILENT)
			return (enum lane_verdict)p->silent;
		if (p->given)
			return VERDICT_SURE;
		if (p->outer)
			return p->impossible || (p->bits & ~v) ? VERDICT_OUT : VERDICT_SURE;
		if (p->inner)
			return v & ~p->bits ? VERDICT_OUT : VERDICT_SURE;
		return v & p->bits ? VERDICT_SURE : VERDICT_OUT;
	}
	if (v == CODE_ODD)
		return VERDICT_UNSURE;
	if (v == CODE_SILENT)
		return (enum lane_verdict)p->silent;
	if (p->given)
		return VERDICT_SURE;
	if (v == CODE_SEVERAL)
		return VERDICT_SEVERAL;
	return v / 64u < p->n_accepted && (p->accepted[v / 64] >> v % 64 & 1) ? VERDICT_SURE
									      : VERDICT_OUT;
}
