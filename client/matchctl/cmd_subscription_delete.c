#include "client/matchctl/ask.h"

int
cmd_subscription_delete(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "name", t->operands[0]);
	int code = ask_and_print(t, "subscription.delete", &args, NULL);
	arguments_free(&args);
	return code;
}
