/* A set of rows says what is in it, and where nothing is, through every change of its form. */

#include "core/rowset.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SPANS = 4, ROWS = SPANS * SPAN_ROWS };

static uint64_t seed;

static uint32_t
dice(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

/* The set, and the same as plain truth. */
struct pair {
	struct rowset set;
	bool *in;
	uint32_t n;
};

static void
check(const struct pair *p)
{
	uint64_t live[SPANS] = {0};
	assert_int_equal(p->set.n, p->n);
	for (uint32_t row = 0; row < ROWS; row++) {
		assert_int_equal(rowset_holds(&p->set, row), p->in[row]);
		if (p->in[row])
			live[row >> SPAN_BITS] |= row_block(row);
	}
	for (uint32_t span = 0; span < SPANS; span++)
		assert_int_equal(rowset_live(&p->set, span), live[span]);
	for (uint32_t span = 0; !p->set.dense && span < SPANS; span++) {
		struct row_run run = rowset_run(&p->set, span);
		size_t rows = 0;
		for (uint32_t row = span * SPAN_ROWS; row < (span + 1) * SPAN_ROWS; row++)
			rows += p->in[row];
		assert_int_equal(run.len, rows);
		for (size_t i = 0; i < run.len; i++)
			assert_true(run.at[i] >> SPAN_BITS == span && p->in[run.at[i]]);
	}
}

static void
put(struct pair *p, uint32_t row, bool in)
{
	if (in)
		rowset_add(&p->set, row, ROWS);
	else
		rowset_remove(&p->set, row, ROWS);
	p->n += in - p->in[row];
	p->in[row] = in;
}

/* Rows come and go, here and there or close together, so that the set is a short list, a long one and
 * bits, and again a list. */
static void
play(uint64_t first)
{
	struct pair p = {.in = mem_zalloc(ROWS)};
	seed = first;
	uint32_t around = dice(ROWS), width = dice(2) ? ROWS : BLOCK_ROWS / 4;
	for (int phase = 0; phase < 40; phase++) {
		bool grows = dice(2);
		for (uint32_t i = dice(100); i > 0; i--)
			put(&p, (around + dice(width)) % ROWS, dice(4) ? grows : !grows);
		for (uint32_t row = 0; dice(4) == 0 && row < ROWS; row++)
			if (p.in[row] && dice(3))
				put(&p, row, false);
		check(&p);
	}
	rowset_free(&p.set);
	free(p.in);
}

static void
what_is_in_it_is_where_it_says(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 200; run++)
		play(run);
}

/* As ranges are filled. */
static void
bits_that_are_taken_over(void **state)
{
	(void)state;
	struct pair p = {.in = mem_zalloc(ROWS)};
	uint64_t **bits = mem_zalloc(SPANS * sizeof *bits);
	bits[1] = rowset_span_new();
	bits[3] = rowset_span_new();
	for (uint32_t row = SPAN_ROWS + 5; row < ROWS; row += row % 7 + 60) {
		if (row >> SPAN_BITS == 2)
			continue;
		bits[row >> SPAN_BITS][row % SPAN_ROWS / 64] |= UINT64_C(1) << row % 64;
		p.in[row] = true;
		p.n++;
	}
	rowset_take(&p.set, bits, SPANS);
	check(&p);
	put(&p, 3, true);
	check(&p);
	rowset_free(&p.set);
	free(p.in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_in_it_is_where_it_says),
	    cmocka_unit_test(bits_that_are_taken_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
