#include "client_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct matchd *
world_connect(struct fake *g, int timeout_ms, int check_ms)
{
	struct matchd *c;
	struct matchd_options o = {
	    .endpoint = fake_directory(g), .timeout_ms = timeout_ms, .check_ms = check_ms};
	assert_int_equal(matchd_open(&o, &c), MATCHD_OK);
	return c;
}

int
world_set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->gateway = fake_new();
	fake_start(w->gateway);
	w->client = world_connect(w->gateway, WAIT_MS, 0);
	*state = w;
	return 0;
}

int
world_tear_down(void **state)
{
	struct world *w = *state;
	matchd_close(w->client);
	fake_free(w->gateway);
	free(w);
	return 0;
}
