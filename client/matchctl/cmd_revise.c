#include "client/matchctl/ask.h"
#include "client/matchctl/objects.h"

#include <stdio.h>

/* An empty text removes it. */
static void
add_text(struct arguments *args, const char *text)
{
	if (text && !*text)
		mp_put_nil(arguments_key(args, "text"));
	else
		arguments_text(args, "text", text);
}

static int
revise_one(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	long long expect = 0;
	int code = tool_number(t, "expect", 1, UINT32_MAX, &expect);
	arguments_text(&args, "listing", t->operands[0]);
	arguments_text(&args, "key", tool_option(t, "key"));
	arguments_text(&args, "title", tool_option(t, "title"));
	add_text(&args, tool_option(t, "text"));
	if (expect > 0)
		arguments_int(&args, "expect_revision", expect);
	if (code == EXIT_DONE)
		code = object_assignments(t, "field", "fields", &args);
	if (code == EXIT_DONE)
		code = object_time_option(&args, "valid_from", tool_option(t, "from"), false);
	if (code == EXIT_DONE)
		code = object_time_option(&args, "valid_until", tool_option(t, "until"), true);
	if (code == EXIT_DONE)
		code = ask_and_print(t, "listing.revise", &args, NULL);
	arguments_free(&args);
	return code;
}

int
cmd_revise(struct tool *t)
{
	static const char *const changes[] = {"field", "title", "text", "from", "until"};
	bool one = false;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		one |= tool_flag(t, changes[i]);
	if (one && t->n_operands == 1)
		return revise_one(t);
	if (!one && !tool_flag(t, "expect"))
		return bulk_send(t, "listing.revise", object_listing);
	fputs(TR("matchctl: with options that say what to change, give one listing's id\n",
		 "matchctl: с ключами, которые задают изменения, укажите одно объявление\n"),
	      stderr);
	return EXIT_USAGE;
}
