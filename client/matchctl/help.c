#include "client/matchctl/help.h"

#include <string.h>

const struct texts exit_meanings[] = {
    [EXIT_DONE] = TEXTS("done", "сделано"),
    [EXIT_REFUSED] =
	TEXTS("matchd refused, or damage was found", "matchd отказал, или найдены повреждения"),
    [EXIT_USAGE] = TEXTS("what was typed is wrong", "ошибка в набранном"),
    [EXIT_CONNECTION] = TEXTS("matchd cannot be reached, or did not answer in time",
			      "matchd недоступен или не ответил вовремя"),
    [EXIT_INPUT] =
	TEXTS("a file cannot be read, or has mistakes", "файл не читается или содержит ошибки"),
    [EXIT_INTERNAL] = TEXTS("an internal error", "внутренняя ошибка"),
    TEXTS(NULL, NULL),
};

/* "--limit N", "--watch[=SECONDS]" */
static void
write_option(char *text, size_t size, const struct option_spec *o)
{
	const char *before = !o->value ? "" : *o->value == '[' ? "" : " ";
	snprintf(text, size, "--%s%s%s", o->name, before, o->value ? o->value : "");
}

static void
print_options(FILE *out, const struct option_spec *options)
{
	for (const struct option_spec *o = options; o->name; o++) {
		char text[64];
		write_option(text, sizeof text, o);
		if (o->letter)
			fprintf(out, "  -%c, %-26s %s\n", o->letter, text, say(o->help));
		else
			fprintf(out, "      %-26s %s\n", text, say(o->help));
	}
}

void
help_all(FILE *out)
{
	fputs(TR("Usage: matchctl [OPTION...] COMMAND ...\n\nCommands:\n",
		 "Вызов: matchctl [OPTION...] COMMAND ...\n\nКоманды:\n"),
	      out);
	for (const struct command *c = commands; c->name; c++) {
		char text[64];
		snprintf(text, sizeof text, "%s %s", c->name, c->operands);
		if (c->summary.en)
			fprintf(out, "  %-40s %s\n", text, say(c->summary));
	}
	fputs(TR("\nOptions:\n", "\nКлючи:\n"), out);
	print_options(out, global_options);
	fputs(TR("\nExit status:\n", "\nКод завершения:\n"), out);
	for (size_t i = 0; exit_meanings[i].en; i++)
		fprintf(out, "  %zu  %s\n", i, say(exit_meanings[i]));
	fputs(TR("\n`matchctl help COMMAND` explains one.\n",
		 "\n`matchctl help COMMAND` объясняет команду.\n"),
	      out);
}

void
help_command(FILE *out, const struct command *c)
{
	fprintf(out, TR("Usage: matchctl %s%s%s%s\n", "Вызов: matchctl %s%s%s%s\n"), c->name,
		c->options ? " [OPTION...]" : "", *c->operands ? " " : "", c->operands);
	if (c->summary.en)
		fprintf(out, TR("\nTo %s.\n", "\nНазначение: %s.\n"), say(c->summary));
	if (c->help.en)
		fprintf(out, "\n%s", say(c->help));
	if (c->options) {
		fputs(TR("\nOptions:\n", "\nКлючи:\n"), out);
		print_options(out, c->options);
	}
	fputs(TR("\nOptions of every command:\n", "\nКлючи всех команд:\n"), out);
	print_options(out, global_options);
}
