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

/*
 * Takes the statements of a map {name: statement or nil…} into a box's row of `ret`. Both the map
 * and by_name are in byte order, so that one walk through both finds all.
 */
static void
take_fields(const struct exchange *e, struct mp *in, struct str *ret)
{
	uint32_t n = mp_get_map(in);
	size_t next = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(in), token;
		bool nil = mp_peek(in) == MP_NIL;
		token = mp_get_raw(in);
		while (next < e->n_fields && str_cmp(e->fields[e->by_name[next]].name, name) < 0)
			next++;
		if (next < e->n_fields && str_eq(e->fields[e->by_name[next]].name, name))
			ret[e->by_name[next]] = nil ? STR_NONE : token;
	}
}

/* Puts what comes from the participant into every box. */
static void
take_attributes(const struct exchange *e, enum side side, size_t boxes, const struct participant *p,
		struct buf *room, struct str *ret)
{
	struct {
		size_t at, len;
	} piece[MAX_FIELDS];
	struct buf one = BUF_EMPTY;
	bool any = false;

	for (size_t i = 0; i < e->n_fields; i++) {
		if (e->fields[i].side[side].from == ATTRIBUTE_NONE)
			continue;
		buf_clear(&one);
		struct str s = attribute_statement(&e->fields[i], side, p, &one);
		piece[i].at = room->len;
		piece[i].len = s.p ? s.len : 0;
		buf_put(room, one.data, piece[i].len);
		any = true;
	}
	buf_free(&one);
	for (size_t i = 0; any && i < e->n_fields; i++) {
		if (e->fields[i].side[side].from == ATTRIBUTE_NONE)
			continue;
		struct str s = {(const char *)room->data + piece[i].at, (uint32_t)piece[i].len};
		for (size_t box = 0; box < boxes; box++)
			ret[box * e->n_fields + i] = piece[i].len ? s : STR_NONE;
	}
}

size_t
body_statements(const struct exchange *e, enum side side, struct str body,
		const struct participant *p, struct buf *room, struct str *ret)
{
	struct mp in = mp_of(body);
	size_t width = e->n_fields, boxes = 1;

	buf_clear(room);
	for (size_t i = 0; i < width; i++)
		ret[i] = STR_NONE;
	/* `fields` come before `variants` */
	for (uint32_t n = mp_get_map(&in); n > 0; n--) {
		struct str key = mp_get_str(&in);
		if (str_eq(key, STR("fields"))) {
			take_fields(e, &in, ret);
			continue;
		}
		if (!str_eq(key, STR("variants"))) {
			mp_get_raw(&in);
			continue;
		}
		size_t variants = mp_get_array(&in);
		for (size_t box = 1; box < variants; box++)
			memcpy(ret + box * width, ret, width * sizeof *ret);
		for (size_t box = 0; box < variants; box++)
			take_fields(e, &in, ret + box * width);
		boxes = variants ? variants : 1;
	}
	if (p)
		take_attributes(e, side, boxes, p, room, ret);
	return boxes;
}

const struct field *
body_lacks(const struct exchange *e, enum side side, struct str body, const struct participant *p,
	   size_t *ret_box)
{
	struct str statements[MAX_STATEMENTS];
	struct buf room = BUF_EMPTY;
	const struct field *lacking = NULL;
	size_t n_boxes = body_statements(e, side, body, p, &room, statements);

	for (size_t i = 0; i < e->n_fields && !lacking; i++) {
		const struct field *f = &e->fields[i];
		if (f->side[side].absent != ABSENT_REQUIRED || f->side[side].from != ATTRIBUTE_NONE)
			continue;
		for (size_t box = 0; box < n_boxes && !lacking; box++) {
			if (statements[box * e->n_fields + i].p)
				continue;
			lacking = f;
			*ret_box = box;
		}
	}
	buf_free(&room);
	return lacking;
}
