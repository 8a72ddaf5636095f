/* The exchanges of alike.yaml and places.yaml, which give a lookup nothing to select by. */

#include "column.h"
#include "core/score.h"
#include "intake/geo.h"
#include "util/mem.h"
#include "util/mp.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 1000000 };

/* ---- alike ---- */

static void
alike_next(struct dice *d, enum side side, void *ret_record)
{
	uint8_t *kind = ret_record;
	(void)d, (void)side;
	*kind = 1;
}

static void
alike_write(const void *record, enum side side, struct buf *out)
{
	(void)record, (void)side;
	mp_put_map(out, 1);
	mp_put_text(out, "kind");
	mp_put_text(out, "any");
}

struct kinds {
	uint8_t *kind;
	size_t n;
};

static void *
alike_scan_new(enum side side, size_t capacity)
{
	struct kinds *k = mem_zalloc(sizeof *k);
	(void)side;
	k->kind = column_new(capacity, sizeof *k->kind);
	return k;
}

static void
alike_scan_free(void *scan)
{
	struct kinds *k = scan;
	free(k->kind);
	free(k);
}

static void
alike_scan_add(void *scan, const void *record)
{
	struct kinds *k = scan;
	const uint8_t *kind = record;
	k->kind[k->n++] = *kind;
}

/* Nothing is weighed, so all have full points. */
static void
alike_scan(const void *scan, const void *probe, struct top *ret)
{
	const struct kinds *k = scan;
	const uint8_t *own = probe;
	for (size_t i = 0; i < k->n; i++)
		if (k->kind[i] == *own)
			top_add(ret, (uint32_t)i, POINTS / 1000);
}

const struct workload alike = {
    .name = "alike",
    .record_size = sizeof(uint8_t),
    .next = alike_next,
    .write = alike_write,
    .scan_new = alike_scan_new,
    .scan_free = alike_scan_free,
    .scan_add = alike_scan_add,
    .scan = alike_scan,
};

/* ---- places ---- */

/* In 10^-5 degrees; km only of needs. */
struct spot {
	int32_t lat, lon, km;
};

static void
places_next(struct dice *d, enum side side, void *ret_record)
{
	struct spot *s = ret_record;
	s->lat = dice_between(d, 4500000, 6500000);
	s->lon = dice_between(d, 3000000, 13000000);
	s->km = side == NEED ? (int)dice_log(d, 10, 1000) : 0;
}

static void
put_degrees(struct buf *out, const char *name, int32_t e5)
{
	char text[32];
	snprintf(text, sizeof text, "%d.%05d", e5 / 100000, e5 % 100000);
	mp_put_text(out, name);
	mp_put_text(out, text);
}

static void
places_write(const void *record, enum side side, struct buf *out)
{
	const struct spot *s = record;
	mp_put_map(out, 1);
	mp_put_text(out, "place");
	mp_put_map(out, side == NEED ? 3 : 2);
	put_degrees(out, "lat", s->lat);
	put_degrees(out, "lon", s->lon);
	if (side == OFFER)
		return;
	mp_put_text(out, "radius_km");
	mp_put_int(out, s->km);
}

struct points {
	enum side side;
	size_t n;
	int32_t *x, *y, *z;
	int64_t *reach2; /* needs: squared metres */
};

static void *
places_scan_new(enum side side, size_t capacity)
{
	struct points *p = mem_zalloc(sizeof *p);
	p->side = side;
	p->x = column_new(capacity, sizeof *p->x);
	p->y = column_new(capacity, sizeof *p->y);
	p->z = column_new(capacity, sizeof *p->z);
	p->reach2 = column_new(capacity, sizeof *p->reach2);
	return p;
}

static void
places_scan_free(void *scan)
{
	struct points *p = scan;
	free(p->x);
	free(p->y);
	free(p->z);
	free(p->reach2);
	free(p);
}

static struct geo_point
point_of(const struct spot *s)
{
	return geo_point((int64_t)s->lat * 100, (int64_t)s->lon * 100);
}

static void
places_scan_add(void *scan, const void *record)
{
	struct points *p = scan;
	const struct spot *s = record;
	struct geo_point at = point_of(s);
	p->x[p->n] = (int32_t)at.x;
	p->y[p->n] = (int32_t)at.y;
	p->z[p->n] = (int32_t)at.z;
	p->reach2[p->n] = geo_chord2((int64_t)s->km * 1000);
	p->n++;
}

/* As places.yaml weighs it: docs/semantics.md, section 3. */
static uint16_t
nearness(int64_t away2, int64_t reach2)
{
	int64_t reach = (int64_t)isqrt((uint64_t)reach2), away = (int64_t)isqrt((uint64_t)away2);
	return (uint16_t)(POINTS * (reach - (away < reach ? away : reach)) / reach / 1000);
}

static void
places_scan(const void *scan, const void *probe, struct top *ret)
{
	const struct points *p = scan;
	const struct spot *own = probe;
	struct geo_point here = point_of(own);
	int64_t x = here.x, y = here.y, z = here.z, away2[BLOCK], reach2[BLOCK];
	int64_t own2 = geo_chord2((int64_t)own->km * 1000);
	uint32_t hit[BLOCK];
	uint16_t found[BLOCK];
	for (size_t at = 0; at < p->n; at += BLOCK) {
		size_t n = p->n - at < BLOCK ? p->n - at : BLOCK;
		for (size_t i = 0; i < n; i++) {
			int64_t dx = p->x[at + i] - x, dy = p->y[at + i] - y, dz = p->z[at + i] - z;
			away2[i] = dx * dx + dy * dy + dz * dz;
			reach2[i] = p->side == NEED ? p->reach2[at + i] : own2;
			hit[i] = away2[i] <= reach2[i];
		}
		size_t hits = block_hits(hit, n, found);
		for (size_t i = 0; i < hits; i++)
			top_add(ret, (uint32_t)(at + found[i]),
				nearness(away2[found[i]], reach2[found[i]]));
	}
}

const struct workload places = {
    .name = "places",
    .record_size = sizeof(struct spot),
    .next = places_next,
    .write = places_write,
    .scan_new = places_scan_new,
    .scan_free = places_scan_free,
    .scan_add = places_scan_add,
    .scan = places_scan,
};
