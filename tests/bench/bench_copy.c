/* bench copy: the generated listings of contract manufacturing as PostgreSQL's COPY reads them;
 * the columns are those of pg/schema.sql. */

#include "bench.h"
#include "manufacturing.h"
#include "workload.h"

#include <inttypes.h>

static void
put_array(const uint64_t *set, size_t words)
{
	const char *before = "{";
	for (unsigned i = 0; i < 64 * words; i++) {
		if (!(set[i / 64] >> i % 64 & 1))
			continue;
		printf("%s%u", before, i);
		before = ",";
	}
	printf("%s}\t", *before == '{' ? "{" : "");
}

/* NULL stands for any. */
static void
put_array_or_any(const uint64_t *set, size_t words)
{
	bool any = true;
	for (size_t i = 0; i < words; i++)
		any &= set[i] == 0;
	if (any)
		printf("\\N\t");
	else
		put_array(set, words);
}

static void
copy_offer(size_t place, const struct capability *c)
{
	struct site s = capability_site(c);
	printf("%zu\t", place);
	put_array(&c->process, 1);
	put_array(&c->material, 1);
	put_array(&(uint64_t){c->certificates}, 1);
	put_array_or_any(c->region, 2);
	put_array_or_any(&(uint64_t){c->size}, 1);
	printf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", c->batch_min, c->batch_max, c->lead,
	       c->price_kopecks, c->least_order, s.x, s.y, s.z);
}

static void
copy_need(size_t place, const struct order *o)
{
	struct site s = order_site(o);
	printf("%zu\t%d\t%d\t%u\t%d\t%d\t", place, o->process, o->material, o->certificates,
	       o->region, o->size);
	printf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t", o->quantity, o->deadline, o->budget_kopecks,
	       o->value, s.x, s.y, s.z);
	printf("%" PRId64 "\t%" PRId64 "\n", s.reach, s.reach2);
}

int
bench_copy(enum side side, size_t count)
{
	struct listings l = listings_of(&manufacturing, side);
	for (size_t i = 0; i < count; i++) {
		const void *record = listings_next(&l);
		if (side == NEED)
			copy_need(i, record);
		else
			copy_offer(i, record);
	}
	listings_done(&l);
	if (fflush(stdout) != 0 || ferror(stdout))
		bench_fail("cannot write", STR("the listings"));
	return 0;
}
