#include "core/meet.h"
#include "core/score.h"
#include "core/state.h"

#include "util/mp.h"

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
	for (size_t i = 0; i < need->boxes->n_boxes; i++) {
		for (size_t k = 0; k < offer->boxes->n_boxes; k++) {
			if (!boxes_meet(e, need->boxes, i, offer->boxes, k, m->dict))
				continue;
			uint16_t score = boxes_score(e, need->boxes, i, offer->boxes, k, m->dict);
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
	     size_t need_box, size_t offer_box, struct buf *out)
{
	const struct exchange *e = exchange_of(m, need);
	int32_t points[MAX_FIELDS][2];
	uint32_t counted = 0;

	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		struct stated s = stated_by(need->boxes, need_box, offer->boxes, offer_box, i);
		bool weighs = f->side[NEED].weight || f->side[OFFER].weight;
		bool met = weighs && field_meets(f, s, m->dict);
		for (enum side side = NEED; side <= OFFER; side++)
			points[i][side] = f->side[side].weight
					      ? field_points(f, side, s, met, m->dict)
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

const struct numbers *
pair_candidates(const struct market *m, const struct listing *l)
{
	struct lookup *other = m->floors[l->exchange].lookup[side_other((enum side)l->side)];
	lookup_candidates(other, l->boxes, m->dict, m->n_listings + 1, &m->scratch->marks,
			  &m->scratch->candidates);
	return &m->scratch->candidates;
}
