/* Reads of matches: all of a listing, and one explained field by field. */

#include "core/meet.h"
#include "core/score.h"
#include "core/state.h"

static struct match *
take_found(const struct market *m, const struct listing *l)
{
	size_t n = m->scratch->n_found;
	struct match *matches = mem_alloc((n + 1) * sizeof *matches);
	for (size_t i = 0; i < n; i++) {
		const struct found *f = &m->scratch->found[i];
		const struct listing *counterpart = listing_at(m, f->counterpart);
		matches[i] = (struct match){counterpart, f->score, f->need_box, f->offer_box,
					    told_find(m, l, counterpart) != NULL};
	}
	return matches;
}

struct match *
market_matches(const struct market *m, const struct listing *l, size_t *ret_count)
{
	pair_find(m, l);
	*ret_count = m->scratch->n_found;
	return take_found(m, l);
}

struct match *
market_best_matches(const struct market *m, const struct listing *l, size_t most, size_t *ret_count,
		    size_t *ret_total)
{
	*ret_total = pair_best(m, l, most);
	*ret_count = m->scratch->n_found;
	return take_found(m, l);
}

static void
tell_pair(const struct market *m, const struct told_pair *t, struct told *ret)
{
	*ret = (struct told){
	    t->serial,	 listing_at(m, t->need), listing_at(m, t->offer), t->score, t->need_box,
	    t->offer_box};
}

void
market_reasons(const struct market *m, const struct told *t, struct buf *out)
{
	pair_reasons(m, t->need, t->offer, t->need_box, t->offer_box, out);
}

size_t
market_told_places(const struct market *m)
{
	return m->n_places;
}

bool
market_told_at(const struct market *m, size_t place, struct told *ret)
{
	const struct told_pair *t = &m->told[place];
	if (t->serial == 0)
		return false;
	tell_pair(m, t, ret);
	return true;
}

bool
market_told_after(const struct market *m, uint64_t after, struct told *ret)
{
	const struct told_pair *next = NULL;
	for (size_t i = 0; i < m->n_places; i++) {
		const struct told_pair *t = &m->told[i];
		if (t->serial > after && (!next || t->serial < next->serial))
			next = t;
	}
	if (!next)
		return false;
	tell_pair(m, next, ret);
	return true;
}

/* ---- explaining ---- */

/* How many fields exclude two boxes. */
static size_t
excluding(const struct market *m, const struct exchange *e, struct box need, struct box offer)
{
	size_t count = 0;
	for (size_t i = 0; i < e->n_fields; i++) {
		struct stated s = stated_by(need, offer, i);
		count += field_excludes(&e->fields[i], &s, m->dict);
	}
	return count;
}

/* The boxes where fewest fields exclude: of those that meet, the best scoring; the first among
 * equals. */
static void
choose_boxes(const struct market *m, const struct listing *need, const struct listing *offer,
	     struct explanation *ret)
{
	const struct exchange *e = ret->exchange;
	size_t fewest = SIZE_MAX;
	for (uint32_t i = 0; i < need->n_rows; i++) {
		for (uint32_t k = 0; k < offer->n_rows; k++) {
			struct box n = listing_box(m, need, i), o = listing_box(m, offer, k);
			size_t out = excluding(m, e, n, o);
			uint16_t score = boxes_score(e, n, o, m->dict);
			if (out > fewest || (out == fewest && (out > 0 || score <= ret->score)))
				continue;
			fewest = out;
			ret->score = score;
			ret->need_box = (uint8_t)i;
			ret->offer_box = (uint8_t)k;
		}
	}
	ret->meets = fewest == 0;
}

static void
explain_statements(const struct market *m, const struct listing *l, size_t box,
		   struct explanation *e)
{
	struct str statements[MAX_STATEMENTS];
	struct buf room = BUF_EMPTY;
	enum side side = (enum side)l->side;

	body_statements(e->exchange, side, market_body(m, l), owner_of(m, l), &room, statements);
	for (size_t i = 0; i < e->n_fields; i++) {
		struct str s = statements[box * e->n_fields + i];
		struct explained_field *f = &e->fields[i];
		if (s.p)
			f->statement[side] = (struct str){mem_dup(s.p, s.len), s.len};
		f->unknown[side] = !s.p && e->exchange->fields[i].side[side].from != ATTRIBUTE_NONE;
	}
	buf_free(&room);
}

static int
published(int32_t points)
{
	return points == POINTS_NONE ? POINTS_LEFT_OUT : points / 1000;
}

static void
explain_field(const struct market *m, const struct listing *need, const struct listing *offer,
	      const struct explanation *e, size_t i, struct explained_field *ret)
{
	const struct field *f = &e->exchange->fields[i];
	struct stated s =
	    stated_by(listing_box(m, need, e->need_box), listing_box(m, offer, e->offer_box), i);
	ret->field = f;
	ret->met = field_meets(f, &s, m->dict);
	for (enum side side = NEED; side <= OFFER; side++) {
		ret->blamed[side] = !ret->met && side_insists(f, &s, side);
		ret->points[side] = f->side[side].weight
					? published(field_points(f, side, &s, ret->met, m->dict))
					: POINTS_LEFT_OUT;
	}
}

bool
market_explain(const struct market *m, const struct listing *need, const struct listing *offer,
	       struct explanation *ret)
{
	if (need->exchange != offer->exchange || need->side != NEED || offer->side != OFFER)
		return false;
	*ret = (struct explanation){.exchange = exchange_of(m, need)};
	choose_boxes(m, need, offer, ret);
	ret->cause = pair_standing(m, need, offer);
	if (ret->cause == CAUSE_NONE && !ret->meets)
		ret->cause = CAUSE_CONDITIONS;
	ret->meets = ret->cause == CAUSE_NONE;
	ret->told = told_find(m, need, offer) != NULL;
	ret->n_fields = ret->exchange->n_fields;
	ret->fields = mem_zalloc(ret->n_fields * sizeof *ret->fields);
	for (size_t i = 0; i < ret->n_fields; i++)
		explain_field(m, need, offer, ret, i, &ret->fields[i]);
	explain_statements(m, need, ret->need_box, ret);
	explain_statements(m, offer, ret->offer_box, ret);
	return true;
}

void
explanation_done(struct explanation *e)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		free((char *)e->fields[i].statement[NEED].p);
		free((char *)e->fields[i].statement[OFFER].p);
	}
	free(e->fields);
	e->fields = NULL;
}
