/* The exchange of intervals.yaml: six ranges, generated and scanned. */

#include "column.h"
#include "util/mem.h"
#include "util/mp.h"
#include "workload.h"

#include <stdlib.h>
#include <time.h>

/* Open ends, far enough from all values and near enough that differences stay in 32 bits. */
enum { LOWEST = INT32_MIN / 2, HIGHEST = INT32_MAX / 2 };
enum { WIDTH, HEIGHT, AVAILABLE, PRICE, POWER, DEPTH, FIELDS };
enum { POINTS = 1000000, DAY = 86400, FIRST_DAY = 20500 };

struct ranges {
	int32_t lo[FIELDS], hi[FIELDS]; /* LOWEST and HIGHEST where nothing is stated */
};

static const char *const names[FIELDS] = {"width", "height", "available",
					  "price", "power",  "depth"};
/* min_overlap */
static const int32_t least[FIELDS] = {[AVAILABLE] = 5};

/* ---- generating ---- */

static void
draw_range(struct dice *d, struct ranges *r, int field, int lowest, int highest, int widest)
{
	r->lo[field] = dice_between(d, lowest, highest);
	r->hi[field] = r->lo[field] + dice_between(d, 0, widest);
}

static void
next(struct dice *d, enum side side, void *ret_record)
{
	struct ranges *r = ret_record;
	draw_range(d, r, WIDTH, 1, 10000, 3200);
	draw_range(d, r, HEIGHT, 1, 10000, (int)dice_log(d, 10, 9000));
	draw_range(d, r, AVAILABLE, FIRST_DAY, FIRST_DAY + 1000, 300);
	draw_range(d, r, PRICE, 100, 10000, 2000);
	draw_range(d, r, POWER, 1, 3000, side == NEED ? 0 : 2000);
	draw_range(d, r, DEPTH, 1, 5000, 1500);
	if (side == NEED) {
		r->lo[PRICE] = LOWEST;
		r->hi[DEPTH] = HIGHEST;
	}
	if (dice_uniform(d) < .1)
		r->lo[POWER] = LOWEST, r->hi[POWER] = HIGHEST;
	if (dice_uniform(d) < .1)
		r->lo[DEPTH] = LOWEST, r->hi[DEPTH] = HIGHEST;
}

/* ---- writing ---- */

static void
put_end(struct buf *out, int field, const char *name, int32_t value)
{
	char text[16];
	time_t seconds = (time_t)value * DAY;
	struct tm tm;
	mp_put_text(out, name);
	if (field != AVAILABLE) {
		mp_put_int(out, value);
		return;
	}
	strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&seconds, &tm));
	mp_put_text(out, text);
}

static void
write_record(const void *record, enum side side, struct buf *out)
{
	const struct ranges *r = record;
	uint32_t stated = 0;
	(void)side;
	for (int f = 0; f < FIELDS; f++)
		stated += r->lo[f] != LOWEST || r->hi[f] != HIGHEST;
	mp_put_map(out, stated);
	for (int f = 0; f < FIELDS; f++) {
		bool from = r->lo[f] != LOWEST, to = r->hi[f] != HIGHEST;
		if (!from && !to)
			continue;
		mp_put_text(out, names[f]);
		mp_put_map(out, (uint32_t)from + to);
		if (from)
			put_end(out, f, "from", r->lo[f]);
		if (to)
			put_end(out, f, "to", r->hi[f]);
	}
}

/* ---- scanning ---- */

struct columns {
	enum side side;
	size_t n;
	int32_t *lo[FIELDS], *hi[FIELDS];
};

static void *
scan_new(enum side side, size_t capacity)
{
	struct columns *c = mem_zalloc(sizeof *c);
	c->side = side;
	for (int f = 0; f < FIELDS; f++) {
		c->lo[f] = column_new(capacity, sizeof(int32_t));
		c->hi[f] = column_new(capacity, sizeof(int32_t));
	}
	return c;
}

static void
scan_free(void *scan)
{
	struct columns *c = scan;
	for (int f = 0; f < FIELDS; f++) {
		free(c->lo[f]);
		free(c->hi[f]);
	}
	free(c);
}

static void
scan_add(void *scan, const void *record)
{
	struct columns *c = scan;
	const struct ranges *r = record;
	for (int f = 0; f < FIELDS; f++) {
		c->lo[f][c->n] = r->lo[f];
		c->hi[f][c->n] = r->hi[f];
	}
	c->n++;
}

static inline int32_t
larger(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static inline int32_t
smaller(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* Not inlined: where GCC 12 sees the fields' loop around it, it gathers row by row. */
static __attribute__((noinline)) void
test_field(const struct columns *c, size_t at, size_t n, const struct ranges *p, int field,
	   uint32_t hit[restrict BLOCK])
{
	const int32_t *lo = c->lo[field] + at, *hi = c->hi[field] + at;
	int32_t from = p->lo[field], to = p->hi[field], enough = least[field];
	for (size_t i = 0; i < n; i++)
		hit[i] &= smaller(hi[i], to) - larger(lo[i], from) >= enough;
}

/* What both sides agree on: the middle, or the end that is there; both stated something. */
static int64_t
agreed(const struct ranges *a, const struct ranges *b, int field)
{
	int64_t lo = larger(a->lo[field], b->lo[field]), hi = smaller(a->hi[field], b->hi[field]);
	return lo == LOWEST ? hi : hi == HIGHEST ? lo : (lo + hi) / 2;
}

static int64_t
apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static int64_t
at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

static int64_t
nearness(const struct ranges *own, const struct ranges *other, int field, int64_t span)
{
	int64_t middle = ((int64_t)own->lo[field] + own->hi[field]) / 2;
	int64_t away = apart(agreed(own, other, field), middle);
	return POINTS * (span - at_most(away, span)) / span;
}

/* As intervals.yaml weighs it: docs/semantics.md, section 3. */
static uint16_t
score(const struct ranges *need, const struct ranges *offer)
{
	int64_t budget = need->hi[PRICE];
	int64_t saved = at_most(budget - agreed(need, offer, PRICE), budget);
	int64_t a = (3 * nearness(need, offer, WIDTH, 3000) + 2 * (POINTS * saved / budget)) / 5;
	int64_t b = nearness(offer, need, HEIGHT, 3000);
	if (offer->lo[DEPTH] != LOWEST && need->lo[DEPTH] != LOWEST) {
		int64_t more = apart(agreed(need, offer, DEPTH), offer->lo[DEPTH]);
		b = (b + POINTS * at_most(more, 5000) / 5000) / 2;
	}
	return (uint16_t)(a + b == 0 ? 0 : 2 * a * b / (a + b) / 1000);
}

static void
keep(const struct columns *c, size_t i, const struct ranges *p, struct top *ret)
{
	struct ranges row;
	for (int f = 0; f < FIELDS; f++) {
		row.lo[f] = c->lo[f][i];
		row.hi[f] = c->hi[f][i];
	}
	top_add(ret, (uint32_t)i, c->side == OFFER ? score(p, &row) : score(&row, p));
}

static void
scan(const void *scanned, const void *probe, struct top *ret)
{
	const struct columns *c = scanned;
	uint32_t hit[BLOCK];
	uint16_t found[BLOCK];
	for (size_t at = 0; at < c->n; at += BLOCK) {
		size_t n = c->n - at < BLOCK ? c->n - at : BLOCK;
		for (size_t i = 0; i < n; i++)
			hit[i] = 1;
		for (int f = 0; f < FIELDS; f++)
			test_field(c, at, n, probe, f, hit);
		size_t hits = block_hits(hit, n, found);
		for (size_t i = 0; i < hits; i++)
			keep(c, at + found[i], probe, ret);
	}
}

const struct workload intervals = {
    .name = "intervals",
    .record_size = sizeof(struct ranges),
    .next = next,
    .write = write_record,
    .scan_new = scan_new,
    .scan_free = scan_free,
    .scan_add = scan_add,
    .scan = scan,
};
