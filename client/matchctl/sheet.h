#pragma once

/*
 * A file of rows: CSV (read by libcsv) or JSON lines (by jansson), one row at a time, in bounded
 * memory.
 *
 * A row that cannot be read is refused with its line and the reading goes on; only where the rest
 * has no certain meaning (a quote that does not end, a row longer than any row may be) it stops.
 */

#include "client/matchctl/source.h"

#include <jansson.h>

enum {
	SHEET_ROW_MAX = 1 << 20, /* bytes of a row */
	SHEET_COLUMNS = 1000,	 /* of a file, and keys of a JSON row */
	SHEET_VALUES = 512,	 /* that one column of a row may hold */
	SHEET_PATH = 8,		 /* steps of a dotted name */
};

struct sheet_format {
	bool jsonl;
	char delimiter;	      /* of CSV */
	const char *encoding; /* NULL: UTF-8 */
	const struct str
	    *columns; /* names, for CSV without a header; NULL: the first row has them */
	size_t n_columns;
	const struct str *empty; /* cells that count as empty */
	size_t n_empty;
};

enum sheet_step {
	SHEET_ROW,
	SHEET_BAD, /* this row cannot be read; the next one may be */
	SHEET_END,
	SHEET_BROKEN, /* nothing more can be read */
};

struct sheet_trouble {
	const char *code;
	struct both why;
};

/* One value of a column: trimmed, never empty. */
struct cell {
	struct str text;
	enum cell_type { CELL_TEXT, CELL_NUMBER, CELL_FLAG } type;
	char number[64]; /* room for the text of a number */
};

struct cells {
	struct cell list[SHEET_VALUES];
	size_t n;
	bool too_many, nested; /* more than fit; or an object where a value should be */
};

struct sheet;

/* Opens it and, for CSV, reads the header. Returns 0, or 1 with a sentence in `why`. */
int sheet_open(const char *path, const struct sheet_format *format, struct sheet **ret,
	       struct both *why);
/* Goes to the next row; for SHEET_BAD and SHEET_BROKEN *ret says why. */
enum sheet_step sheet_next(struct sheet *s, struct sheet_trouble *ret);
/* The line on which the current row begins, from 1; and its number among the rows, from 1. */
unsigned sheet_line(const struct sheet *s);
uint64_t sheet_row(const struct sheet *s);
/*
 * Whether the file has the column: 1 once, 0 not, more: ambiguous. In JSON lines a column is a key
 * of the current row; a dotted name such as `grnti.code` or `okved.0` goes into objects and
 * lists, a name going into each element of a list.
 */
size_t sheet_has(const struct sheet *s, struct str column);
/* The column's values in the current row: none for an empty cell, several for a JSON list. They
 * live until the next row. */
void sheet_values(struct sheet *s, struct str column, struct cells *ret);
/* As source.h. */
uint64_t sheet_position(const struct sheet *s);
/* Takes NULL. */
void sheet_close(struct sheet *s);

/* ---- the two kinds, for sheet.c ---- */

struct sheet_csv;

/* A line's worth of text as it came, and what is left of the piece that it came from. */
struct lines {
	struct source *source;
	struct str rest;
	unsigned line; /* of the next byte */
	bool after_cr;
};

/* The next part of the text: up to and with a line's end, or as far as the piece goes; empty at the
 * end. Returns 0, or 1 with `why`. */
int lines_next(struct lines *l, struct str *ret, struct both *why);

struct sheet_csv *sheet_csv_new(char delimiter);
/* Reads one row into the cells; *ret_line is where it begins. */
enum sheet_step sheet_csv_next(struct sheet_csv *c, struct lines *lines, unsigned *ret_line,
			       struct sheet_trouble *ret);
size_t sheet_csv_count(const struct sheet_csv *c);
struct str sheet_csv_cell(const struct sheet_csv *c, size_t index);
/* Takes NULL. */
void sheet_csv_free(struct sheet_csv *c);

/* Reads one line with something on it as an object; the caller frees it by json_decref. */
enum sheet_step sheet_jsonl_next(struct lines *lines, struct buf *room, unsigned *ret_line,
				 json_t **ret_object, struct sheet_trouble *ret);
/* Appends what the name leads to. */
void sheet_jsonl_values(const json_t *object, struct str column, struct cells *ret);
size_t sheet_jsonl_has(const json_t *object, struct str column);
