/* Import maps, and what they make of rows: a map, a line "---", the file. Whatever is in the map,
 * it is read or all its mistakes have a place; whatever it makes can be sent. */

#include "client/matchctl/mapper.h"
#include "import_help.h"
#include "util/mp.h"

#include <string.h>

enum { DEPTH = 8, TOKENS = 1 << 20, ROWS = 64 };

static void
check_row(struct mapper *m, struct sheet *sheet)
{
	enum mapped mapped = mapper_row(m, sheet);
	if (mapped == MAPPED)
		must(m->n > 0 && m->n <= MAP_OBJECTS);
	if (mapped == MAPPED_SKIP)
		must(m->reason.len > 0);
	if (mapped == MAPPED_WRONG)
		must(m->maker.trouble.code && *m->maker.trouble.why.en && *m->maker.trouble.why.ru);
	for (size_t i = 0; mapped == MAPPED && i < m->n; i++) {
		enum mp_problem p = mp_check(buf_str(&m->objects[i].map), DEPTH, TOKENS, NULL);
		/* That a key stands twice in a map is matchd's to refuse. */
		must(p == MP_OK || p == MP_DUPLICATE_KEY || p == MP_BAD_UTF8);
	}
}

static void
map_rows(const struct map *map, struct str file)
{
	static struct mapper mapper;
	char path[MEMORY_PATH];
	struct both why;
	struct sheet *sheet;
	struct sheet_trouble trouble;
	enum sheet_step step;
	int fd = memory_file(file.p, file.len, path);
	if (sheet_open(path, &map->format, &sheet, &why) == 0) {
		mapper_init(&mapper, map);
		for (int i = 0; i < ROWS; i++) {
			step = sheet_next(sheet, &trouble);
			if (step == SHEET_END || step == SHEET_BROKEN)
				break;
			if (step == SHEET_ROW)
				check_row(&mapper, sheet);
		}
		mapper_done(&mapper);
		sheet_close(sheet);
	}
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct map map;
	static struct mistakes mistakes;
	const char *text = (const char *)data;
	const char *cut = size ? memmem(text, size, "\n---\n", 5) : NULL;
	struct str yaml = {size ? text : "", cut ? (uint32_t)(cut + 1 - text) : (uint32_t)size};
	struct str file = {cut ? cut + 5 : "", cut ? (uint32_t)(size - yaml.len - 4) : 0};
	mistakes.count = 0;
	int rc = map_read(yaml, &map, &mistakes);
	must((rc != 0) == (mistakes.count > 0));
	for (size_t i = 0; i < mistakes.count; i++)
		must(mistakes.list[i].line > 0 && *mistakes.list[i].message);
	if (rc == 0)
		map_rows(&map, file);
	map_free(&map);
	return 0;
}
