#include "subscribe_help.h"

#include "util/buf.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

struct sub
subscribe(struct fake *g, const char *name, const struct matchd_subscription_options *o)
{
	struct sub sub;
	const struct matchd_options options = {
	    .endpoint = fake_directory(g), .timeout_ms = SHORT_MS, .client = "portal"};
	assert_int_equal(matchd_open(&options, &sub.c), MATCHD_OK);
	assert_int_equal(matchd_subscription_open(sub.c, name, o, &sub.s), MATCHD_OK);
	return sub;
}

void
end(struct sub sub)
{
	matchd_subscription_close(sub.s);
	matchd_close(sub.c);
}

void
expect(struct sub sub, uint64_t state, uint64_t number)
{
	struct matchd_delivery d;
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_OK);
	assert_int_equal(d.state, state);
	assert_int_equal(d.number, number);
	assert_int_equal(d.at_ms, 1000 + number);
	assert_string_equal(d.kind, "listing.opened");
	struct mp in = mp_find(mp_of((struct str){d.body, (uint32_t)d.len}), STR("number"));
	assert_int_equal(mp_get_uint(&in), number);
}

void
expect_range(struct sub sub, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++)
		expect(sub, 0, n);
}

void
expect_nothing(struct sub sub)
{
	struct matchd_delivery d;
	assert_int_equal(matchd_subscription_next(sub.s, SHORT_MS, &d), MATCHD_TIMEOUT);
}

void
expect_refused(struct sub sub, const char *code)
{
	struct matchd_delivery d;
	struct matchd_error e;
	assert_int_equal(matchd_subscription_next(sub.s, WAIT_MS, &d), MATCHD_REFUSED);
	assert_true(matchd_subscription_error(sub.s, &e));
	assert_string_equal(e.code, code);
}

void
append(struct fake *g, int n)
{
	while (n-- > 0)
		fake_fact(g, "x.a", false);
}

void
wait_for_fetch(struct fake *g)
{
	for (int n = 0; n < WAIT_MS && !fake_subscription(g).waits; n++)
		usleep(1000);
	assert_true(fake_subscription(g).waits);
}
