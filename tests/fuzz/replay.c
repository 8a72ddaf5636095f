/* Feeds saved inputs to a fuzz target: `fuzz_x FILE-OR-FOLDER…`. A crash is a failed test. */

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int inputs;

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st)) {
		perror(path);
		return 1;
	}
	size_t size = (size_t)st.st_size;
	/* exactly as large as the input, so that a sanitizer sees a read beyond it */
	uint8_t *data = malloc(size ? size : 1);
	int failed = !data || fread(data, 1, size, f) != size;
	if (failed)
		perror(path);
	else
		LLVMFuzzerTestOneInput(data, size);
	inputs++;
	free(data);
	fclose(f);
	return failed;
}

static int
replay_folder(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort), failed = n < 0;
	if (failed)
		perror(path);
	for (int i = 0; i < n; i++) {
		char file[4096];
		snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			failed |= replay_file(file);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return failed;
}

int
main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
		failed |= folder ? replay_folder(argv[i]) : replay_file(argv[i]);
	}
	printf("%d inputs\n", inputs);
	return failed || inputs == 0;
}
