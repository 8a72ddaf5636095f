#include "client/matchctl/ask.h"

int
cmd_subscription_show(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "name", t->operands[0]);
	int code = ask_and_print(t, "subscription.show", &args, "subscription");
	arguments_free(&args);
	return code;
}
