/* Rows of CSV. libcsv is fed a line at a time, so that it finishes one row at most per call and the
 * line on which each row begins is known. */

#include "client/matchctl/sheet.h"

#include "util/mem.h"

#include <csv.h>
#include <stdlib.h>
#include <utf8proc.h>

struct sheet_csv {
	struct csv_parser parser;
	struct buf text;	    /* of all cells */
	size_t ends[SHEET_COLUMNS]; /* of each cell in `text` */
	size_t n;
	bool done, too_many, finished;
};

struct sheet_csv *
sheet_csv_new(char delimiter)
{
	struct sheet_csv *c = mem_zalloc(sizeof *c);
	csv_init(&c->parser, 0);
	csv_set_delim(&c->parser, (unsigned char)delimiter);
	return c;
}

void
sheet_csv_free(struct sheet_csv *c)
{
	if (!c)
		return;
	csv_free(&c->parser);
	buf_free(&c->text);
	free(c);
}

static void
take_cell(void *text, size_t len, void *arg)
{
	struct sheet_csv *c = arg;
	if (c->n == SHEET_COLUMNS) {
		c->too_many = true;
		return;
	}
	buf_put(&c->text, text, len);
	c->ends[c->n++] = c->text.len;
}

static void
take_end(int terminator, void *arg)
{
	(void)terminator;
	((struct sheet_csv *)arg)->done = true;
}

static int
wrong(struct sheet_trouble *t, const char *code, const char *en, const char *ru)
{
	t->code = code;
	both_text(&t->why, en, ru);
	return 1;
}

static bool
is_utf8(struct str text)
{
	utf8proc_int32_t point;
	for (uint32_t i = 0; i < text.len;) {
		if ((unsigned char)text.p[i] < 0x80) {
			i++;
			continue;
		}
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.p + i,
						      (utf8proc_ssize_t)(text.len - i), &point);
		if (n <= 0)
			return false;
		i += (uint32_t)n;
	}
	return true;
}

static enum sheet_step
judge(const struct sheet_csv *c, struct sheet_trouble *ret)
{
	struct str all = buf_str(&c->text);
	if (c->too_many && wrong(ret, "too_many_columns", "more columns than a row may have (1000)",
				 "столбцов больше, чем может быть в строке (1000)"))
		return SHEET_BAD;
	if (all.len > 0 && memchr(all.p, '\0', all.len) &&
	    wrong(ret, "nul_byte", "the row holds a NUL byte", "в строке есть нулевой байт"))
		return SHEET_BAD;
	if (!is_utf8(all) && wrong(ret, "bad_encoding", "the row is not in the file's encoding",
				   "строка не в той кодировке, что у файла"))
		return SHEET_BAD;
	return SHEET_ROW;
}

/* The end of the text ends a row, too. */
static enum sheet_step
finish(struct sheet_csv *c, struct sheet_trouble *ret)
{
	if (c->finished)
		return SHEET_END;
	c->finished = true;
	/* Strict only about the end: in the middle, quotes inside a cell are read as they stand. */
	csv_set_opts(&c->parser, CSV_STRICT | CSV_STRICT_FINI);
	if (csv_fini(&c->parser, take_cell, take_end, c) != 0) {
		wrong(ret, "open_quote", "a quote that begins in this row does not end",
		      "кавычка, открытая в этой строке, не закрыта");
		return SHEET_BROKEN;
	}
	return c->done ? judge(c, ret) : SHEET_END;
}

enum sheet_step
sheet_csv_next(struct sheet_csv *c, struct lines *lines, unsigned *ret_line,
	       struct sheet_trouble *ret)
{
	size_t fed = 0;
	bool begun = false;
	buf_clear(&c->text);
	c->n = 0;
	c->done = c->too_many = false;
	while (!c->done) {
		struct str part;
		unsigned line = lines->line;
		if (lines_next(lines, &part, &ret->why)) {
			ret->code = "unreadable";
			return SHEET_BROKEN;
		}
		if (part.len == 0)
			return finish(c, ret);
		/* Blank lines stand before a row, not in it. */
		if (!begun && (*part.p == '\n' || *part.p == '\r'))
			continue;
		if (!begun)
			*ret_line = line;
		begun = true;
		fed += part.len;
		if (fed > SHEET_ROW_MAX) {
			wrong(
			    ret, "too_long",
			    "the row that begins here is longer than 1 MiB; perhaps a quote does "
			    "not end",
			    "начавшаяся здесь строка длиннее 1 МиБ; возможно, не закрыта кавычка");
			return SHEET_BROKEN;
		}
		csv_parse(&c->parser, part.p, part.len, take_cell, take_end, c);
	}
	return judge(c, ret);
}

size_t
sheet_csv_count(const struct sheet_csv *c)
{
	return c->n;
}

struct str
sheet_csv_cell(const struct sheet_csv *c, size_t index)
{
	size_t begin = index ? c->ends[index - 1] : 0;
	const char *text = c->text.data ? (const char *)c->text.data : "";
	return (struct str){text + begin, (uint32_t)(c->ends[index] - begin)};
}
