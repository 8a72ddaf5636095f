/*
 * The scan of contract manufacturing: what a careful programmer gets from plain columns and a
 * compiler that vectorises, without any index. A block of rows is tested condition by condition,
 * all rows of it each time, without a branch, and of a set only the words that the probe has values
 * in are read. What is left is measured, counted and scored.
 *
 * Compiled for the machine at hand (meson.build). Exact whole numbers throughout, as matchd has
 * them (docs/semantics.md, section 3).
 */

#include "column.h"
#include "manufacturing.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 1000000 };

/* Sets as words of bits, in this order. */
enum set { PROCESS, MATERIAL = 2, REGION = 4, SIZE = 7, WORDS };
/* Numbers: of a need deadline, budget, quantity twice and value; then the place. */
enum number { LEAD, PRICE, LO, HI, VALUE, X, Y, Z, NUMBERS };

struct columns {
	enum side side;
	size_t n;
	uint32_t *words[WORDS], *certificates;
	int32_t *numbers[NUMBERS];
	int64_t *reach, *reach2; /* of needs */
};

/* One row of them. */
struct row {
	uint32_t words[WORDS], certificates;
	int32_t numbers[NUMBERS];
	int64_t reach, reach2;
};

static void
put_words(uint32_t *words, uint64_t set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		words[i] = (uint32_t)(set >> 32 * i);
}

static struct row
row_with(struct site s)
{
	return (struct row){
	    .numbers = {[X] = s.x, [Y] = s.y, [Z] = s.z},
	    .reach = s.reach,
	    .reach2 = s.reach2,
	};
}

static struct row
row_of_offer(const struct capability *c)
{
	bool anywhere = !c->region[0] && !c->region[1];
	struct row r = row_with(capability_site(c));
	put_words(r.words + PROCESS, c->process, 2);
	put_words(r.words + MATERIAL, c->material, 2);
	put_words(r.words + REGION, anywhere ? UINT64_MAX : c->region[0], 2);
	put_words(r.words + REGION + 2, anywhere ? UINT64_MAX : c->region[1], 1);
	r.words[SIZE] = c->size ? c->size : UINT32_MAX;
	r.certificates = c->certificates;
	r.numbers[LEAD] = c->lead;
	r.numbers[PRICE] = c->price_kopecks;
	r.numbers[LO] = c->batch_min;
	r.numbers[HI] = c->batch_max;
	r.numbers[VALUE] = c->least_order;
	return r;
}

static struct row
row_of_need(const struct order *o)
{
	struct row r = row_with(order_site(o));
	put_words(r.words + PROCESS, UINT64_C(1) << o->process, 2);
	put_words(r.words + MATERIAL, UINT64_C(1) << o->material, 2);
	r.words[REGION + o->region / 32] = UINT32_C(1) << o->region % 32;
	r.words[SIZE] = UINT32_C(1) << o->size;
	r.certificates = o->certificates;
	r.numbers[LEAD] = o->deadline;
	r.numbers[PRICE] = o->budget_kopecks;
	r.numbers[LO] = r.numbers[HI] = o->quantity;
	r.numbers[VALUE] = o->value;
	return r;
}

static struct row
row_of(enum side side, const void *record)
{
	return side == OFFER ? row_of_offer(record) : row_of_need(record);
}

void *
manufacturing_scan_new(enum side side, size_t capacity)
{
	struct columns *c = mem_zalloc(sizeof *c);
	c->side = side;
	for (size_t i = 0; i < WORDS; i++)
		c->words[i] = column_new(capacity, sizeof *c->words[i]);
	for (size_t i = 0; i < NUMBERS; i++)
		c->numbers[i] = column_new(capacity, sizeof *c->numbers[i]);
	c->certificates = column_new(capacity, sizeof *c->certificates);
	c->reach = column_new(capacity, sizeof *c->reach);
	c->reach2 = column_new(capacity, sizeof *c->reach2);
	return c;
}

void
manufacturing_scan_free(void *scan)
{
	struct columns *c = scan;
	for (size_t i = 0; i < WORDS; i++)
		free(c->words[i]);
	for (size_t i = 0; i < NUMBERS; i++)
		free(c->numbers[i]);
	free(c->certificates);
	free(c->reach);
	free(c->reach2);
	free(c);
}

void
manufacturing_scan_add(void *scan, const void *record)
{
	struct columns *c = scan;
	struct row r = row_of(c->side, record);
	size_t at = c->n++;
	for (size_t i = 0; i < WORDS; i++)
		c->words[i][at] = r.words[i];
	for (size_t i = 0; i < NUMBERS; i++)
		c->numbers[i][at] = r.numbers[i];
	c->certificates[at] = r.certificates;
	c->reach[at] = r.reach;
	c->reach2[at] = r.reach2;
}

/* ---- testing n rows from `at` on: hit stays 1 where the condition holds, and becomes 0 ---- */

/* The set that begins at word `set` shares a value with the probe's. */
static void
test_shared(const struct columns *c, size_t at, size_t n, const struct row *p, enum set set,
	    enum set behind, uint32_t hit[restrict BLOCK])
{
	uint32_t shared[BLOCK];
	bool first = true;
	for (unsigned w = set; w < (unsigned)behind; w++) {
		const uint32_t *word = c->words[w] + at;
		uint32_t wanted = p->words[w];
		if (!wanted)
			continue;
		for (size_t i = 0; first && i < n; i++)
			shared[i] = word[i] & wanted;
		for (size_t i = 0; !first && i < n; i++)
			shared[i] |= word[i] & wanted;
		first = false;
	}
	for (size_t i = 0; i < n; i++)
		hit[i] &= shared[i] != 0;
}

static void
test_sets(const struct columns *c, size_t at, size_t n, const struct row *p,
	  uint32_t hit[restrict BLOCK])
{
	test_shared(c, at, n, p, PROCESS, MATERIAL, hit);
	test_shared(c, at, n, p, MATERIAL, REGION, hit);
	test_shared(c, at, n, p, REGION, SIZE, hit);
	test_shared(c, at, n, p, SIZE, WORDS, hit);
	/* What the need requires, and does not find: the offer may be the row or the probe. */
	const uint32_t *certificates = c->certificates + at;
	uint32_t own = p->certificates;
	if (c->side == OFFER)
		for (size_t i = 0; i < n; i++)
			hit[i] &= (own & ~certificates[i]) == 0;
	else
		for (size_t i = 0; i < n; i++)
			hit[i] &= (certificates[i] & ~own) == 0;
}

static void
test_numbers(const struct columns *c, size_t at, size_t n, const struct row *p,
	     uint32_t hit[restrict BLOCK])
{
	const int32_t *lo = c->numbers[LO] + at, *hi = c->numbers[HI] + at;
	const int32_t *lead = c->numbers[LEAD] + at, *price = c->numbers[PRICE] + at;
	const int32_t *value = c->numbers[VALUE] + at, *v = p->numbers;
	if (c->side == OFFER)
		for (size_t i = 0; i < n; i++)
			hit[i] &= (lo[i] <= v[LO]) & (hi[i] >= v[LO]) & (lead[i] <= v[LEAD]) &
				  (price[i] <= v[PRICE]) & (value[i] <= v[VALUE]);
	else
		for (size_t i = 0; i < n; i++)
			hit[i] &= (lo[i] >= v[LO]) & (lo[i] <= v[HI]) & (lead[i] >= v[LEAD]) &
				  (price[i] >= v[PRICE]) & (value[i] >= v[VALUE]);
}

/* ---- what is left ---- */

static int64_t
distance2(const struct columns *c, size_t i, const struct row *p)
{
	int64_t x = c->numbers[X][i] - p->numbers[X], y = c->numbers[Y][i] - p->numbers[Y];
	int64_t z = c->numbers[Z][i] - p->numbers[Z];
	return x * x + y * y + z * z;
}

static int64_t
headroom(int64_t bound, int64_t value)
{
	return POINTS * (bound - value) / bound;
}

/* The published score: the order's points alone, since offers weigh nothing. */
static uint16_t
score(int32_t deadline, int32_t lead, int32_t budget, int32_t price, int64_t reach, int64_t away2)
{
	int64_t sum =
	    LEAD_WEIGHT * headroom(deadline, lead) + PRICE_WEIGHT * headroom(budget, price);
	int64_t weights = LEAD_WEIGHT + PRICE_WEIGHT;
	if (reach > 0) {
		int64_t away = (int64_t)sqrt((double)away2); /* exact below 2^52 */
		sum += PLACE_WEIGHT * headroom(reach, away < reach ? away : reach);
		weights += PLACE_WEIGHT;
	}
	return (uint16_t)(sum / weights / 1000);
}

/* Counts the row if it is near enough. */
static void
measure(const struct columns *c, size_t i, const struct row *p, struct top *ret)
{
	int64_t away2 = distance2(c, i, p);
	bool ours = c->side == NEED;
	int32_t lead = c->numbers[LEAD][i], price = c->numbers[PRICE][i];
	if (away2 > (ours ? c->reach2[i] : p->reach2))
		return;
	top_add(ret, (uint32_t)i,
		ours ? score(lead, p->numbers[LEAD], price, p->numbers[PRICE], c->reach[i], away2)
		     : score(p->numbers[LEAD], lead, p->numbers[PRICE], price, p->reach, away2));
}

void
manufacturing_scan(const void *scanned, const void *probe, struct top *ret)
{
	const struct columns *c = scanned;
	struct row p = row_of(side_other(c->side), probe);
	uint32_t hit[BLOCK];
	uint16_t places[BLOCK];
	for (size_t at = 0; at < c->n; at += BLOCK) {
		size_t n = c->n - at < BLOCK ? c->n - at : BLOCK;
		for (size_t i = 0; i < n; i++)
			hit[i] = 1;
		test_sets(c, at, n, &p, hit);
		test_numbers(c, at, n, &p, hit);
		size_t hits = block_hits(hit, n, places);
		for (size_t i = 0; i < hits; i++)
			measure(c, at + places[i], &p, ret);
	}
}
