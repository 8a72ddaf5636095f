#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
mem_lines(size_t size)
{
	void *p = aligned_alloc(64, size);
	if (!p)
		mem_failed(size);
	return memset(p, 0, size);
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
