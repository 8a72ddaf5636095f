/* Statements about numbers, money, dates, ordinals, dimensions and places. */

#include "intake/statement.h"

#include "intake/date.h"
#include "intake/geo.h"
#include "intake/keyword.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- single values ---- */

int
wrong_type(const struct mp *in, const struct where *at, const char *expected, struct refusal *ret)
{
	static const char *const name[] = {
	    [MP_END] = "nothing",      [MP_NIL] = "null",      [MP_BOOL] = "a boolean",
	    [MP_INT] = "an integer",   [MP_FLOAT] = "a float", [MP_STR] = "a text",
	    [MP_BIN] = "bytes",	       [MP_ARRAY] = "a list",  [MP_MAP] = "a map",
	    [MP_EXT] = "an extension",
	};
	enum mp_type type = mp_peek(in);
	struct mp copy = *in;
	if (type == MP_FLOAT && !isfinite(mp_get_float(&copy)))
		return refuse_at(ret, at, "not_finite", expected, "the number is not finite");
	return refuse_at(ret, at, "bad_type", expected, "%s cannot stand here", name[type]);
}

static int
number_refuse(enum number_problem problem, unsigned decimals, struct ratio unit,
	      const struct where *at, struct refusal *ret)
{
	char expected[64];
	switch (problem) {
	case NUMBER_OK:
		return 0;
	case NUMBER_MALFORMED:
		return refuse_at(ret, at, "bad_value", "an integer or a decimal string",
				 "this is not a number");
	case NUMBER_TOO_LARGE:
		return refuse_at(ret, at, "too_large", "a smaller number",
				 "the number is too large");
	case NUMBER_TOO_FINE:
		break;
	}
	snprintf(expected, sizeof expected, "at most %u decimals", decimals);
	if (unit.num != unit.den)
		return refuse_at(ret, at, "too_many_decimals", expected,
				 "in the field's unit the number has too many decimals");
	return refuse_at(ret, at, "too_many_decimals", expected,
			 "the number has too many decimals");
}

int
number_read(struct mp *in, unsigned decimals, struct ratio unit, const struct where *at,
	    struct refusal *ret, int64_t *ret_value)
{
	enum number_problem problem;
	struct mp copy = *in;
	switch (mp_peek(in)) {
	case MP_INT:
		problem = NUMBER_TOO_LARGE; /* unless it fits 64 bits */
		mp_get_int(&copy);
		if (!copy.failed)
			problem = number_scale(mp_get_int(in), decimals, unit, ret_value);
		break;
	case MP_STR:
		problem = number_parse(mp_get_str(in), decimals, unit, ret_value);
		break;
	default:
		return wrong_type(in, at, "an integer or a decimal string", ret);
	}
	return number_refuse(problem, decimals, unit, at, ret);
}

static int
date_read(struct mp *in, const struct where *at, struct refusal *ret, int64_t *ret_days)
{
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "a date YYYY-MM-DD", ret);
	if (!date_parse(mp_get_str(in), ret_days))
		return refuse_at(ret, at, "bad_value", "a date YYYY-MM-DD", "there is no such day");
	return 0;
}

static int
label_read(const struct field *f, struct mp *in, const struct where *at, struct refusal *ret,
	   int64_t *ret_place)
{
	char folded[MAX_KEYWORD], expected[REFUSAL_TEXT], shown[QUOTE];
	uint32_t len;
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "one of the field's labels", ret);
	struct str label = mp_get_str(in);
	/* labels are in small letters, people may write others */
	bool folds = keyword_fold(label, folded, &len) == TEXT_OK;
	int place = folds ? field_label(f, (struct str){folded, len}) : -1;
	if (place < 0) {
		snprintf(expected, sizeof expected, "%.*s (lowest) to %.*s (highest)",
			 STR_FMT(f->labels[0].name), STR_FMT(f->labels[f->n_labels - 1].name));
		return refuse_at(ret, at, "bad_value", expected,
				 "\"%s\" is none of the field's labels", quote(label, shown));
	}
	*ret_place = place;
	return 0;
}

/* One end of an interval. */
static int
value_read(const struct written *w, struct mp *in, struct ratio unit, const struct where *at,
	   int64_t *ret)
{
	switch (w->field->type) {
	case FIELD_DATE:
		return date_read(in, at, w->ret, ret);
	case FIELD_ORDINAL:
		return label_read(w->field, in, at, w->ret, ret);
	default:
		return number_read(in, w->field->decimals, unit, at, w->ret, ret);
	}
}

/* ---- the keys of a map statement ---- */

enum { FORM_KEYS = 8 };

/* A map whose keys are known: the cursor at each one's value, in the order of `names`. */
struct form {
	const struct where *at;
	const char *const *names; /* NULL-terminated */
	struct mp value[FORM_KEYS];
	bool has[FORM_KEYS];
};

static int
form_read(struct form *form, struct mp *in, const char *expected, struct refusal *ret)
{
	uint32_t n = mp_get_map(in);
	char shown[QUOTE];
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(in);
		size_t k = 0;
		while (form->names[k] && !str_eq(str_of(form->names[k]), key))
			k++;
		if (!form->names[k]) {
			struct where place = WHERE_KEY(form->at, key);
			return refuse_at(ret, &place, "unknown_field", expected,
					 "a statement has no \"%s\"", quote(key, shown));
		}
		form->has[k] = true;
		form->value[k] = *in;
		mp_get_raw(in);
	}
	return 0;
}

static struct where
form_where(const struct form *form, size_t key)
{
	return WHERE_KEY(form->at, str_of(form->names[key]));
}

static int
form_prefer(struct form *form, size_t key, struct refusal *ret, int *ret_flags)
{
	struct where at = form_where(form, key);
	*ret_flags = 0;
	if (!form->has[key])
		return 0;
	if (mp_peek(&form->value[key]) != MP_BOOL)
		return wrong_type(&form->value[key], &at, "true or false", ret);
	*ret_flags = mp_get_bool(&form->value[key]) ? STATEMENT_PREFER : 0;
	return 0;
}

static int
form_unit(const struct written *w, struct form *form, size_t key, struct ratio *ret_unit)
{
	const struct field *f = w->field;
	struct where at = form_where(form, key);
	char shown[QUOTE];
	*ret_unit = RATIO_ONE;
	if (!form->has[key])
		return 0;
	if (mp_peek(&form->value[key]) != MP_STR)
		return wrong_type(&form->value[key], &at, "the name of a unit", w->ret);
	struct str unit = mp_get_str(&form->value[key]);
	if (f->unit.p && str_eq(f->unit, unit))
		return 0;
	for (size_t i = 0; i < f->n_units; i++) {
		if (str_eq(f->units[i].name, unit)) {
			*ret_unit = (struct ratio){f->units[i].num, f->units[i].den};
			return 0;
		}
	}
	char expected[REFUSAL_TEXT];
	snprintf(expected, sizeof expected, "%.*s%s", STR_FMT(f->unit.p ? f->unit : STR("no unit")),
		 f->n_units ? " or one of the field's other units" : "");
	return refuse_at(w->ret, &at, "unknown_unit", expected, "the field has no unit \"%s\"",
			 quote(unit, shown));
}

static int
form_currency(const struct written *w, struct form *form, size_t key)
{
	struct where at = form_where(form, key);
	char shown[QUOTE], expected[8];
	if (!form->has[key])
		return 0;
	if (mp_peek(&form->value[key]) != MP_STR)
		return wrong_type(&form->value[key], &at, "a currency", w->ret);
	struct str currency = mp_get_str(&form->value[key]);
	if (str_eq(currency, w->field->currency))
		return 0;
	snprintf(expected, sizeof expected, "%.3s", w->field->currency.p);
	return refuse_at(w->ret, &at, "unknown_currency", expected,
			 "\"%s\" is not the field's currency, and currencies are not converted",
			 quote(currency, shown));
}

/* ---- intervals ---- */

struct interval {
	bool has_low, has_high;
	int64_t low, high;
};

static void
interval_from_reading(enum reading reading, int64_t v, struct interval *ret)
{
	*ret = (struct interval){reading != READING_AT_MOST, reading != READING_AT_LEAST, v, v};
}

static void
interval_put(int flags, const struct interval *v, struct buf *out)
{
	mp_put_array(out, 4);
	mp_put_int(out, SHAPE_INTERVAL);
	mp_put_int(out, flags);
	if (v->has_low)
		mp_put_int(out, v->low);
	else
		mp_put_nil(out);
	if (v->has_high)
		mp_put_int(out, v->high);
	else
		mp_put_nil(out);
}

enum { INTERVAL_VALUE, INTERVAL_FROM, INTERVAL_TO, INTERVAL_PREFER, INTERVAL_UNIT };

static int
interval_ends(const struct written *w, struct form *form, struct ratio unit, struct interval *ret)
{
	struct where at[] = {form_where(form, INTERVAL_VALUE), form_where(form, INTERVAL_FROM),
			     form_where(form, INTERVAL_TO)};
	int64_t v;
	if (form->has[INTERVAL_VALUE]) {
		if (form->has[INTERVAL_FROM] || form->has[INTERVAL_TO])
			return refuse_at(w->ret, &at[INTERVAL_VALUE], "bad_value",
					 "either value, or from and to",
					 "value cannot stand beside from or to");
		if (value_read(w, &form->value[INTERVAL_VALUE], unit, &at[INTERVAL_VALUE], &v))
			return 1;
		interval_from_reading(w->field->side[w->side].reading, v, ret);
		return 0;
	}
	*ret = (struct interval){form->has[INTERVAL_FROM], form->has[INTERVAL_TO], 0, 0};
	if (!ret->has_low && !ret->has_high)
		return refuse_at(w->ret, form->at, "bad_value", "value, from or to",
				 "the statement says nothing");
	if (ret->has_low &&
	    value_read(w, &form->value[INTERVAL_FROM], unit, &at[INTERVAL_FROM], &ret->low))
		return 1;
	if (ret->has_high &&
	    value_read(w, &form->value[INTERVAL_TO], unit, &at[INTERVAL_TO], &ret->high))
		return 1;
	if (ret->has_low && ret->has_high && ret->low > ret->high)
		return refuse_at(w->ret, form->at, "range_reversed", "from at or below to",
				 "from is above to");
	return 0;
}

static int
interval_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out)
{
	static const char *const plain[] = {"value", "from", "to", "prefer", NULL};
	static const char *const measured[] = {"value", "from", "to", "prefer", "unit", NULL};
	static const char *const money[] = {"value", "from", "to", "prefer", "currency", NULL};
	enum field_type type = w->field->type;
	bool number = type == FIELD_NUMBER;
	struct form form = {.at = at,
			    .names = number		   ? measured
				     : type == FIELD_MONEY ? money
							   : plain};
	struct ratio unit = RATIO_ONE;
	struct interval v;
	int flags = 0;

	if (mp_peek(in) != MP_MAP) {
		int64_t bare;
		if (value_read(w, in, unit, at, &bare))
			return 1;
		interval_from_reading(w->field->side[w->side].reading, bare, &v);
	} else if (form_read(&form, in,
			     number		   ? "value, from, to, unit or prefer"
			     : type == FIELD_MONEY ? "value, from, to, currency or prefer"
						   : "value, from, to or prefer",
			     w->ret) ||
		   (number && form_unit(w, &form, INTERVAL_UNIT, &unit)) ||
		   (type == FIELD_MONEY && form_currency(w, &form, INTERVAL_UNIT)) ||
		   form_prefer(&form, INTERVAL_PREFER, w->ret, &flags) ||
		   interval_ends(w, &form, unit, &v)) {
		return 1;
	}
	interval_put(flags, &v, out);
	return 0;
}

/* ---- dimensions ---- */

static int
descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x < y) - (x > y);
}

static int
lengths_read(const struct written *w, struct mp *in, struct ratio unit, const struct where *at,
	     int64_t length[MAX_DIMENSIONS], uint32_t *ret_n)
{
	if (mp_peek(in) != MP_ARRAY)
		return wrong_type(in, at, "a list of one to three lengths", w->ret);
	*ret_n = mp_get_array(in);
	if (*ret_n < 1)
		return refuse_at(w->ret, at, "bad_value", "one to three lengths",
				 "there is no length");
	if (*ret_n > MAX_DIMENSIONS)
		return refuse_at(w->ret, at, "too_many_values", "one to three lengths",
				 "%u lengths are too many", *ret_n);
	for (uint32_t i = 0; i < *ret_n; i++) {
		struct where item = WHERE_ITEM(at, i);
		if (number_read(in, w->field->decimals, unit, &item, w->ret, &length[i]))
			return 1;
		if (length[i] < 0)
			return refuse_at(w->ret, &item, "bad_value", "0 or more",
					 "a length cannot be below zero");
	}
	qsort(length, *ret_n, sizeof *length, descending);
	return 0;
}

static int
dimensions_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out)
{
	static const char *const names[] = {"value", "unit", "prefer", NULL};
	enum { VALUE, UNIT, PREFER };
	struct form form = {.at = at, .names = names};
	struct where value = form_where(&form, VALUE);
	struct ratio unit = RATIO_ONE;
	int64_t length[MAX_DIMENSIONS];
	uint32_t n;
	int flags = 0;

	if (mp_peek(in) != MP_MAP) {
		if (lengths_read(w, in, unit, at, length, &n))
			return 1;
	} else if (form_read(&form, in, "value, unit or prefer", w->ret) ||
		   form_unit(w, &form, UNIT, &unit) || form_prefer(&form, PREFER, w->ret, &flags)) {
		return 1;
	} else if (!form.has[VALUE]) {
		return refuse_at(w->ret, at, "bad_value", "value: a list of lengths",
				 "the statement says nothing");
	} else if (lengths_read(w, &form.value[VALUE], unit, &value, length, &n)) {
		return 1;
	}
	mp_put_array(out, 3);
	mp_put_int(out, SHAPE_DIMENSIONS);
	mp_put_int(out, flags);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++)
		mp_put_int(out, length[i]);
	return 0;
}

/* ---- places ---- */

enum { PLACE_LAT, PLACE_LON, PLACE_RADIUS_KM, PLACE_RADIUS_M, PLACE_PREFER };

static int
degrees_read(struct form *form, size_t key, int64_t limit, struct refusal *ret, int64_t *ret_e7)
{
	struct where at = form_where(form, key);
	const char *expected =
	    key == PLACE_LAT ? "degrees from -90 to 90" : "degrees from -180 to 180";
	if (!form->has[key])
		return refuse_at(ret, &at, "bad_value", expected, "a place needs lat and lon");
	if (number_read(&form->value[key], GEO_DECIMALS, RATIO_ONE, &at, ret, ret_e7))
		return 1;
	limit *= 10000000;
	if (*ret_e7 < -limit || *ret_e7 > limit)
		return refuse_at(ret, &at, "bad_value", expected, "there is no such place");
	return 0;
}

/* The radius in whole metres, or -1 where there is none. */
static int
radius_read(struct form *form, struct refusal *ret, int64_t *ret_m)
{
	bool km = form->has[PLACE_RADIUS_KM];
	size_t key = km ? PLACE_RADIUS_KM : PLACE_RADIUS_M;
	struct where at = form_where(form, key);
	*ret_m = -1;
	if (!form->has[key])
		return 0;
	if (km && form->has[PLACE_RADIUS_M])
		return refuse_at(ret, &at, "bad_value", "radius_km or radius_m",
				 "the radius is given twice");
	if (number_read(&form->value[key], km ? 3 : 0, RATIO_ONE, &at, ret, ret_m))
		return 1;
	if (*ret_m < 0)
		return refuse_at(ret, &at, "bad_value", "0 or more",
				 "a radius cannot be below zero");
	return 0;
}

static int
place_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out)
{
	static const char *const names[] = {"lat", "lon", "radius_km", "radius_m", "prefer", NULL};
	struct form form = {.at = at, .names = names};
	int64_t lat, lon, radius;
	int flags;

	if (mp_peek(in) != MP_MAP)
		return wrong_type(in, at, "a map with lat and lon", w->ret);
	if (form_read(&form, in, "lat, lon, radius_km, radius_m or prefer", w->ret) ||
	    degrees_read(&form, PLACE_LAT, 90, w->ret, &lat) ||
	    degrees_read(&form, PLACE_LON, 180, w->ret, &lon) ||
	    radius_read(&form, w->ret, &radius) || form_prefer(&form, PLACE_PREFER, w->ret, &flags))
		return 1;

	struct geo_point point = geo_point(lat, lon);
	mp_put_array(out, 9);
	mp_put_int(out, SHAPE_PLACE);
	mp_put_int(out, flags);
	mp_put_int(out, point.x);
	mp_put_int(out, point.y);
	mp_put_int(out, point.z);
	if (radius < 0)
		mp_put_nil(out);
	else
		mp_put_int(out, geo_chord2(radius));
	mp_put_int(out, lat);
	mp_put_int(out, lon);
	if (radius < 0)
		mp_put_nil(out);
	else
		mp_put_int(out, radius);
	return 0;
}

int
statement_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out)
{
	switch (w->field->type) {
	case FIELD_KEYWORD:
	case FIELD_CODE:
	case FIELD_FLAG:
		return set_read(w, in, at, out);
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_DATE:
	case FIELD_ORDINAL:
		return interval_read(w, in, at, out);
	case FIELD_DIMENSIONS:
		return dimensions_read(w, in, at, out);
	case FIELD_GEO:
		return place_read(w, in, at, out);
	}
	return 1;
}
