#include "core/set_lane.h"

#include "util/mem.h"

#include <stdlib.h>

static lane *
set_lane(struct lookup *l, size_t field, uint32_t row)
{
	return (lane *)lookup_lanes(l, row) + l->lanes.at[field];
}

/* ---- numbers ---- */

/* From bits to codes, in all rows. */
static void
recode(struct lookup *l, size_t field)
{
	const struct rowset *all = &l->all;
	l->fields[field].coded = true;
	for (uint32_t i = 0; !all->dense && i < all->n; i++)
		set_lane_put(l, field, all->list[i]);
	for (uint32_t span = 0; all->dense && span < all->n_spans; span++)
		for (uint32_t w = 0; all->spans[span] && w < SPAN_WORDS; w++)
			for (uint64_t x = all->spans[span][w]; x; x &= x - 1)
				set_lane_put(l, field,
					     span * SPAN_ROWS + w * 64 +
						 (uint32_t)__builtin_ctzll(x));
}

uint16_t
set_lane_number(struct lookup *l, size_t field)
{
	struct field_index *index = &l->fields[field];
	if (index->free_numbers.len > 0)
		return (uint16_t)index->free_numbers.at[--index->free_numbers.len];
	if (index->numbers == CODE_SEVERAL - CODE_FIRST)
		return NO_NUMBER;
	if (index->numbers == SET_BITS && !index->coded)
		recode(l, field);
	return index->numbers++;
}

void
set_lane_free_number(struct field_index *index, uint16_t number)
{
	if (number != NO_NUMBER)
		numbers_push(&index->free_numbers, number);
}

/* ---- lanes ---- */

static lane
encode_bits(const struct field_index *index, const struct statement *s)
{
	lane bits = 0;
	for (size_t i = 0; i < s->n_any; i++) {
		const struct posting *p = posting_find(index, statement_any(s)[i]);
		if (!p || p->number >= SET_BITS)
			return SET_ODD;
		bits |= (lane)(1 << p->number);
	}
	return bits;
}

static lane
encode_code(const struct field_index *index, const struct statement *s)
{
	if (s->n_any > 1)
		return CODE_SEVERAL;
	const struct posting *p = posting_find(index, statement_any(s)[0]);
	return !p || p->number == NO_NUMBER ? CODE_ODD : (lane)(CODE_FIRST + p->number);
}

void
set_lane_put(struct lookup *l, size_t field, uint32_t row)
{
	const struct field_index *index = &l->fields[field];
	struct statement s = box_statement((struct box){l->columns, row}, field);
	lane *at = set_lane(l, field, row);
	if (!s.stated)
		*at = index->coded ? CODE_SILENT : SET_SILENT;
	else if (s.n_none > 0 || s.n_veto > 0 || s.everything_but)
		*at = index->coded ? CODE_ODD : SET_ODD;
	else
		*at = index->coded ? encode_code(index, &s) : encode_bits(index, &s);
}
