/* Who this run is to matchd. */

#include "client/matchctl/command.h"
#include "client/matchctl/config.h"
#include "util/mem.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The user's name with what a client's name does not take replaced. */
static void
write_default(char text[CONFIG_NAME + 1])
{
	const struct passwd *user = getpwuid(geteuid());
	int len = user ? snprintf(text, CONFIG_NAME + 1, "matchctl.%s", user->pw_name)
		       : snprintf(text, CONFIG_NAME + 1, "matchctl.%u", (unsigned)geteuid());
	for (int i = 0; i < len && i < CONFIG_NAME; i++)
		if (!config_is_name((struct str){text + i, 1}))
			text[i] = '_';
}

int
tool_name_client(struct tool *t, const char *said, bool typed)
{
	char own[CONFIG_NAME + 1];
	const char *option = tool_option(t, "client"), *set = getenv("MATCHD_CLIENT");
	const char *name = option	    ? option
			   : typed && *said ? said
			   : set && *set    ? set
			   : *said	    ? said
					    : own;
	write_default(own);
	if (!config_is_name(str_of(name))) {
		fprintf(
		    stderr,
		    TR("matchctl: \"%s\" cannot name a client; expected 1 to 64 of A-Z a-z 0-9 "
		       ". _ -\n",
		       "matchctl: «%s» не может быть именем клиента; нужно 1–64 знака из A-Z a-z "
		       "0-9 . _ -\n"),
		    name);
		return EXIT_USAGE;
	}
	free(t->client_name);
	t->client_name = mem_dup(name, strlen(name));
	return EXIT_DONE;
}
