#include "dice.h"

#include <math.h>

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
next(struct dice *d)
{
	uint64_t *s = d->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

struct dice
dice_of(uint64_t seed)
{
	struct dice d;
	for (int i = 0; i < 4; i++)
		d.state[i] = splitmix(&seed);
	return d;
}

double
dice_uniform(struct dice *d)
{
	return (double)(next(d) >> 11) * 0x1p-53;
}

int
dice_between(struct dice *d, int lo, int hi)
{
	return lo + (int)(dice_uniform(d) * (hi - lo + 1));
}

double
dice_log(struct dice *d, double lo, double hi)
{
	return lo * exp(dice_uniform(d) * log(hi / lo));
}

double
dice_normal(struct dice *d)
{
	double u = dice_uniform(d), v = dice_uniform(d);
	return sqrt(-2 * log(u + 1e-300)) * cos(2 * M_PI * v);
}

int
dice_pick(struct dice *d, const double *sum, int n)
{
	double u = dice_uniform(d);
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

void
dice_zipf(double *ret_sum, int n)
{
	ret_sum[0] = 0;
	for (int i = 0; i < n; i++)
		ret_sum[i + 1] = ret_sum[i] + pow(i + 1, -0.9);
	for (int i = 1; i <= n; i++)
		ret_sum[i] /= ret_sum[n];
}
