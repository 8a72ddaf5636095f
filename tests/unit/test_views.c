/* Pairs in view: held, replaced, given up, stored by changes alone, and read back the same. */

#include "daemon/views.h"
#include "util/mem.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
set(struct views *v, uint64_t pair, size_t n, uint32_t a, uint32_t b)
{
	const uint32_t ids[] = {a, b};
	views_set(v, pair, ids, n);
}

static bool
holds(const struct views *v, uint64_t pair, size_t n, uint32_t a, uint32_t b)
{
	size_t found;
	const uint32_t *ids = views_of(v, pair, &found);
	return found == n && (n < 1 || ids[0] == a) && (n < 2 || ids[1] == b);
}

/* What views_flush puts: into other views, and counted. */
struct puts {
	struct views *to;
	size_t put, removed;
	uint64_t last;
};

static void
take(void *arg, uint64_t pair, struct str bytes)
{
	struct puts *p = arg;
	p->last = pair;
	if (!bytes.p) {
		p->removed++;
		return;
	}
	p->put++;
	assert_int_equal(mp_check(bytes, 1, 16, NULL), MP_OK);
	assert_true(views_load(p->to, pair, bytes));
}

static struct puts
flush(struct views *v, struct views *to)
{
	struct puts p = {.to = to};
	views_flush(v, take, &p);
	assert_false(views_changed(v));
	return p;
}

static void
a_pair_is_its_need_and_its_offer(void **state)
{
	struct views *v = views_new();
	(void)state;
	assert_true(holds(v, views_key(1, 2), 0, 0, 0));
	set(v, views_key(1, 2), 2, 7, 9);
	assert_true(holds(v, views_key(1, 2), 2, 7, 9));
	assert_true(holds(v, views_key(2, 1), 0, 0, 0));
	set(v, views_key(1, 2), 1, 9, 0);
	assert_true(holds(v, views_key(1, 2), 1, 9, 0));
	views_free(v);
}

static void
what_changed_is_put_once_and_reads_back(void **state)
{
	struct views *v = views_new(), *back = views_new();
	(void)state;
	assert_false(views_changed(v));
	set(v, 10, 2, 1, 300);
	set(v, 11, 1, 70000, 0);
	set(v, 10, 2, 2, 300);
	assert_true(views_changed(v));
	struct puts p = flush(v, back);
	assert_true(p.put == 2 && p.removed == 0);
	assert_true(holds(back, 10, 2, 2, 300) && holds(back, 11, 1, 70000, 0));
	assert_false(views_changed(back)); /* it is stored as it is */
	p = flush(v, back);
	assert_true(p.put == 0 && p.removed == 0);

	struct views *later = views_new();
	set(v, 11, 2, 5, 6);
	p = flush(v, later);
	assert_true(p.put == 1 && p.last == 11 && holds(later, 11, 2, 5, 6));
	views_free(later);
	views_free(back);
	views_free(v);
}

static void
a_pair_in_nobodys_view_is_removed(void **state)
{
	struct views *v = views_new(), *back = views_new();
	(void)state;
	set(v, 10, 0, 0, 0); /* and was in nobody's before */
	assert_false(views_changed(v));
	set(v, 10, 1, 4, 0);
	set(v, 11, 1, 4, 0);
	flush(v, back);
	set(v, 10, 0, 0, 0);
	assert_true(views_changed(v) && holds(v, 10, 0, 0, 0));
	struct puts p = flush(v, back);
	assert_true(p.removed == 1 && p.put == 0 && p.last == 10);
	assert_true(holds(v, 10, 0, 0, 0) && holds(v, 11, 1, 4, 0));

	set(v, 11, 0, 0, 0); /* gone, and back before that was stored */
	set(v, 11, 1, 8, 0);
	struct views *again = views_new();
	p = flush(v, again);
	assert_true(p.put == 1 && p.removed == 0 && holds(again, 11, 1, 8, 0));
	views_free(again);
	views_free(back);
	views_free(v);
}

static void
bytes_that_are_no_view_are_refused(void **state)
{
	/* none, no array, an empty one, one that is cut off, one of texts, one that claims much */
	static const struct str bad[] = {STR(""),
					 STR("\x01"),
					 STR("\x90"),
					 STR("\x92\x01"),
					 STR("\x91\xa1"
					     "a"),
					 STR("\xdd\xff\xff\xff\xff\x01")};
	static const struct str good = STR("\x92\x01\x02");
	struct views *v = views_new();
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(views_load(v, 10, bad[i]));
		assert_true(holds(v, 10, 0, 0, 0));
	}
	assert_true(views_load(v, 10, good) && holds(v, 10, 2, 1, 2));
	assert_false(views_load(v, 10, good)); /* twice */
	assert_true(holds(v, 10, 2, 1, 2));
	views_free(v);
	views_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pair_is_its_need_and_its_offer),
	    cmocka_unit_test(what_changed_is_put_once_and_reads_back),
	    cmocka_unit_test(a_pair_in_nobodys_view_is_removed),
	    cmocka_unit_test(bytes_that_are_no_view_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
