#include "workload.h"

#include "util/mem.h"
#include "util/mp.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROCESSES = 40, MATERIALS = 60, CERTIFICATES = 12, SIZES = 4, CITIES = 85 };

/* Latitude and longitude in hundredths of a degree, and people in units of 100,000: the largest
 * city of each region, from the public list of Russian cities, rounded. */
static const struct {
	int16_t lat, lon, people;
} cities[CITIES] = {
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

struct workload {
	enum workload_kind kind;
	uint64_t state[4]; /* xoshiro256** of Blackman and Vigna */
	double process_sum[PROCESSES + 1], material_sum[MATERIALS + 1], city_sum[CITIES + 1];
};

/* ---- random numbers ---- */

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t
rotate(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

static uint64_t
next(struct workload *w)
{
	uint64_t *s = w->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* In [0, 1). */
static double
uniform(struct workload *w)
{
	return (double)(next(w) >> 11) * 0x1p-53;
}

static int
between(struct workload *w, int lo, int hi)
{
	return lo + (int)(uniform(w) * (hi - lo + 1));
}

static double
log_uniform(struct workload *w, double lo, double hi)
{
	return lo * exp(uniform(w) * log(hi / lo));
}

static double
normal(struct workload *w)
{
	double u = uniform(w), v = uniform(w);
	return sqrt(-2 * log(u + 1e-300)) * cos(2 * M_PI * v);
}

/* An index by cumulated weights. */
static int
pick(struct workload *w, const double *sum, int n)
{
	double u = uniform(w);
	int lo = 0, hi = n;
	while (hi - lo > 1) {
		int mid = (lo + hi) / 2;
		if (sum[mid] <= u)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static void
zipf(double *sum, int n)
{
	sum[0] = 0;
	for (int i = 0; i < n; i++)
		sum[i + 1] = sum[i] + pow(i + 1, -0.9);
	for (int i = 1; i <= n; i++)
		sum[i] /= sum[n];
}

struct workload *
workload_new(enum workload_kind kind, uint64_t seed)
{
	struct workload *w = mem_zalloc(sizeof *w);
	w->kind = kind;
	seed ^= kind == WORKLOAD_NEEDS ? 0x6e656564 : 0;
	for (int i = 0; i < 4; i++)
		w->state[i] = splitmix(&seed);
	zipf(w->process_sum, PROCESSES);
	zipf(w->material_sum, MATERIALS);
	for (int i = 0; i < CITIES; i++)
		w->city_sum[i + 1] = w->city_sum[i] + sqrt(cities[i].people);
	for (int i = 1; i <= CITIES; i++)
		w->city_sum[i] /= w->city_sum[CITIES];
	return w;
}

void
workload_free(struct workload *w)
{
	free(w);
}

/* ---- sets as bits ---- */

typedef unsigned __int128 bits;

static bits
draw_weighted(struct workload *w, const double *sum, int n, int count)
{
	bits set = 0;
	while (count > 0) {
		bits one = (bits)1 << pick(w, sum, n);
		count -= !(set & one);
		set |= one;
	}
	return set;
}

static bits
draw_uniform(struct workload *w, int n, int count)
{
	bits set = 0;
	while (count > 0) {
		bits one = (bits)1 << between(w, 0, n - 1);
		count -= !(set & one);
		set |= one;
	}
	return set;
}

/* ---- writing statements ---- */

static void
put_set(struct buf *out, const char *field, char letter, bits set)
{
	char word[8];
	uint32_t count = 0;
	for (int i = 0; i < 128; i++)
		count += (uint32_t)(set >> i & 1);
	mp_put_text(out, field);
	mp_put_array(out, count);
	for (int i = 0; i < 128; i++) {
		if (!(set >> i & 1))
			continue;
		snprintf(word, sizeof word, "%c%d", letter, i);
		mp_put_text(out, word);
	}
}

static void
put_number(struct buf *out, const char *field, int64_t value)
{
	mp_put_text(out, field);
	mp_put_int(out, value);
}

static void
put_kopecks(struct buf *out, const char *field, int64_t kopecks)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%lld.%02lld", (long long)(kopecks / 100),
			   (long long)(kopecks % 100));
	mp_put_text(out, field);
	mp_put_str(out, (struct str){text, (uint32_t)len});
}

/* Somewhere around the city; km < 0: no radius. */
static void
put_place(struct buf *out, double lat, double lon, int km)
{
	char text[32];
	mp_put_text(out, "place");
	mp_put_map(out, km < 0 ? 2 : 3);
	mp_put_text(out, "lat");
	snprintf(text, sizeof text, "%.5f", lat);
	mp_put_text(out, text);
	mp_put_text(out, "lon");
	snprintf(text, sizeof text, "%.5f", lon);
	mp_put_text(out, text);
	if (km >= 0)
		put_number(out, "radius_km", km);
}

static void
put_arguments_head(struct buf *out, const char *listing, const char *side, uint32_t fields)
{
	mp_put_map(out, 5);
	mp_put_text(out, "listing");
	mp_put_text(out, listing);
	mp_put_text(out, "exchange");
	mp_put_text(out, "workload");
	mp_put_text(out, "side");
	mp_put_text(out, side);
	mp_put_text(out, "title");
	mp_put_text(out, listing);
	mp_put_text(out, "fields");
	mp_put_map(out, fields);
}

/* ---- listings ---- */

static int
clamp(double value, int lo, int hi)
{
	return value < lo ? lo : value > hi ? hi : (int)value;
}

static void
next_offer(struct workload *w, const char *listing, struct buf *out)
{
	bits process = draw_weighted(w, w->process_sum, PROCESSES, between(w, 1, 6));
	bits material = draw_weighted(w, w->material_sum, MATERIALS, between(w, 1, 8));
	int batch_min = (int)log_uniform(w, 1, 2000);
	int batch_max = clamp(batch_min * log_uniform(w, 10, 20000), 0, 10000000);
	int lead = between(w, 3, 120);
	int price = clamp(exp(log(80000) + 1.2 * normal(w)), 100, 1500000000);
	bits certificates = draw_uniform(w, CERTIFICATES, between(w, 0, 5));
	int city = pick(w, w->city_sum, CITIES);
	double lat = cities[city].lat / 100.0 + normal(w) * .25;
	double lon = cities[city].lon / 100.0 + normal(w) * .25 * 1.7;
	int min_order = uniform(w) < .3 ? 0 : (int)log_uniform(w, 10000, 2000000);
	bits regions = 0, sizes = 0;
	if (uniform(w) >= .5) {
		int more = between(w, 1, 25);
		regions = (bits)1 << city;
		while (more--)
			regions |= (bits)1 << (uniform(w) < .6 ? pick(w, w->city_sum, CITIES)
							       : between(w, 0, CITIES - 1));
	}
	if (uniform(w) >= .5)
		sizes = draw_uniform(w, SIZES, between(w, 1, 3));

	put_arguments_head(out, listing, "offer",
			   7 + (certificates != 0) + (regions != 0) + (sizes != 0));
	put_set(out, "process", 'p', process);
	put_set(out, "material", 'm', material);
	mp_put_text(out, "quantity");
	mp_put_map(out, 2);
	put_number(out, "from", batch_min);
	put_number(out, "to", batch_max);
	put_number(out, "lead_time", lead);
	put_kopecks(out, "unit_price", price);
	put_place(out, lat, lon, -1);
	put_number(out, "order_value", min_order);
	if (certificates)
		put_set(out, "certificates", 'c', certificates);
	if (regions)
		put_set(out, "region", 'r', regions);
	if (sizes)
		put_set(out, "customer_size", 's', sizes);
}

static void
next_need(struct workload *w, const char *listing, struct buf *out)
{
	int process = pick(w, w->process_sum, PROCESSES);
	int material = pick(w, w->material_sum, MATERIALS);
	int quantity = (int)log_uniform(w, 5, 200000);
	int deadline = between(w, 10, 150);
	int budget = clamp(exp(log(90000) + 1.2 * normal(w)), 150, 2000000000);
	double u = uniform(w);
	bits certificates = draw_uniform(w, CERTIFICATES,
					 u < .35  ? 0
					 : u < .7 ? 1
					 : u < .9 ? 2
						  : 3);
	int city = pick(w, w->city_sum, CITIES);
	double lat = cities[city].lat / 100.0 + normal(w) * .25;
	double lon = cities[city].lon / 100.0 + normal(w) * .25 * 1.7;
	int km = uniform(w) < .3 ? -1 : (int)log_uniform(w, 50, 4000);
	int order_value = (int)log_uniform(w, 20000, 50000000);
	u = uniform(w);
	int size = u < .4 ? 0 : u < .7 ? 1 : u < .9 ? 2 : 3;

	put_arguments_head(out, listing, "need", 9 + (certificates != 0));
	put_set(out, "process", 'p', (bits)1 << process);
	put_set(out, "material", 'm', (bits)1 << material);
	put_number(out, "quantity", quantity);
	put_number(out, "lead_time", deadline);
	put_kopecks(out, "unit_price", budget);
	put_place(out, lat, lon, km);
	put_number(out, "order_value", order_value);
	put_set(out, "region", 'r', (bits)1 << city);
	put_set(out, "customer_size", 's', (bits)1 << size);
	if (certificates)
		put_set(out, "certificates", 'c', certificates);
}

void
workload_next(struct workload *w, const char *listing, struct buf *out)
{
	if (w->kind == WORKLOAD_OFFERS)
		next_offer(w, listing, out);
	else
		next_need(w, listing, out);
}

void
workload_participant(const char *id, struct buf *out)
{
	mp_put_map(out, 2);
	mp_put_text(out, "status");
	mp_put_text(out, "member");
	mp_put_text(out, "participant");
	mp_put_map(out, 3);
	mp_put_text(out, "id");
	mp_put_text(out, id);
	mp_put_text(out, "name");
	mp_put_text(out, id);
	mp_put_text(out, "kind");
	mp_put_text(out, "person");
}
