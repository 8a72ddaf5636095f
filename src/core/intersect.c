#include "core/intersect.h"

#include "util/wide.h"

#include <string.h>

enum {
	WORDS = 4,		/* of a vector */
	LINE_WORDS = 2 * WORDS, /* of a cache line */
	BATCH_WORDS = 64,
	BATCH_LINES = BATCH_WORDS / LINE_WORDS,
	SPAN_LINES = SPAN_WORDS / LINE_WORDS
};

_Static_assert(BLOCK_WORDS % LINE_WORDS == 0, "a block is whole lines");

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

/* The lines of a span that lie in live blocks. */
struct lines {
	uint16_t at[SPAN_LINES]; /* in words */
	size_t n;
};

static void
list_lines(uint64_t live, struct lines *ret)
{
	ret->n = 0;
	for (; live; live &= live - 1)
		for (size_t i = 0; i < BLOCK_WORDS; i += LINE_WORDS)
			ret->at[ret->n++] =
			    (uint16_t)((size_t)__builtin_ctzll(live) * BLOCK_WORDS + i);
}

/* Words that are intersected before any of them is looked at: few have a row, and a branch on each
 * would be foretold wrongly too often. */
union batch {
	words v[BATCH_WORDS / WORDS];
	uint64_t at[BATCH_WORDS];
};

/* Returns which words of `n` lines have rows left, a bit each. */
static inline uint64_t
intersect_batch(const struct operands *o, const uint16_t *lines, size_t n, union batch *ret)
{
	words some = {0}, bit = {1, 2, 4, 8};
	for (size_t i = 0; i < n; i++) {
		words *at = &ret->v[2 * i];
		intersect_line(o, lines[i], at);
		some |= (words)(at[0] != 0) & bit;
		some |= (words)(at[1] != 0) & bit << WORDS;
		bit <<= 2 * WORDS;
	}
	return some[0] | some[1] | some[2] | some[3];
}

/* Writes the rows that pass and asks for their lanes ahead of time; returns how many. */
WIDE static size_t
intersect(const struct operands *o, const struct lines *lines, const struct lanes *l, uint32_t span,
	  uint32_t *out)
{
	const lane *lanes = l->spans[span];
	size_t stride = l->n;
	uint32_t base = span << SPAN_BITS;
	uint32_t *at = out;
	for (size_t k = 0; k < lines->n; k += BATCH_LINES) {
		const uint16_t *line = lines->at + k;
		size_t n = lines->n - k < BATCH_LINES ? lines->n - k : BATCH_LINES;
		union batch left;
		for (uint64_t some = intersect_batch(o, line, n, &left); some; some &= some - 1) {
			size_t i = (size_t)__builtin_ctzll(some);
			size_t word = line[i / LINE_WORDS] + i % LINE_WORDS;
			for (uint64_t x = left.at[i]; x; x &= x - 1) {
				size_t in_span = word * 64 + (size_t)__builtin_ctzll(x);
				__builtin_prefetch(lanes + in_span * stride);
				*at++ = base + (uint32_t)in_span;
			}
		}
	}
	return (size_t)(at - out);
}

/* Clears what will be read of `room`: other lines hold anything. */
static void
clear_lines(uint64_t *room, const struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		memset(room + lines->at[i], 0, LINE_WORDS * sizeof *room);
}

WIDE static void
join_bits(uint64_t *room, const uint64_t *bits, const struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		for (size_t w = lines->at[i]; w < lines->at[i] + (size_t)LINE_WORDS; w++)
			room[w] |= bits[w];
}

/* A span that is gathered. */
struct piece {
	uint32_t span;
	uint64_t live;
	struct lines lines;
};

/* Sets in a span: bits as they are, up to the last place, where lists and what is beyond are joined
 * in `room`, as far as blocks are live. */
static void
gather_sets(const struct rowset *const *sets, size_t n, const struct piece *piece, uint64_t *room,
	    struct group *ret)
{
	bool joined = false;
	ret->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct rowset *s = sets[i];
		if (s->live && !(rowset_live(s, piece->span) & piece->live))
			continue; /* without a look at the list */
		const uint64_t *bits = s->dense ? rowset_span(s, piece->span) : NULL;
		struct row_run run = s->dense ? (struct row_run){0} : rowset_run(s, piece->span);
		if (bits && ret->n < MAX_JOINED - 1) {
			ret->set[ret->n++] = bits;
			continue;
		}
		if (!bits && run.len == 0)
			continue;
		if (!joined)
			clear_lines(room, &piece->lines);
		joined = true;
		if (bits)
			join_bits(room, bits, &piece->lines);
		for (size_t k = 0; k < run.len; k++)
			room[run.at[k] % SPAN_ROWS / 64] |= UINT64_C(1) << run.at[k] % 64;
	}
	if (joined)
		ret->set[ret->n++] = room;
}

/* Rows that must be in some of the sets; false where none of the span is. */
static bool
gather_some(const struct rowset *const *sets, size_t n, const struct piece *piece, uint64_t *room,
	    struct operands *o)
{
	struct group g;
	gather_sets(sets, n, piece, room, &g);
	if (g.n == 1)
		o->with[o->n_with++] = g.set[0];
	else if (g.n > 1)
		o->some[o->n_some++] = g;
	return g.n > 0;
}

/* Rows that must not be in the first set, unless they are in the second, if there is one. */
static void
gather_bar(const struct rowset *const *sets, size_t n, const struct piece *piece, uint64_t *room,
	   struct operands *o)
{
	struct group barred, unless;
	gather_sets(sets, 1, piece, room, &barred);
	gather_sets(sets + 1, n - 1, piece, room + SPAN_WORDS, &unless);
	if (barred.n > 0)
		o->without[o->n_without++] =
		    (struct bar){barred.set[0], unless.n > 0 ? unless.set[0] : NULL};
}

enum { ROOM_EACH = 2 * SPAN_WORDS }; /* of a term */

/* Fills in the operands of a span; false where it holds no row that passes. */
static bool
gather(const struct plan *p, const struct lookup *l, const struct piece *piece, uint64_t *room,
       struct operands *o)
{
	o->n_with = o->n_some = o->n_without = 0;
	for (size_t i = 0; i < p->n_used; i++, room += ROOM_EACH) {
		const struct term *t = &p->terms[i];
		const struct rowset *const *sets = t->n > 0 ? p->sets + t->first : NULL;
		if (t->negative)
			gather_bar(sets, t->n, piece, room, o);
		else if (!gather_some(sets, t->n, piece, room, o))
			return false;
	}
	if (o->n_with + o->n_some > 0)
		return true;
	const struct rowset *all = &l->all;
	return gather_some(&all, 1, piece, room, o);
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
	struct piece piece = {.span = span, .live = p->live[span]};
	struct operands o;

	list_lines(piece.live, &piece.lines);
	if (piece.live == 0 || !gather(p, l, &piece, room, &o))
		return 0;
	return intersect(&o, &piece.lines, &l->lanes, span, ret_rows);
}
