#include "core/meet.h"
#include "core/score.h"
#include "core/state.h"

#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

enum cause
pair_standing(const struct market *m, const struct listing *need, const struct listing *offer)
{
	const struct participant *a = owner_of(m, need), *b = owner_of(m, offer);
	if (a->status != STATUS_MEMBER)
		return CAUSE_NEED_STATUS;
	if (b->status != STATUS_MEMBER)
		return CAUSE_OFFER_STATUS;
	if (a == b)
		return CAUSE_SAME_PARTICIPANT;
	if (participant_blocks(a, b->number) || participant_blocks(b, a->number))
		return CAUSE_BLOCKED;
	if (need->state != STATE_OPEN)
		return CAUSE_NEED_STATE;
	if (offer->state != STATE_OPEN)
		return CAUSE_OFFER_STATE;
	return CAUSE_NONE;
}

struct pairing
pair_judge(const struct market *m, const struct listing *need, const struct listing *offer)
{
	struct pairing best = {.cause = pair_standing(m, need, offer)};
	const struct exchange *e = exchange_of(m, need);
	bool meets = false;

	if (best.cause != CAUSE_NONE)
		return best;
	for (uint32_t i = 0; i < need->n_rows; i++) {
		for (uint32_t k = 0; k < offer->n_rows; k++) {
			struct box n = listing_box(m, need, i), o = listing_box(m, offer, k);
			if (!boxes_meet(e, n, o, m->dict))
				continue;
			uint16_t score = boxes_score(e, n, o, m->dict);
			if (!meets || score > best.score) {
				best.score = score;
				best.need_box = (uint8_t)i;
				best.offer_box = (uint8_t)k;
			}
			meets = true;
		}
	}
	if (!meets)
		best.cause = CAUSE_CONDITIONS;
	return best;
}

/* ---- one listing against all ---- */

/* By counterpart, its best pair of boxes first: the order in which pair_judge prefers them. */
static int
found_cmp(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->counterpart != y->counterpart)
		return x->counterpart < y->counterpart ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->need_box != y->need_box)
		return x->need_box - y->need_box;
	return x->offer_box - y->offer_box;
}

/* Adds the matches of one box of `l`. */
static void
find_by_box(const struct market *m, const struct listing *l, uint32_t box)
{
	const struct floor *floor = &m->floors[l->exchange];
	enum side other = side_other((enum side)l->side);
	const struct columns *stored = floor->columns[other];
	struct scratch *s = m->scratch;
	struct box probe = listing_box(m, l, box);

	lookup_rows(floor->lookup[other], probe, m->dict, &s->rows, &s->candidates);
	size_t n = boxes_sieve(stored, probe, s->candidates.at, s->candidates.len, m->dict);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = s->candidates.at[i];
		const struct listing *counterpart = listing_at(m, stored->listing[row]);
		bool need = l->side == NEED;
		if (pair_standing(m, need ? l : counterpart, need ? counterpart : l) != CAUSE_NONE)
			continue;
		struct box its = {stored, row};
		uint32_t its_box = row - counterpart->row;
		s->found = mem_grow(s->found, s->n_found, &s->cap_found, sizeof *s->found);
		s->found[s->n_found++] =
		    (struct found){.counterpart = counterpart->number,
				   .score = boxes_score(floor->exchange, need ? probe : its,
							need ? its : probe, m->dict),
				   .need_box = (uint8_t)(need ? box : its_box),
				   .offer_box = (uint8_t)(need ? its_box : box)};
	}
}

void
pair_find(const struct market *m, const struct listing *l)
{
	struct scratch *s = m->scratch;
	size_t kept = 0;

	s->n_found = 0;
	if (l->state != STATE_OPEN || owner_of(m, l)->status != STATUS_MEMBER)
		return;
	for (uint32_t box = 0; box < l->n_rows; box++)
		find_by_box(m, l, box);
	if (s->n_found > 1)
		qsort(s->found, s->n_found, sizeof *s->found, found_cmp);
	for (size_t i = 0; i < s->n_found; i++)
		if (i == 0 || s->found[i].counterpart != s->found[kept - 1].counterpart)
			s->found[kept++] = s->found[i];
	s->n_found = kept;
}

/* ---- reasons ---- */

static void
put_points(struct buf *out, int32_t points)
{
	if (points == POINTS_NONE)
		mp_put_nil(out);
	else
		mp_put_int(out, points / 1000);
}

void
pair_reasons(const struct market *m, const struct listing *need, const struct listing *offer,
	     uint32_t need_box, uint32_t offer_box, struct buf *out)
{
	const struct exchange *e = exchange_of(m, need);
	int32_t points[MAX_FIELDS][2];
	uint32_t counted = 0;

	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		struct stated s =
		    stated_by(listing_box(m, need, need_box), listing_box(m, offer, offer_box), i);
		bool weighs = f->side[NEED].weight || f->side[OFFER].weight;
		bool met = weighs && field_meets(f, &s, m->dict);
		for (enum side side = NEED; side <= OFFER; side++)
			points[i][side] = f->side[side].weight
					      ? field_points(f, side, &s, met, m->dict)
					      : POINTS_NONE;
		counted += points[i][NEED] != POINTS_NONE || points[i][OFFER] != POINTS_NONE;
	}
	mp_put_array(out, counted);
	for (size_t i = 0; i < e->n_fields; i++) {
		if (points[i][NEED] == POINTS_NONE && points[i][OFFER] == POINTS_NONE)
			continue;
		mp_put_array(out, 3);
		mp_put_str(out, e->fields[i].name);
		put_points(out, points[i][NEED]);
		put_points(out, points[i][OFFER]);
	}
}
