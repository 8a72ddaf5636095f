#include "client/matchctl/help.h"

#include <string.h>

static void
print_options(FILE *out, const struct option_spec *options)
{
	for (const struct option_spec *o = options; o->name; o++) {
		char text[64];
		snprintf(text, sizeof text, "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		if (o->letter)
			fprintf(out, "  -%c, %-22s %s\n", o->letter, text, o->help);
		else
			fprintf(out, "      %-22s %s\n", text, o->help);
	}
}

void
help_all(FILE *out)
{
	fputs("Usage: matchctl [OPTION...] COMMAND ...\n\nCommands:\n", out);
	for (const struct command *c = commands; c->name; c++) {
		char text[64];
		snprintf(text, sizeof text, "%s %s", c->name, c->operands);
		fprintf(out, "  %-32s %s\n", text, c->summary);
	}
	fputs("\nOptions:\n", out);
	print_options(out, global_options);
	fputs("\nExit status:\n"
	      "  0  done\n"
	      "  1  matchd refused\n"
	      "  2  what was typed is wrong\n"
	      "  3  matchd cannot be reached, or did not answer in time\n"
	      "  4  a file cannot be read, or has mistakes\n"
	      "  5  an internal error\n"
	      "\n`matchctl help COMMAND` explains one.\n",
	      out);
}

void
help_command(FILE *out, const struct command *c)
{
	fprintf(out, "Usage: matchctl %s%s%s%s\n\nTo %s.\n", c->name,
		c->options ? " [OPTION...]" : "", *c->operands ? " " : "", c->operands, c->summary);
	if (c->help)
		fprintf(out, "\n%s", c->help);
	if (c->options) {
		fputs("\nOptions:\n", out);
		print_options(out, c->options);
	}
	fputs("\nOptions of every command:\n", out);
	print_options(out, global_options);
}
