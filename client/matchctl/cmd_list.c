#include "client/matchctl/rows.h"

int
cmd_list(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"listing", {"LISTING"}},
	    {"exchange", {"EXCHANGE"}},
	    {"side", {"SIDE"}},
	    {"state", {"STATE"}},
	    {"revision", {"REV", .right = true}},
	    {"told", {"TOLD", .right = true}},
	    {"title", {"TITLE", .most = 60}},
	    {NULL, {NULL}},
	};
	static const char *const filters[] = {"participant", "exchange", "side", "state"};
	const struct row_query query = {
	    .cmd = "listing.list",
	    .list = "listings",
	    .columns = columns,
	    .all = tool_flag(t, "all"),
	};
	struct arguments args = ARGUMENTS_EMPTY;
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		arguments_text(&args, filters[i], tool_option(t, filters[i]));
	int code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
