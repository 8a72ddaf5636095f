#include "client/matchctl/ask.h"

int
cmd_participant_status(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "participant", t->operands[0]);
	arguments_text(&args, "key", tool_option(t, "key"));
	arguments_text(&args, "status", t->operands[1]);
	int code = ask_and_print(t, "participant.status", &args, NULL);
	arguments_free(&args);
	return code;
}
