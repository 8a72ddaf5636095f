#include "client/matchctl/rows.h"

#include "client/matchctl/gathered.h"
#include "client/matchctl/json.h"
#include "client/matchctl/text.h"
#include "client/matchctl/value.h"
#include "client/matchctl/view.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_COLUMNS = 12, WHOLE_PAGE = 1000, MANY_ROWS = 1000000000 };

/* A query and what was typed about it. */
struct rows {
	const struct row_query *query;
	const struct arguments *args;
	long long limit, after;
	const char *sort; /* the rows' key; NULL: as they come */
	bool reverse;
	struct buf text; /* folded; empty: whatever */
};

/* ---- what was typed ---- */

static int
read_order(struct tool *t, struct rows *r)
{
	const char *name = tool_option(t, "sort");
	const struct row_order *o = r->query->orders;
	r->reverse = tool_flag(t, "reverse");
	if (!name)
		return EXIT_DONE;
	for (; o && o->name; o++)
		if (strcmp(o->name, name) == 0) {
			r->sort = o->key;
			return EXIT_DONE;
		}
	fputs(TR("matchctl: --sort takes", "matchctl: --sort —"), stderr);
	for (o = r->query->orders; o && o->name; o++)
		fprintf(stderr, "%s %s", o == r->query->orders ? "" : ",", o->name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static int
read_wishes(struct tool *t, struct rows *r)
{
	const char *text = tool_option(t, "text");
	r->limit = tool_flag(t, "all") ? MANY_ROWS : r->query->limit;
	if (tool_number(t, "limit", 1, 1000000, &r->limit) ||
	    tool_number(t, "after", 0, UINT32_MAX, &r->after) || read_order(t, r))
		return EXIT_USAGE;
	if (r->after > 0 && (r->sort || r->reverse)) {
		fputs(
		    TR("matchctl: --after counts in matchd's own order: leave out --sort and "
		       "--reverse\n",
		       "matchctl: --after считает в порядке matchd: уберите --sort и --reverse\n"),
		    stderr);
		return EXIT_USAGE;
	}
	if (text)
		text_fold(&r->text, str_of(text));
	return EXIT_DONE;
}

/* Whether rows are chosen or ordered here: then matchd's pages are not ours. */
static bool
works_here(const struct rows *r)
{
	return r->sort || r->reverse || r->text.len > 0;
}

/* ---- pages ---- */

static bool
is_found(const struct rows *r, struct mp row)
{
	bool found = r->text.len == 0;
	for (const char *const *key = r->query->searched; key && *key && !found; key++) {
		struct buf folded = BUF_EMPTY;
		struct mp at = mp_find(row, str_of(*key));
		if (mp_peek(&at) == MP_STR)
			text_fold(&folded, mp_get_str(&at));
		found = folded.len >= r->text.len &&
			memmem(folded.data, folded.len, r->text.data, r->text.len);
		buf_free(&folded);
	}
	return found;
}

/* Takes one page's rows; *ret_after is where the next begins, 0 if there is none. */
static int
take_page(const struct tool *t, const struct rows *r, const struct matchd_reply *reply,
	  struct gathered *to, uint64_t *ret_after)
{
	struct mp rows = ask_result(reply, r->query->list), next = ask_result(reply, "next");
	uint32_t n = mp_get_array(&rows);
	for (uint32_t i = 0; i < n && !rows.failed; i++) {
		struct mp row = rows;
		struct str bytes = mp_get_raw(&rows);
		if (is_found(r, row) && !gathered_add(to, bytes)) {
			fputs(TR("matchctl: too many rows to hold; narrow them down by a filter\n",
				 "matchctl: строк слишком много; сузьте список фильтром\n"),
			      stderr);
			return EXIT_INTERNAL;
		}
	}
	if (rows.failed)
		return ask_failed(t, MATCHD_E_PROTOCOL);
	*ret_after = mp_peek(&next) == MP_INT ? mp_get_uint(&next) : 0;
	return EXIT_DONE;
}

static int
ask_page(struct tool *t, const struct rows *r, uint64_t after, long long limit,
	 struct matchd_reply **ret)
{
	struct arguments page = {.count = r->args->count};
	buf_put(&page.pairs, r->args->pairs.data, r->args->pairs.len);
	if (after > 0)
		arguments_int(&page, "after", (int64_t)after);
	/* Lists that have no pages have no limit either. */
	if (r->query->limit > 0)
		arguments_int(&page, "limit", limit < WHOLE_PAGE ? limit : WHOLE_PAGE);
	int code = ask(t, r->query->cmd, &page, ret);
	arguments_free(&page);
	return code;
}

static bool
is_enough(const struct rows *r, size_t n)
{
	return !r->sort && !r->reverse && r->query->limit > 0 && (long long)n >= r->limit;
}

/* All pages that are needed; *ret_after is where one could go on, 0 at the end. */
static int
ask_pages(struct tool *t, const struct rows *r, struct gathered *to, uint64_t *ret_after)
{
	uint64_t after = (uint64_t)r->after;
	do {
		struct matchd_reply *reply;
		uint64_t before = after;
		long long wanted =
		    works_here(r) ? WHOLE_PAGE : r->limit - (long long)gathered_seen(to);
		int code = ask_page(t, r, after, wanted, &reply);
		if (code != EXIT_DONE)
			return code;
		code = take_page(t, r, reply, to, &after);
		matchd_reply_free(reply);
		if (code != EXIT_DONE)
			return code;
		if (after != 0 && after <= before)
			return ask_failed(t, MATCHD_E_PROTOCOL);
		if (t->json && !works_here(r) && !tool_flag(t, "watch"))
			gathered_print_json(to, stdout);
	} while (after != 0 && !is_enough(r, gathered_seen(to)));
	*ret_after = after;
	return EXIT_DONE;
}

/* ---- showing ---- */

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

static void
print_table(const struct rows *r, const struct gathered *g, FILE *out)
{
	struct column columns[MAX_COLUMNS + 1] = {{TEXTS(NULL, NULL)}};
	for (size_t i = 0; i < MAX_COLUMNS && r->query->columns[i].key; i++)
		columns[i] = r->query->columns[i].column;
	struct table *table = table_new(columns);
	for (size_t i = 0; i < g->count; i++)
		add_row(table, r->query->columns, gathered_row(g, i));
	table_print(table, out);
	if (g->count == 0)
		fputs(TR("(none)\n", "(пусто)\n"), out);
	table_free(table);
}

static void
say_more(const struct rows *r, uint64_t after)
{
	if (works_here(r))
		fputs(TR("matchctl: there are more; --limit N or --all shows them\n",
			 "matchctl: это не всё; остальное покажет --limit N или --all\n"),
		      stderr);
	else
		fprintf(stderr,
			TR("matchctl: there are more; --after %" PRIu64
			   " shows the next page, --all shows them all\n",
			   "matchctl: это не всё; следующую страницу покажет --after %" PRIu64
			   ", все сразу --all\n"),
			after);
}

static int
show(struct tool *t, FILE *out, void *arg)
{
	const struct rows *r = arg;
	struct gathered found = {0};
	uint64_t after = 0;
	int code = ask_pages(t, r, &found, &after);
	if (code == EXIT_DONE) {
		if (r->sort || r->reverse)
			gathered_sort(&found, r->sort, r->reverse);
		bool more = r->query->limit > 0 && (long long)found.count > r->limit;
		if (more)
			found.count = (size_t)r->limit;
		if (t->json)
			gathered_print_json(&found, out);
		else
			print_table(r, &found, out);
		if ((more || after != 0) && !tool_flag(t, "watch"))
			say_more(r, after);
	}
	gathered_free(&found);
	return code;
}

int
rows_print(struct tool *t, struct arguments *args, const struct row_query *q)
{
	struct rows r = {.query = q, .args = args};
	int code = read_wishes(t, &r);
	if (code == EXIT_DONE)
		code = view_show(t, show, &r);
	buf_free(&r.text);
	return code;
}
