/* number, date, geo: cells as the values that matchd compares. */

#include "client/matchctl/transform_kinds.h"

#include "intake/date.h"
#include "intake/where.h"
#include "util/mp.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- number ---- */

static void
put_amount(struct buf *out, const struct transform *t, const struct amount *a)
{
	const char *single_key = t->as ? t->as : "value";
	bool single_value = *a->from && strcmp(a->from, a->to) == 0;
	bool as_text = t->as && strcmp(t->as, "text") == 0;
	if (single_value && !t->as && !t->unit.p && !t->currency.p) {
		transform_put_decimal(out, a->from);
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
		transform_put_decimal(out, a->from);
	}
	if (!single_value && *a->to) {
		mp_put_text(out, "to");
		transform_put_decimal(out, a->to);
	}
	const struct str beside[2][2] = {{STR("unit"), t->unit}, {STR("currency"), t->currency}};
	for (size_t i = 0; i < 2; i++)
		if (beside[i][1].p) {
			mp_put_str(out, beside[i][0]);
			mp_put_str(out, beside[i][1]);
		}
}

enum made
transform_make_number(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str text;
	struct amount amount;
	struct both why;
	char quoted[QUOTE];
	enum made made = transform_single(m, t, t->columns[0], &text);
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
	transform_wrong(m, t, "no_number", "\"%s\": ", "«%s»: ", quote(text, quoted));
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

enum made
transform_make_date(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str text;
	char copy[64] = "", day[DATE_TEXT], quoted[QUOTE];
	struct tm tm;
	enum made made = transform_single(m, t, t->columns[0], &text);
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
	return transform_wrong(m, t, "no_date", "\"%s\" is no day in any of the formats",
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
		return transform_wrong(
		    m, t, "no_place",
		    "\"%.60s\" and \"%.60s\" are no latitude within 90 and longitude "
		    "within 180",
		    "«%.60s» и «%.60s» — не широта до 90 и долгота до 180", quote(first, quoted[0]),
		    quote(second, quoted[1]));
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

enum made
transform_make_geo(struct maker *m, const struct transform *t, struct buf *out)
{
	struct str first, second;
	char copy[AMOUNT_CELL], quoted[QUOTE];
	enum made made = transform_single(m, t, t->columns[0], &first);
	if (made != MADE)
		return made;
	if (t->n_columns == 1) {
		if (cut_in_two(first, &first, &second))
			return put_place(m, t, first, second, out);
		return transform_wrong(m, t, "no_place", "\"%s\" is no pair of numbers",
				       "«%s» — не пара чисел", quote(first, quoted));
	}
	/* Reading the second column lets the first one's text go. */
	if (first.len > sizeof copy)
		return transform_wrong(m, t, "no_place", "\"%s\" is no number", "«%s» — не число",
				       quote(first, quoted));
	memcpy(copy, first.p, first.len);
	first.p = copy;
	made = transform_single(m, t, t->columns[1], &second);
	return made == MADE ? put_place(m, t, first, second, out) : made;
}
