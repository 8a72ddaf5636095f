#include "client/matchctl/ask.h"

int
cmd_show(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "listing", t->operands[0]);
	int code = ask_and_print(t, "listing.show", &args, "listing");
	arguments_free(&args);
	return code;
}
