#include "daemon/file.h"

#include <errno.h>
#include <stdio.h>

bool
file_read(const char *path, size_t max, struct buf *ret)
{
	FILE *in = fopen(path, "re");
	char part[8192];

	if (!in)
		return false;
	for (size_t n = 1; n > 0 && max + 1 > ret->len;) {
		size_t room = max + 1 - ret->len;
		n = fread(part, 1, room < sizeof(part) ? room : sizeof(part), in);
		buf_put(ret, part, n);
	}
	int error = ferror(in) ? errno : 0;
	fclose(in);
	errno = error;
	return error == 0;
}
