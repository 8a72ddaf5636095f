/* Parts that stand in many places of a map: columns, texts, values, conditions, lookup tables. */

#include "client/matchctl/map_reader.h"
#include "client/matchctl/yaml_file.h"
#include "intake/keyword.h"
#include "util/mp.h"

#include <stdlib.h>
#include <utf8proc.h>

#define ALWAYS EVERY_KIND

struct map_reader *
map_reader_of(struct reader *r)
{
	return (struct map_reader *)r;
}

/* ---- columns and values ---- */

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
