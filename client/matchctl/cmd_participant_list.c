#include "client/matchctl/rows.h"

const struct row_order participant_orders[] = {
    {"id", "id"},	  {"name", "name"},	    {"status", "status"}, {"kind", "kind"},
    {"region", "region"}, {"listings", "listings"}, {NULL, NULL},
};

int
cmd_participant_list(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"id", {TEXTS("ID", "ID")}},
	    {"status", {TEXTS("STATUS", "СТАТУС"), .words = true}},
	    {"kind", {TEXTS("KIND", "ВИД")}},
	    {"region", {TEXTS("REGION", "РЕГИОН")}},
	    {"listings", {TEXTS("LISTINGS", "ОБЪЯВЛЕНИЙ"), .right = true}},
	    {"name", {TEXTS("NAME", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
	};
	static const char *const filters[] = {"status", "kind", "region"};
	static const char *const searched[] = {"id", "name", NULL};
	const struct row_query query = {
	    .cmd = "participant.list",
	    .list = "participants",
	    .columns = columns,
	    .limit = ROWS_DEFAULT,
	    .orders = participant_orders,
	    .searched = searched,
	};
	struct arguments args = ARGUMENTS_EMPTY;
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		arguments_text(&args, filters[i], tool_option(t, filters[i]));
	int code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
