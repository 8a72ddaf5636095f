#pragma once

/* Following in tests: a follower, and what it is expected to give. */

#include "client_world.h"

/* `streams` with spaces between; the rest as in matchd_follow_open. */
struct matchd_follower *follow(struct matchd *c, const char *streams, uint64_t from,
			       const uint8_t *epoch);
/* The next fact is that of the fake gateway's number. */
void expect(struct matchd_follower *f, uint64_t number);
void expect_range(struct matchd_follower *f, uint64_t from, uint64_t to);
/* Nothing comes for some heartbeats. */
void expect_nothing(struct matchd_follower *f);
