#pragma once

/* Bytes as a file that can be opened by name, for readers that take a path. */

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY_PATH = 40 };

static inline int
memory_file(const void *data, size_t size, char path[MEMORY_PATH])
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, MEMORY_PATH, "/proc/self/fd/%d", fd);
	return fd;
}
