/* Rows that are a JSON object a line. */

#include "client/matchctl/decimal.h"
#include "client/matchctl/sheet.h"

#include <inttypes.h>
#include <stdio.h>

static enum sheet_step
wrong(struct sheet_trouble *t, const char *code, const char *en, const char *ru)
{
	t->code = code;
	both_text(&t->why, en, ru);
	return SHEET_BAD;
}

/* Gathers one line; a longer one than a row may be is read to its end and not kept. */
static int
gather(struct lines *lines, struct buf *room, unsigned *ret_line, bool *ret_long,
       struct sheet_trouble *ret)
{
	struct str part;
	unsigned line;
	buf_clear(room);
	*ret_line = lines->line;
	*ret_long = false;
	do {
		line = lines->line;
		if (lines_next(lines, &part, &ret->why))
			return 1;
		if (room->len + part.len > SHEET_ROW_MAX)
			*ret_long = true;
		else
			buf_put(room, part.p, part.len);
	} while (part.len > 0 && lines->line == line);
	return 0;
}

static bool
is_blank(struct str text)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (!strchr(" \t\r\n", text.p[i]) || !text.p[i])
			return false;
	return true;
}

static enum sheet_step
parse(struct str line, json_t **ret_object, struct sheet_trouble *ret)
{
	json_error_t error;
	json_t *value = json_loadb(line.p, line.len, JSON_REJECT_DUPLICATES, &error);
	if (!value) {
		ret->code = "bad_json";
		both_set(&ret->why, "%.150s, at character %d", "это не JSON: %.150s, символ %d",
			 error.text, error.column);
		return SHEET_BAD;
	}
	if (json_is_object(value) && json_object_size(value) <= SHEET_COLUMNS) {
		*ret_object = value;
		return SHEET_ROW;
	}
	bool object = json_is_object(value);
	json_decref(value);
	if (object)
		return wrong(ret, "too_many_columns", "more keys than a row may have (1000)",
			     "ключей больше, чем может быть в строке (1000)");
	return wrong(ret, "bad_json", "the line is not a JSON object", "в строке не объект JSON");
}

enum sheet_step
sheet_jsonl_next(struct lines *lines, struct buf *room, unsigned *ret_line, json_t **ret_object,
		 struct sheet_trouble *ret)
{
	bool too_long;
	do {
		if (gather(lines, room, ret_line, &too_long, ret)) {
			ret->code = "unreadable";
			return SHEET_BROKEN;
		}
		if (too_long)
			return wrong(ret, "too_long", "the line is longer than 1 MiB",
				     "строка длиннее 1 МиБ");
		if (room->len == 0)
			return SHEET_END;
	} while (is_blank(buf_str(room)));
	return parse(buf_str(room), ret_object, ret);
}

/* ---- values ---- */

static void
add_value(const json_t *value, struct cells *ret)
{
	if (json_is_null(value))
		return;
	if (ret->n == SHEET_VALUES) {
		ret->too_many = true;
		return;
	}
	struct cell *cell = &ret->list[ret->n++];
	cell->type = json_is_number(value)    ? CELL_NUMBER
		     : json_is_boolean(value) ? CELL_FLAG
					      : CELL_TEXT;
	if (json_is_string(value))
		cell->text =
		    (struct str){json_string_value(value), (uint32_t)json_string_length(value)};
	else if (json_is_boolean(value))
		cell->text = json_is_true(value) ? STR("true") : STR("false");
	else if (json_is_integer(value))
		snprintf(cell->number, sizeof cell->number, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else if (!decimal_write(json_real_value(value), cell->number))
		ret->nested = true;
	if (json_is_number(value))
		cell->text = str_of(cell->number);
}

/* The first step of a dotted name, taken off it. */
static struct str
step_of(struct str *path)
{
	const char *dot = memchr(path->p, '.', path->len);
	struct str step = {path->p, dot ? (uint32_t)(dot - path->p) : path->len};
	*path = dot ? (struct str){dot + 1, path->len - step.len - 1} : STR_NONE;
	return step;
}

static bool
is_index(struct str step, size_t *ret)
{
	*ret = 0;
	for (uint32_t i = 0; i < step.len; i++) {
		if (step.p[i] < '0' || step.p[i] > '9')
			return false;
		*ret = *ret * 10 + (size_t)(step.p[i] - '0');
	}
	return step.len > 0 && step.len < 6;
}

/* Goes down the path; in a list, a number takes one element and a name goes into each. */
static void
walk(const json_t *at, struct str path, unsigned depth, struct cells *ret)
{
	if (json_is_array(at)) {
		size_t index, wanted;
		struct str rest = path;
		const json_t *element;
		if (depth == 0)
			return;
		if (path.p && is_index(step_of(&rest), &wanted)) {
			walk(json_array_get(at, wanted), rest, depth - 1, ret);
			return;
		}
		json_array_foreach((json_t *)at, index, element)
		    walk(element, path, depth - 1, ret);
		return;
	}
	if (!path.p) {
		if (json_is_object(at))
			ret->nested = true;
		else if (at)
			add_value(at, ret);
		return;
	}
	struct str step = step_of(&path);
	if (json_is_object(at) && depth > 0)
		walk(json_object_getn(at, step.p, step.len), path, depth - 1, ret);
}

static const json_t *
whole_key(const json_t *object, struct str column)
{
	return json_object_getn(object, column.p, column.len);
}

void
sheet_jsonl_values(const json_t *object, struct str column, struct cells *ret)
{
	const json_t *whole = whole_key(object, column);
	if (whole)
		walk(whole, STR_NONE, SHEET_PATH, ret);
	else
		walk(object, column, SHEET_PATH, ret);
}

size_t
sheet_jsonl_has(const json_t *object, struct str column)
{
	struct str rest = column, first = step_of(&rest);
	return whole_key(object, column) || whole_key(object, first) ? 1 : 0;
}
