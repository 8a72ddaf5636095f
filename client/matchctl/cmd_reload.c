#include "client/matchctl/ask.h"
#include "client/matchctl/json.h"
#include "client/matchctl/table.h"
#include "client/matchctl/value.h"

#include <stdio.h>

/* A million listings are packed anew in some ten seconds, and nobody is answered meanwhile. */
enum { PATIENCE_MS = 120000 };

static const struct column columns[] = {
    {TEXTS("KIND", "ВИД")},
    {TEXTS("NAME", "ИМЯ")},
    {TEXTS("RESULT", "ИТОГ"), .words = true},
    {TEXTS("MESSAGE", "ПОЯСНЕНИЕ")},
    {TEXTS(NULL, NULL)},
};
static const char *const keys[] = {"kind", "name", "result", "message"};

static void
add_row(struct table *table, struct mp row)
{
	struct buf text = BUF_EMPTY;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		buf_clear(&text);
		value_put_key(&text, row, keys[i]);
		table_cell(table, buf_str(&text));
	}
	buf_free(&text);
}

/* Shows what differs; what is unchanged only as JSON. Returns an exit code. */
static int
show(const struct tool *t, struct mp rows)
{
	struct table *table = table_new(columns);
	uint32_t n = mp_get_array(&rows);
	int code = rows.failed ? ask_failed(t, MATCHD_E_PROTOCOL) : EXIT_DONE;
	for (uint32_t i = 0; i < n && !rows.failed; i++) {
		struct mp row = rows, at = mp_find(row, STR("result"));
		struct str result = mp_get_str_or_nil(&at);
		mp_get_raw(&rows);
		if (result.p && str_eq(result, STR("refused")))
			code = EXIT_REFUSED;
		if (t->json)
			json_print_line(stdout, json_from_mp(row));
		else if (!result.p || !str_eq(result, STR("unchanged")))
			add_row(table, row);
	}
	if (!t->json && code != EXIT_INTERNAL) {
		if (table_is_empty(table))
			puts(TR("everything is as it was", "ничего не изменилось"));
		table_print(table, stdout);
	}
	table_free(table);
	return code;
}

int
cmd_reload(struct tool *t)
{
	struct matchd_reply *r = NULL;
	if (!tool_option(t, "timeout"))
		t->timeout_ms = PATIENCE_MS;
	int code = ask(t, "reload", NULL, &r);
	if (code == EXIT_DONE)
		code = show(t, ask_result(r, "definitions"));
	matchd_reply_free(r);
	return code;
}
