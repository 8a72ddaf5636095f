#include "client/matchctl/ask.h"
#include "client/matchctl/view.h"

static int
show(struct tool *t, FILE *out, void *arg)
{
	(void)arg;
	return ask_and_print_to(t, "status", NULL, NULL, out);
}

int
cmd_status(struct tool *t)
{
	return view_show(t, show, NULL);
}
