#pragma once

/* What every target defines, and how it says that something must not be. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
must(bool ok)
{
	if (!ok)
		abort();
}
