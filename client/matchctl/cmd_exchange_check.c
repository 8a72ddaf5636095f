#include "client/matchctl/command.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/json.h"
#include "client/matchctl/mistakes.h"
#include "intake/files.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tree's file says so by the key `tree` at its outermost level. */
static bool
is_tree(struct str yaml)
{
	static const struct str key = {"tree:", 5};
	for (const char *at = yaml.p, *end = yaml.p + yaml.len; at;) {
		if ((size_t)(end - at) >= key.len && memcmp(at, key.p, key.len) == 0)
			return true;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return false;
}

static void
print_mistake(const struct tool *t, const char *file, const struct mistake *m)
{
	if (t->json)
		json_print_line(stdout,
				json_pack("{s:s, s:i, s:s, s:s}", "file", file, "line",
					  (int)m->line, "field", m->field, "message", m->message));
	else
		printf("%s:%u: %s%s%s\n", file, m->line, m->field, *m->field ? ": " : "",
		       m->message);
}

static int
check_text(const struct tool *t, const char *file, struct str yaml)
{
	struct mistakes *found = mem_zalloc(sizeof *found);
	struct buf canonical = BUF_EMPTY;
	bool tree = is_tree(yaml);
	found->words = t->json ? NULL : mistake_words_here();
	int rc = tree ? tree_read(yaml, &canonical, found) : exchange_read(yaml, &canonical, found);
	for (size_t i = 0; i < found->count; i++)
		print_mistake(t, file, &found->list[i]);
	if (rc == 0 && !t->json)
		printf(TR("%s: a good %s file\n", "%s: правильный файл %s\n"), file,
		       tree ? TR("tree", "дерева") : TR("exchange", "площадки"));
	buf_free(&canonical);
	free(found);
	return rc ? EXIT_INPUT : EXIT_DONE;
}

int
cmd_exchange_check(struct tool *t)
{
	int code = EXIT_DONE;
	for (size_t i = 0; i < t->n_operands; i++) {
		struct buf text = BUF_EMPTY;
		int rc = documents_slurp(t->operands[i], &text);
		struct str yaml = {text.data ? (const char *)text.data : "", (uint32_t)text.len};
		if (rc != 0) {
			fprintf(stderr, "matchctl: %s: %s\n", t->operands[i], strerror(rc));
			code = EXIT_INPUT;
		} else if (check_text(t, t->operands[i], yaml)) {
			code = EXIT_INPUT;
		}
		buf_free(&text);
	}
	return code;
}
