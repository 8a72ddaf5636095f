/* Reading a map: its outermost keys, what it says of the file, whom and what it makes. */

#include "client/matchctl/map_reader.h"

#include "client/matchctl/yaml_file.h"
#include "core/limits.h"
#include "intake/keyword.h"

#include "util/mp.h"

#include <stdlib.h>
#include <utf8proc.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define ALWAYS EVERY_KIND

struct map_reader *
map_reader_of(struct reader *r)
{
	return (struct map_reader *)r;
}

/* ---- what all parts use ---- */

bool
map_column(struct map_reader *m, const struct doc_node *at, struct str name, column_ref *ret)
{
	struct map *map = m->map;
	for (*ret = 0; *ret < map->n_columns; ++*ret)
		if (str_eq(map->columns[*ret], name))
			return true;
	if (map->n_columns == MAP_COLUMNS) {
		wrong(&m->r, at, "the map names more than %d columns", MAP_COLUMNS);
		return false;
	}
	map->column_lines[map->n_columns] = at->line;
	map->columns[map->n_columns++] = name;
	return true;
}

bool
map_text(struct map_reader *m, const struct doc_node *node, struct str *ret)
{
	if (node->kind != DOC_TEXT) {
		wrong(&m->r, node, "expected a text");
		return false;
	}
	enum text_problem problem = text_check(node->text, MAP_TEXT, true);
	if (problem) {
		wrong(&m->r, node, "the text %s",
		      mistake_words(m->mistakes, text_problem_name(problem)));
		return false;
	}
	*ret = node->text;
	return true;
}

static struct str
keep(struct map_reader *m, const struct buf *bytes)
{
	char *copy = doc_alloc(&m->r.doc, bytes->len + 1);
	memcpy(copy, bytes->data, bytes->len);
	return (struct str){copy, (uint32_t)bytes->len};
}

bool
map_token(struct map_reader *m, const struct doc_node *node, bool lists, struct str *ret)
{
	struct buf token = BUF_EMPTY;
	struct str text;
	bool good = true;
	if (node->kind == DOC_LIST && lists) {
		mp_put_array(&token, (uint32_t)node->count);
		for (const struct doc_node *e = node->first; e && good; e = e->next) {
			good = map_text(m, e, &text);
			if (good)
				yaml_put_scalar(&token, text, e->plain);
		}
	} else {
		good = map_text(m, node, &text);
		if (good)
			yaml_put_scalar(&token, text, node->plain);
	}
	if (good)
		*ret = keep(m, &token);
	buf_free(&token);
	return good;
}

bool
map_texts(struct map_reader *m, const struct doc_node *node, size_t max, const struct str **ret,
	  size_t *ret_n)
{
	size_t n = node->kind == DOC_LIST ? node->count : 1, i = 0;
	if (n == 0 || n > max) {
		wrong(&m->r, node, "expected a text or a list of 1 to %zu", max);
		return false;
	}
	struct str *list = doc_alloc(&m->r.doc, n * sizeof *list);
	const struct doc_node *e = node->kind == DOC_LIST ? node->first : node;
	bool good = true;
	for (; i < n; i++, e = e->next)
		good &= map_text(m, e, &list[i]);
	*ret = list;
	*ret_n = n;
	return good;
}

/* ---- conditions ---- */

struct when_target {
	struct condition *c;
	unsigned kinds; /* given: equals, in, not_in, empty */
	bool column;
};

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
read_when_column(struct reader *r, const struct doc_node *node, void *target)
{
	struct when_target *w = target;
	struct str name;
	w->column = true;
	if (map_text(map_reader_of(r), node, &name))
		map_column(map_reader_of(r), node, name, &w->c->column);
}

static void
read_when_list(struct reader *r, const struct doc_node *node, struct when_target *w,
	       enum condition_kind kind)
{
	const struct str *list;
	w->kinds++;
	w->c->kind = kind;
	if (!map_texts(map_reader_of(r), node, MAP_ENTRIES, &list, &w->c->n_values))
		return;
	qsort((struct str *)list, w->c->n_values, sizeof *list, by_text);
	w->c->values = list;
}

static void
read_when_equals(struct reader *r, const struct doc_node *node, void *target)
{
	if (node->kind != DOC_TEXT)
		wrong(r, node, "expected one text; for several there is `in`");
	read_when_list(r, node, target, WHEN_IN);
}

static void
read_when_in(struct reader *r, const struct doc_node *node, void *target)
{
	read_when_list(r, node, target, WHEN_IN);
}

static void
read_when_not_in(struct reader *r, const struct doc_node *node, void *target)
{
	read_when_list(r, node, target, WHEN_NOT_IN);
}

static const char *const yes_no[] = {"false", "true", NULL};

static void
read_when_empty(struct reader *r, const struct doc_node *node, void *target)
{
	struct when_target *w = target;
	int value;
	w->kinds++;
	if (read_word(r, node, yes_no, &value))
		w->c->kind = value ? WHEN_EMPTY : WHEN_FILLED;
}

static const struct key_rule when_rules[] = {
    {"column", ALWAYS, ALWAYS, read_when_column},
    {"equals", ALWAYS, 0, read_when_equals},
    {"in", ALWAYS, 0, read_when_in},
    {"not_in", ALWAYS, 0, read_when_not_in},
    {"empty", ALWAYS, 0, read_when_empty},
    {NULL, 0, 0, NULL},
};

void
map_conditions(struct map_reader *m, const struct doc_node *node, struct conditions *ret)
{
	size_t n = node->kind == DOC_LIST ? node->count : 1;
	const struct doc_node *e = node->kind == DOC_LIST ? node->first : node;
	ret->list = doc_alloc(&m->r.doc, (n + 1) * sizeof *ret->list);
	ret->n = n;
	for (size_t i = 0; i < n; i++, e = e->next) {
		struct when_target w = {.c = &ret->list[i]};
		read_map(&m->r, e, when_rules, EVERY_KIND, &w);
		if (e->kind == DOC_MAP && w.kinds != 1)
			wrong(&m->r, e, "expected `column` and one of equals, in, not_in, empty");
	}
}

/* ---- the file ---- */

static void
read_format(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const formats[] = {"csv", "jsonl", NULL};
	struct map *map = target;
	int value;
	map->format_given = true;
	if (read_word(r, node, formats, &value))
		map->format.jsonl = value == 1;
}

static void
read_encoding(struct reader *r, const struct doc_node *node, void *target)
{
	struct map *map = target;
	struct str text;
	if (!map_text(map_reader_of(r), node, &text))
		return;
	if (source_knows(text.p))
		map->format.encoding = text.p;
	else
		wrong(r, node, "unknown encoding; `iconv -l` lists those that are known");
}

static void
read_delimiter(struct reader *r, const struct doc_node *node, void *target)
{
	struct map *map = target;
	struct str text = node->text;
	if (node->kind == DOC_TEXT && text.len == 1 && (unsigned char)*text.p < 0x80 &&
	    !strchr("\"\r\n", *text.p))
		map->format.delimiter = *text.p;
	else
		wrong(r, node, "expected one ASCII character, not a quote; a tab is \"\\t\"");
}

static void
read_columns(struct reader *r, const struct doc_node *node, void *target)
{
	struct map *map = target;
	map_texts(map_reader_of(r), node, SHEET_COLUMNS, &map->format.columns,
		  &map->format.n_columns);
}

static void
read_empty(struct reader *r, const struct doc_node *node, void *target)
{
	struct map *map = target;
	map_texts(map_reader_of(r), node, 64, &map->format.empty, &map->format.n_empty);
}

static void
read_optional(struct reader *r, const struct doc_node *node, void *target)
{
	struct map_reader *m = map_reader_of(r);
	const struct str *names;
	size_t n;
	column_ref column;
	(void)target;
	if (!map_texts(m, node, MAP_COLUMNS, &names, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (map_column(m, node, names[i], &column))
			m->map->optional[column] = true;
}

static const struct key_rule file_rules[] = {
    {"format", ALWAYS, 0, read_format},
    {"encoding", ALWAYS, 0, read_encoding},
    {"delimiter", ALWAYS, 0, read_delimiter},
    {"columns", ALWAYS, 0, read_columns},
    {"empty", ALWAYS, 0, read_empty},
    {"optional", ALWAYS, 0, read_optional},
    {NULL, 0, 0, NULL},
};

static void
read_file(struct reader *r, const struct doc_node *node, void *target)
{
	read_map(r, node, file_rules, EVERY_KIND, target);
}

/* ---- lookup tables ---- */

static int
by_entry(const void *a, const void *b)
{
	return str_cmp(((const struct entry *)a)->from, ((const struct entry *)b)->from);
}

/* Folded as keywords are, but longer: NFC, without regard to case, blanks as one space. Appends to
 * `out`; false for what is no text, or longer than a key may be. */
static bool
fold_key(struct str text, struct buf *out)
{
	utf8proc_uint8_t *folded = NULL;
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text.p,
					  (utf8proc_ssize_t)text.len, &folded, how);
	bool gap = false;
	size_t before = out->len;
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		bool blank = folded[i] <= ' ';
		if (!blank && gap && out->len > before)
			buf_put(out, " ", 1);
		if (!blank)
			buf_put(out, &folded[i], 1);
		gap = blank;
	}
	free(folded);
	return n > 0 && out->len > before && out->len - before <= MAP_KEY;
}

static bool
fold(struct map_reader *m, const struct doc_node *at, struct str text, struct str *ret)
{
	struct buf folded = BUF_EMPTY;
	bool good = fold_key(text, &folded);
	if (good)
		*ret = keep(m, &folded);
	else
		wrong(&m->r, at, "the key is blank, or longer than %d bytes", MAP_KEY);
	buf_free(&folded);
	return good;
}

void
map_lookup(struct map_reader *m, const struct doc_node *node, struct lookup *ret)
{
	if (!is_map(&m->r, node, MAP_ENTRIES))
		return;
	ret->entries = doc_alloc(&m->r.doc, node->count * sizeof *ret->entries);
	for (const struct doc_node *e = node->first; e; e = e->next) {
		size_t back = reader_enter(&m->r, e->key);
		struct entry *entry = &ret->entries[ret->n];
		entry->line = e->line;
		entry->list = e->kind == DOC_LIST;
		if (fold(m, e, e->key, &entry->from) && map_token(m, e, true, &entry->to))
			ret->n++;
		reader_leave(&m->r, back);
	}
	qsort(ret->entries, ret->n, sizeof *ret->entries, by_entry);
	for (size_t i = 1; i < ret->n; i++)
		if (str_eq(ret->entries[i - 1].from, ret->entries[i].from))
			mistake_add(m->mistakes, ret->entries[i].line, m->r.path,
				    "the key differs from the one in line %u only in its case",
				    ret->entries[i - 1].line);
}

const struct entry *
lookup_find(const struct lookup *l, struct str text)
{
	struct buf folded = BUF_EMPTY;
	const struct entry *found = NULL;
	if (fold_key(text, &folded)) {
		const struct entry wanted = {.from = buf_str(&folded)};
		found = bsearch(&wanted, l->entries, l->n, sizeof wanted, by_entry);
	}
	buf_free(&folded);
	return found;
}

static void
read_tables(struct reader *r, const struct doc_node *node, void *target)
{
	struct map_reader *m = map_reader_of(r);
	struct map *map = target;
	if (!is_map(r, node, MAP_TABLES))
		return;
	map->tables = doc_alloc(&r->doc, node->count * sizeof *map->tables);
	for (const struct doc_node *e = node->first; e; e = e->next) {
		size_t back = reader_enter(r, e->key);
		map->tables[map->n_tables].name = e->key;
		map_lookup(m, e, &map->tables[map->n_tables++]);
		reader_leave(r, back);
	}
}

/* ---- rows to skip ---- */

static void
read_reason(struct reader *r, const struct doc_node *node, void *target)
{
	read_text(r, node, 100, &((struct skip *)target)->reason);
}

static void
read_skip_when(struct reader *r, const struct doc_node *node, void *target)
{
	map_conditions(map_reader_of(r), node, &((struct skip *)target)->when);
}

static const struct key_rule skip_rules[] = {
    {"when", ALWAYS, ALWAYS, read_skip_when},
    {"reason", ALWAYS, ALWAYS, read_reason},
    {NULL, 0, 0, NULL},
};

static void
read_skips(struct reader *r, const struct doc_node *node, void *target)
{
	struct map *map = target;
	if (node->kind != DOC_LIST || node->count > MAP_SKIPS) {
		wrong(r, node, "expected a list of at most %d of {when, reason}", MAP_SKIPS);
		return;
	}
	for (const struct doc_node *e = node->first; e; e = e->next)
		read_map(r, e, skip_rules, EVERY_KIND, &map->skips[map->n_skips++]);
}

/* ---- participants and listings ---- */

/* What the handlers of an object's keys are given. */
struct object_target {
	struct object_map *object;
	struct target_list *list;
};

static void
add_target(struct reader *r, const struct doc_node *node, struct target_list *list, bool statements)
{
	if (list->n < MAP_TARGETS)
		map_target(map_reader_of(r), node, statements, &list->list[list->n++]);
}

static void
read_attribute(struct reader *r, const struct doc_node *node, void *target)
{
	add_target(r, node, ((struct object_target *)target)->list, false);
}

/* contacts: each name is a target of its own. */
static void
read_free(struct reader *r, const struct doc_node *node, void *target)
{
	add_target(r, node, ((struct object_target *)target)->list, true);
}

static void
read_object_when(struct reader *r, const struct doc_node *node, void *target)
{
	map_conditions(map_reader_of(r), node, &((struct object_target *)target)->object->when);
}

static void
init_list(struct map_reader *m, struct target_list *list, size_t n)
{
	list->list = doc_alloc(&m->r.doc, (n + 1) * sizeof *list->list);
}

/* A map of fields, each with what fills it. */
static void
read_field_map(struct reader *r, const struct doc_node *node, struct target_list *list)
{
	if (!is_map(r, node, MAP_TARGETS))
		return;
	init_list(map_reader_of(r), list, node->count);
	for (const struct doc_node *e = node->first; e; e = e->next) {
		size_t back = reader_enter(r, e->key);
		if (str_eq(e->key, STR("when")))
			map_conditions(map_reader_of(r), e, &list->when);
		else
			add_target(r, e, list, true);
		reader_leave(r, back);
	}
}

static void
read_fields(struct reader *r, const struct doc_node *node, void *target)
{
	read_field_map(r, node, &((struct object_target *)target)->object->fields);
}

static void
read_variants(struct reader *r, const struct doc_node *node, void *target)
{
	struct object_map *o = ((struct object_target *)target)->object;
	if (node->kind != DOC_LIST || node->count == 0 || node->count > MAP_VARIANTS) {
		wrong(r, node, "expected a list of 1 to %d maps of fields", MAP_VARIANTS);
		return;
	}
	o->variants = doc_alloc(&r->doc, node->count * sizeof *o->variants);
	for (const struct doc_node *e = node->first; e; e = e->next)
		read_field_map(r, e, &o->variants[o->n_variants++]);
}

static void
read_owner(struct reader *r, const struct doc_node *node, void *target)
{
	map_target(map_reader_of(r), node, false,
		   &((struct object_target *)target)->object->participant);
}

static void
read_listing_key(struct reader *r, const struct doc_node *node, void *target)
{
	map_target(map_reader_of(r), node, false, &((struct object_target *)target)->object->key);
}

static const struct key_rule participant_rules[] = {
    {"id", ALWAYS, ALWAYS, read_attribute},   {"status", ALWAYS, 0, read_attribute},
    {"name", ALWAYS, ALWAYS, read_attribute}, {"kind", ALWAYS, ALWAYS, read_attribute},
    {"inn", ALWAYS, 0, read_attribute},	      {"ogrn", ALWAYS, 0, read_attribute},
    {"region", ALWAYS, 0, read_attribute},    {"okved", ALWAYS, 0, read_attribute},
    {"size", ALWAYS, 0, read_attribute},      {"headcount", ALWAYS, 0, read_attribute},
    {"revenue", ALWAYS, 0, read_attribute},   {"founded", ALWAYS, 0, read_attribute},
    {"blocks", ALWAYS, 0, read_attribute},    {"contacts", ALWAYS, 0, read_free},
    {"when", ALWAYS, 0, read_object_when},    {NULL, 0, 0, NULL},
};

static const struct key_rule listing_rules[] = {
    {"participant", ALWAYS, 0, read_owner},	  {"key", ALWAYS, ALWAYS, read_listing_key},
    {"exchange", ALWAYS, ALWAYS, read_attribute}, {"side", ALWAYS, ALWAYS, read_attribute},
    {"title", ALWAYS, ALWAYS, read_attribute},	  {"text", ALWAYS, 0, read_attribute},
    {"language", ALWAYS, 0, read_attribute},	  {"draft", ALWAYS, 0, read_attribute},
    {"valid_from", ALWAYS, 0, read_attribute},	  {"valid_until", ALWAYS, 0, read_attribute},
    {"fields", ALWAYS, 0, read_fields},		  {"variants", ALWAYS, 0, read_variants},
    {"when", ALWAYS, 0, read_object_when},	  {NULL, 0, 0, NULL},
};

static void
read_objects(struct reader *r, const struct doc_node *node, struct map *map, bool listing)
{
	size_t n = node->kind == DOC_LIST ? node->count : 1;
	const struct doc_node *e = node->kind == DOC_LIST ? node->first : node;
	for (size_t i = 0; i < n; i++, e = e->next) {
		if (map->n_objects == MAP_OBJECTS) {
			wrong(r, e, "more than %d objects of one row", MAP_OBJECTS);
			return;
		}
		struct object_map *o = &map->objects[map->n_objects++];
		struct object_target target = {o, &o->keys};
		o->listing = listing;
		init_list(map_reader_of(r), &o->keys, 16);
		read_map(r, e, listing ? listing_rules : participant_rules, EVERY_KIND, &target);
		if (listing && e->kind == DOC_MAP && !doc_find(e, "participant") &&
		    map->objects[0].listing)
			wrong_key(r, e, "participant",
				  "the key is missing; expected the id of the participant whose "
				  "listing it is");
	}
}

static void
read_participants(struct reader *r, const struct doc_node *node, void *target)
{
	read_objects(r, node, target, false);
}

static void
read_listings(struct reader *r, const struct doc_node *node, void *target)
{
	read_objects(r, node, target, true);
}

static void
read_about(struct reader *r, const struct doc_node *node, void *target)
{
	struct str text;
	(void)target;
	map_text(map_reader_of(r), node, &text);
}

/* In this order: tables before those who use them, participants before listings. */
static const struct key_rule map_rules[] = {
    {"map", ALWAYS, ALWAYS, read_about},    {"about", ALWAYS, 0, read_about},
    {"file", ALWAYS, 0, read_file},	    {"tables", ALWAYS, 0, read_tables},
    {"skip", ALWAYS, 0, read_skips},	    {"participants", ALWAYS, 0, read_participants},
    {"listings", ALWAYS, 0, read_listings}, {NULL, 0, 0, NULL},
};

int
map_read(struct str yaml, struct map *map, struct mistakes *mistakes)
{
	struct map_reader m = {.r = {.mistakes = mistakes}, .map = map, .mistakes = mistakes};
	*map = (struct map){.format = {.delimiter = ','}};
	map->hash = XXH3_64bits(yaml.p, yaml.len);
	reader_run(&m.r, yaml, map_rules, map);
	if (m.r.doc.root && map->n_objects == 0 && mistakes->count == 0)
		mistake_add(mistakes, m.r.doc.root->line, "",
			    "the map makes nothing; expected participants or listings");
	/* reader_done would let the document go, which the map keeps. */
	struct doc doc = m.r.doc;
	m.r.doc = (struct doc){0};
	reader_done(&m.r);
	map->doc = doc;
	return mistakes->count > 0;
}

void
map_free(struct map *map)
{
	doc_free(&map->doc);
}
