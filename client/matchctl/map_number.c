/* What a map says of numbers: marks, words, factors. */

#include "client/matchctl/map_reader.h"
#include "core/limits.h"
#include "intake/keyword.h"

#include <stdlib.h>

void
map_number_decimal_mark(struct reader *r, const struct doc_node *node, void *target)
{
	struct amount_rule *a = &((struct transform *)target)->amount;
	if (node->kind == DOC_TEXT && node->text.len == 1 && strchr(".,", *node->text.p))
		a->decimal_mark = *node->text.p;
	else
		wrong(r, node, "expected \".\" or \",\"");
}

void
map_number_thousands(struct reader *r, const struct doc_node *node, void *target)
{
	struct amount_rule *a = &((struct transform *)target)->amount;
	if (node->kind == DOC_TEXT && node->text.len >= 1 && node->text.len <= 4)
		a->thousands = node->text;
	else
		wrong(r, node, "expected the character between thousands");
}

bool
map_exact(struct reader *r, const struct doc_node *node, struct decimal *ret)
{
	if (node->kind == DOC_TEXT && decimal_read(node->text, ret))
		return true;
	wrong(r, node, "expected a plain number such as 1000 or 0.01");
	return false;
}

/* Words are eaten from the longest on, so that "млн" is not taken for "м". */
static int
longest_first(const void *a, const void *b)
{
	const struct str x = ((const struct amount_word *)a)->text;
	const struct str y = ((const struct amount_word *)b)->text;
	return x.len != y.len ? (x.len < y.len ? 1 : -1) : str_cmp(x, y);
}

static void
add_word(struct reader *r, const struct doc_node *node, struct str text, struct decimal times,
	 struct amount_rule *a)
{
	char folded[MAX_KEYWORD];
	uint32_t len;
	if (a->n_words == AMOUNT_WORDS || keyword_fold(text, folded, &len) != TEXT_OK) {
		wrong(r, node, "not a word, or more than %d words", AMOUNT_WORDS);
		return;
	}
	if (!a->words)
		a->words = doc_alloc(&r->doc, AMOUNT_WORDS * sizeof *a->words);
	char *copy = doc_alloc(&r->doc, len + 1);
	memcpy(copy, folded, len);
	a->words[a->n_words++] = (struct amount_word){{copy, len}, times};
	qsort(a->words, a->n_words, sizeof *a->words, longest_first);
}

void
map_number_drop(struct reader *r, const struct doc_node *node, void *target)
{
	const struct str *list;
	size_t n;
	if (!map_texts(map_reader_of(r), node, AMOUNT_WORDS, &list, &n))
		return;
	for (size_t i = 0; i < n; i++)
		add_word(r, node, list[i], (struct decimal){1, 0},
			 &((struct transform *)target)->amount);
}

void
map_number_multipliers(struct reader *r, const struct doc_node *node, void *target)
{
	if (!is_map(r, node, AMOUNT_WORDS))
		return;
	for (const struct doc_node *e = node->first; e; e = e->next) {
		struct decimal times;
		size_t back = reader_enter(r, e->key);
		if (map_exact(r, e, &times))
			add_word(r, e, e->key, times, &((struct transform *)target)->amount);
		reader_leave(r, back);
	}
}

void
map_number_times(struct reader *r, const struct doc_node *node, void *target)
{
	struct amount_rule *a = &((struct transform *)target)->amount;
	a->scaled = map_exact(r, node, &a->times);
}

void
map_number_above(struct reader *r, const struct doc_node *node, void *target)
{
	struct amount_rule *a = &((struct transform *)target)->amount;
	a->above_given = map_exact(r, node, &a->above);
}

void
map_number_round(struct reader *r, const struct doc_node *node, void *target)
{
	int64_t decimals;
	if (read_integer(r, node, 0, MAX_DECIMALS, &decimals))
		((struct transform *)target)->amount.round = (int)decimals;
}
