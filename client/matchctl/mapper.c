#include "client/matchctl/mapper.h"

#include "client/matchctl/arguments.h"
#include "core/limits.h"

#include <stdarg.h>
#include <stdio.h>

void
mapper_init(struct mapper *m, const struct map *map)
{
	*m = (struct mapper){.maker = {.map = map}};
}

void
mapper_done(struct mapper *m)
{
	for (size_t i = 0; i < MAP_OBJECTS; i++)
		buf_free(&m->objects[i].map);
}

/* What is wrong with no column in particular. */
static enum made __attribute__((format(printf, 3, 5), format(printf, 4, 5)))
wrong(struct mapper *m, const char *code, const char *en, const char *ru, ...)
{
	struct trouble *t = &m->maker.trouble;
	va_list args;
	*t = (struct trouble){.code = code};
	va_start(args, ru);
	both_set_v(&t->why, en, ru, args);
	va_end(args);
	return MADE_WRONG;
}

/* ---- single keys ---- */

/* Titles and names are one line: what is blank becomes one space. */
static void
put_line(struct buf *out, struct str token)
{
	struct mp at = mp_of(token);
	struct buf line = BUF_EMPTY;
	bool gap = false;
	if (mp_peek(&at) != MP_STR) {
		mp_put_raw(out, token);
		return;
	}
	struct str text = mp_get_str(&at);
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c <= ' ' || c == 0x7f) {
			gap = line.len > 0;
			continue;
		}
		if (gap)
			buf_put(&line, " ", 1);
		gap = false;
		buf_put(&line, &text.p[i], 1);
	}
	mp_put_str(out, (struct str){line.data ? (char *)line.data : "", (uint32_t)line.len});
	buf_free(&line);
}

static bool
is_line(struct str key)
{
	return str_eq(key, STR("title")) || str_eq(key, STR("name"));
}

static void
note_left_out(struct mapper *m, const struct target *t, const char *code)
{
	char name[TALLY_NAME];
	snprintf(name, sizeof name, "%.*s: %s", STR_FMT(t->key), code);
	tallies_add(&m->left_out, name, 1);
}

static enum made make_target(struct mapper *m, const struct target *t, struct buf *out);

/* A set's lists are lists even of one value. */
static bool
needs_list(struct str key, struct str token)
{
	struct mp at = mp_of(token);
	bool set =
	    str_eq(key, STR("any_of")) || str_eq(key, STR("none_of")) || str_eq(key, STR("veto"));
	return set && mp_peek(&at) != MP_ARRAY;
}

/* A statement of parts: there if any part that is no constant gave something. */
static enum made
make_parts(struct mapper *m, const struct target *t, struct buf *out)
{
	struct arguments map = ARGUMENTS_EMPTY;
	enum made made = MADE;
	bool any = false, constant = true;
	for (size_t i = 0; i < t->n_parts && made != MADE_WRONG; i++) {
		const struct target *part = &t->parts[i];
		struct buf token = BUF_EMPTY;
		bool fixed = part->one && part->one->verb == VERB_CONSTANT;
		made = make_target(m, part, &token);
		if (made == MADE) {
			mp_put_str(&map.pairs, part->key);
			if (needs_list(part->key, buf_str(&token)))
				mp_put_array(&map.pairs, 1);
			mp_put_raw(&map.pairs, buf_str(&token));
			map.count++;
		}
		any = any || (made == MADE && !fixed);
		constant = constant && fixed;
		buf_free(&token);
	}
	if (made != MADE_WRONG)
		made = map.count > 0 && (any || constant) ? MADE : MADE_NOTHING;
	if (made == MADE)
		mp_put_raw(out, arguments_map(&map));
	arguments_free(&map);
	return made;
}

/* Appends a token, or the elements of one that is a list, to a list. */
static void
join(struct buf *list, uint32_t *count, struct str token)
{
	struct mp at = mp_of(token);
	bool many = mp_peek(&at) == MP_ARRAY;
	uint32_t n = many ? mp_get_array(&at) : 1;
	for (uint32_t i = 0; i < n; i++)
		mp_put_raw(list, mp_get_raw(&at));
	*count += n;
}

static enum made
make_joined(struct mapper *m, const struct target *t, struct buf *out)
{
	struct buf list = BUF_EMPTY;
	uint32_t count = 0;
	enum made made = MADE;
	for (size_t i = 0; i < t->n_parts && made != MADE_WRONG; i++) {
		struct buf token = BUF_EMPTY;
		made = make_target(m, &t->parts[i], &token);
		if (made == MADE)
			join(&list, &count, buf_str(&token));
		buf_free(&token);
	}
	if (made != MADE_WRONG)
		made = count > 0 ? MADE : MADE_NOTHING;
	if (made == MADE) {
		mp_put_array(out, count);
		mp_put_raw(out, buf_str(&list));
	}
	buf_free(&list);
	return made;
}

static enum made
make_target(struct mapper *m, const struct target *t, struct buf *out)
{
	if (t->joined)
		return make_joined(m, t, out);
	if (!t->one)
		return make_parts(m, t, out);
	m->maker.cut = false;
	enum made made = transform_make(&m->maker, t->one, out);
	if (made == MADE && m->maker.cut)
		note_left_out(m, t, "cut");
	if (made != MADE_WRONG || !t->one->leave_out)
		return made;
	note_left_out(m, t, m->maker.trouble.code);
	return MADE_NOTHING;
}

static enum made
add_target(struct mapper *m, const struct target *t, struct arguments *to)
{
	struct buf token = BUF_EMPTY;
	enum made made = make_target(m, t, &token);
	if (made == MADE) {
		mp_put_str(&to->pairs, t->key);
		if (is_line(t->key))
			put_line(&to->pairs, buf_str(&token));
		else
			mp_put_raw(&to->pairs, buf_str(&token));
		to->count++;
	}
	buf_free(&token);
	return made;
}

static enum made
add_targets(struct mapper *m, const struct target_list *list, struct arguments *to)
{
	for (size_t i = 0; i < list->n; i++)
		if (add_target(m, &list->list[i], to) == MADE_WRONG)
			return MADE_WRONG;
	return MADE;
}

/* ---- listings ---- */

static enum made
add_variants(struct mapper *m, const struct object_map *o, struct arguments *to)
{
	struct buf list = BUF_EMPTY;
	uint32_t n = 0;
	enum made made = MADE;
	for (size_t i = 0; i < o->n_variants && made == MADE; i++) {
		struct arguments one = ARGUMENTS_EMPTY;
		if (!conditions_hold(&m->maker, &o->variants[i].when))
			continue;
		made = add_targets(m, &o->variants[i], &one);
		if (made == MADE && one.count > 0) {
			mp_put_raw(&list, arguments_map(&one));
			n++;
		}
		arguments_free(&one);
	}
	if (made == MADE && n > 0) {
		struct buf *out = arguments_key(to, "variants");
		mp_put_array(out, n);
		mp_put_raw(out, buf_str(&list));
	}
	buf_free(&list);
	return made;
}

static enum made
add_fields(struct mapper *m, const struct object_map *o, struct arguments *to)
{
	struct arguments fields = ARGUMENTS_EMPTY;
	enum made made = add_targets(m, &o->fields, &fields);
	if (made == MADE && o->fields.n > 0)
		mp_put_raw(arguments_key(to, "fields"), arguments_map(&fields));
	arguments_free(&fields);
	return made == MADE ? add_variants(m, o, to) : made;
}

/* Appends the text that a target makes; a missing one is wrong. */
static enum made
add_name(struct mapper *m, const struct target *t, struct buf *text)
{
	struct buf token = BUF_EMPTY;
	enum made made = make_target(m, t, &token);
	struct mp at = mp_of(buf_str(&token));
	if (made == MADE && mp_peek(&at) == MP_STR) {
		struct str name = mp_get_str(&at);
		buf_put(text, name.p, name.len);
	} else if (made == MADE && mp_peek(&at) == MP_INT) {
		char number[24];
		int n = snprintf(number, sizeof number, "%lld", (long long)mp_get_int(&at));
		buf_put(text, number, (size_t)n);
	} else if (made != MADE_WRONG) {
		made = wrong(
		    m, "empty_id", "%.*s gives no text, and the listing's id is made of it",
		    "%.*s не даёт текста, а из него составляется id объявления", STR_FMT(t->key));
	}
	buf_free(&token);
	return made;
}

/* participant/key; without a participant of its own it is the row's first one's. */
static enum made
add_listing_id(struct mapper *m, const struct object_map *o, struct arguments *to)
{
	struct buf id = BUF_EMPTY;
	enum made made = MADE;
	if (o->participant.one)
		made = add_name(m, &o->participant, &id);
	else if (m->n > 0 && !m->objects[0].from->listing)
		buf_put(&id, m->objects[0].id.p, m->objects[0].id.len);
	else
		made = wrong(m, "no_participant", "the row gives no participant for its listing",
			     "строка не даёт участника для своего объявления");
	buf_put(&id, "/", 1);
	if (made == MADE)
		made = add_name(m, &o->key, &id);
	if (made == MADE)
		mp_put_str(arguments_key(to, "listing"), buf_str(&id));
	buf_free(&id);
	return made;
}

/* ---- objects ---- */

static struct str
text_of(struct str map, const char *key)
{
	struct mp at = mp_find(mp_of(map), str_of(key));
	return mp_peek(&at) == MP_STR ? mp_get_str(&at) : STR_NONE;
}

static enum made
need_key(struct mapper *m, const struct object_map *o, struct str map, const char *key)
{
	struct mp at = mp_find(mp_of(map), str_of(key));
	if (mp_peek(&at) != MP_END)
		return MADE;
	wrong(m, "empty", "nothing fills %s, which has to be there",
	      "%s нечем заполнить, а без него нельзя", key);
	m->maker.trouble.column = mapper_column(m->maker.map, o, key);
	return MADE_WRONG;
}

static enum made
make_object(struct mapper *m, const struct object_map *o)
{
	static const char *const needed[2][3] = {{"id", "name", "kind"},
						 {"exchange", "side", "title"}};
	struct arguments map = ARGUMENTS_EMPTY;
	struct mapped_object *object = &m->objects[m->n];
	enum made made = o->listing ? add_listing_id(m, o, &map) : MADE;
	if (made == MADE)
		made = add_targets(m, &o->keys, &map);
	if (made == MADE && o->listing)
		made = add_fields(m, o, &map);
	buf_clear(&object->map);
	mp_put_raw(&object->map, arguments_map(&map));
	for (size_t i = 0; i < 3 && made == MADE; i++)
		made = need_key(m, o, buf_str(&object->map), needed[o->listing][i]);
	arguments_free(&map);
	if (made != MADE)
		return made;
	object->from = o;
	object->id = text_of(buf_str(&object->map), o->listing ? "listing" : "id");
	object->market = o->listing ? text_of(buf_str(&object->map), "exchange") : STR_NONE;
	m->n++;
	return MADE;
}

static bool
is_skipped(struct mapper *m)
{
	const struct map *map = m->maker.map;
	for (size_t i = 0; i < map->n_skips; i++)
		if (conditions_hold(&m->maker, &map->skips[i].when)) {
			m->reason = map->skips[i].reason;
			return true;
		}
	return false;
}

enum mapped
mapper_row(struct mapper *m, struct sheet *sheet)
{
	const struct map *map = m->maker.map;
	m->maker.sheet = sheet;
	m->n = 0;
	m->left_out.count = 0;
	if (is_skipped(m))
		return MAPPED_SKIP;
	for (size_t i = 0; i < map->n_objects; i++)
		if (conditions_hold(&m->maker, &map->objects[i].when) &&
		    make_object(m, &map->objects[i]) == MADE_WRONG)
			return MAPPED_WRONG;
	m->reason = str_of(LEDGER_NOTHING);
	return m->n > 0 ? MAPPED : MAPPED_SKIP;
}

/* ---- back from a field to a column ---- */

static struct str
column_of(const struct map *map, const struct target *t)
{
	if (t->one && t->one->n_columns > 0)
		return map->columns[t->one->columns[0]];
	if (t->one && t->one->n_holes > 0 && !t->one->holes[0].none)
		return map->columns[t->one->holes[0].column];
	for (size_t i = 0; i < t->n_parts; i++) {
		struct str name = column_of(map, &t->parts[i]);
		if (name.p)
			return name;
	}
	return STR_NONE;
}

struct str
mapper_column(const struct map *map, const struct object_map *object, const char *field)
{
	const char *dot = strchr(field, '.');
	bool in_fields = dot && strncmp(field, "fields.", 7) == 0;
	bool prefixed = dot && (strncmp(field, "participant.", 12) == 0 || in_fields);
	const char *name = prefixed ? dot + 1 : field;
	const struct str first = {name, (uint32_t)strcspn(name, ".[")};
	const struct target_list *list = in_fields ? &object->fields : &object->keys;
	if (object->listing && str_eq(str_of(field), STR("listing")))
		return column_of(map,
				 object->participant.one ? &object->participant : &object->key);
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->list[i].key, first))
			return column_of(map, &list->list[i]);
	return STR_NONE;
}
