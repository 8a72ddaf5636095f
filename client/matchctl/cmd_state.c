/* pause, resume, withdraw, approve and reject: one listing, one word. */

#include "client/matchctl/ask.h"

static int
change_state(struct tool *t, const char *cmd)
{
	struct arguments args = ARGUMENTS_EMPTY;
	long long expect = 0;
	int code = tool_number(t, "expect", 1, UINT32_MAX, &expect);
	arguments_text(&args, "listing", t->operands[0]);
	arguments_text(&args, "key", tool_option(t, "key"));
	if (expect > 0)
		arguments_int(&args, "expect_revision", expect);
	arguments_text(&args, "reason", tool_option(t, "reason")); /* only reject has it */
	if (code == EXIT_DONE)
		code = ask_and_print(t, cmd, &args, NULL);
	arguments_free(&args);
	return code;
}

int
cmd_pause(struct tool *t)
{
	return change_state(t, "listing.pause");
}

int
cmd_resume(struct tool *t)
{
	return change_state(t, "listing.resume");
}

int
cmd_approve(struct tool *t)
{
	return change_state(t, "listing.approve");
}

int
cmd_reject(struct tool *t)
{
	return change_state(t, "listing.reject");
}

int
cmd_withdraw(struct tool *t)
{
	return change_state(t, "listing.withdraw");
}
