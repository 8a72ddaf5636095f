#pragma once

/* uthash, made to end as mem.h says when memory runs out. Included through here only. */

#include "util/mem.h"

#include <stdlib.h>

#define uthash_malloc(size)   mem_alloc(size)
#define uthash_fatal(message) abort()
#include <uthash.h>
