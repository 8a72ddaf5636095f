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

void *
mem_table(size_t size, bool whole)
{
	enum { LINE = 64, LARGE_PAGE = 2 << 20 };
	bool large = whole && size >= LARGE_PAGE;
	void *p = aligned_alloc(large ? LARGE_PAGE : LINE, size);
	if (!p)
		mem_failed(size);
	if (large)
		madvise(p, size, MADV_HUGEPAGE); /* without it all works, slower */
	return p;
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
