#include "client/matchctl/sheet.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct sheet {
	struct sheet_format format;
	struct lines lines;
	struct sheet_csv *csv;
	struct str *names; /* of CSV's columns, owned */
	size_t n_names;
	json_t *object; /* the current row of JSON lines */
	struct buf room;
	unsigned line;
	uint64_t row;
};

/* ---- lines ---- */

int
lines_next(struct lines *l, struct str *ret, struct both *why)
{
	if (l->rest.len == 0 && source_read(l->source, &l->rest, why))
		return 1;
	uint32_t n = 0;
	bool end = false;
	while (n < l->rest.len && !end) {
		char c = l->rest.p[n++];
		end = c == '\n' || c == '\r';
	}
	*ret = (struct str){l->rest.p, n};
	l->rest.p += n;
	l->rest.len -= n;
	/* "\r\n" is one end of a line, and so is each alone. */
	bool second = end && n == 1 && *ret->p == '\n' && l->after_cr;
	if (end && !second)
		l->line++;
	if (n > 0)
		l->after_cr = ret->p[n - 1] == '\r';
	return 0;
}

/* ---- the header ---- */

static void
copy_names(struct sheet *s, size_t n, struct str (*name)(const struct sheet *s, size_t i))
{
	s->names = mem_zalloc((n + 1) * sizeof *s->names);
	for (size_t i = 0; i < n; i++) {
		struct str text = name(s, i);
		while (text.len > 0 && strchr(" \t\r\n", text.p[text.len - 1]))
			text.len--;
		s->names[i] = (struct str){mem_dup(text.p, text.len), text.len};
	}
	s->n_names = n;
}

static struct str
header_cell(const struct sheet *s, size_t i)
{
	return sheet_csv_cell(s->csv, i);
}

static struct str
given_name(const struct sheet *s, size_t i)
{
	return s->format.columns[i];
}

static int
read_header(struct sheet *s, struct both *why)
{
	struct sheet_trouble trouble;
	if (s->format.columns) {
		copy_names(s, s->format.n_columns, given_name);
		return 0;
	}
	switch (sheet_csv_next(s->csv, &s->lines, &s->line, &trouble)) {
	case SHEET_ROW:
		copy_names(s, sheet_csv_count(s->csv), header_cell);
		return 0;
	case SHEET_END:
		both_set(why, "the file is empty: there is no header",
			 "файл пуст: нет строки с названиями столбцов");
		return 1;
	default:
		both_set(why, "line %u, the header: ", "строка %u, названия столбцов: ", s->line);
		both_join(why, &trouble.why);
		return 1;
	}
}

int
sheet_open(const char *path, const struct sheet_format *format, struct sheet **ret,
	   struct both *why)
{
	struct source *source;
	if (source_open(path, format->encoding, &source, why))
		return 1;
	struct sheet *s = mem_zalloc(sizeof *s);
	s->format = *format;
	s->lines = (struct lines){.source = source, .line = 1};
	if (!format->jsonl)
		s->csv = sheet_csv_new(format->delimiter);
	if (!format->jsonl && read_header(s, why)) {
		sheet_close(s);
		return 1;
	}
	*ret = s;
	return 0;
}

void
sheet_close(struct sheet *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_names; i++)
		free((char *)s->names[i].p);
	free(s->names);
	json_decref(s->object);
	sheet_csv_free(s->csv);
	source_close(s->lines.source);
	buf_free(&s->room);
	free(s);
}

/* ---- rows ---- */

static enum sheet_step
next_csv(struct sheet *s, struct sheet_trouble *ret)
{
	enum sheet_step step = sheet_csv_next(s->csv, &s->lines, &s->line, ret);
	if (step != SHEET_ROW || sheet_csv_count(s->csv) == s->n_names)
		return step;
	ret->code = "wrong_columns";
	both_set(&ret->why, "the row has %zu cells where the header has %zu",
		 "число ячеек в строке — %zu, а названий столбцов — %zu", sheet_csv_count(s->csv),
		 s->n_names);
	return SHEET_BAD;
}

enum sheet_step
sheet_next(struct sheet *s, struct sheet_trouble *ret)
{
	json_decref(s->object);
	s->object = NULL;
	enum sheet_step step =
	    s->csv ? next_csv(s, ret)
		   : sheet_jsonl_next(&s->lines, &s->room, &s->line, &s->object, ret);
	if (step == SHEET_ROW || step == SHEET_BAD)
		s->row++;
	return step;
}

unsigned
sheet_line(const struct sheet *s)
{
	return s->line;
}

uint64_t
sheet_row(const struct sheet *s)
{
	return s->row;
}

uint64_t
sheet_position(const struct sheet *s)
{
	return source_position(s->lines.source);
}

/* ---- columns ---- */

static size_t
count_names(const struct sheet *s, struct str column, size_t *ret_first)
{
	size_t n = 0;
	for (size_t i = s->n_names; i-- > 0;) {
		if (!str_eq(s->names[i], column))
			continue;
		*ret_first = i;
		n++;
	}
	return n;
}

size_t
sheet_has(const struct sheet *s, struct str column)
{
	size_t first;
	if (s->csv)
		return count_names(s, column, &first);
	return s->object ? sheet_jsonl_has(s->object, column) : 0;
}

static struct str
trim(struct str text)
{
	static const struct str blanks[] = {
	    {" ", 1}, {"\t", 1}, {"\r", 1}, {"\n", 1}, {"\u00a0", 2}};
	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
		struct str b = blanks[i];
		bool front = text.len >= b.len && memcmp(text.p, b.p, b.len) == 0;
		bool back = text.len >= b.len && memcmp(text.p + text.len - b.len, b.p, b.len) == 0;
		if (!front && !back)
			continue;
		text.p += front ? b.len : 0;
		text.len -= b.len;
		i = (size_t)-1; /* once more from the first */
	}
	return text;
}

static bool
is_empty(const struct sheet *s, struct str text)
{
	for (size_t i = 0; i < s->format.n_empty; i++)
		if (str_eq(text, s->format.empty[i]))
			return true;
	return text.len == 0;
}

void
sheet_values(struct sheet *s, struct str column, struct cells *ret)
{
	size_t kept = 0, first;
	ret->n = 0;
	ret->too_many = ret->nested = false;
	if (s->csv && count_names(s, column, &first) > 0)
		ret->list[ret->n++] =
		    (struct cell){.text = sheet_csv_cell(s->csv, first), .type = CELL_TEXT};
	else if (s->object)
		sheet_jsonl_values(s->object, column, ret);
	for (size_t i = 0; i < ret->n; i++) {
		struct str text = trim(ret->list[i].text);
		if (is_empty(s, text))
			continue;
		if (kept != i)
			ret->list[kept] = ret->list[i];
		/* A number's text lies in the cell itself. */
		if (ret->list[kept].type == CELL_NUMBER)
			text = str_of(ret->list[kept].number);
		ret->list[kept++].text = text;
	}
	ret->n = kept;
}
