#include "client/matchctl/rows.h"

int
cmd_list(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"listing", {TEXTS("LISTING", "ОБЪЯВЛЕНИЕ")}},
	    {"exchange", {TEXTS("EXCHANGE", "ПЛОЩАДКА")}},
	    {"side", {TEXTS("SIDE", "СТОРОНА")}},
	    {"state", {TEXTS("STATE", "СОСТОЯНИЕ")}},
	    {"revision", {TEXTS("REV", "РЕВ"), .right = true}},
	    {"told", {TEXTS("TOLD", "СООБЩЕНО"), .right = true}},
	    {"title", {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
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
