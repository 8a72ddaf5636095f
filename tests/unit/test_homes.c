/* Where rows come: those of one value together, none twice, and no more room than was once needed and
 * a part of it. */

#include "core/homes.h"
#include "core/rowset.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Rows as columns have them: whose they are, or the homes' links. */
struct table {
	struct homes homes;
	uint32_t *links, cap;
	uint8_t *taken;
	struct held {
		uint32_t value, row, n;
	} * held;
	size_t n_held, cap_held;
	uint32_t in_use;
};

static int
open_table(void **state)
{
	struct table *t = mem_zalloc(sizeof *t);
	homes_init(&t->homes);
	*state = t;
	return 0;
}

static int
close_table(void **state)
{
	struct table *t = *state;
	homes_done(&t->homes);
	free(t->links);
	free(t->taken);
	free(t->held);
	free(t);
	return 0;
}

static uint32_t
take(struct table *t, uint32_t value, uint32_t n)
{
	uint32_t row = homes_take(&t->homes, value, n, t->links);
	if (t->cap < t->homes.n_rows) {
		t->links = mem_realloc(t->links, t->homes.n_rows * sizeof *t->links);
		memset(t->links + t->cap, 0, (t->homes.n_rows - t->cap) * sizeof *t->links);
		t->taken = mem_realloc(t->taken, t->homes.n_rows);
		memset(t->taken + t->cap, 0, t->homes.n_rows - t->cap);
		t->cap = t->homes.n_rows;
	}
	assert_true(row > 0 && row + n <= t->homes.n_rows);
	for (uint32_t i = 0; i < n; i++) {
		assert_false(t->taken[row + i]);
		t->taken[row + i] = 1;
		t->links[row + i] = UINT32_MAX; /* whoever is there writes what it likes */
	}
	t->held = mem_grow(t->held, t->n_held, &t->cap_held, sizeof *t->held);
	t->held[t->n_held++] = (struct held){value, row, n};
	t->in_use += n;
	return row;
}

static void
give(struct table *t, size_t i)
{
	struct held h = t->held[i];
	memset(t->taken + h.row, 0, h.n);
	memset(t->links + h.row, 0, h.n * sizeof *t->links);
	homes_give(&t->homes, h.value, h.row, h.n, t->links);
	t->held[i] = t->held[--t->n_held];
	t->in_use -= h.n;
}

static uint32_t
dice(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

/* How many of the blocks that hold rows hold rows of one value only. */
static double
pure_blocks(const struct table *t)
{
	uint32_t blocks = t->homes.n_rows / BLOCK_ROWS, pure = 0, used = 0;
	uint64_t *seen = mem_zalloc(blocks * sizeof *seen);
	for (size_t i = 0; i < t->n_held; i++)
		seen[t->held[i].row / BLOCK_ROWS] |= UINT64_C(1) << t->held[i].value;
	for (uint32_t i = 0; i < blocks; i++) {
		used += seen[i] != 0;
		pure += seen[i] && !(seen[i] & (seen[i] - 1));
	}
	free(seen);
	return (double)pure / used;
}

static void
rows_of_one_value_stand_together(void **state)
{
	struct table *t = *state;
	uint64_t seed = 1;
	for (int i = 0; i < 300000; i++)
		take(t, dice(&seed, 8), 1);
	assert_true(pure_blocks(t) > .95);
	assert_true(t->homes.n_rows < t->in_use * 5 / 4);
	/* and do so while they come and go */
	for (int i = 0; i < 300000; i++) {
		give(t, dice(&seed, (uint32_t)t->n_held));
		take(t, dice(&seed, 8), 1);
	}
	assert_true(pure_blocks(t) > .9);
	assert_true(t->homes.n_rows < t->in_use * 5 / 4);
}

/* A few rows of each of many values have no home of their own: they would lie in blocks that are
 * empty but for them. */
static void
rare_values_take_no_room(void **state)
{
	struct table *t = *state;
	for (uint32_t i = 0; i < 200000; i++)
		take(t, i % 5000, 1);
	assert_true(t->homes.n_rows <= t->in_use + BLOCK_ROWS);
}

/* One value after the other is what everybody has, and then nobody. */
static void
fashions_leave_no_room_behind(void **state)
{
	struct table *t = *state;
	for (uint32_t fashion = 0; fashion < 50; fashion++) {
		for (int i = 0; i < 20000; i++)
			take(t, fashion, 1);
		while (t->n_held > 100) /* the last ones stay a while */
			give(t, t->n_held / 2);
	}
	assert_true(t->homes.n_rows < 2 * 20000);
	while (t->n_held > 0)
		give(t, 0);
	assert_null(t->homes.by_value);
	/* each of them is taken again before there are more */
	uint32_t rows = t->homes.n_rows;
	for (uint32_t row = 1; row < rows; row++)
		take(t, NO_HOME, 1);
	assert_int_equal(t->homes.n_rows, rows);
}

/* Runs of several rows, values of every kind, in any order: no row is ever given out twice. */
static void
no_row_is_taken_twice(void **state)
{
	struct table *t = *state;
	uint64_t seed = 2;
	uint32_t most = 0;
	for (int i = 0; i < 600000; i++) {
		/* the market swells and shrinks */
		bool shrinks = i / 100000 % 2;
		if (t->n_held > 0 && dice(&seed, 5) < (shrinks ? 4 : 1)) {
			give(t, dice(&seed, (uint32_t)t->n_held));
			continue;
		}
		uint32_t kind = dice(&seed, 10);
		uint32_t value = kind == 0   ? NO_HOME
				 : kind == 1 ? 1000 + dice(&seed, 3000)
					     : dice(&seed, 6);
		take(t, value, kind < 2 ? 1 + dice(&seed, MAX_VARIANTS) : 1);
		most = t->in_use > most ? t->in_use : most;
	}
	assert_true(t->homes.n_rows < 2 * most);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rows_of_one_value_stand_together, open_table,
					    close_table),
	    cmocka_unit_test_setup_teardown(rare_values_take_no_room, open_table, close_table),
	    cmocka_unit_test_setup_teardown(fashions_leave_no_room_behind, open_table, close_table),
	    cmocka_unit_test_setup_teardown(no_row_is_taken_twice, open_table, close_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
