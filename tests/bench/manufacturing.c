#include "manufacturing.h"

#include "core/score.h"
#include "intake/geo.h"
#include "util/mp.h"
#include "workload.h"

#include <math.h>
#include <stdio.h>

/* Latitude and longitude in hundredths of a degree, and people in units of 100,000: the largest
 * city of each region, from the public list of Russian cities, rounded. */
static const struct {
	int16_t lat, lon, people;
} cities[REGIONS] = {
    {5576, 3762, 126}, {5994, 3031, 54}, {5503, 8292, 16}, {5684, 6061, 15}, {5580, 4911, 13},
    {5633, 4400, 12},  {5516, 6140, 12}, {5320, 5015, 11}, {5499, 7337, 11}, {4723, 3972, 11},
    {5474, 5597, 11},  {5601, 9287, 11}, {5167, 3921, 10}, {5801, 5625, 10}, {4871, 4451, 10},
    {4504, 3898, 10},  {5153, 4603, 8},	 {5715, 6553, 8},  {5351, 4942, 7},  {5336, 8376, 6},
    {5685, 5320, 6},   {4298, 4750, 6},	 {4848, 13507, 6}, {5432, 4840, 6},  {5229, 10430, 6},
    {4312, 13189, 6},  {5763, 3987, 6},	 {4405, 4306, 5},  {5648, 8495, 6},  {5177, 5510, 5},
    {5536, 8609, 5},   {5376, 8712, 5},	 {5463, 3974, 5},  {5574, 5240, 5},  {4635, 4803, 5},
    {5320, 4500, 5},   {5860, 4966, 5},	 {5261, 3960, 5},  {5614, 4725, 5},  {5471, 2051, 5},
    {5419, 3762, 5},   {5173, 3619, 4},	 {4505, 4197, 4},  {5183, 10758, 4}, {5686, 3591, 4},
    {5341, 5898, 4},   {4358, 3972, 4},	 {5700, 4097, 4},  {5324, 3437, 4},  {5060, 3659, 4},
    {5613, 4041, 3},   {5451, 3626, 4},	 {5203, 11350, 3}, {5478, 3204, 3},  {5544, 6534, 3},
    {5913, 3790, 3},   {4879, 4477, 3},	 {6203, 12973, 3}, {6125, 7340, 3},  {5792, 5997, 3},
    {6454, 4054, 3},   {5419, 4518, 3},	 {5663, 4790, 2},  {5777, 4093, 2},  {5852, 3128, 2},
    {5782, 2833, 2},   {6179, 3436, 2},	 {6897, 3308, 2},  {5922, 3989, 2},  {5297, 3606, 2},
    {5272, 4145, 2},   {5055, 13700, 2}, {5028, 12753, 2}, {4696, 14274, 1}, {5302, 15865, 1},
    {6167, 5081, 2},   {4332, 4569, 2},	 {4303, 4468, 2},  {5372, 9144, 1},  {5196, 8596, 1},
    {6653, 6660, 1},   {5597, 4334, 1},	 {5611, 9458, 1},  {5510, 3661, 2},  {5589, 3744, 2},
};

/* ---- drawing ---- */

static const struct weights {
	double process[PROCESSES + 1], material[MATERIALS + 1], city[REGIONS + 1];
} * weights(void)
{
	static struct weights w;
	if (w.city[REGIONS] > 0)
		return &w;
	dice_zipf(w.process, PROCESSES);
	dice_zipf(w.material, MATERIALS);
	for (int i = 0; i < REGIONS; i++)
		w.city[i + 1] = w.city[i] + sqrt(cities[i].people);
	for (int i = 1; i <= REGIONS; i++)
		w.city[i] /= w.city[REGIONS];
	return &w;
}

static uint64_t
draw_weighted(struct dice *d, const double *sum, int n, int count)
{
	uint64_t set = 0;
	while (count > 0) {
		uint64_t one = UINT64_C(1) << dice_pick(d, sum, n);
		count -= !(set & one);
		set |= one;
	}
	return set;
}

static uint32_t
draw_uniform(struct dice *d, int n, int count)
{
	uint32_t set = 0;
	while (count > 0) {
		uint32_t one = UINT32_C(1) << dice_between(d, 0, n - 1);
		count -= !(set & one);
		set |= one;
	}
	return set;
}

static int
clamp(double value, int lo, int hi)
{
	return value < lo ? lo : value > hi ? hi : (int)value;
}

static void
draw_place(struct dice *d, int city, int32_t *ret_lat, int32_t *ret_lon)
{
	double lat = cities[city].lat / 100.0 + dice_normal(d) * .25;
	double lon = cities[city].lon / 100.0 + dice_normal(d) * .25 * 1.7;
	*ret_lat = (int32_t)lround(lat * 1e5);
	*ret_lon = (int32_t)lround(lon * 1e5);
}

static void
add_region(struct capability *c, int region)
{
	c->region[region / 64] |= UINT64_C(1) << region % 64;
}

void
capability_next(struct dice *d, struct capability *ret)
{
	const struct weights *w = weights();
	*ret = (struct capability){0};
	ret->process = draw_weighted(d, w->process, PROCESSES, dice_between(d, 1, 6));
	ret->material = draw_weighted(d, w->material, MATERIALS, dice_between(d, 1, 8));
	ret->batch_min = (int)dice_log(d, 1, 2000);
	ret->batch_max = clamp(ret->batch_min * dice_log(d, 10, 20000), 0, 10000000);
	ret->lead = dice_between(d, 3, 120);
	ret->price_kopecks = clamp(exp(log(80000) + 1.2 * dice_normal(d)), 100, 1500000000);
	ret->certificates = draw_uniform(d, CERTIFICATES, dice_between(d, 0, 5));
	int city = dice_pick(d, w->city, REGIONS);
	draw_place(d, city, &ret->lat, &ret->lon);
	ret->least_order = dice_uniform(d) < .3 ? 0 : (int)dice_log(d, 10000, 2000000);
	if (dice_uniform(d) >= .5) {
		int more = dice_between(d, 1, 25);
		add_region(ret, city);
		while (more--)
			add_region(ret, dice_uniform(d) < .6 ? dice_pick(d, w->city, REGIONS)
							     : dice_between(d, 0, REGIONS - 1));
	}
	if (dice_uniform(d) >= .5)
		ret->size = draw_uniform(d, SIZES, dice_between(d, 1, 3));
}

/* One of 0..3: the first, the first two and the first three have these shares. */
static int
one_of_four(struct dice *d, double first, double second, double third)
{
	double u = dice_uniform(d);
	return u < first ? 0 : u < second ? 1 : u < third ? 2 : 3;
}

void
order_next(struct dice *d, struct order *ret)
{
	const struct weights *w = weights();
	*ret = (struct order){0};
	ret->process = dice_pick(d, w->process, PROCESSES);
	ret->material = dice_pick(d, w->material, MATERIALS);
	ret->quantity = (int)dice_log(d, 5, 200000);
	ret->deadline = dice_between(d, 10, 150);
	ret->budget_kopecks = clamp(exp(log(90000) + 1.2 * dice_normal(d)), 150, 2000000000);
	ret->certificates = draw_uniform(d, CERTIFICATES, one_of_four(d, .35, .7, .9));
	ret->region = dice_pick(d, w->city, REGIONS);
	draw_place(d, ret->region, &ret->lat, &ret->lon);
	ret->km = dice_uniform(d) < .3 ? -1 : (int)dice_log(d, 50, 4000);
	ret->value = (int)dice_log(d, 20000, 50000000);
	ret->size = one_of_four(d, .4, .7, .9);
}

/* ---- places ---- */

static struct site
site_of(int32_t lat, int32_t lon)
{
	struct geo_point p = geo_point((int64_t)lat * 100, (int64_t)lon * 100);
	return (struct site){.x = (int32_t)p.x, .y = (int32_t)p.y, .z = (int32_t)p.z};
}

struct site
capability_site(const struct capability *c)
{
	return site_of(c->lat, c->lon);
}

struct site
order_site(const struct order *o)
{
	struct site s = site_of(o->lat, o->lon);
	s.reach2 = o->km < 0 ? INT64_MAX : geo_chord2((int64_t)o->km * 1000);
	s.reach = o->km < 0 ? 0 : (int64_t)isqrt((uint64_t)s.reach2);
	return s;
}

/* ---- writing statements ---- */

static void
put_set(struct buf *out, const char *field, char letter, const uint64_t *set, size_t words)
{
	char word[8];
	uint32_t count = 0;
	for (size_t i = 0; i < words; i++)
		count += (uint32_t)__builtin_popcountll(set[i]);
	mp_put_text(out, field);
	mp_put_array(out, count);
	for (unsigned i = 0; i < 64 * words; i++) {
		if (!(set[i / 64] >> i % 64 & 1))
			continue;
		snprintf(word, sizeof word, "%c%u", letter, i);
		mp_put_text(out, word);
	}
}

static void
put_word(struct buf *out, const char *field, char letter, int value)
{
	char word[16];
	snprintf(word, sizeof word, "%c%d", letter, value);
	mp_put_text(out, field);
	mp_put_array(out, 1);
	mp_put_text(out, word);
}

static void
put_number(struct buf *out, const char *field, int64_t value)
{
	mp_put_text(out, field);
	mp_put_int(out, value);
}

static void
put_price(struct buf *out, int kopecks)
{
	char text[32];
	snprintf(text, sizeof text, "%d.%02d", kopecks / 100, kopecks % 100);
	mp_put_text(out, "unit_price");
	mp_put_text(out, text);
}

static void
put_degrees(struct buf *out, const char *name, int32_t e5)
{
	char text[32];
	int32_t magnitude = e5 < 0 ? -e5 : e5;
	snprintf(text, sizeof text, "%s%d.%05d", e5 < 0 ? "-" : "", magnitude / 100000,
		 magnitude % 100000);
	mp_put_text(out, name);
	mp_put_text(out, text);
}

static void
put_place(struct buf *out, int32_t lat, int32_t lon, int km)
{
	mp_put_text(out, "place");
	mp_put_map(out, km < 0 ? 2 : 3);
	put_degrees(out, "lat", lat);
	put_degrees(out, "lon", lon);
	if (km >= 0)
		put_number(out, "radius_km", km);
}

static void
put_certificates(struct buf *out, uint32_t set)
{
	put_set(out, "certificates", 'c', &(uint64_t){set}, 1);
}

static void
write_capability(const struct capability *c, struct buf *out)
{
	bool regions = c->region[0] || c->region[1];
	mp_put_map(out, 7u + (c->certificates != 0) + regions + (c->size != 0));
	put_set(out, "process", 'p', &c->process, 1);
	put_set(out, "material", 'm', &c->material, 1);
	mp_put_text(out, "quantity");
	mp_put_map(out, 2);
	put_number(out, "from", c->batch_min);
	put_number(out, "to", c->batch_max);
	put_number(out, "lead_time", c->lead);
	put_price(out, c->price_kopecks);
	put_place(out, c->lat, c->lon, -1);
	put_number(out, "order_value", c->least_order);
	if (c->certificates)
		put_certificates(out, c->certificates);
	if (regions)
		put_set(out, "region", 'r', c->region, 2);
	if (c->size)
		put_set(out, "customer_size", 's', &(uint64_t){c->size}, 1);
}

static void
write_order(const struct order *o, struct buf *out)
{
	mp_put_map(out, 9u + (o->certificates != 0));
	put_word(out, "process", 'p', o->process);
	put_word(out, "material", 'm', o->material);
	put_number(out, "quantity", o->quantity);
	put_number(out, "lead_time", o->deadline);
	put_price(out, o->budget_kopecks);
	put_place(out, o->lat, o->lon, o->km);
	put_number(out, "order_value", o->value);
	put_word(out, "region", 'r', o->region);
	put_word(out, "customer_size", 's', o->size);
	if (o->certificates)
		put_certificates(out, o->certificates);
}

/* ---- as one of the generated exchanges ---- */

static void
next(struct dice *d, enum side side, void *ret_record)
{
	if (side == OFFER)
		capability_next(d, ret_record);
	else
		order_next(d, ret_record);
}

static void
write_record(const void *record, enum side side, struct buf *out)
{
	if (side == OFFER)
		write_capability(record, out);
	else
		write_order(record, out);
}

union record {
	struct capability offer;
	struct order need;
};

const struct workload manufacturing = {
    .name = "workload",
    .record_size = sizeof(union record),
    .next = next,
    .write = write_record,
    .scan_new = manufacturing_scan_new,
    .scan_free = manufacturing_scan_free,
    .scan_add = manufacturing_scan_add,
    .scan = manufacturing_scan,
};
