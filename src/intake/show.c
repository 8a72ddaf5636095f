/* Canonical statements and attributes as a client would write them. */

#include "intake/date.h"
#include "intake/geo.h"
#include "intake/intake.h"
#include "intake/number.h"

/* ---- single values ---- */

static void
show_decimal(int64_t scaled, unsigned decimals, struct buf *out)
{
	char text[NUMBER_TEXT];
	int64_t power = 1;
	for (unsigned i = 0; i < decimals; i++)
		power *= 10;
	if (scaled % power == 0) {
		mp_put_int(out, scaled / power);
		return;
	}
	number_format(scaled, decimals, text);
	mp_put_text(out, text);
}

static void
show_date(int64_t days, struct buf *out)
{
	char text[DATE_TEXT];
	date_format(days, text);
	mp_put_text(out, text);
}

static void
show_code(enum code_rule rule, struct str path, struct buf *out)
{
	char text[CODE_TEXT];
	code_text(rule, path, text);
	mp_put_text(out, text);
}

void
intake_show_value(const struct field *f, int64_t scaled, struct buf *out)
{
	if (f->type == FIELD_DATE)
		show_date(scaled, out);
	else if (f->type == FIELD_ORDINAL && scaled >= 0 && (uint64_t)scaled < f->n_labels)
		mp_put_str(out, f->labels[scaled].name);
	else
		show_decimal(scaled, f->decimals, out);
}

static void
show_prefer(struct buf *out)
{
	mp_put_text(out, "prefer");
	mp_put_bool(out, true);
}

/* ---- sets ---- */

static void
show_element(const struct field *f, struct str element, struct buf *out)
{
	if (f->type == FIELD_FLAG)
		mp_put_bool(out, str_eq(element, STR("true")));
	else if (f->type == FIELD_CODE)
		show_code(f->tree->rule, element, out);
	else
		mp_put_str(out, element);
}

static void
show_list(const struct field *f, struct mp list, struct buf *out)
{
	uint32_t n = mp_get_array(&list);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++)
		show_element(f, mp_get_str(&list), out);
}

static uint32_t
length_of(struct mp list)
{
	return mp_get_array(&list);
}

static void
show_set(const struct field *f, int64_t flags, struct mp in, struct buf *out)
{
	struct mp any_of = in;
	mp_get_raw(&in);
	struct mp none_of = in;
	mp_get_raw(&in);
	struct mp veto = in;
	bool everything = flags & STATEMENT_EVERYTHING_BUT, prefer = flags & STATEMENT_PREFER;
	bool has_veto = length_of(veto) > 0;
	/* an empty none_of says "everything" where nothing else does */
	bool has_none = length_of(none_of) > 0 || (everything && !has_veto);

	if (!everything && !has_none && !has_veto && !prefer) {
		uint32_t n = length_of(any_of);
		if (n == 1) {
			mp_get_array(&any_of);
			show_element(f, mp_get_str(&any_of), out);
		} else {
			show_list(f, any_of, out);
		}
		return;
	}
	mp_put_map(out, (uint32_t)!everything + has_none + has_veto + prefer);
	if (!everything) {
		mp_put_text(out, "any_of");
		show_list(f, any_of, out);
	}
	if (has_none) {
		mp_put_text(out, "none_of");
		show_list(f, none_of, out);
	}
	if (has_veto) {
		mp_put_text(out, "veto");
		show_list(f, veto, out);
	}
	if (prefer)
		show_prefer(out);
}

/* ---- intervals, dimensions, places ---- */

/* As from and to: a bare value would be read by the side's `reading`, which is unknown here unless
 * both sides read exactly. */
static void
show_interval(const struct field *f, int64_t flags, struct mp in, struct buf *out)
{
	bool prefer = flags & STATEMENT_PREFER;
	bool has_low = mp_peek(&in) == MP_INT;
	int64_t low = has_low ? mp_get_int(&in) : (mp_get_nil(&in), 0);
	bool has_high = mp_peek(&in) == MP_INT;
	int64_t high = has_high ? mp_get_int(&in) : 0;
	bool exactly = f->side[NEED].reading == READING_EXACTLY &&
		       f->side[OFFER].reading == READING_EXACTLY && has_low && has_high &&
		       low == high;

	if (exactly && !prefer) {
		intake_show_value(f, low, out);
		return;
	}
	mp_put_map(out, exactly ? 2 : (uint32_t)has_low + has_high + prefer);
	if (has_low) {
		mp_put_text(out, exactly ? "value" : "from");
		intake_show_value(f, low, out);
	}
	if (has_high && !exactly) {
		mp_put_text(out, "to");
		intake_show_value(f, high, out);
	}
	if (prefer)
		show_prefer(out);
}

static void
show_dimensions(const struct field *f, int64_t flags, struct mp in, struct buf *out)
{
	bool prefer = flags & STATEMENT_PREFER;
	if (prefer) {
		mp_put_map(out, 2);
		mp_put_text(out, "value");
	}
	uint32_t n = mp_get_array(&in);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++)
		show_decimal(mp_get_int(&in), f->decimals, out);
	if (prefer)
		show_prefer(out);
}

static void
show_degrees(const char *key, int64_t e7, struct buf *out)
{
	char text[NUMBER_TEXT];
	number_format(e7, GEO_DECIMALS, text);
	mp_put_text(out, key);
	mp_put_text(out, text);
}

static void
show_place(int64_t flags, struct mp in, struct buf *out)
{
	enum { COMPUTED = 4 }; /* x, y, z and the squared chord */
	bool prefer = flags & STATEMENT_PREFER;
	for (int i = 0; i < COMPUTED; i++)
		mp_get_raw(&in);
	int64_t lat = mp_get_int(&in), lon = mp_get_int(&in);
	bool has_radius = mp_peek(&in) == MP_INT;
	mp_put_map(out, 2 + (uint32_t)has_radius + prefer);
	show_degrees("lat", lat, out);
	show_degrees("lon", lon, out);
	if (has_radius) {
		int64_t radius = mp_get_int(&in);
		bool km = radius % 1000 == 0;
		mp_put_text(out, km ? "radius_km" : "radius_m");
		mp_put_int(out, km ? radius / 1000 : radius);
	}
	if (prefer)
		show_prefer(out);
}

void
intake_show_statement(const struct field *f, struct str canonical, struct buf *out)
{
	struct mp in = mp_of(canonical);
	mp_get_array(&in);
	enum statement_shape shape = (enum statement_shape)mp_get_int(&in);
	int64_t flags = mp_get_int(&in);
	switch (shape) {
	case SHAPE_SET:
		show_set(f, flags, in, out);
		break;
	case SHAPE_INTERVAL:
		show_interval(f, flags, in, out);
		break;
	case SHAPE_DIMENSIONS:
		show_dimensions(f, flags, in, out);
		break;
	case SHAPE_PLACE:
		show_place(flags, in, out);
		break;
	}
}

void
intake_show_attribute(struct str key, struct mp value, struct buf *out)
{
	enum { KOPECK_DECIMALS = 2 };
	if (str_eq(key, STR("revenue"))) {
		show_decimal(mp_get_int(&value), KOPECK_DECIMALS, out);
	} else if (str_eq(key, STR("founded"))) {
		show_date(mp_get_int(&value), out);
	} else if (str_eq(key, STR("okved"))) {
		uint32_t n = mp_get_array(&value);
		mp_put_array(out, n);
		for (uint32_t i = 0; i < n; i++)
			show_code(CODE_OKVED, mp_get_str(&value), out);
	} else {
		mp_put_raw(out, mp_get_raw(&value));
	}
}
