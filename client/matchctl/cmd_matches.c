#include "client/matchctl/rows.h"

int
cmd_matches(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"score", {"SCORE", .right = true}},
	    {"listing", {"LISTING"}},
	    {"told", {"TOLD"}},
	    {"need_box", {"NEED BOX", .right = true}},
	    {"offer_box", {"OFFER BOX", .right = true}},
	    {"title", {"TITLE", .most = 60}},
	    {NULL, {NULL}},
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
