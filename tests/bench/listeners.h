#pragma once

/*
 * Subscribers that count: a process of its own with one SUB socket for each of n participants "f0",
 * "f1" … , each subscribed to its participant's stream as the protocol has it. They count and do
 * nothing else, so that the one who sends is measured.
 */

#include <stddef.h>
#include <stdint.h>

struct listeners;

/* The stream's prefix for the i-th: "p.f<i>/". */
void listeners_prefix(size_t i, char ret[32]);
/* Starts the process. Free with listeners_stop, which ends it. */
struct listeners *listeners_start(const char *endpoint, size_t n);
void listeners_stop(struct listeners *l);
/* How many of them have had a heartbeat, so that their subscriptions hold. */
size_t listeners_ready(const struct listeners *l);
/* Messages that came, and their bodies' bytes; heartbeats do not count. */
uint64_t listeners_count(const struct listeners *l, uint64_t *ret_bytes);
