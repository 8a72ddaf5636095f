#include "core/ranges.h"

#include "util/mem.h"

#ifndef RANGES_FEWEST
#define RANGES_FEWEST 2048
#endif

enum { SAMPLE = 1024 }; /* rows by which edges are chosen */

void
ranges_done(struct ranges *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		rowset_free(&r->upto[i]);
	*r = (struct ranges){0};
}

unsigned
ranges_of_field(const struct field *f, const struct field_index *index)
{
	if (f->type != FIELD_GEO)
		return field_is_set(f) ? 0 : field_lanes(f);
	return OWN_RANGES + (index->reach ? REACH_RANGES : 0);
}

struct ranges *
ranges_at(struct field_index *index, unsigned i)
{
	return i < OWN_RANGES ? &index->ranges[i] : &index->reach[i - OWN_RANGES];
}

lane
ranges_lane(const lane *at, unsigned i)
{
	enum { RADIUS = 3, STEP = 1 }; /* a lane's, between two places */
	if (i < OWN_RANGES)
		return at[i];
	if (at[0] == LANE_SILENT_PLACE)
		return LANE_SILENT_PLACE;
	bool upper = i >= 2 * OWN_RANGES;
	int32_t reach = at[RADIUS] + STEP; /* everywhere, of a row without a radius */
	int32_t end = at[i % OWN_RANGES] + (upper ? reach : -reach);
	return (lane)(end < 1 ? 1 : end > LANE_OPEN_HI ? LANE_OPEN_HI : end);
}

/* Up to `most` rows, evenly spread over all that the lookup holds; returns how many. */
static uint32_t
sample(const struct rowset *all, uint32_t most, uint32_t *rows)
{
	uint32_t step = all->n / most + 1, seen = 0, n = 0;
	for (uint32_t i = 0; !all->dense && i < all->n; i += step)
		rows[n++] = all->list[i];
	for (uint32_t span = 0; all->dense && span < all->n_spans; span++)
		for (uint32_t w = 0; all->spans[span] && w < SPAN_WORDS; w++)
			for (uint64_t x = all->spans[span][w]; x; x &= x - 1)
				if (seen++ % step == 0)
					rows[n++] = span * SPAN_ROWS + w * 64 +
						    (uint32_t)__builtin_ctzll(x);
	return n;
}

static int
lane_cmp(const void *a, const void *b)
{
	return *(const lane *)a - *(const lane *)b;
}

/* Quantiles without repetition. The greatest value is none: every row is up to it. */
static void
choose_edges(struct ranges *r, lane *values, uint32_t n)
{
	qsort(values, n, sizeof *values, lane_cmp);
	r->n = 0;
	for (uint32_t i = 1; i <= EDGES; i++) {
		lane edge = values[(size_t)n * i / (EDGES + 1)];
		if (edge < values[n - 1] && (r->n == 0 || edge > r->edge[r->n - 1]))
			r->edge[r->n++] = edge;
	}
}

/* Which of the edges is the first that the lane does not pass, by lane; none where the row is up to
 * no edge. */
static void
number_edges(const struct ranges *r, bool place, uint8_t *first)
{
	uint32_t k = 0;
	for (uint32_t v = 0; v <= UINT16_MAX; v++) {
		while (k < r->n && v > r->edge[k])
			k++;
		first[v] = (uint8_t)k;
	}
	if (place)
		first[LANE_SILENT_PLACE] = (uint8_t)r->n;
}

/* One of a field's ranges. */
struct which {
	struct ranges *r;
	unsigned at, i; /* the field's first lane; which of its ranges */
	bool place;
};

/* Fills the bits of one word of rows for each edge. `lanes`: the field's, of the first. */
static void
fill_word(const struct which *w, const uint8_t *first, const lane *lanes, size_t stride,
	  uint64_t rows, uint64_t word[EDGES + 1])
{
	const struct ranges *r = w->r;
	memset(word, 0, (EDGES + 1) * sizeof *word);
	for (uint64_t x = rows; x; x &= x - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(x);
		word[first[ranges_lane(lanes + bit * stride, w->i)]] |= UINT64_C(1) << bit;
	}
	for (uint32_t k = 1; k < r->n; k++)
		word[k] |= word[k - 1];
}

static void
fill(struct lookup *l, const struct which *which, const uint8_t *first)
{
	struct ranges *r = which->r;
	const struct rowset *all = &l->all;
	size_t stride = l->lanes.n;
	uint64_t **bits[EDGES], word[EDGES + 1];
	for (uint32_t k = 0; k < r->n; k++)
		bits[k] = mem_zalloc(all->n_spans * sizeof **bits);
	for (uint32_t span = 0; span < all->n_spans; span++) {
		if (!all->spans[span])
			continue;
		for (uint32_t k = 0; k < r->n; k++)
			bits[k][span] = rowset_span_new();
		for (uint32_t w = 0; w < SPAN_WORDS; w++) {
			fill_word(which, first, l->lanes.spans[span] + w * 64 * stride + which->at,
				  stride, all->spans[span][w], word);
			for (uint32_t k = 0; k < r->n; k++)
				bits[k][span][w] = word[k];
		}
	}
	for (uint32_t k = 0; k < r->n; k++)
		rowset_take(&r->upto[k], bits[k], all->n_spans);
}

static void
renew(struct lookup *l, const struct which *which)
{
	struct ranges *r = which->r;
	uint32_t rows[SAMPLE + 1];
	lane values[SAMPLE + 1];
	uint8_t first[UINT16_MAX + 1];
	uint32_t n = sample(&l->all, SAMPLE, rows);

	ranges_done(r);
	for (uint32_t i = 0; i < n; i++)
		values[i] = ranges_lane(lookup_lanes(l, rows[i]) + which->at, which->i);
	choose_edges(r, values, n);
	/* When as many have come as there are: after doubling, or an exchange of all of them. */
	r->due = l->arrived + l->all.n;
	if (r->n == 0)
		return;
	number_edges(r, which->place, first);
	fill(l, which, first);
}

static bool
has_enough(const struct lookup *l)
{
	return l->all.n >= RANGES_FEWEST && l->all.dense;
}

/* How many ranges the field has, with those of radii from the first row on that has one. */
static unsigned
ready(struct lookup *l, size_t i)
{
	struct field_index *index = &l->fields[i];
	if (!l->lanes.at[i])
		return 0;
	if (index->radii > 0 && !index->reach)
		index->reach = mem_zalloc(REACH_RANGES * sizeof *index->reach);
	return ranges_of_field(&l->columns->exchange->fields[i], index);
}

/* Renews those that are due, or one of them, and finds out when the next will be. */
static void
renew_due(struct lookup *l, bool one)
{
	uint64_t next = UINT64_MAX;
	for (size_t i = 0; i < l->columns->exchange->n_fields; i++) {
		bool place = l->columns->exchange->fields[i].type == FIELD_GEO;
		unsigned n = ready(l, i);
		for (unsigned k = 0; k < n; k++) {
			struct ranges *r = ranges_at(&l->fields[i], k);
			if (l->arrived >= r->due) {
				renew(l, &(struct which){r, l->lanes.at[i], k, place});
				if (one)
					return;
			}
			next = r->due < next ? r->due : next;
		}
	}
	l->ranges_due = next;
}

void
ranges_build(struct lookup *l)
{
	if (has_enough(l))
		renew_due(l, false);
}

void
ranges_renew(struct lookup *l)
{
	if (l->arrived >= l->ranges_due && has_enough(l))
		renew_due(l, true);
}
