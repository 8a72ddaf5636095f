/* Tree files: classifiers, with or without their list of codes. */

#include "intake/files.h"
#include "intake/reader.h"
#include "intake/where.h"

#include <stdlib.h>

struct tree_target {
	struct tree tree;
	bool rule_known;
};

static void
read_tree_name(struct reader *r, const struct doc_node *node, void *target)
{
	struct tree_target *t = target;
	read_name(r, node, '-', &t->tree.name);
}

static void
read_rule(struct reader *r, const struct doc_node *node, void *target)
{
	struct tree_target *t = target;
	int rule;
	t->rule_known = read_word(r, node, code_rule_names, &rule);
	if (t->rule_known)
		t->tree.rule = (enum code_rule)rule;
}

static void
read_title(struct reader *r, const struct doc_node *node, void *target)
{
	struct tree_target *t = target;
	struct titles titles;
	read_titles(r, node, MAX_TITLE, &titles);
	t->tree.title_ru = titles.ru;
	t->tree.title_en = titles.en;
}

/* A code's title: one text, which is the Russian one, or both. */
static void
read_code_title(struct reader *r, const struct doc_node *node, struct tree_code *code)
{
	struct titles titles = {STR_NONE, STR_NONE};
	if (node->kind == DOC_TEXT)
		read_text(r, node, MAX_HELP, &titles.ru); /* official ones can be long */
	else
		read_titles(r, node, MAX_HELP, &titles);
	code->title_ru = titles.ru;
	code->title_en = titles.en;
}

static bool
read_code(struct reader *r, const struct doc_node *node, enum code_rule rule,
	  struct tree_code *code)
{
	char *path = doc_alloc(&r->doc, CODE_PATH);
	uint32_t len;
	char shown[QUOTE];
	read_code_title(r, node, code);
	if (!code_path(rule, node->key, path, &len)) {
		wrong(r, node, "\"%s\" is not a code of the rule %s", quote(node->key, shown),
		      code_rule_names[rule]);
		return false;
	}
	code->path = (struct str){path, len};
	return true;
}

/* A code beside its place in the file. */
struct numbered {
	struct tree_code code;
	size_t place;
};

static int
by_path_and_place(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int c = str_cmp(x->code.path, y->code.path);
	return c ? c : (x->place > y->place) - (x->place < y->place);
}

/* Classifiers list both 41.2 and 41.20, which are one code here: the first one's title stays. */
static void
keep_first(struct numbered *list, size_t n, struct tree *t)
{
	qsort(list, n, sizeof *list, by_path_and_place);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !str_eq(list[i - 1].code.path, list[i].code.path))
			t->codes[t->n_codes++] = list[i].code;
}

static void
read_codes(struct reader *r, const struct doc_node *node, void *target)
{
	struct tree_target *t = target;
	size_t n = 0;
	if (!is_map(r, node, MAX_TREE_CODES) || !t->rule_known)
		return;
	struct numbered *list = doc_alloc(&r->doc, node->count * sizeof *list);
	t->tree.codes = doc_alloc(&r->doc, node->count * sizeof *t->tree.codes);
	for (const struct doc_node *code = node->first; code; code = code->next) {
		size_t back = reader_enter(r, code->key);
		list[n].place = n;
		if (read_code(r, code, t->tree.rule, &list[n].code))
			n++;
		reader_leave(r, back);
	}
	keep_first(list, n, &t->tree);
}

static const struct key_rule tree_rules[] = {
    {"tree", EVERY_KIND, EVERY_KIND, read_tree_name},
    {"rule", EVERY_KIND, EVERY_KIND, read_rule},
    {"title", EVERY_KIND, EVERY_KIND, read_title},
    {"codes", EVERY_KIND, 0, read_codes},
    {0},
};

int
tree_read(struct str yaml, struct buf *canonical, struct mistakes *ret)
{
	struct reader r = {.mistakes = ret};
	struct tree_target t = {0};
	int refused = reader_run(&r, yaml, tree_rules, &t);
	if (!refused)
		tree_encode(&t.tree, canonical);
	reader_done(&r);
	return refused;
}
