#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void __attribute__((noreturn)) mem_stop(size_t size)
{
	fprintf(stderr, "out of memory: %zu bytes\n", size);
	_Exit(71);
}

void (*mem_failed)(size_t size) __attribute__((noreturn)) = mem_stop;

void *
mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		mem_failed(size);
	return p;
}

void *
mem_zalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		mem_failed(size);
	return p;
}

enum { LINE = 64, LARGE_PAGE = 2 << 20 };

void *
mem_table(size_t size, bool whole)
{
	bool large = whole && size >= LARGE_PAGE;
	void *p = aligned_alloc(large ? LARGE_PAGE : LINE, size);
	if (!p)
		mem_failed(size);
	if (large)
		madvise(p, size, MADV_HUGEPAGE); /* without it all works, slower */
	return p;
}

void *
slab_take(struct slab *s)
{
	char *piece = (char *)s->returned;
	if (piece) {
		s->returned = *s->returned;
		return memset(piece, 0, s->size);
	}
	if (s->left < s->size) {
		s->next = mem_table(LARGE_PAGE, true);
		s->left = LARGE_PAGE;
	}
	piece = s->next;
	s->next += s->size;
	s->left -= s->size;
	return memset(piece, 0, s->size);
}

void
slab_give(struct slab *s, void *piece)
{
	if (!piece)
		return;
	*(void **)piece = s->returned;
	s->returned = piece;
}

void *
mem_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);
	if (!p)
		mem_failed(size);
	return p;
}

void *
mem_dup(const void *bytes, size_t size)
{
	char *p = mem_alloc(size + 1);
	if (size)
		memcpy(p, bytes, size);
	p[size] = '\0';
	return p;
}

void *
mem_grow(void *array, size_t len, size_t *cap, size_t element)
{
	if (len < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 8;
	return mem_realloc(array, *cap * element);
}

uint32_t
mem_roomier(uint32_t cap, uint32_t needed)
{
	uint64_t more = (uint64_t)cap + cap / 8 + 64;
	if (more < needed)
		more = needed;
	if (more > UINT32_MAX)
		mem_failed(SIZE_MAX);
	return (uint32_t)more;
}
