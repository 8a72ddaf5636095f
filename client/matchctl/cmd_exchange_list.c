#include "client/matchctl/rows.h"

#include <stdlib.h>
#include <string.h>

/* Titles are Russian for whoever has set a Russian locale, English for others. */
static const char *
title_key(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "ru", 2) == 0 ? "title_ru" : "title_en";
	}
	return "title_en";
}

int
cmd_exchange_list(struct tool *t)
{
	const struct row_column columns[] = {
	    {"name", {"EXCHANGE"}},
	    {"fields", {"FIELDS", .right = true}},
	    {"needs", {"NEEDS", .right = true}},
	    {"offers", {"OFFERS", .right = true}},
	    {title_key(), {"TITLE", .most = 60}},
	    {NULL, {NULL}},
	};
	const struct row_query query = {
	    .cmd = "exchange.list", .list = "exchanges", .columns = columns};
	struct arguments none = ARGUMENTS_EMPTY;
	int code = rows_print(t, &none, &query);
	arguments_free(&none);
	return code;
}
