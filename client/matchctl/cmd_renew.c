#include "client/matchctl/ask.h"
#include "client/matchctl/objects.h"

int
cmd_renew(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	long long expect = 0;
	int code = tool_number(t, "expect", 1, UINT32_MAX, &expect);
	arguments_text(&args, "listing", t->operands[0]);
	arguments_text(&args, "key", tool_option(t, "key"));
	if (expect > 0)
		arguments_int(&args, "expect_revision", expect);
	if (code == EXIT_DONE)
		code = object_time_option(&args, "valid_until", tool_option(t, "until"), true);
	if (code == EXIT_DONE)
		code = ask_and_print(t, "listing.renew", &args, NULL);
	arguments_free(&args);
	return code;
}
