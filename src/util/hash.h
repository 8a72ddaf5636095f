#pragma once

/* uthash, made to end as mem.h says when memory runs out, and with a hash that is quick on short
 * keys. Included through here only. */

#include "util/mem.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)XXH3_64bits((key), (len)))
#define uthash_malloc(size)	      mem_alloc(size)
#define uthash_fatal(message)	      abort()
#include <uthash.h>
