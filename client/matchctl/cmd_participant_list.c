#include "client/matchctl/rows.h"

int
cmd_participant_list(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"id", {TEXTS("ID", "ID")}},
	    {"status", {TEXTS("STATUS", "СТАТУС")}},
	    {"kind", {TEXTS("KIND", "ВИД")}},
	    {"region", {TEXTS("REGION", "РЕГИОН")}},
	    {"listings", {TEXTS("LISTINGS", "ОБЪЯВЛЕНИЙ"), .right = true}},
	    {"name", {TEXTS("NAME", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
	};
	const struct row_query query = {
	    .cmd = "participant.list",
	    .list = "participants",
	    .columns = columns,
	    .all = tool_flag(t, "all"),
	};
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "status", tool_option(t, "status"));
	int code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
