#include "client/matchctl/ask.h"

int
cmd_participant_show(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "participant", t->operands[0]);
	int code = ask_and_print(t, "participant.show", &args, "participant");
	arguments_free(&args);
	return code;
}
