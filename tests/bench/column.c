#include "column.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 << 20 };

void *
column_new(size_t capacity, size_t width)
{
	size_t bytes = (capacity * width + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	void *p = aligned_alloc(LARGE_PAGE, bytes);
	if (!p)
		mem_failed(bytes);
	madvise(p, bytes, MADV_HUGEPAGE);
	return memset(p, 0, bytes);
}
