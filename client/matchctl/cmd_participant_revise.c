#include "client/matchctl/ask.h"
#include "client/matchctl/objects.h"

#include <stdio.h>

/* The attributes stand in the command line: the operand is an id. */
static int
revise_one(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	long long expect = 0;
	int code = tool_number(t, "expect", 1, UINT32_MAX, &expect);
	arguments_text(&args, "participant", t->operands[0]);
	arguments_text(&args, "key", tool_option(t, "key"));
	if (code == EXIT_DONE)
		code = object_assignments(t, "set", "set", &args);
	if (expect > 0)
		arguments_int(&args, "expect_revision", expect);
	if (code == EXIT_DONE)
		code = ask_and_print(t, "participant.revise", &args, NULL);
	arguments_free(&args);
	return code;
}

int
cmd_participant_revise(struct tool *t)
{
	if (!tool_flag(t, "set") && !tool_flag(t, "expect"))
		return bulk_send(t, "participant.revise", object_participant_revise);
	if (t->n_operands == 1 && tool_flag(t, "set"))
		return revise_one(t);
	fputs(TR("matchctl: with --set or --expect, give one participant's id and at least one "
		 "--set\n",
		 "matchctl: с --set и --expect нужен один участник и хотя бы один --set\n"),
	      stderr);
	return EXIT_USAGE;
}
