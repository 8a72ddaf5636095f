/* Files of rows, hostile ones: a byte that chooses the format, then the file, packed or not. Rows
 * come with lines that only grow, values are trimmed and never empty. */

#include "client/matchctl/sheet.h"
#include "import_help.h"

#include <string.h>

static const struct str empty_words[] = {{"-", 1}};

static const struct sheet_format formats[] = {
    {.delimiter = ','},
    {.delimiter = ';', .encoding = "windows-1251", .empty = empty_words, .n_empty = 1},
    {.delimiter = '\t', .encoding = "UTF-16LE"},
    {.jsonl = true},
    {.jsonl = true, .encoding = "UTF-16"},
    {.delimiter = ',', .columns = empty_words, .n_columns = 1},
};

static void
check_values(struct sheet *sheet)
{
	static const char *const names[] = {"a", "a.b", "0", "a.0.b", "-", ""};
	static struct cells cells;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str name = {names[i], (uint32_t)strlen(names[i])};
		sheet_values(sheet, name, &cells);
		must(cells.n <= SHEET_VALUES);
		for (size_t k = 0; k < cells.n; k++) {
			struct str text = cells.list[k].text;
			must(text.len > 0 && text.len <= SHEET_ROW_MAX);
			must(!strchr(" \t\r\n", text.p[0]) || !text.p[0]);
		}
		sheet_has(sheet, name);
	}
}

static void
read_rows(struct sheet *sheet)
{
	struct sheet_trouble trouble = {.code = NULL};
	uint64_t rows = 0;
	unsigned line = 0;
	for (;;) {
		enum sheet_step step = sheet_next(sheet, &trouble);
		if (step == SHEET_END)
			return;
		must(sheet_line(sheet) >= line);
		line = sheet_line(sheet);
		if (step != SHEET_ROW)
			must(trouble.code && *trouble.why.en && *trouble.why.ru);
		if (step == SHEET_BROKEN)
			return;
		must(sheet_row(sheet) == ++rows);
		if (step == SHEET_ROW)
			check_values(sheet);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[MEMORY_PATH];
	struct both why = {"", ""};
	struct sheet *sheet;
	if (size == 0)
		return 0;
	const struct sheet_format *format = &formats[data[0] % (sizeof formats / sizeof *formats)];
	int fd = memory_file(data + 1, size - 1, path);
	if (sheet_open(path, format, &sheet, &why) == 0) {
		read_rows(sheet);
		sheet_close(sheet);
	} else {
		must(*why.en && *why.ru);
	}
	close(fd);
	return 0;
}
