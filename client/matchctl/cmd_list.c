#include "client/matchctl/objects.h"
#include "client/matchctl/rows.h"

#include <string.h>

static const struct row_column listing_columns[] = {
    {"listing", {TEXTS("LISTING", "ОБЪЯВЛЕНИЕ")}},
    {"exchange", {TEXTS("EXCHANGE", "ПЛОЩАДКА")}},
    {"side", {TEXTS("SIDE", "СТОРОНА")}},
    {"state", {TEXTS("STATE", "СОСТОЯНИЕ"), .words = true}},
    {"revision", {TEXTS("REV", "РЕВ"), .right = true}},
    {"told", {TEXTS("TOLD", "СООБЩЕНО"), .right = true}},
    {"title", {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
    {NULL, {TEXTS(NULL, NULL)}},
};

/* The same with the end, for whoever asks about ends. */
static const struct row_column ending_columns[] = {
    {"listing", {TEXTS("LISTING", "ОБЪЯВЛЕНИЕ")}},
    {"exchange", {TEXTS("EXCHANGE", "ПЛОЩАДКА")}},
    {"side", {TEXTS("SIDE", "СТОРОНА")}},
    {"state", {TEXTS("STATE", "СОСТОЯНИЕ"), .words = true}},
    {"valid_until", {TEXTS("VALID UNTIL", "ДО")}},
    {"title", {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
    {NULL, {TEXTS(NULL, NULL)}},
};

const struct row_order listing_orders[] = {
    {"listing", "listing"}, {"exchange", "exchange"}, {"state", "state"},
    {"title", "title"},	    {"told", "told"},	      {"revision", "revision"},
    {"opened", "opening"},  {"until", "valid_until"}, {NULL, NULL},
};

static bool
asks_about_ends(const struct tool *t)
{
	const char *sort = tool_option(t, "sort");
	return tool_flag(t, "until-before") || (sort && strcmp(sort, "until") == 0);
}

int
cmd_list(struct tool *t)
{
	static const char *const filters[] = {"participant", "exchange", "side", "state"};
	static const char *const searched[] = {"title", NULL};
	const struct row_query query = {
	    .cmd = "listing.list",
	    .list = "listings",
	    .columns = asks_about_ends(t) ? ending_columns : listing_columns,
	    .limit = ROWS_DEFAULT,
	    .orders = listing_orders,
	    .searched = searched,
	};
	struct arguments args = ARGUMENTS_EMPTY;
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		arguments_text(&args, filters[i], tool_option(t, filters[i]));
	int code = object_yes_no_option(t, "member", &args);
	if (code == EXIT_DONE)
		code = object_yes_no_option(t, "told", &args);
	if (code == EXIT_DONE)
		code = object_time_option(&args, "until_before", tool_option(t, "until-before"),
					  false);
	if (code == EXIT_DONE)
		code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
