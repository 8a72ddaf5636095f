#include "client/matchctl/rows.h"

int
cmd_matches(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"score", {TEXTS("SCORE", "ОЦЕНКА"), .right = true}},
	    {"listing", {TEXTS("LISTING", "ОБЪЯВЛЕНИЕ")}},
	    {"told", {TEXTS("TOLD", "СООБЩЕНО")}},
	    {"need_box", {TEXTS("NEED BOX", "ВАРИАНТ ПОТР."), .right = true}},
	    {"offer_box", {TEXTS("OFFER BOX", "ВАРИАНТ ПРЕДЛ."), .right = true}},
	    {"title", {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
	};
	struct row_query query = {
	    .cmd = "listing.matches",
	    .list = "matches",
	    .columns = columns,
	    .all = tool_flag(t, "all"),
	};
	struct arguments args = ARGUMENTS_EMPTY;
	int code = tool_number(t, "limit", 1, 1000, &query.limit);
	arguments_text(&args, "listing", t->operands[0]);
	if (code == EXIT_DONE)
		code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
