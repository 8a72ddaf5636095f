#include "client/matchctl/ask.h"

int
cmd_exchange_show(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "exchange", t->operands[0]);
	int code = ask_and_print(t, "exchange.show", &args, "exchange");
	arguments_free(&args);
	return code;
}
