#include "core/intersect.h"

#include "util/wide.h"

#include <string.h>

enum {
	WORDS = 4, /* of a vector */
	BLOCK_WORDS = SPAN_WORDS < 64 ? SPAN_WORDS : 64
};

enum { MAX_JOINED = 8 }; /* sets of a term that are joined while intersecting */

/* Sets of which a row must be in one. */
struct group {
	const uint64_t *set[MAX_JOINED];
	size_t n;
};

/* A set that a row must not be in, and one that excuses it, or NULL. */
struct bar {
	const uint64_t *set, *unless;
};

/* The bits of a span for each term: sets that a row must be in, groups of which it must be in some
 * set, and sets that it must not be in. */
struct operands {
	const uint64_t *with[MAX_USED + 1];
	struct bar without[MAX_USED];
	struct group some[MAX_USED];
	size_t n_with, n_some, n_without;
};

typedef uint64_t words __attribute__((vector_size(8 * WORDS), aligned(8)));

/* The words from `w` on; a macro, for a function of vectors has another ABI without them. */
#define AT(bits, w) (*(const words *)((bits) + (w)))

WIDE static void
or_words(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < SPAN_WORDS; i++)
		to[i] |= from[i];
}

/* What is left of the rows of a cache line's words: of two vectors. */
static inline void
intersect_line(const struct operands *o, size_t w, words ret[2])
{
	words left = ~(words){0}, more = left;
	for (size_t k = 0; k < o->n_with; k++) {
		left &= AT(o->with[k], w);
		more &= AT(o->with[k], w + WORDS);
	}
	for (size_t k = 0; k < o->n_some; k++) {
		const struct group *g = &o->some[k];
		words any = AT(g->set[0], w) | AT(g->set[1], w);
		words any_more = AT(g->set[0], w + WORDS) | AT(g->set[1], w + WORDS);
		for (size_t i = 2; i < g->n; i++) {
			any |= AT(g->set[i], w);
			any_more |= AT(g->set[i], w + WORDS);
		}
		left &= any;
		more &= any_more;
	}
	for (size_t k = 0; k < o->n_without; k++) {
		const struct bar *b = &o->without[k];
		words barred = AT(b->set, w), barred_more = AT(b->set, w + WORDS);
		if (b->unless) {
			barred &= ~AT(b->unless, w);
			barred_more &= ~AT(b->unless, w + WORDS);
		}
		left &= ~barred;
		more &= ~barred_more;
	}
	ret[0] = left;
	ret[1] = more;
}

/* Words that are intersected before any of them is looked at: few have a row, and a branch on each
 * would be foretold wrongly too often. */
union block {
	words v[BLOCK_WORDS / WORDS];
	uint64_t at[BLOCK_WORDS];
};

/* Returns which words of the block have rows left, a bit each. */
static inline uint64_t
intersect_block(const struct operands *o, size_t w, union block *ret)
{
	words some = {0}, bit = {1, 2, 4, 8};
	for (size_t i = 0; i < BLOCK_WORDS / WORDS; i += 2) {
		intersect_line(o, w + i * WORDS, &ret->v[i]);
		some |= (words)(ret->v[i] != 0) & bit;
		some |= (words)(ret->v[i + 1] != 0) & bit << WORDS;
		bit <<= 2 * WORDS;
	}
	return some[0] | some[1] | some[2] | some[3];
}

/* Writes the rows that pass and asks for their lanes ahead of time; returns how many. */
WIDE static size_t
intersect(const struct operands *o, size_t n_words, const struct lanes *l, uint32_t span,
	  uint32_t *out)
{
	const lane *lanes = l->spans[span];
	size_t stride = l->n;
	uint32_t base = span << SPAN_BITS;
	uint32_t *at = out;
	for (size_t w = 0; w < n_words; w += BLOCK_WORDS) {
		union block left;
		for (uint64_t some = intersect_block(o, w, &left); some; some &= some - 1) {
			size_t i = (size_t)__builtin_ctzll(some);
			for (uint64_t x = left.at[i]; x; x &= x - 1) {
				size_t in_span = (w + i) * 64 + (size_t)__builtin_ctzll(x);
				__builtin_prefetch(lanes + in_span * stride);
				*at++ = base + (uint32_t)in_span;
			}
		}
	}
	return (size_t)(at - out);
}

/* Sets in a span: bits as they are, up to the last place, where lists and what is beyond are joined
 * in `room`. */
static void
gather_sets(const struct rowset *const *sets, size_t n, uint32_t span, uint64_t *room,
	    struct group *ret)
{
	bool joined = false;
	ret->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct rowset *s = sets[i];
		const uint64_t *bits = s->dense ? rowset_span(s, span) : NULL;
		struct row_run run = s->dense ? (struct row_run){0} : rowset_run(s, span);
		if (bits && ret->n < MAX_JOINED - 1) {
			ret->set[ret->n++] = bits;
			continue;
		}
		if (!bits && run.len == 0)
			continue;
		if (!joined)
			memset(room, 0, SPAN_WORDS * sizeof *room);
		joined = true;
		if (bits)
			or_words(room, bits);
		for (size_t k = 0; k < run.len; k++)
			room[run.at[k] % SPAN_ROWS / 64] |= UINT64_C(1) << run.at[k] % 64;
	}
	if (joined)
		ret->set[ret->n++] = room;
}

/* Rows that must be in some of the sets; false where none of the span is. */
static bool
gather_some(const struct rowset *const *sets, size_t n, uint32_t span, uint64_t *room,
	    struct operands *o)
{
	struct group g;
	gather_sets(sets, n, span, room, &g);
	if (g.n == 1)
		o->with[o->n_with++] = g.set[0];
	else if (g.n > 1)
		o->some[o->n_some++] = g;
	return g.n > 0;
}

/* Rows that must not be in the first set, unless they are in the second, if there is one. */
static void
gather_bar(const struct rowset *const *sets, size_t n, uint32_t span, uint64_t *room,
	   struct operands *o)
{
	struct group barred, unless;
	gather_sets(sets, 1, span, room, &barred);
	gather_sets(sets + 1, n - 1, span, room + SPAN_WORDS, &unless);
	if (barred.n > 0)
		o->without[o->n_without++] =
		    (struct bar){barred.set[0], unless.n > 0 ? unless.set[0] : NULL};
}

enum { ROOM_EACH = 2 * SPAN_WORDS }; /* of a term */

/* Fills in the operands of a span; false where it holds no row that passes. */
static bool
gather(const struct plan *p, const struct lookup *l, uint32_t span, uint64_t *room,
       struct operands *o)
{
	o->n_with = o->n_some = o->n_without = 0;
	for (size_t i = 0; i < p->n_used; i++, room += ROOM_EACH) {
		const struct term *t = &p->terms[i];
		const struct rowset *const *sets = t->n > 0 ? p->sets + t->first : NULL;
		if (t->negative)
			gather_bar(sets, t->n, span, room, o);
		else if (!gather_some(sets, t->n, span, room, o))
			return false;
	}
	if (o->n_with + o->n_some > 0)
		return true;
	const struct rowset *all = &l->all;
	return gather_some(&all, 1, span, room, o);
}

size_t
intersect_room(const struct plan *p)
{
	return (p->n_used + 1) * ROOM_EACH;
}

size_t
intersect_span(const struct plan *p, const struct lookup *l, uint32_t span, uint64_t *room,
	       uint32_t *ret_rows)
{
	struct operands o;
	uint32_t rows = l->columns->n_rows - (span << SPAN_BITS);
	size_t n_words = rows >= SPAN_ROWS ? SPAN_WORDS : (rows + 63) / 64;

	if (!gather(p, l, span, room, &o))
		return 0;
	n_words = (n_words + BLOCK_WORDS - 1) / BLOCK_WORDS * BLOCK_WORDS;
	return intersect(&o, n_words, &l->lanes, span, ret_rows);
}
