#include "intake/reader.h"

#include "intake/keyword.h"
#include "intake/where.h"
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- where, and what is wrong there ---- */

size_t
reader_enter(struct reader *r, struct str key)
{
	char shown[QUOTE];
	size_t back = r->path_len;
	if (key.len == 0)
		return back;
	int n = snprintf(r->path + back, sizeof r->path - back, "%s%s", back ? "." : "",
			 quote(key, shown));
	/* cut whole rather than in the middle of a character */
	if ((size_t)n < sizeof r->path - back)
		r->path_len += (size_t)n;
	else
		r->path[back] = '\0';
	return back;
}

void
reader_leave(struct reader *r, size_t back)
{
	r->path_len = back;
	r->path[back] = '\0';
}

void
wrong(struct reader *r, const struct doc_node *at, const char *message, ...)
{
	char text[sizeof((struct mistake *)NULL)->message];
	va_list args;
	va_start(args, message);
	vsnprintf(text, sizeof text, mistake_words(r->mistakes, message), args);
	va_end(args);
	mistake_add(r->mistakes, at->line, r->path, "%s", text);
}

void
wrong_key(struct reader *r, const struct doc_node *map, const char *key, const char *message, ...)
{
	char text[sizeof((struct mistake *)NULL)->message];
	const struct doc_node *at = doc_find(map, key);
	size_t back = reader_enter(r, str_of(key));
	va_list args;
	va_start(args, message);
	vsnprintf(text, sizeof text, mistake_words(r->mistakes, message), args);
	va_end(args);
	wrong(r, at ? at : map, "%s", text);
	reader_leave(r, back);
}

/* ---- maps ---- */

static int
by_key_and_line(const void *a, const void *b)
{
	const struct doc_node *x = *(const struct doc_node *const *)a;
	const struct doc_node *y = *(const struct doc_node *const *)b;
	int c = str_cmp(x->key, y->key);
	return c ? c : (x->line > y->line) - (x->line < y->line);
}

static void
report_repeated(struct reader *r, const struct doc_node *map)
{
	const struct doc_node **sorted = mem_alloc(map->count * sizeof *sorted);
	size_t n = 0;
	for (const struct doc_node *node = map->first; node; node = node->next)
		sorted[n++] = node;
	qsort(sorted, n, sizeof *sorted, by_key_and_line);
	for (size_t i = 1; i < n; i++) {
		if (!str_eq(sorted[i - 1]->key, sorted[i]->key))
			continue;
		size_t back = reader_enter(r, sorted[i]->key);
		wrong(r, sorted[i], "the key repeats; it stands in line %u already",
		      sorted[i - 1]->line);
		reader_leave(r, back);
	}
	free(sorted);
}

bool
is_map(struct reader *r, const struct doc_node *node, size_t max)
{
	if (node->kind != DOC_MAP || node->count == 0) {
		wrong(r, node, "expected a map with at least one key");
		return false;
	}
	report_repeated(r, node);
	if (node->count <= max)
		return true;
	wrong(r, node, "%zu keys are too many; at most %zu", node->count, max);
	return false;
}

/* "a, b, c", cut after what fits. */
static void
join(char *text, size_t size, struct str word)
{
	size_t len = strlen(text);
	if (len + word.len + sizeof ", …" < size)
		snprintf(text + len, size - len, "%s%.*s", len ? ", " : "", STR_FMT(word));
	else if (len > 3 && strcmp(text + len - strlen("…"), "…") != 0)
		snprintf(text + len, size - len, ", …");
}

static void
report_unknown(struct reader *r, const struct doc_node *map, const struct key_rule *rules,
	       unsigned kind)
{
	char known[160] = "";
	for (const struct key_rule *rule = rules; rule->name; rule++)
		if (rule->kinds & kind)
			join(known, sizeof known, str_of(rule->name));
	for (const struct doc_node *node = map->first; node; node = node->next) {
		const struct key_rule *rule = rules;
		while (rule->name && !str_eq(str_of(rule->name), node->key))
			rule++;
		if (rule->name && (rule->kinds & kind))
			continue;
		size_t back = reader_enter(r, node->key);
		if (rule->name)
			wrong(r, node, "the key does not belong to this type; expected %s", known);
		else
			wrong(r, node, "unknown key; expected %s", known);
		reader_leave(r, back);
	}
}

void
read_map(struct reader *r, const struct doc_node *map, const struct key_rule *rules, unsigned kind,
	 void *target)
{
	if (map->kind != DOC_MAP) {
		wrong(r, map, "expected a map");
		return;
	}
	report_repeated(r, map);
	report_unknown(r, map, rules, kind);
	for (const struct key_rule *rule = rules; rule->name; rule++) {
		const struct doc_node *value = doc_find(map, rule->name);
		r->kind = kind;
		if (value && (rule->kinds & kind)) {
			size_t back = reader_enter(r, value->key);
			rule->read(r, value, target);
			reader_leave(r, back);
		} else if (!value && (rule->needed & kind) == kind) {
			wrong_key(r, map, rule->name, "the key is missing");
		}
	}
}

int
reader_run(struct reader *r, struct str yaml, const struct key_rule *rules, void *target)
{
	r->mistakes->count = 0;
	doc_read(&r->doc, yaml, r->mistakes);
	if (r->doc.root)
		read_map(r, r->doc.root, rules, EVERY_KIND, target);
	return r->mistakes->count > 0;
}

static int
by_line(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->field, y->field);
}

void
reader_done(struct reader *r)
{
	qsort(r->mistakes->list, r->mistakes->count, sizeof *r->mistakes->list, by_line);
	doc_free(&r->doc);
}

/* ---- single values ---- */

static bool
is_text(struct reader *r, const struct doc_node *node)
{
	if (node->kind == DOC_TEXT)
		return true;
	wrong(r, node, "expected a single value");
	return false;
}

bool
read_text(struct reader *r, const struct doc_node *node, uint32_t max, struct str *ret)
{
	if (!is_text(r, node))
		return false;
	enum text_problem problem = text_check(node->text, max, false);
	if (problem) {
		wrong(r, node, "the text %s; expected 1 to %u bytes on one line",
		      mistake_words(r->mistakes, text_problem_name(problem)), max);
		return false;
	}
	*ret = node->text;
	return true;
}

struct title_target {
	struct titles *titles;
	uint32_t max;
};

static void
read_ru(struct reader *r, const struct doc_node *node, void *target)
{
	struct title_target *t = target;
	read_text(r, node, t->max, &t->titles->ru);
}

static void
read_en(struct reader *r, const struct doc_node *node, void *target)
{
	struct title_target *t = target;
	read_text(r, node, t->max, &t->titles->en);
}

bool
read_titles(struct reader *r, const struct doc_node *node, uint32_t max, struct titles *ret)
{
	static const struct key_rule rules[] = {
	    {"ru", EVERY_KIND, EVERY_KIND, read_ru},
	    {"en", EVERY_KIND, EVERY_KIND, read_en},
	    {0},
	};
	struct title_target target = {ret, max};
	*ret = (struct titles){STR_NONE, STR_NONE};
	read_map(r, node, rules, EVERY_KIND, &target);
	return ret->ru.p && ret->en.p;
}

bool
read_word(struct reader *r, const struct doc_node *node, const char *const *words, int *ret)
{
	char known[160] = "", shown[QUOTE];
	if (!is_text(r, node))
		return false;
	for (int i = 0; words[i]; i++) {
		if (*words[i] && str_eq(str_of(words[i]), node->text)) {
			*ret = i;
			return true;
		}
		if (*words[i])
			join(known, sizeof known, str_of(words[i]));
	}
	wrong(r, node, "\"%s\" cannot stand here; expected %s", quote(node->text, shown), known);
	return false;
}

bool
read_integer(struct reader *r, const struct doc_node *node, int64_t low, int64_t high, int64_t *ret)
{
	char shown[QUOTE];
	int64_t v;
	if (!is_text(r, node))
		return false;
	if (number_parse(node->text, 0, RATIO_ONE, &v) != NUMBER_OK || v < low || v > high) {
		wrong(r, node, "\"%s\" cannot stand here; expected a whole number, %lld to %lld",
		      quote(node->text, shown), (long long)low, (long long)high);
		return false;
	}
	*ret = v;
	return true;
}

bool
read_decimal(struct reader *r, const struct doc_node *node, unsigned decimals, int64_t *ret)
{
	char shown[QUOTE];
	if (!is_text(r, node))
		return false;
	if (number_parse(node->text, decimals, RATIO_ONE, ret) == NUMBER_OK && *ret >= 0)
		return true;
	wrong(r, node,
	      "\"%s\" cannot stand here; expected a number, 0 or more, of at most %u decimals",
	      quote(node->text, shown), decimals);
	return false;
}

bool
read_name(struct reader *r, const struct doc_node *node, char joiner, struct str *ret)
{
	char shown[QUOTE];
	if (!is_text(r, node))
		return false;
	if (!name_is_valid(node->text, joiner)) {
		wrong(r, node,
		      "\"%s\" is not a name; expected a small letter, then up to 63 small letters, "
		      "digits and %c",
		      quote(node->text, shown), joiner);
		return false;
	}
	*ret = node->text;
	return true;
}
