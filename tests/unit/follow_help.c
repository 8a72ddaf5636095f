#include "follow_help.h"

#include "util/buf.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct matchd_follower *
follow(struct matchd *c, const char *streams, uint64_t from, const uint8_t *epoch)
{
	const char *names[4];
	char text[128];
	size_t n = 0;
	struct matchd_follower *f;
	snprintf(text, sizeof text, "%s", streams);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		names[n++] = at;
	assert_int_equal(matchd_follow_open(c, names, n, from, epoch, &f, NULL), MATCHD_OK);
	return f;
}

void
expect(struct matchd_follower *f, uint64_t number)
{
	struct matchd_fact fact;
	assert_int_equal(matchd_follow_next(f, WAIT_MS, &fact), MATCHD_OK);
	assert_int_equal(fact.number, number);
	assert_int_equal(fact.at_ms, 1000 + number);
	assert_string_equal(fact.kind, "listing.opened");
	struct mp in = mp_find(mp_of((struct str){fact.body, (uint32_t)fact.len}), STR("number"));
	assert_int_equal(mp_get_uint(&in), number);
}

void
expect_range(struct matchd_follower *f, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++)
		expect(f, n);
}

void
expect_nothing(struct matchd_follower *f)
{
	struct matchd_fact fact;
	assert_int_equal(matchd_follow_next(f, 4 * FAKE_HEARTBEAT_MS, &fact), MATCHD_TIMEOUT);
}
