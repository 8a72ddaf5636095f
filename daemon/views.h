#pragma once

/*
 * Which matches are in the view of which picky subscriptions (subscriptions.h): by pair of listings,
 * the numbers of the subscriptions.
 */

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct views;

struct views *views_new(void);
/* Takes NULL. */
void views_free(struct views *v);

/* A pair's key: need and offer by number. */
static inline uint64_t
views_key(uint32_t need, uint32_t offer)
{
	return (uint64_t)need << 32 | offer;
}

/* The subscriptions that have the pair in view, ascending; lives until views_set. */
const uint32_t *views_of(const struct views *v, uint64_t pair, size_t *ret_n);
/* Sets them, ascending; none: the pair is in nobody's view. */
void views_set(struct views *v, uint64_t pair, const uint32_t *ids, size_t n);

/* How many. */
size_t views_changed(const struct views *v);
/* Hands out the pairs that changed; bytes are a MessagePack array of numbers, or none where nobody
 * has the pair in view. */
typedef void (*views_put_fn)(void *arg, uint64_t pair, struct str bytes);
void views_flush(struct views *v, views_put_fn put, void *arg);
/* Takes one back; false where the bytes are none. */
bool views_load(struct views *v, uint64_t pair, struct str bytes);
