#include "client/matchctl/transform.h"

#include "core/limits.h"
#include "intake/date.h"
#include "intake/where.h"
#include "util/mp.h"

#include <ctype.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { PARTS = SHEET_VALUES, CODE_MOST = 32 };

static enum made __attribute__((format(printf, 4, 6), format(printf, 5, 6)))
wrong(struct maker *m, const struct transform *t, const char *code, const char *en, const char *ru,
      ...)
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
static bool
read_cells(struct maker *m, const struct transform *t, column_ref column)
{
	struct str name = m->map->columns[column];
	sheet_values(m->sheet, name, &m->cells);
	if (m->cells.nested)
		wrong(m, t, "nested",
		      "an object or a number without bounds stands where a value should; name its "
		      "keys: column.key",
		      "вместо значения — объект или слишком большое число; назовите ключ внутри: "
		      "столбец.ключ");
	else if (m->cells.too_many)
		wrong(m, t, "too_many_values", "more than %d values", "значений больше %d",
		      SHEET_VALUES);
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
static void
put_decimal(struct buf *out, const char *text)
{
	if (strchr(text, '.'))
		mp_put_text(out, text);
	else
		mp_put_int(out, strtoll(text, NULL, 10));
}

/* As much as fits, whole characters, with "…" at the cut. */
static void
put_cut(struct maker *m, struct buf *out, struct str text, int64_t cut)
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
		put_decimal(out, cell->number);
	else
		put_cut(m, out, cell->text, cut);
}

/* ---- copy, lookup ---- */

/* The first of the columns that is not empty. */
static enum made
make_copy(struct maker *m, const struct transform *t, struct buf *out)
{
	m->cells.n = 0;
	for (size_t c = 0; c < t->n_columns && m->cells.n == 0; c++)
		if (!read_cells(m, t, t->columns[c]))
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
static enum made
single(struct maker *m, const struct transform *t, column_ref column, struct str *ret)
{
	if (!read_cells(m, t, column))
		return MADE_WRONG;
	if (m->cells.n == 0)
		return MADE_NOTHING;
	if (m->cells.n > 1)
		return wrong(m, t, "too_many_values",
			     "%zu values where one is expected; take one by its place: column.0",
			     "значений %zu, а нужно одно; возьмите одно по номеру: столбец.0",
			     m->cells.n);
	*ret = m->cells.list[0].text;
	return MADE;
}

/* What the table has for a value; MADE with STR_NONE: left out. */
static enum made
look_up(struct maker *m, const struct transform *t, struct str text, struct str *ret)
{
	char quoted[QUOTE];
	const struct entry *e = lookup_find(t->lookup, text);
	if (e || t->otherwise_out || t->otherwise.p) {
		*ret = e ? e->to : t->otherwise;
		return MADE;
	}
	return wrong(m, t, "not_in_table", "\"%s\" is not in the table", "«%s» нет в таблице",
		     quote(text, quoted));
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
	enum made made = single(m, t, t->columns[0], &text);
	if (made == MADE)
		made = look_up(m, t, text, &found);
	if (made == MADE && (!found.p || is_empty_list(found)))
		return MADE_NOTHING;
	if (made == MADE)
		mp_put_raw(out, found);
	return made;
}

/* ---- split ---- */

/* Tokens of a list that is being made, each once. */
struct list {
	struct str parts[PARTS];
	size_t n;
	struct buf tokens;
	uint32_t count;
	bool coded; /* a part with a code came before */
};

static bool
is_in(const struct list *l, struct str token)
{
	struct mp at = mp_of(buf_str(&l->tokens));
	for (uint32_t i = 0; i < l->count; i++)
		if (str_eq(mp_get_raw(&at), token))
			return true;
	return false;
}

static void
add_token(struct list *l, struct str token)
{
	if (is_in(l, token))
		return;
	mp_put_raw(&l->tokens, token);
	l->count++;
}

/* A token, or each element of one that is a list. */
static void
add_tokens(struct list *l, struct str token)
{
	struct mp at = mp_of(token);
	if (mp_peek(&at) != MP_ARRAY) {
		add_token(l, token);
		return;
	}
	uint32_t n = mp_get_array(&at);
	for (uint32_t i = 0; i < n; i++)
		add_token(l, mp_get_raw(&at));
}

static struct str
trim(struct str text)
{
	while (text.len > 0 && isspace((unsigned char)*text.p)) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && isspace((unsigned char)text.p[text.len - 1]))
		text.len--;
	return text;
}

/* Whether it looks as codes do: capitals, digits, dots, slashes, inner blanks, a digit somewhere. */
static bool
is_code(struct str text)
{
	bool digit = false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		bool fits = (c >= 'A' && c <= 'Z') || isdigit((unsigned char)c) ||
			    (i > 0 && (c == '.' || c == '/' || c == '-' || c == ' '));
		if (!fits)
			return false;
		digit = digit || isdigit((unsigned char)c);
	}
	return digit && text.len <= CODE_MOST;
}

/* "62.01 - Title": the code alone. A part without a code goes on with the title before it, and
 * becomes an empty text; one that begins with a digit does not, for it may be a code written in
 * another way. */
static enum made
take_code(struct maker *m, const struct transform *t, struct list *l, struct str *part)
{
	char quoted[QUOTE];
	const char *end = memmem(part->p, part->len, t->code_before.p, t->code_before.len);
	struct str code = trim((struct str){part->p, end ? (uint32_t)(end - part->p) : part->len});
	bool good = is_code(code);
	if (!good && (!l->coded || isdigit((unsigned char)*part->p)))
		return wrong(m, t, "no_code", "\"%s\" does not begin with a code and \"%.*s\"",
			     "«%s» не начинается с кода и «%.*s»", quote(*part, quoted),
			     STR_FMT(t->code_before));
	l->coded = true;
	*part = good ? code : STR_NONE;
	return MADE;
}

/* "329959" as 32.99.59, as far as its digits go. */
static enum made
put_dots(struct maker *m, const struct transform *t, struct str part, struct buf *token)
{
	char text[CODE_MOST + MAP_GROUPS], quoted[QUOTE];
	uint32_t n = 0, in = 0;
	bool good = part.len <= CODE_MOST;
	for (size_t g = 0; g < MAP_GROUPS && t->groups[g] && good; g++)
		for (unsigned i = 0; i < t->groups[g] && in < part.len && good; i++) {
			good = isdigit((unsigned char)part.p[in]);
			if (i == 0 && g > 0)
				text[n++] = '.';
			text[n++] = part.p[in++];
		}
	if (!good || in < part.len)
		return wrong(m, t, "no_code", "\"%s\" is not digits, or too many of them",
			     "«%s» — не цифры, или их слишком много", quote(part, quoted));
	mp_put_str(token, (struct str){text, n});
	return MADE;
}

static enum made
add_part(struct maker *m, const struct transform *t, struct list *l, struct str part)
{
	struct str found;
	part = trim(part);
	if (part.len > 0 && t->code_before.len > 0 && take_code(m, t, l, &part) == MADE_WRONG)
		return MADE_WRONG;
	if (part.len == 0)
		return MADE;
	if (t->most && l->count >= t->most) {
		m->cut = true;
		return MADE;
	}
	if (l->count >= PARTS)
		return wrong(m, t, "too_many_values", "more than %d parts", "частей больше %d",
			     PARTS);
	if (t->lookup) {
		enum made made = look_up(m, t, part, &found);
		if (made == MADE && found.p)
			add_tokens(l, found);
		return made;
	}
	struct buf token = BUF_EMPTY;
	enum made made = MADE;
	if (t->groups[0])
		made = put_dots(m, t, part, &token);
	else
		mp_put_str(&token, part);
	if (made == MADE)
		add_token(l, buf_str(&token));
	buf_free(&token);
	return made;
}

static enum made
split_text(struct maker *m, const struct transform *t, struct list *l, struct str text)
{
	enum made made = MADE;
	l->coded = false;
	while (made == MADE) {
		const char *at = t->by.len ? memmem(text.p, text.len, t->by.p, t->by.len) : NULL;
		struct str part = {text.p, at ? (uint32_t)(at - text.p) : text.len};
		made = add_part(m, t, l, part);
		if (!at)
			break;
		text.len -= part.len + t->by.len;
		text.p = at + t->by.len;
	}
	return made;
}

static enum made
make_split(struct maker *m, const struct transform *t, struct buf *out)
{
	struct list l = {.n = 0};
	enum made made = MADE;
	for (size_t c = 0; c < t->n_columns && made == MADE; c++) {
		if (!read_cells(m, t, t->columns[c]))
			made = MADE_WRONG;
		for (size_t i = 0; i < m->cells.n && made == MADE; i++)
			made = split_text(m, t, &l, m->cells.list[i].text);
	}
	if (made == MADE && l.count == 0)
		made = MADE_NOTHING;
	if (made == MADE) {
		mp_put_array(out, l.count);
		mp_put_raw(out, buf_str(&l.tokens));
	}
	buf_free(&l.tokens);
	return made;
}

/* ---- number ---- */

static void
put_amount(struct buf *out, const struct transform *t, const struct amount *a)
{
	const char *single_key = t->as ? t->as : "value";
	bool single_value = *a->from && strcmp(a->from, a->to) == 0;
	bool as_text = t->as && strcmp(t->as, "text") == 0;
	if (single_value && !t->as && !t->unit.p && !t->currency.p) {
		put_decimal(out, a->from);
		return;
	}
	if (single_value && as_text) {
		mp_put_text(out, a->from);
		return;
	}
	uint32_t n = single_value ? 1 : (*a->from != 0) + (*a->to != 0);
	mp_put_map(out, n + (t->unit.p != NULL) + (t->currency.p != NULL));
	if (single_value || *a->from) {
		mp_put_text(out, single_value ? single_key : "from");
		put_decimal(out, a->from);
	}
	if (!single_value && *a->to) {
		mp_put_text(out, "to");
		put_decimal(out, a->to);
	}
	const struct str beside[2][2] = {{STR("unit"), t->unit}, {STR("currency"), t->currency}};
	for (size_t i = 0; i < 2; i++)
		if (beside[i][1].p) {
			mp_put_str(out, beside[i][0]);
			mp_put_str(out, beside[i][1]);
		}
}

static enum made
make_number(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str text;
	struct amount amount;
	struct both why;
	char quoted[QUOTE];
	enum made made = single(m, t, t->columns[0], &text);
	if (made != MADE)
		return made;
	switch (amount_read(text, &t->amount, &amount, &why)) {
	case AMOUNT_OK:
		put_amount(out, t, &amount);
		return MADE;
	case AMOUNT_NONE:
		return MADE_NOTHING;
	case AMOUNT_WRONG:
		break;
	}
	wrong(m, t, "no_number", "\"%s\": ", "«%s»: ", quote(text, quoted));
	both_join(&m->trouble.why, &why);
	return MADE_WRONG;
}

/* ---- date ---- */

/* Month names are English whatever the user's language. */
static locale_t
plain_locale(void)
{
	static locale_t plain;
	if (!plain)
		plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return plain;
}

static bool
read_date(const char *text, const char *format, struct tm *ret)
{
	*ret = (struct tm){.tm_mday = 1};
	const char *end = strptime_l(text, format, ret, plain_locale());
	return end && !*end;
}

/* Writes the day if it exists; the 29th of February becomes the 28th where years were added. */
static bool
write_date(const struct tm *tm, int64_t plus_years, char text[DATE_TEXT])
{
	int64_t days;
	long year = tm->tm_year + 1900L;
	snprintf(text, DATE_TEXT, "%04ld-%02d-%02d", year, tm->tm_mon + 1, tm->tm_mday);
	if (!date_parse(str_of(text), &days) || plus_years == 0)
		return date_parse(str_of(text), &days);
	year += plus_years;
	snprintf(text, DATE_TEXT, "%04ld-%02d-%02d", year, tm->tm_mon + 1, tm->tm_mday);
	if (date_parse(str_of(text), &days))
		return true;
	snprintf(text, DATE_TEXT, "%04ld-02-28", year);
	return date_parse(str_of(text), &days);
}

static void
put_date(struct buf *out, const struct transform *t, const char *day)
{
	if (t->as && strcmp(t->as, "text") != 0) {
		mp_put_map(out, 1);
		mp_put_text(out, t->as);
	}
	mp_put_text(out, day);
}

static enum made
make_date(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str text;
	char copy[64] = "", day[DATE_TEXT], quoted[QUOTE];
	struct tm tm;
	enum made made = single(m, t, t->columns[0], &text);
	if (made != MADE)
		return made;
	if (text.len < sizeof copy)
		memcpy(copy, text.p, text.len);
	copy[text.len < sizeof copy ? text.len : 0] = '\0';
	for (size_t i = 0; i < t->n_formats && *copy; i++)
		if (read_date(copy, t->formats[i].p, &tm) && write_date(&tm, t->plus_years, day)) {
			put_date(out, t, day);
			return MADE;
		}
	return wrong(m, t, "no_date", "\"%s\" is no day in any of the formats",
		     "«%s» — не дата ни в одном из форматов", quote(text, quoted));
}

/* ---- geo ---- */

static bool
read_degrees(struct str text, double most, char ret[AMOUNT_TEXT])
{
	static const struct amount_rule rule = {.decimal_mark = '.', .round = 7};
	struct amount a;
	struct both why;
	if (amount_read(text, &rule, &a, &why) != AMOUNT_OK || strcmp(a.from, a.to) != 0)
		return false;
	double value = strtod(a.from, NULL);
	strcpy(ret, a.from);
	return value >= -most && value <= most;
}

/* "55.75, 37.61": two numbers with a comma, a semicolon or blanks between them. */
static bool
cut_in_two(struct str text, struct str *first, struct str *second)
{
	uint32_t n = 0;
	while (n < text.len && !strchr(",; \t", text.p[n]))
		n++;
	*first = (struct str){text.p, n};
	while (n < text.len && strchr(",; \t", text.p[n]))
		n++;
	*second = (struct str){text.p + n, text.len - n};
	return first->len > 0 && second->len > 0;
}

static enum made
put_place(struct maker *m, const struct transform *t, struct str first, struct str second,
	  struct buf *out)
{
	char lat[AMOUNT_TEXT], lon[AMOUNT_TEXT], quoted[2][QUOTE];
	if (!read_degrees(t->lon_first ? second : first, 90, lat) ||
	    !read_degrees(t->lon_first ? first : second, 180, lon))
		return wrong(m, t, "no_place",
			     "\"%.60s\" and \"%.60s\" are no latitude within 90 and longitude "
			     "within 180",
			     "«%.60s» и «%.60s» — не широта до 90 и долгота до 180",
			     quote(first, quoted[0]), quote(second, quoted[1]));
	mp_put_map(out, 2 + (t->radius.p != NULL));
	mp_put_text(out, "lat");
	mp_put_text(out, lat);
	mp_put_text(out, "lon");
	mp_put_text(out, lon);
	if (t->radius.p) {
		mp_put_text(out, "radius_km");
		mp_put_raw(out, t->radius);
	}
	return MADE;
}

static enum made
make_geo(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str first, second;
	char copy[AMOUNT_CELL], quoted[QUOTE];
	enum made made = single(m, t, t->columns[0], &first);
	if (made != MADE)
		return made;
	if (t->n_columns == 1) {
		if (cut_in_two(first, &first, &second))
			return put_place(m, t, first, second, out);
		return wrong(m, t, "no_place", "\"%s\" is no pair of numbers",
			     "«%s» — не пара чисел", quote(first, quoted));
	}
	/* Reading the second column lets the first one's text go. */
	if (first.len > sizeof copy)
		return wrong(m, t, "no_place", "\"%s\" is no number", "«%s» — не число",
			     quote(first, quoted));
	memcpy(copy, first.p, first.len);
	first.p = copy;
	made = single(m, t, t->columns[1], &second);
	return made == MADE ? put_place(m, t, first, second, out) : made;
}

/* ---- template, id ---- */

/* The column's values with ", " between them; *ret_any tells that there was one. */
static bool
put_text(struct maker *m, const struct transform *t, column_ref column, struct buf *text,
	 bool *ret_any)
{
	if (!read_cells(m, t, column))
		return false;
	for (size_t i = 0; i < m->cells.n; i++) {
		struct str value = m->cells.list[i].text;
		if (i > 0)
			buf_put(text, ", ", 2);
		buf_put(text, value.p, value.len);
		*ret_any = true;
	}
	return true;
}

static enum made
make_template(struct maker *m, const struct transform *t, struct buf *out)
{
	struct buf text = BUF_EMPTY;
	bool any = false, good = true;
	for (size_t i = 0; i < t->n_holes && good; i++) {
		const struct hole *h = &t->holes[i];
		buf_put(&text, h->before.p, h->before.len);
		if (!h->none)
			good = put_text(m, t, h->column, &text, &any);
	}
	if (good && any)
		put_cut(m, out, buf_str(&text), t->cut);
	buf_free(&text);
	return !good ? MADE_WRONG : any ? MADE : MADE_NOTHING;
}

/* Letters, digits and . _ - stay; what stands between them becomes one hyphen. */
static bool
put_safe(struct buf *id, struct str text)
{
	bool gap = false, any = false;
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x80)
			return false;
		if (!isalnum(c) && !strchr("._-", c)) {
			gap = true;
			continue;
		}
		if (gap && any)
			buf_put(id, "-", 1);
		buf_put(id, &text.p[i], 1);
		gap = false;
		any = true;
	}
	return any;
}

static enum made
put_hole(struct maker *m, const struct transform *t, const struct hole *h, struct buf *id)
{
	char hash[24], quoted[QUOTE];
	struct str text;
	enum made made = single(m, t, h->column, &text);
	struct str name = m->map->columns[h->column];
	if (made == MADE_NOTHING)
		made = wrong(m, t, "empty_id", "the column is empty, and an id is made of it",
			     "столбец пуст, а из него составляется id");
	else if (made == MADE && h->hash) {
		snprintf(hash, sizeof hash, "%016llx",
			 (unsigned long long)XXH3_64bits(text.p, text.len));
		buf_put(id, hash, 16);
	} else if (made == MADE && !put_safe(id, text)) {
		made = wrong(m, t, "unsafe_id",
			     "\"%.*s\" cannot stand in an id: take a code, or the hash {%.*s#}",
			     "«%.*s» не может стоять в id: возьмите код или хеш {%.*s#}",
			     (int)sizeof quoted, quote(text, quoted), STR_FMT(name));
	}
	if (made == MADE_WRONG)
		m->trouble.column = name;
	return made;
}

static enum made
make_id(struct maker *m, const struct transform *t, struct buf *out)
{
	struct buf id = BUF_EMPTY;
	enum made made = MADE;
	for (size_t i = 0; i < t->n_holes && made == MADE; i++) {
		buf_put(&id, t->holes[i].before.p, t->holes[i].before.len);
		if (!t->holes[i].none)
			made = put_hole(m, t, &t->holes[i], &id);
	}
	if (made == MADE && id.len > MAX_ID)
		made = wrong(m, t, "long_id", "the id has %zu characters; at most %d",
			     "знаков в id — %zu; допустимо не больше %d", id.len, MAX_ID);
	if (made == MADE)
		mp_put_str(out, buf_str(&id));
	buf_free(&id);
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
	    [VERB_COPY] = make_copy,	 [VERB_CONSTANT] = make_constant, [VERB_SPLIT] = make_split,
	    [VERB_LOOKUP] = make_lookup, [VERB_NUMBER] = make_number,	  [VERB_DATE] = make_date,
	    [VERB_GEO] = make_geo,	 [VERB_TEMPLATE] = make_template, [VERB_ID] = make_id,
	};
	if (!conditions_hold(m, &t->when))
		return MADE_NOTHING;
	enum made made = makers[t->verb](m, t, out);
	if (made == MADE_NOTHING && t->if_empty.p) {
		mp_put_raw(out, t->if_empty);
		return MADE;
	}
	if (made == MADE_NOTHING && t->required)
		return wrong(m, t, "empty", "the column is empty, and the map requires it",
			     "столбец пуст, а по карте он обязателен");
	return made;
}
