/* manual: matchctl(1) as scdoc reads it, from the table of commands. For the build; people have
 * help. */

#include "client/matchctl/help.h"

#include <string.h>

/* scdoc takes * and _ for emphasis, and a # or - that begins a line for more than that. */
static void
put_escaped(const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\#-`<>[]|~", *text))
			putchar('\\');
		putchar(*text);
	}
}

/* Lines that were broken for a terminal flow again; an empty one parts paragraphs. */
static void
put_flowing(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' && text[1] && text[1] != '\n') {
			putchar(' ');
		} else if (*text == '\n') {
			fputs(text[1] ? "\n\n" : "\n", stdout);
			text += text[1] != '\0';
		} else {
			put_escaped((const char[]){*text, 0});
		}
	}
}

static void
put_options(const struct option_spec *options)
{
	for (const struct option_spec *o = options; o->name; o++) {
		if (o->letter)
			printf("*\\-%c*, ", o->letter);
		fputs("*\\-\\-", stdout);
		put_escaped(o->name);
		putchar('*');
		if (o->value) {
			if (*o->value != '[')
				putchar(' ');
			put_escaped(o->value);
		}
		fputs("\n\t", stdout);
		put_escaped(say(o->help));
		fputs("\n\n", stdout);
	}
}

static void
put_command(const struct command *c)
{
	/* In a heading scdoc takes everything as it is. */
	printf("## %s%s%s\n\n%s ", c->name, *c->operands ? " " : "", c->operands,
	       TR("To", "Назначение:"));
	put_escaped(say(c->summary));
	fputs(".\n\n", stdout);
	if (c->help.en) {
		put_flowing(say(c->help));
		putchar('\n');
	}
	if (c->options)
		put_options(c->options);
}

static void
put_environment(void)
{
	static const struct {
		const char *name;
		struct texts meaning;
	} variables[] = {
	    {"MATCHD_RUNTIME", TEXTS("matchd's runtime directory, or its endpoints",
				     "рабочий каталог matchd или его точки подключения")},
	    {"MATCHD_CLIENT", TEXTS("the client whose subscriptions and keys these are",
				    "клиент, чьи это подписки и ключи")},
	    {"MATCHCTL_CONTEXT", TEXTS("the context to use", "какой контекст действует")},
	    {"MATCHCTL_LANG", TEXTS("ru or en", "ru или en")},
	    {"LC_ALL, LC_MESSAGES, LANG",
	     TEXTS("the language, where MATCHCTL_LANG does not say", "язык, если не задан выше")},
	    {"MATCHCTL_PAGER, PAGER",
	     TEXTS("shows what is longer than the screen", "показывает то, что длиннее экрана")},
	    {"VISUAL, EDITOR", TEXTS("the editor of edit", "редактор команды edit")},
	    {"NO_COLOR", TEXTS("no colours", "без цветов")},
	};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		putchar('*');
		put_escaped(variables[i].name);
		fputs("*\n\t", stdout);
		put_escaped(say(variables[i].meaning));
		fputs("\n\n", stdout);
	}
}

int
cmd_manual(struct tool *t)
{
	(void)t;
	printf("matchctl(1)\n\n# %s\n\nmatchctl - %s\n\n", TR("NAME", "ИМЯ"),
	       TR("talks to matchd, the matchmaking daemon", "клиент matchd, службы подбора"));
	printf("# %s\n\n*matchctl* [_OPTION_...] _COMMAND_ ...\n\n", TR("SYNOPSIS", "ВЫЗОВ"));
	printf("# %s\n\n", TR("OPTIONS OF EVERY COMMAND", "КЛЮЧИ ВСЕХ КОМАНД"));
	put_options(global_options);
	printf("# %s\n\n", TR("COMMANDS", "КОМАНДЫ"));
	for (const struct command *c = commands; c->name; c++)
		if (c->summary.en)
			put_command(c);
	printf("# %s\n\n", TR("EXIT STATUS", "КОД ЗАВЕРШЕНИЯ"));
	for (int i = 0; exit_meanings[i].en; i++) {
		printf("*%d*\n\t", i);
		put_escaped(say(exit_meanings[i]));
		fputs("\n\n", stdout);
	}
	printf("# %s\n\n", TR("ENVIRONMENT", "ПЕРЕМЕННЫЕ СРЕДЫ"));
	put_environment();
	printf("# %s\n\n*matchd*(8), *matchd.conf*(5), *matchd-exchange*(5), *matchd-protocol*(7), "
	       "*matchd-semantics*(7)\n",
	       TR("SEE ALSO", "СМОТРИ ТАКЖЕ"));
	return EXIT_DONE;
}
