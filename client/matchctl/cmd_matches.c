#include "client/matchctl/rows.h"

enum { BEST = 20 };

int
cmd_matches(struct tool *t)
{
	static const struct row_column columns[] = {
	    {"score", {TEXTS("SCORE", "ОЦЕНКА"), .right = true}},
	    {"listing", {TEXTS("LISTING", "ОБЪЯВЛЕНИЕ")}},
	    {"told", {TEXTS("TOLD", "СООБЩЕНО"), .words = true}},
	    {"need_box", {TEXTS("NEED BOX", "ВАРИАНТ ПОТР."), .right = true}},
	    {"offer_box", {TEXTS("OFFER BOX", "ВАРИАНТ ПРЕДЛ."), .right = true}},
	    {"title", {TEXTS("TITLE", "НАЗВАНИЕ"), .most = 60}},
	    {NULL, {TEXTS(NULL, NULL)}},
	};
	const struct row_query query = {
	    .cmd = "listing.matches",
	    .list = "matches",
	    .columns = columns,
	    .limit = BEST,
	};
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "listing", t->operands[0]);
	int code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
