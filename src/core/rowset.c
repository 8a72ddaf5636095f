#include "core/rowset.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(SPAN_BLOCKS >= 1 && SPAN_BLOCKS <= 64, "a span's blocks are the bits of a word");

/* ---- live blocks ---- */

/* Room for spans up to this one. */
static void
span_room(struct rowset *s, uint32_t span)
{
	uint32_t n = span + 1, had = s->n_spans;
	if (n <= had)
		return;
	s->live = mem_realloc(s->live, n * sizeof *s->live);
	memset(s->live + had, 0, (n - had) * sizeof *s->live);
	if (s->dense) {
		s->spans = mem_realloc(s->spans, n * sizeof *s->spans);
		memset(s->spans + had, 0, (n - had) * sizeof *s->spans);
	}
	s->n_spans = n;
}

static void
live_add(struct rowset *s, uint32_t row)
{
	span_room(s, row >> SPAN_BITS);
	s->live[row >> SPAN_BITS] |= row_block(row);
}

static void
live_free(struct rowset *s)
{
	free(s->live);
	s->live = NULL;
	s->n_spans = 0;
}

/* ---- lists ---- */

/* The first place whose row is not below `row`, between `lo` and `hi`. */
static uint32_t
list_place_within(const struct rowset *s, uint32_t row, uint32_t lo, uint32_t hi)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (s->list[mid] < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first place in the list whose row is not below `row`. */
static uint32_t
list_place(const struct rowset *s, uint32_t row)
{
	if (s->n > 0 && s->list[s->n - 1] < row)
		return s->n; /* without homes new rows come last */
	return list_place_within(s, row, 0, s->n);
}

static void
list_insert(struct rowset *s, uint32_t place, uint32_t row)
{
	if (s->n == s->cap) {
		s->cap = s->cap < 4 ? 4 : s->cap + s->cap / 2;
		s->list = mem_realloc(s->list, s->cap * sizeof *s->list);
	}
	memmove(s->list + place + 1, s->list + place, (s->n - place) * sizeof *s->list);
	s->list[place] = row;
	s->n++;
	if (s->live)
		live_add(s, row);
	else if (s->n > ROWSET_FEW)
		for (uint32_t i = 0; i < s->n; i++)
			live_add(s, s->list[i]);
}

static bool
same_block(uint32_t a, uint32_t b)
{
	return a >> ROWSET_BLOCK_BITS == b >> ROWSET_BLOCK_BITS;
}

static void
list_erase(struct rowset *s, uint32_t place)
{
	uint32_t row = s->list[place];
	bool others = place > 0 && same_block(s->list[place - 1], row);
	s->n--;
	memmove(s->list + place, s->list + place + 1, (s->n - place) * sizeof *s->list);
	others |= place < s->n && same_block(s->list[place], row);
	if (s->n < ROWSET_FEW / 2)
		live_free(s);
	else if (s->live && !others)
		s->live[row >> SPAN_BITS] &= ~row_block(row);
}

/* ---- bits ---- */

/* Intersecting reads a span of each of a dozen sets: each by itself would cost a lookup of its
 * address, and lie across the lines of the cache. */
static struct slab spans = {.size = SPAN_WORDS * sizeof(uint64_t)};

uint64_t *
rowset_span_new(void)
{
	return slab_take(&spans);
}

static void
bit_add(struct rowset *s, uint32_t row)
{
	uint32_t span = row >> SPAN_BITS;
	uint64_t bit = UINT64_C(1) << row % 64;
	live_add(s, row);
	if (!s->spans[span])
		s->spans[span] = rowset_span_new();
	uint64_t *word = &s->spans[span][row % SPAN_ROWS / 64];
	s->n += !(*word & bit);
	*word |= bit;
}

/* Whether the block that the word of a span is in holds a row. */
static bool
block_is_live(const uint64_t *span, uint32_t word)
{
	const uint64_t *block = span + word / BLOCK_WORDS * BLOCK_WORDS;
	uint64_t any = 0;
	for (uint32_t i = 0; i < BLOCK_WORDS; i++)
		any |= block[i];
	return any != 0;
}

static void
bit_remove(struct rowset *s, uint32_t row)
{
	uint32_t span = row >> SPAN_BITS, at = row % SPAN_ROWS / 64;
	if (span >= s->n_spans || !s->spans[span])
		return;
	uint64_t *word = &s->spans[span][at], bit = UINT64_C(1) << row % 64;
	s->n -= (*word & bit) != 0;
	*word &= ~bit;
	if (*word == 0 && !block_is_live(s->spans[span], at))
		s->live[span] &= ~row_block(row);
}

/* ---- from one form to the other ---- */

static void
to_bits(struct rowset *s)
{
	struct rowset bits = {.dense = true};
	for (uint32_t i = 0; i < s->n; i++)
		bit_add(&bits, s->list[i]);
	rowset_free(s);
	*s = bits;
}

static void
to_list(struct rowset *s)
{
	struct rowset list = {0};
	for (uint32_t span = 0; span < s->n_spans; span++) {
		for (uint32_t w = 0; s->spans[span] && w < SPAN_WORDS; w++)
			for (uint64_t x = s->spans[span][w]; x; x &= x - 1)
				list_insert(&list, list.n,
					    span * SPAN_ROWS + w * 64 +
						(uint32_t)__builtin_ctzll(x));
	}
	rowset_free(s);
	*s = list;
}

/* The most rows of a list. It becomes one again when it has half as many. */
static uint32_t
few(uint32_t bound)
{
	uint32_t share = bound / ROWSET_SPARSE;
	return share > ROWSET_FEW ? share : ROWSET_FEW;
}

/* ---- the set ---- */

void
rowset_add(struct rowset *s, uint32_t row, uint32_t bound)
{
	if (s->dense) {
		bit_add(s, row);
		return;
	}
	uint32_t place = list_place(s, row);
	if (place < s->n && s->list[place] == row)
		return;
	list_insert(s, place, row);
	if (s->n > few(bound))
		to_bits(s);
}

void
rowset_remove(struct rowset *s, uint32_t row, uint32_t bound)
{
	if (s->dense) {
		bit_remove(s, row);
		if (s->n < few(bound) / 2)
			to_list(s);
		return;
	}
	uint32_t place = list_place(s, row);
	if (place == s->n || s->list[place] != row)
		return;
	list_erase(s, place);
	if (s->n == 0)
		rowset_free(s);
}

bool
rowset_holds(const struct rowset *s, uint32_t row)
{
	if (s->dense) {
		const uint64_t *bits = rowset_span(s, row >> SPAN_BITS);
		return bits && (bits[row % SPAN_ROWS / 64] >> row % 64 & 1);
	}
	uint32_t place = list_place(s, row);
	return place < s->n && s->list[place] == row;
}

void
rowset_take(struct rowset *s, uint64_t **bits, uint32_t n_spans)
{
	rowset_free(s);
	s->dense = true;
	s->spans = bits;
	s->n_spans = n_spans;
	s->live = mem_zalloc(n_spans * sizeof *s->live);
	for (uint32_t span = 0; span < n_spans; span++)
		for (uint32_t w = 0; bits[span] && w < SPAN_WORDS; w++) {
			s->n += (uint32_t)__builtin_popcountll(bits[span][w]);
			if (bits[span][w])
				s->live[span] |= row_block(w * 64);
		}
}

void
rowset_free(struct rowset *s)
{
	if (s->dense)
		for (uint32_t span = 0; span < s->n_spans; span++)
			slab_give(&spans, s->spans[span]);
	free(s->list);
	free(s->live);
	*s = (struct rowset){0};
}

/* The same in a list that is not empty, looked for from where it is if the list's rows are spread
 * evenly: a search from the middle would read a cache line for each step. */
static uint32_t
list_place_spread(const struct rowset *s, uint32_t row)
{
	if (s->list[s->n - 1] < row)
		return s->n;
	uint64_t rows = (uint64_t)s->list[s->n - 1] + 1;
	uint32_t lo = (uint32_t)((uint64_t)s->n * row / rows), hi = lo, step = 8;
	while (lo > 0 && s->list[lo] >= row) {
		hi = lo;
		lo = lo > step ? lo - step : 0;
		step *= 2;
	}
	while (s->list[hi] < row) { /* ends at the last row */
		lo = hi;
		hi = s->n - 1 - hi > step ? hi + step : s->n - 1;
		step *= 2;
	}
	return list_place_within(s, row, lo, hi);
}

struct row_run
rowset_run(const struct rowset *s, uint32_t span)
{
	if (s->n == 0)
		return (struct row_run){0};
	uint64_t end_row = ((uint64_t)span + 1) << SPAN_BITS;
	uint32_t begin = list_place_spread(s, span << SPAN_BITS);
	uint32_t end = end_row > UINT32_MAX ? s->n : list_place_spread(s, (uint32_t)end_row);
	return (struct row_run){s->list + begin, end - begin};
}

uint64_t
rowset_live(const struct rowset *s, uint32_t span)
{
	uint64_t blocks = 0;
	if (s->live)
		return span < s->n_spans ? s->live[span] : 0;
	struct row_run run = rowset_run(s, span);
	for (size_t i = 0; i < run.len; i++)
		blocks |= row_block(run.at[i]);
	return blocks;
}
