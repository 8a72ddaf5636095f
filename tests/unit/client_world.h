#pragma once

/* A client and the gateway that it talks to: what every test of the library begins with. */

#include "client/matchd.h"
#include "fake_gateway.h"

enum { WAIT_MS = 5000 };

struct world {
	struct fake *gateway;
	struct matchd *client;
};

/* For cmocka: *state becomes a world whose gateway runs. */
int world_set_up(void **state);
int world_tear_down(void **state);
/* Another connection; times in ms, 0 for the library's own. */
struct matchd *world_connect(struct fake *g, int timeout_ms, int check_ms);

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
