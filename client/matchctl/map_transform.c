/* Reading a transform: one of the closed list, and what belongs to it. */

#include "client/matchctl/map_reader.h"

#include "core/limits.h"

#define BIT(verb) (1u << (verb))
enum {
	COPY = BIT(VERB_COPY),
	CONSTANT = BIT(VERB_CONSTANT),
	SPLIT = BIT(VERB_SPLIT),
	LOOKUP = BIT(VERB_LOOKUP),
	NUMBER = BIT(VERB_NUMBER),
	DATE = BIT(VERB_DATE),
	GEO = BIT(VERB_GEO),
	TEMPLATE = BIT(VERB_TEMPLATE),
	ID = BIT(VERB_ID),
	ALL = COPY | CONSTANT | SPLIT | LOOKUP | NUMBER | DATE | GEO | TEMPLATE | ID,
	CELLS = ALL & ~CONSTANT,
};

static const char *const verb_names[] = {"copy", "constant", "split",	 "lookup", "number",
					 "date", "geo",	     "template", "id",	   NULL};

static struct map_reader *
m_of(struct reader *r)
{
	return map_reader_of(r);
}

/* ---- verbs ---- */

static void
read_one_column(struct reader *r, const struct doc_node *node, size_t max, struct transform *t)
{
	const struct str *names;
	if (!map_texts(m_of(r), node, max, &names, &t->n_columns))
		return;
	t->columns = doc_alloc(&r->doc, t->n_columns * sizeof *t->columns);
	for (size_t i = 0; i < t->n_columns; i++)
		map_column(m_of(r), node, names[i], &t->columns[i]);
}

static void
read_column(struct reader *r, const struct doc_node *node, void *target)
{
	read_one_column(r, node, 1, target);
}

static void
read_columns(struct reader *r, const struct doc_node *node, void *target)
{
	read_one_column(r, node, 16, target);
}

static void
read_place(struct reader *r, const struct doc_node *node, void *target)
{
	read_one_column(r, node, 2, target);
}

static void
read_constant(struct reader *r, const struct doc_node *node, void *target)
{
	map_token(m_of(r), node, true, &((struct transform *)target)->constant);
}

/* Takes "{name}" or "{name#}" off the front; false and a mistake if it does not end. */
static bool
take_hole(struct reader *r, const struct doc_node *node, struct str *rest, struct hole *hole,
	  bool id)
{
	const char *end = memchr(rest->p, '}', rest->len);
	if (!end || end == rest->p + 1) {
		wrong(r, node, "expected {column}; a brace itself is written twice");
		return false;
	}
	struct str name = {rest->p + 1, (uint32_t)(end - rest->p - 1)};
	if (id && name.p[name.len - 1] == '#') {
		hole->hash = true;
		name.len--;
	}
	rest->len -= (uint32_t)(end + 1 - rest->p);
	rest->p = end + 1;
	return map_column(m_of(r), node, name, &hole->column);
}

/* Text up to a hole; doubled braces stand for one. */
static bool
take_text(struct reader *r, const struct doc_node *node, struct str *rest, struct str *ret)
{
	char *text = doc_alloc(&r->doc, rest->len + 1);
	uint32_t n = 0;
	while (rest->len > 0) {
		char c = *rest->p;
		bool twice = rest->len > 1 && rest->p[1] == c;
		if (c == '{' && !twice)
			break;
		if (c == '}' && !twice) {
			wrong(r, node, "a } without a {; a brace itself is written twice");
			return false;
		}
		text[n++] = c;
		rest->p += c == '{' || c == '}' ? 2 : 1;
		rest->len -= c == '{' || c == '}' ? 2 : 1;
	}
	*ret = (struct str){text, n};
	return true;
}

static void
read_holes(struct reader *r, const struct doc_node *node, struct transform *t, bool id)
{
	struct str rest;
	if (!map_text(m_of(r), node, &rest))
		return;
	t->holes = doc_alloc(&r->doc, (MAP_HOLES + 1) * sizeof *t->holes);
	while (rest.len > 0) {
		if (t->n_holes == MAP_HOLES) {
			wrong(r, node, "more than %d holes", MAP_HOLES);
			return;
		}
		struct hole *hole = &t->holes[t->n_holes++];
		if (!take_text(r, node, &rest, &hole->before))
			return;
		hole->none = rest.len == 0;
		if (!hole->none && !take_hole(r, node, &rest, hole, id))
			return;
	}
	bool any = t->n_holes > 0 && !t->holes[0].none;
	if (!any)
		wrong(r, node, "there is no {column} in it; for a fixed text there is `constant`");
}

static void
read_template(struct reader *r, const struct doc_node *node, void *target)
{
	read_holes(r, node, target, false);
}

static void
read_id(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	read_holes(r, node, t, true);
	for (size_t i = 0; i < t->n_holes; i++)
		for (uint32_t k = 0; k < t->holes[i].before.len; k++) {
			char c = t->holes[i].before.p[k];
			bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				    (c >= '0' && c <= '9') || (c && strchr("._-", c));
			if (!fine) {
				wrong(r, node, "an id is made of A-Z, a-z, 0-9 and . _ -");
				return;
			}
		}
}

/* ---- what belongs to them ---- */

static void
read_when(struct reader *r, const struct doc_node *node, void *target)
{
	map_conditions(m_of(r), node, &((struct transform *)target)->when);
}

static void
read_required(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"false", "true", NULL};
	int value;
	if (read_word(r, node, words, &value))
		((struct transform *)target)->required = value == 1;
}

static void
read_wrong(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"refuse", "leave_out", NULL};
	int value;
	if (read_word(r, node, words, &value))
		((struct transform *)target)->leave_out = value == 1;
}

static void
read_if_empty(struct reader *r, const struct doc_node *node, void *target)
{
	map_token(m_of(r), node, true, &((struct transform *)target)->if_empty);
}

static void
read_by(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	if (map_text(m_of(r), node, &t->by) && t->by.len == 0)
		wrong(r, node, "the separator is empty");
}

static void
read_code_before(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	if (map_text(m_of(r), node, &t->code_before) && t->code_before.len == 0)
		wrong(r, node, "the text behind a code is empty");
}

/* "2.2.2": digits as 32.99.59. */
static void
read_dots(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	struct str text = node->text;
	bool good = node->kind == DOC_TEXT && text.len % 2 == 1 && text.len < 2 * MAP_GROUPS;
	for (uint32_t i = 0; good && i < text.len; i++) {
		char c = text.p[i];
		good = i % 2 ? c == '.' : c >= '1' && c <= '9';
		if (i % 2 == 0)
			t->groups[i / 2] = (uint8_t)(c - '0');
	}
	if (!good)
		wrong(r, node, "expected how many digits each group has, such as 2.2.2");
}

static void
read_most(struct reader *r, const struct doc_node *node, void *target)
{
	read_integer(r, node, 1, SHEET_VALUES, &((struct transform *)target)->most);
}

static void
read_table(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	const struct map *map = m_of(r)->map;
	if (node->kind == DOC_MAP) {
		struct lookup *own = doc_alloc(&r->doc, sizeof *own);
		map_lookup(m_of(r), node, own);
		t->lookup = own;
		return;
	}
	for (size_t i = 0; i < map->n_tables; i++)
		if (str_eq(map->tables[i].name, node->text))
			t->lookup = &map->tables[i];
	if (!t->lookup)
		wrong(r, node, "expected the name of one of `tables`, or a map of values");
}

static void
read_otherwise(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	if (node->kind == DOC_TEXT && node->plain && str_eq(node->text, STR("leave_out")))
		t->otherwise_out = true;
	else
		map_token(m_of(r), node, true, &t->otherwise);
}

static void
read_unit(struct reader *r, const struct doc_node *node, void *target)
{
	read_text(r, node, MAX_KEYWORD, &((struct transform *)target)->unit);
}

static void
read_currency(struct reader *r, const struct doc_node *node, void *target)
{
	read_text(r, node, MAX_KEYWORD, &((struct transform *)target)->currency);
}

static void
read_as(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"from", "to", "value", "text", NULL};
	int value;
	if (read_word(r, node, words, &value))
		((struct transform *)target)->as = words[value];
}

/* Only what makes a day is allowed: %d %e %m %Y %y %B %b and the time of day, which is dropped. */
static void
read_formats(struct reader *r, const struct doc_node *node, void *target)
{
	struct transform *t = target;
	if (!map_texts(m_of(r), node, MAP_FORMATS, &t->formats, &t->n_formats))
		return;
	for (size_t i = 0; i < t->n_formats; i++)
		for (const char *c = strchr(t->formats[i].p, '%'); c; c = strchr(c + 2, '%'))
			if (!c[1] || !strchr("demYyBbHMS", c[1])) {
				wrong(r, node,
				      "a format is made of %%d %%m %%Y %%y %%B %%b %%e "
				      "%%H %%M %%S and text");
				return;
			}
}

static void
read_plus_years(struct reader *r, const struct doc_node *node, void *target)
{
	read_integer(r, node, -100, 100, &((struct transform *)target)->plus_years);
}

static void
read_order(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"lat_lon", "lon_lat", NULL};
	int value;
	if (read_word(r, node, words, &value))
		((struct transform *)target)->lon_first = value == 1;
}

static void
read_radius(struct reader *r, const struct doc_node *node, void *target)
{
	struct decimal km;
	if (map_exact(r, node, &km))
		map_token(m_of(r), node, false, &((struct transform *)target)->radius);
}

static void
read_cut(struct reader *r, const struct doc_node *node, void *target)
{
	read_integer(r, node, 8, MAX_TEXT, &((struct transform *)target)->cut);
}

static const struct key_rule transform_rules[] = {
    {"copy", COPY, COPY, read_columns},
    {"constant", CONSTANT, CONSTANT, read_constant},
    {"split", SPLIT, SPLIT, read_columns},
    {"lookup", LOOKUP, LOOKUP, read_column},
    {"number", NUMBER, NUMBER, read_column},
    {"date", DATE, DATE, read_column},
    {"geo", GEO, GEO, read_place},
    {"template", TEMPLATE, TEMPLATE, read_template},
    {"id", ID, ID, read_id},
    {"by", SPLIT, 0, read_by},
    {"code_before", SPLIT, 0, read_code_before},
    {"dots", SPLIT, 0, read_dots},
    {"most", SPLIT, 0, read_most},
    {"table", SPLIT | LOOKUP, LOOKUP, read_table},
    {"otherwise", SPLIT | LOOKUP, 0, read_otherwise},
    {"decimal", NUMBER, 0, map_number_decimal_mark},
    {"thousands", NUMBER, 0, map_number_thousands},
    {"drop", NUMBER, 0, map_number_drop},
    {"multipliers", NUMBER, 0, map_number_multipliers},
    {"times", NUMBER, 0, map_number_times},
    {"round", NUMBER, 0, map_number_round},
    {"above", NUMBER, 0, map_number_above},
    {"unit", NUMBER, 0, read_unit},
    {"currency", NUMBER, 0, read_currency},
    {"as", NUMBER | DATE, 0, read_as},
    {"formats", DATE, DATE, read_formats},
    {"plus_years", DATE, 0, read_plus_years},
    {"order", GEO, 0, read_order},
    {"radius_km", GEO, 0, read_radius},
    {"cut", COPY | TEMPLATE, 0, read_cut},
    {"if_empty", CELLS, 0, read_if_empty},
    {"required", CELLS, 0, read_required},
    {"wrong", CELLS, 0, read_wrong},
    {"when", ALL, 0, read_when},
    {NULL, 0, 0, NULL},
};

/* ---- targets ---- */

/* The verb among the keys, or -1; a mistake where there are two. */
static int
find_verb(struct reader *r, const struct doc_node *map)
{
	int verb = -1;
	for (int i = 0; verb_names[i]; i++) {
		const struct doc_node *node = doc_find(map, verb_names[i]);
		if (node && verb >= 0) {
			wrong(r, node, "%s and %s at once; one key is filled by one transform",
			      verb_names[verb], verb_names[i]);
			return -2;
		}
		if (node)
			verb = i;
	}
	return verb;
}

static struct transform *
new_transform(struct reader *r, const struct doc_node *node, enum verb verb)
{
	struct transform *t = doc_alloc(&r->doc, sizeof *t);
	t->verb = verb;
	t->line = node->line;
	t->amount = (struct amount_rule){.decimal_mark = '.', .round = -1};
	return t;
}

static void
read_parts(struct map_reader *m, const struct doc_node *node, struct target *ret)
{
	if (!is_map(&m->r, node, 16))
		return;
	ret->parts = doc_alloc(&m->r.doc, node->count * sizeof *ret->parts);
	for (const struct doc_node *e = node->first; e; e = e->next) {
		size_t back = reader_enter(&m->r, e->key);
		map_target(m, e, false, &ret->parts[ret->n_parts++]);
		reader_leave(&m->r, back);
	}
}

/* A list of transforms, of which each gives a value or several. */
static void
read_joined(struct map_reader *m, const struct doc_node *node, struct target *ret)
{
	if (node->count > MAP_JOINED) {
		wrong(&m->r, node, "more than %d transforms for one key", MAP_JOINED);
		return;
	}
	ret->parts = doc_alloc(&m->r.doc, node->count * sizeof *ret->parts);
	for (const struct doc_node *e = node->first; e; e = e->next) {
		struct target *part = &ret->parts[ret->n_parts++];
		map_target(m, e, false, part);
		part->key = ret->key;
		if (part->joined)
			wrong(&m->r, e, "a list in a list");
	}
}

void
map_target(struct map_reader *m, const struct doc_node *node, bool statements, struct target *ret)
{
	*ret = (struct target){.key = node->key, .line = node->line};
	ret->joined = node->kind == DOC_LIST && node->first && node->first->kind == DOC_MAP;
	if (ret->joined) {
		read_joined(m, node, ret);
		return;
	}
	if (node->kind != DOC_MAP) {
		ret->one = new_transform(&m->r, node, VERB_CONSTANT);
		map_token(m, node, true, &ret->one->constant);
		return;
	}
	int verb = find_verb(&m->r, node);
	if (verb >= 0) {
		ret->one = new_transform(&m->r, node, (enum verb)verb);
		read_map(&m->r, node, transform_rules, BIT(verb), ret->one);
	} else if (verb == -1 && statements) {
		read_parts(m, node, ret);
	} else if (verb == -1) {
		wrong(&m->r, node,
		      "expected a value, or one of copy, constant, split, lookup, "
		      "number, date, geo, template, id");
	}
}
