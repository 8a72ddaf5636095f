#pragma once

/*
 * Memory that is there or the process is not.
 *
 * A turn that ran out of memory half-way cannot be answered and must not be half kept. The one
 * honest end is to stop: nothing of the turn was committed, and the restart begins from the last
 * commit. So these never return NULL; whoever wants other last words than the default sets
 * mem_failed. What input can grow is bounded before it comes here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called once when memory runs out, with the size that was asked for; must not return. */
extern void (*mem_failed)(size_t size) __attribute__((noreturn));

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/*
 * For large tables that are read at random: not zeroed, and at the start of a cache line (64
 * bytes), of which `size` is a multiple. `whole` says that all of it will soon be used: then the
 * system is asked for large pages, which take fewer lookups of addresses. free() it.
 */
void *mem_table(size_t size, bool whole);
/*
 * Pieces of one size, cut from large pages. What is given back is used again, and never returned to
 * the system. One for the process, as malloc is; for one thread.
 */
struct slab {
	size_t size;	 /* of a piece: a power of two, from 64 bytes to a MiB */
	char *next;	 /* of what is not cut yet */
	size_t left;	 /* of it, in bytes */
	void **returned; /* pieces, each of which says the next */
};
/* A zeroed piece, aligned to 64 bytes. */
void *slab_take(struct slab *s);
void slab_give(struct slab *s, void *piece);
/* Grows or shrinks; NULL grows from nothing. */
void *mem_realloc(void *old, size_t size);
/* A copy of `size` bytes with a zero byte behind them; free() it. */
void *mem_dup(const void *bytes, size_t size);

/* Makes room for one more element in a growing array: doubles `*cap` when `len` has reached it. */
void *mem_grow(void *array, size_t len, size_t *cap, size_t element);
/*
 * A table of a million elements should not keep room for another million: what capacity it gets
 * that has outgrown `cap` and needs `needed`, an eighth more. (Large blocks grow in place or are
 * remapped, not copied.) Beyond 32 bits is beyond memory.
 */
uint32_t mem_roomier(uint32_t cap, uint32_t needed);
