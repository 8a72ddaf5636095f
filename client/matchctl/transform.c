#include "client/matchctl/transform_kinds.h"

#include "core/limits.h"
#include "intake/where.h"
#include "util/mp.h"

#include <stdarg.h>
#include <stdlib.h>

enum made
transform_wrong(struct maker *m, const struct transform *t, const char *code, const char *en,
		const char *ru, ...)
{
	va_list args;
	m->trouble.code = code;
	m->trouble.column = t->n_columns ? m->map->columns[t->columns[0]] : STR_NONE;
	va_start(args, ru);
	both_set_v(&m->trouble.why, en, ru, args);
	va_end(args);
	return MADE_WRONG;
}

/* The column's values in m->cells; false and a trouble where they are none that a map can take. */
bool
transform_cells(struct maker *m, const struct transform *t, column_ref column)
{
	struct str name = m->map->columns[column];
	sheet_values(m->sheet, name, &m->cells);
	if (m->cells.nested)
		transform_wrong(
		    m, t, "nested",
		    "an object or a number without bounds stands where a value should; name its "
		    "keys: column.key",
		    "вместо значения — объект или слишком большое число; назовите ключ внутри: "
		    "столбец.ключ");
	else if (m->cells.too_many)
		transform_wrong(m, t, "too_many_values", "more than %d values",
				"значений больше %d", SHEET_VALUES);
	else
		return true;
	m->trouble.column = name;
	return false;
}

/* ---- conditions ---- */

static bool
is_listed(const struct condition *c, struct str text)
{
	size_t low = 0, high = c->n_values;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(c->values[middle], text);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool
condition_holds(struct maker *m, const struct condition *c)
{
	bool listed = false;
	sheet_values(m->sheet, m->map->columns[c->column], &m->cells);
	for (size_t i = 0; i < m->cells.n; i++)
		listed = listed || is_listed(c, m->cells.list[i].text);
	switch (c->kind) {
	case WHEN_IN:
		return listed;
	case WHEN_NOT_IN:
		return !listed;
	case WHEN_EMPTY:
		return m->cells.n == 0;
	case WHEN_FILLED:
		return m->cells.n > 0;
	}
	return false;
}

bool
conditions_hold(struct maker *m, const struct conditions *when)
{
	for (size_t i = 0; i < when->n; i++)
		if (!condition_holds(m, &when->list[i]))
			return false;
	return true;
}

/* ---- tokens ---- */

/* A whole number as one, any other decimal as text. */
void
transform_put_decimal(struct buf *out, const char *text)
{
	if (strchr(text, '.'))
		mp_put_text(out, text);
	else
		mp_put_int(out, strtoll(text, NULL, 10));
}

/* As much as fits, whole characters, with "…" at the cut. */
void
transform_put_cut(struct maker *m, struct buf *out, struct str text, int64_t cut)
{
	char room[MAX_TEXT + 4];
	uint32_t n = (uint32_t)cut - 3;
	if (cut == 0 || text.len <= cut) {
		mp_put_str(out, text);
		return;
	}
	while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	m->cut = true;
	memcpy(room, text.p, n);
	memcpy(room + n, "…", 3);
	mp_put_str(out, (struct str){room, n + 3});
}

static void
put_cell(struct maker *m, struct buf *out, const struct cell *cell, int64_t cut)
{
	if (cell->type == CELL_FLAG)
		mp_put_bool(out, str_eq(cell->text, STR("true")));
	else if (cell->type == CELL_NUMBER && cell->text.len <= 18)
		transform_put_decimal(out, cell->number);
	else
		transform_put_cut(m, out, cell->text, cut);
}

/* ---- copy, lookup ---- */

/* The first of the columns that is not empty. */
static enum made
make_copy(struct maker *m, const struct transform *t, struct buf *out)
{
	m->cells.n = 0;
	for (size_t c = 0; c < t->n_columns && m->cells.n == 0; c++)
		if (!transform_cells(m, t, t->columns[c]))
			return MADE_WRONG;
	if (m->cells.n == 0)
		return MADE_NOTHING;
	if (m->cells.n > 1)
		mp_put_array(out, (uint32_t)m->cells.n);
	for (size_t i = 0; i < m->cells.n; i++)
		put_cell(m, out, &m->cells.list[i], t->cut);
	return MADE;
}

/* The one value of a column: MADE, with *ret a view. */
enum made
transform_single(struct maker *m, const struct transform *t, column_ref column, struct str *ret)
{
	if (!transform_cells(m, t, column))
		return MADE_WRONG;
	if (m->cells.n == 0)
		return MADE_NOTHING;
	if (m->cells.n > 1)
		return transform_wrong(
		    m, t, "too_many_values",
		    "%zu values where one is expected; take one by its place: column.0",
		    "значений %zu, а нужно одно; возьмите одно по номеру: столбец.0", m->cells.n);
	*ret = m->cells.list[0].text;
	return MADE;
}

/* What the table has for a value; MADE with STR_NONE: left out. */
enum made
transform_look_up(struct maker *m, const struct transform *t, struct str text, struct str *ret)
{
	char quoted[QUOTE];
	const struct entry *e = lookup_find(t->lookup, text);
	if (e || t->otherwise_out || t->otherwise.p) {
		*ret = e ? e->to : t->otherwise;
		return MADE;
	}
	return transform_wrong(m, t, "not_in_table", "\"%s\" is not in the table",
			       "«%s» нет в таблице", quote(text, quoted));
}

/* A table says [] for what is no restriction. */
static bool
is_empty_list(struct str token)
{
	struct mp at = mp_of(token);
	return mp_peek(&at) == MP_ARRAY && mp_get_array(&at) == 0;
}

static enum made
make_lookup(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str text, found;
	enum made made = transform_single(m, t, t->columns[0], &text);
	if (made == MADE)
		made = transform_look_up(m, t, text, &found);
	if (made == MADE && (!found.p || is_empty_list(found)))
		return MADE_NOTHING;
	if (made == MADE)
		mp_put_raw(out, found);
	return made;
}

/* ---- all of them ---- */

static enum made
make_constant(struct maker *m, const struct transform *t, struct buf *out)
{
	(void)m;
	mp_put_raw(out, t->constant);
	return MADE;
}

enum made
transform_make(struct maker *m, const struct transform *t, struct buf *out)
{
	static enum made (*const makers[])(struct maker *, const struct transform *,
					   struct buf *) = {
	    [VERB_COPY] = make_copy,
	    [VERB_CONSTANT] = make_constant,
	    [VERB_SPLIT] = transform_make_split,
	    [VERB_LOOKUP] = make_lookup,
	    [VERB_NUMBER] = transform_make_number,
	    [VERB_DATE] = transform_make_date,
	    [VERB_GEO] = transform_make_geo,
	    [VERB_TEMPLATE] = transform_make_template,
	    [VERB_ID] = transform_make_id,
	};
	if (!conditions_hold(m, &t->when))
		return MADE_NOTHING;
	enum made made = makers[t->verb](m, t, out);
	if (made == MADE_NOTHING && t->if_empty.p) {
		mp_put_raw(out, t->if_empty);
		return MADE;
	}
	if (made == MADE_NOTHING && t->required)
		return transform_wrong(m, t, "empty",
				       "the column is empty, and the map requires it",
				       "столбец пуст, а по карте он обязателен");
	return made;
}
