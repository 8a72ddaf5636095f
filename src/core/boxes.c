#include "core/boxes.h"

#include "util/mp.h"

/* ---- a statement from a participant's attribute ---- */

static void
put_set_of_one(struct buf *out, struct str text)
{
	mp_put_array(out, 5);
	mp_put_int(out, SHAPE_SET);
	mp_put_int(out, 0);
	mp_put_array(out, 1);
	mp_put_str(out, text);
	mp_put_array(out, 0);
	mp_put_array(out, 0);
}

static void
put_point(struct buf *out, int64_t value)
{
	mp_put_array(out, 4);
	mp_put_int(out, SHAPE_INTERVAL);
	mp_put_int(out, 0);
	mp_put_int(out, value);
	mp_put_int(out, value);
}

/* A word attribute as a keyword or as an ordinal's label; nothing where the field does not know the
 * word. */
static void
put_word(const struct field *f, struct str word, struct buf *out)
{
	char lower[MAX_NAME];
	if (!word.p || word.len > sizeof lower)
		return;
	for (uint32_t i = 0; i < word.len; i++)
		lower[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] + ('a' - 'A')
								       : word.p[i]);
	word = (struct str){lower, word.len};
	if (f->type == FIELD_ORDINAL) {
		int place = field_label(f, word);
		if (place >= 0)
			put_point(out, place);
	} else if (field_allows(f, word)) {
		put_set_of_one(out, word);
	}
}

/* A number with `decimals` decimals as the field keeps it; nothing where that is not exact or too
 * large. */
static void
put_number(const struct field *f, int64_t value, int decimals, struct buf *out)
{
	if (value == PARTICIPANT_UNKNOWN)
		return;
	for (; decimals < f->decimals; decimals++) {
		if (value > MAX_MAGNITUDE / 10 || value < -MAX_MAGNITUDE / 10)
			return;
		value *= 10;
	}
	for (; decimals > f->decimals; decimals--) {
		if (value % 10 != 0)
			return;
		value /= 10;
	}
	put_point(out, value);
}

static void
put_okved(const struct participant *p, struct buf *out)
{
	struct mp codes = mp_find(mp_of(p->content), STR("okved"));
	struct str list = mp_get_raw(&codes);
	struct mp count = mp_of(list);
	if (mp_get_array(&count) == 0 || codes.failed)
		return;
	mp_put_array(out, 5);
	mp_put_int(out, SHAPE_SET);
	mp_put_int(out, 0);
	mp_put_raw(out, list);
	mp_put_array(out, 0);
	mp_put_array(out, 0);
}

static struct str
attribute_statement(const struct field *f, enum side side, const struct participant *p,
		    struct buf *room)
{
	switch (f->side[side].from) {
	case ATTRIBUTE_NONE:
		break;
	case ATTRIBUTE_KIND:
		put_word(f, p->kind, room);
		break;
	case ATTRIBUTE_REGION:
		put_word(f, p->region, room);
		break;
	case ATTRIBUTE_SIZE:
		put_word(f, p->size, room);
		break;
	case ATTRIBUTE_OKVED:
		put_okved(p, room);
		break;
	case ATTRIBUTE_HEADCOUNT:
		put_number(f, p->headcount, 0, room);
		break;
	case ATTRIBUTE_REVENUE:
		put_number(f, p->revenue_kopecks, 2, room);
		break;
	case ATTRIBUTE_FOUNDED:
		put_number(f, p->founded_day, 0, room);
		break;
	}
	return room->len ? buf_str(room) : STR_NONE;
}

/* ---- a body's statements ---- */

size_t
body_boxes(struct str body)
{
	struct mp variants = mp_find(mp_of(body), STR("variants"));
	size_t n = mp_get_array(&variants);
	return n ? n : 1;
}

/* Sets *ret to the field's token in the map, which may be nil. */
static bool
find_token(struct mp map, struct str name, struct str *ret)
{
	struct mp at = mp_find(map, name);
	struct str token = mp_get_raw(&at);
	if (at.failed)
		return false;
	*ret = token;
	return true;
}

static bool
token_is_nil(struct str token)
{
	struct mp in = mp_of(token);
	return mp_peek(&in) == MP_NIL;
}

struct str
body_statement(const struct field *f, enum side side, struct str body, size_t box,
	       const struct participant *p, struct buf *room)
{
	if (f->side[side].from != ATTRIBUTE_NONE)
		return attribute_statement(f, side, p, room);
	struct mp variants = mp_find(mp_of(body), STR("variants"));
	size_t n = mp_get_array(&variants);
	struct str token = STR_NONE;
	if (box < n) {
		for (size_t i = 0; i < box; i++)
			mp_get_raw(&variants);
		if (find_token(variants, f->name, &token))
			return token_is_nil(token) ? STR_NONE : token;
	}
	find_token(mp_find(mp_of(body), STR("fields")), f->name, &token);
	return token;
}

const struct field *
body_lacks(const struct exchange *e, enum side side, struct str body, const struct participant *p,
	   size_t *ret_box)
{
	struct buf room = BUF_EMPTY;
	const struct field *lacking = NULL;
	size_t n_boxes = body_boxes(body);
	for (size_t i = 0; i < e->n_fields && !lacking; i++) {
		const struct field *f = &e->fields[i];
		if (f->side[side].absent != ABSENT_REQUIRED || f->side[side].from != ATTRIBUTE_NONE)
			continue;
		for (size_t box = 0; box < n_boxes && !lacking; box++) {
			buf_clear(&room);
			if (!body_statement(f, side, body, box, p, &room).p) {
				lacking = f;
				*ret_box = box;
			}
		}
	}
	buf_free(&room);
	return lacking;
}
