#include "core/boxes.h"

#include "core/numbers.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

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

/* ---- packing ---- */

/* Appends the numbers of a list of texts in ascending order and returns how many. */
static uint16_t
pack_texts(struct mp *in, struct dict *d, struct buf *out)
{
	uint32_t n = mp_get_array(in);
	size_t start = out->len;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = dict_add(d, mp_get_str(in));
		buf_put(out, &number, sizeof number);
	}
	numbers_sort((uint32_t *)(out->data + start), n);
	return (uint16_t)n;
}

/* Appends the packed form of a canonical statement, 8-aligned, and returns where it begins. */
static uint32_t
pack_statement(struct str canonical, struct dict *d, struct buf *out)
{
	static const char padding[8];
	struct mp in = mp_of(canonical);
	struct statement s = {0};
	uint32_t start = (uint32_t)out->len;

	buf_put(out, &s, sizeof s);
	mp_get_array(&in);
	s.shape = (uint8_t)mp_get_int(&in);
	s.flags = (uint8_t)mp_get_int(&in);
	if (s.shape == SHAPE_SET) {
		s.n_any = pack_texts(&in, d, out);
		s.n_none = pack_texts(&in, d, out);
		s.n_veto = pack_texts(&in, d, out);
	} else if (s.shape == SHAPE_INTERVAL) {
		struct interval i;
		i.lo = mp_get_nil(&in) ? INT64_MIN : mp_get_int(&in);
		i.hi = mp_get_nil(&in) ? INT64_MAX : mp_get_int(&in);
		buf_put(out, &i, sizeof i);
	} else if (s.shape == SHAPE_DIMENSIONS) {
		s.n_any = (uint16_t)mp_get_array(&in);
		for (unsigned i = 0; i < s.n_any; i++) {
			int64_t length = mp_get_int(&in);
			buf_put(out, &length, sizeof length);
		}
	} else {
		struct place p = {0};
		p.x = (int32_t)mp_get_int(&in);
		p.y = (int32_t)mp_get_int(&in);
		p.z = (int32_t)mp_get_int(&in);
		p.r2 = mp_get_nil(&in) ? PLACE_NO_RADIUS : mp_get_uint(&in);
		buf_put(out, &p, sizeof p);
	}
	memcpy(out->data + start, &s, sizeof s);
	buf_put(out, padding, (8 - out->len % 8) % 8);
	return start;
}

struct boxes *
boxes_build(const struct exchange *e, enum side side, struct str body, const struct participant *p,
	    struct dict *d)
{
	size_t n_boxes = body_boxes(body), n_offsets = n_boxes * e->n_fields;
	size_t head = sizeof(struct boxes) + n_offsets * sizeof(uint32_t);
	struct buf packed = BUF_EMPTY, room = BUF_EMPTY;
	struct boxes *b = mem_zalloc((head + 7) & ~(size_t)7);

	buf_put(&packed, b, (head + 7) & ~(size_t)7);
	for (size_t i = 0; i < e->n_fields; i++) {
		const char *last =
		    NULL; /* a shared statement is one token, met again in the next box */
		uint32_t last_offset = 0;
		for (size_t box = 0; box < n_boxes; box++) {
			buf_clear(&room);
			struct str s = body_statement(&e->fields[i], side, body, box, p, &room);
			if (s.p && s.p != last)
				last_offset = pack_statement(s, d, &packed);
			last = s.p;
			uint32_t offset = s.p ? last_offset : 0;
			memcpy(packed.data + sizeof(struct boxes) +
				   (box * e->n_fields + i) * sizeof offset,
			       &offset, sizeof offset);
		}
	}
	b = mem_realloc(b, packed.len);
	memcpy(b, packed.data, packed.len);
	b->size = (uint32_t)packed.len;
	b->n_boxes = (uint16_t)n_boxes;
	b->n_fields = (uint16_t)e->n_fields;
	buf_free(&packed);
	buf_free(&room);
	return b;
}

/* The bytes of a packed statement, without the padding behind it. */
static size_t
statement_size(const struct statement *s)
{
	switch ((enum statement_shape)s->shape) {
	case SHAPE_SET:
		return sizeof *s + (s->n_any + s->n_none + s->n_veto) * sizeof(uint32_t);
	case SHAPE_INTERVAL:
		return sizeof *s + sizeof(struct interval);
	case SHAPE_DIMENSIONS:
		return sizeof *s + s->n_any * sizeof(int64_t);
	case SHAPE_PLACE:
		return sizeof *s + sizeof(struct place);
	}
	return sizeof *s;
}

static bool
statement_equal(const struct statement *a, const struct statement *b)
{
	if (!a || !b)
		return a == b;
	return memcmp(a, b, sizeof *a) == 0 && memcmp(a, b, statement_size(a)) == 0;
}

bool
boxes_equal(const struct boxes *a, const struct boxes *b)
{
	if (a->n_boxes != b->n_boxes || a->n_fields != b->n_fields)
		return false;
	for (size_t box = 0; box < a->n_boxes; box++)
		for (size_t i = 0; i < a->n_fields; i++)
			if (!statement_equal(boxes_statement(a, box, i),
					     boxes_statement(b, box, i)))
				return false;
	return true;
}
