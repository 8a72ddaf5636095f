#pragma once

/* What the files of transforms share: reading a column, saying what is wrong with it, and the kinds
 * themselves, which transform.c calls. */

#include "client/matchctl/transform.h"

/* Notes what is wrong with the transform's column, in both languages. Returns MADE_WRONG. */
enum made transform_wrong(struct maker *m, const struct transform *t, const char *code,
			  const char *en, const char *ru, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* The column's values in m->cells; false and a trouble where they are none that a map can take. */
bool transform_cells(struct maker *m, const struct transform *t, column_ref column);
/* The one value of a column: MADE, with *ret a view that lives until the next column is read. */
enum made transform_single(struct maker *m, const struct transform *t, column_ref column,
			   struct str *ret);
/* What the table has for a value; MADE with STR_NONE: left out. */
enum made transform_look_up(struct maker *m, const struct transform *t, struct str text,
			    struct str *ret);
/* A whole number as one, any other decimal as text. */
void transform_put_decimal(struct buf *out, const char *text);
/* As much as fits, whole characters, with "…" at the cut. */
void transform_put_cut(struct maker *m, struct buf *out, struct str text, int64_t cut);

enum made transform_make_split(struct maker *m, const struct transform *t, struct buf *out);
enum made transform_make_number(struct maker *m, const struct transform *t, struct buf *out);
enum made transform_make_date(struct maker *m, const struct transform *t, struct buf *out);
enum made transform_make_geo(struct maker *m, const struct transform *t, struct buf *out);
enum made transform_make_template(struct maker *m, const struct transform *t, struct buf *out);
enum made transform_make_id(struct maker *m, const struct transform *t, struct buf *out);
