/* Reading a map: its outermost keys, what it says of the file, whom and what it makes. */

#include "client/matchctl/map_reader.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define ALWAYS EVERY_KIND

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

/* ---- tables ---- */

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
