#include "core/homes.h"

#include "core/rowset.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* A value has a home of its own once so many rows have it, and a share of all. */
#ifndef HOME_FEWEST
#define HOME_FEWEST 1024
#endif

enum {
	HOME_SHARE = 256, /* one row of so many */
	EXTENT_SHARE = 4, /* an extent is for one more row to so many */
};

void
homes_init(struct homes *h)
{
	*h = (struct homes){.n_rows = BLOCK_ROWS, .next = 1, .end = BLOCK_ROWS};
}

void
homes_done(struct homes *h)
{
	struct home *home, *next;
	HASH_ITER(hh, h->by_value, home, next)
	{
		HASH_DEL(h->by_value, home);
		free(home);
	}
}

/* The first row of an extent for at least `n`. */
static uint32_t
take_extent(struct homes *h, uint32_t n, uint32_t *ret_end)
{
	uint32_t first = h->n_rows, room = (n + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS;
	if (room > UINT32_MAX - first)
		mem_failed(SIZE_MAX); /* beyond 32 bits is beyond memory */
	h->n_rows += room;
	*ret_end = h->n_rows;
	return first;
}

/* ---- the common home ---- */

static void
give_common(struct homes *h, uint32_t row, uint32_t n, uint32_t *links)
{
	links[row] = h->free[n];
	h->free[n] = row;
	h->n_free += n == 1;
}

static uint32_t
take_common(struct homes *h, uint32_t n, uint32_t *links)
{
	uint32_t row = h->free[n];
	if (row) {
		h->free[n] = links[row];
		h->n_free -= n == 1;
		return row;
	}
	if (h->end - h->next < n) {
		for (; h->next < h->end; h->next++)
			give_common(h, h->next, 1, links);
		h->next = take_extent(h, n, &h->end);
	}
	row = h->next;
	h->next += n;
	return row;
}

/* ---- homes of values ---- */

static struct home *
home_find(struct homes *h, uint32_t value)
{
	struct home *home;
	HASH_FIND(hh, h->by_value, &value, sizeof value, home);
	return home;
}

static struct home *
home_get(struct homes *h, uint32_t value)
{
	struct home *home = home_find(h, value);
	if (!home) {
		home = mem_zalloc(sizeof *home);
		home->value = value;
		HASH_ADD(hh, h->by_value, value, sizeof home->value, home);
	}
	return home;
}

/* Where the common home has as much room, that comes first. */
static bool
deserves_extent(const struct homes *h, const struct home *home)
{
	return home->n >= HOME_FEWEST && home->n >= h->n_rows / HOME_SHARE &&
	       h->n_free < home->n / EXTENT_SHARE;
}

static bool
had_extent(const struct home *home)
{
	return home->end > 0;
}

static uint32_t
take_free(struct home *home, uint32_t *links)
{
	uint32_t row = home->first_free;
	home->first_free = links[row];
	home->n_free--;
	return row;
}

static void
give_free(struct home *home, uint32_t row, uint32_t *links)
{
	links[row] = home->first_free;
	home->first_free = row;
	if (home->n_free++ == 0)
		home->last_free = row;
}

/* All that the home has of rows that nobody uses. */
static void
give_up(struct homes *h, struct home *home, uint32_t *links)
{
	if (home->n_free > 0) {
		links[home->last_free] = h->free[1];
		h->free[1] = home->first_free;
		h->n_free += home->n_free;
		home->first_free = home->n_free = 0;
	}
	for (; home->next < home->end; home->next++)
		give_common(h, home->next, 1, links);
}

uint32_t
homes_take(struct homes *h, uint32_t value, uint32_t n, uint32_t *links)
{
	if (value == NO_HOME || n > 1)
		return take_common(h, n, links);
	struct home *home = home_get(h, value);
	bool full = home->n_free == 0 && home->next == home->end;
	if (full && deserves_extent(h, home))
		home->next = take_extent(h, home->n / EXTENT_SHARE, &home->end);
	home->n++;
	if (home->n_free > 0)
		return take_free(home, links);
	return home->next < home->end ? home->next++ : take_common(h, 1, links);
}

void
homes_give(struct homes *h, uint32_t value, uint32_t row, uint32_t n, uint32_t *links)
{
	struct home *home = value == NO_HOME || n > 1 ? NULL : home_find(h, value);
	if (!home) {
		give_common(h, row, n, links);
		return;
	}
	home->n--;
	if (had_extent(home))
		give_free(home, row, links);
	else
		give_common(h, row, 1, links);
	if (home->n_free > home->n)
		give_up(h, home, links);
	if (home->n == 0) {
		HASH_DEL(h->by_value, home);
		free(home);
	}
}

size_t
homes_bytes(const struct homes *h)
{
	return HASH_COUNT(h->by_value) * sizeof *h->by_value;
}
