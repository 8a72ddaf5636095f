#include "client/matchctl/rows.h"

#include "client/matchctl/json.h"
#include "client/matchctl/value.h"

#include <stdio.h>

enum { MAX_COLUMNS = 12, WHOLE_PAGE = 1000 };

static void
add_row(struct table *table, const struct row_column *columns, struct mp row)
{
	struct buf text = BUF_EMPTY;
	for (; columns->key; columns++) {
		buf_clear(&text);
		value_put_key(&text, row, columns->key);
		table_cell(table, buf_str(&text));
	}
	buf_free(&text);
}

/* Takes one page's rows; *ret_after is where the next begins, 0 if there is none. */
static int
take_page(const struct tool *t, const struct row_query *q, struct table *table,
	  const struct matchd_reply *r, uint64_t *ret_after)
{
	struct mp rows = ask_result(r, q->list), next = ask_result(r, "next");
	uint32_t n = mp_get_array(&rows);
	if (rows.failed)
		return ask_failed(t, MATCHD_E_PROTOCOL);
	for (uint32_t i = 0; i < n; i++) {
		struct mp row = rows;
		mp_get_raw(&rows);
		if (t->json)
			json_print_line(stdout, json_from_mp(row));
		else
			add_row(table, q->columns, row);
	}
	*ret_after = mp_peek(&next) == MP_INT ? mp_get_uint(&next) : 0;
	return EXIT_DONE;
}

static int
ask_page(struct tool *t, const struct arguments *args, const struct row_query *q, uint64_t after,
	 struct matchd_reply **ret)
{
	struct arguments page = {.count = args->count};
	long long limit = q->all ? WHOLE_PAGE : q->limit;
	buf_put(&page.pairs, args->pairs.data, args->pairs.len);
	if (after > 0)
		arguments_int(&page, "after", (int64_t)after);
	if (limit > 0)
		arguments_int(&page, "limit", limit);
	int code = ask(t, q->cmd, &page, ret);
	arguments_free(&page);
	return code;
}

static int
ask_pages(struct tool *t, const struct arguments *args, const struct row_query *q,
	  struct table *table, bool *ret_more)
{
	uint64_t after = 0;
	do {
		struct matchd_reply *r;
		uint64_t before = after;
		int code = ask_page(t, args, q, after, &r);
		if (code != EXIT_DONE)
			return code;
		code = take_page(t, q, table, r, &after);
		matchd_reply_free(r);
		if (code != EXIT_DONE)
			return code;
		if (after != 0 && after <= before)
			return ask_failed(t, MATCHD_E_PROTOCOL);
	} while (after != 0 && q->all);
	*ret_more = after != 0;
	return EXIT_DONE;
}

int
rows_print(struct tool *t, struct arguments *args, const struct row_query *q)
{
	struct column columns[MAX_COLUMNS + 1] = {{TEXTS(NULL, NULL)}};
	for (size_t i = 0; i < MAX_COLUMNS && q->columns[i].key; i++)
		columns[i] = q->columns[i].column;
	struct table *table = table_new(columns);
	bool more = false;
	int code = ask_pages(t, args, q, table, &more);
	if (code == EXIT_DONE && !t->json)
		table_print(table, stdout);
	fflush(stdout);
	if (code == EXIT_DONE && !t->json && table_is_empty(table))
		puts(TR("(none)", "(пусто)"));
	if (more)
		fputs(TR("matchctl: there are more; --all shows them\n",
			 "matchctl: это не всё; остальное покажет --all\n"),
		      stderr);
	table_free(table);
	return code;
}
