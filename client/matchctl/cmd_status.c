#include "client/matchctl/ask.h"

int
cmd_status(struct tool *t)
{
	return ask_and_print(t, "status", NULL, NULL);
}
