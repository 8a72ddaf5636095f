#include "client/matchctl/rows.h"

int
cmd_exchange_list(struct tool *t)
{
	const struct row_column columns[] = {
	    {"name", {TEXTS("EXCHANGE", "ПЛОЩАДКА")}},
	    {"fields", {TEXTS("FIELDS", "ПОЛЕЙ"), .right = true}},
	    {"needs", {TEXTS("NEEDS", "ПОТРЕБНОСТЕЙ"), .right = true}},
	    {"offers", {TEXTS("OFFERS", "ПРЕДЛОЖЕНИЙ"), .right = true}},
	    {TR("title_en", "title_ru"), {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
	};
	const struct row_query query = {
	    .cmd = "exchange.list", .list = "exchanges", .columns = columns};
	struct arguments none = ARGUMENTS_EMPTY;
	int code = rows_print(t, &none, &query);
	arguments_free(&none);
	return code;
}
