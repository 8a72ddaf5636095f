#include "client/matchctl/table.h"

#include "client/matchctl/text.h"
#include "util/mem.h"

#include <stdlib.h>

struct cell {
	size_t at, len; /* in the text */
	size_t width;
};

struct table {
	const struct column *columns;
	size_t n_columns;
	struct buf text; /* of all cells */
	struct cell *cells;
	size_t n_cells, cap;
};

struct table *
table_new(const struct column *columns)
{
	struct table *t = mem_zalloc(sizeof *t);
	t->columns = columns;
	while (columns[t->n_columns].title.en)
		t->n_columns++;
	return t;
}

void
table_free(struct table *t)
{
	if (!t)
		return;
	buf_free(&t->text);
	free(t->cells);
	free(t);
}

static struct str
cell_text(const struct table *t, const struct cell *c)
{
	return (struct str){(const char *)t->text.data + c->at, (uint32_t)c->len};
}

void
table_cell(struct table *t, struct str text)
{
	const struct column *column = &t->columns[t->n_cells % t->n_columns];
	t->cells = mem_grow(t->cells, t->n_cells, &t->cap, sizeof *t->cells);
	struct cell *c = &t->cells[t->n_cells++];
	c->at = t->text.len;
	text_cut(&t->text, text, column->most ? column->most : SIZE_MAX);
	c->len = t->text.len - c->at;
	c->width = c->len ? text_width(cell_text(t, c)) : 0;
}

static size_t
column_width(const struct table *t, size_t column)
{
	size_t width = text_width(str_of(say(t->columns[column].title)));
	for (size_t i = column; i < t->n_cells; i += t->n_columns)
		if (t->cells[i].width > width)
			width = t->cells[i].width;
	return width;
}

static void
print_cell(FILE *out, struct str text, size_t blanks, bool right, bool last, enum style style)
{
	if (right)
		fprintf(out, "%*s", (int)blanks, "");
	fputs(style_begin(out, style), out);
	fwrite(text.p, 1, text.len, out);
	fputs(style_end(out, style), out);
	if (last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", (int)(2 + (right ? 0 : blanks)), "");
}

bool
table_is_empty(const struct table *t)
{
	return t->n_cells == 0;
}

void
table_print(const struct table *t, FILE *out)
{
	if (t->n_cells == 0)
		return;
	size_t *widths = mem_alloc(t->n_columns * sizeof *widths);
	for (size_t i = 0; i < t->n_columns; i++) {
		struct str title = str_of(say(t->columns[i].title));
		widths[i] = column_width(t, i);
		print_cell(out, title, widths[i] - text_width(title), t->columns[i].right,
			   i + 1 == t->n_columns, STYLE_HEADING);
	}
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % t->n_columns;
		const struct cell *c = &t->cells[i];
		struct str text = c->len ? cell_text(t, c) : STR("");
		print_cell(out, text, widths[column] - c->width, t->columns[column].right,
			   column + 1 == t->n_columns,
			   t->columns[column].words ? style_of_word(text) : STYLE_PLAIN);
	}
	free(widths);
}
