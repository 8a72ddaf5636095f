/* matchctl: finds the command in the table, reads its options, runs it. */

#include "client/matchctl/command.h"
#include "client/matchctl/config.h"
#include "client/matchctl/help.h"
#include "client/matchctl/pager.h"
#include "client/matchctl/style.h"
#include "client/matchd.h"
#include "util/mem.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 32, MAX_TIMEOUT_S = 3600 };

/* ---- what was given ---- */

const char *
tool_option(const struct tool *t, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < t->n_given; i++)
		if (strcmp(t->given[i].option->name, name) == 0)
			value = t->given[i].value;
	return value;
}

bool
tool_flag(const struct tool *t, const char *name)
{
	for (size_t i = 0; i < t->n_given; i++)
		if (strcmp(t->given[i].option->name, name) == 0)
			return true;
	return false;
}

int
tool_number(const struct tool *t, const char *name, long long least, long long most, long long *ret)
{
	const char *text = tool_option(t, name);
	char *end;
	if (!text)
		return EXIT_DONE;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno == 0 && end != text && !*end && value >= least && value <= most) {
		*ret = value;
		return EXIT_DONE;
	}
	fprintf(stderr,
		TR("matchctl: --%s takes a whole number from %lld to %lld\n",
		   "matchctl: --%s — целое число от %lld до %lld\n"),
		name, least, most);
	return EXIT_USAGE;
}

/* ---- reading options ---- */

/* The command's options and the global ones, in the form that getopt_long takes. */
struct option_set {
	const struct option_spec *specs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char letters[3 * MAX_OPTIONS + 3];
	size_t n;
};

static void
add_options(struct option_set *s, const struct option_spec *options)
{
	for (; options && options->name; options++) {
		s->specs[s->n] = options;
		s->longs[s->n] = (struct option){
		    .name = options->name,
		    .has_arg = !options->value		? no_argument
			       : *options->value == '[' ? optional_argument
							: required_argument,
		    .val = 256 + (int)s->n,
		};
		size_t at = strlen(s->letters);
		if (options->letter) {
			s->letters[at++] = options->letter;
			if (options->value)
				s->letters[at++] = ':';
			if (options->value && *options->value == '[')
				s->letters[at] = ':';
		}
		s->n++;
	}
}

static const struct option_spec *
find_option(const struct option_set *s, int c)
{
	if (c >= 256)
		return s->specs[c - 256];
	for (size_t i = 0; i < s->n; i++)
		if (s->specs[i]->letter == c)
			return s->specs[i];
	return NULL;
}

/* What getopt would say itself, in the language of this run. */
static void
unknown_option(const struct option_set *s, int c, const char *word)
{
	const struct option_spec *o = optopt ? find_option(s, optopt) : NULL;
	if (c == ':' && o)
		fprintf(
		    stderr,
		    TR("matchctl: --%s takes a value: %s\n", "matchctl: --%s нужно значение: %s\n"),
		    o->name, o->value);
	else if (o)
		fprintf(
		    stderr,
		    TR("matchctl: --%s takes no value\n", "matchctl: --%s не принимает значения\n"),
		    o->name);
	else
		fprintf(stderr,
			TR("matchctl: there is no option %s here, or it is cut too short\n",
			   "matchctl: здесь нет ключа %s, или он сокращён слишком сильно\n"),
			word);
	fputs(TR("Try: matchctl --help\n", "Попробуйте: matchctl --help\n"), stderr);
}

/* Language and colours, which what follows may already have to be complained about in. */
static bool
apply_at_once(const struct option_spec *o, const char *value)
{
	if (strcmp(o->name, "lang") == 0 && !language_set(value)) {
		fputs(TR("matchctl: --lang takes ru or en\n", "matchctl: --lang — ru или en\n"),
		      stderr);
		return false;
	}
	if (strcmp(o->name, "color") == 0 && !style_choose(value)) {
		fputs(TR("matchctl: --color takes auto, always or never\n",
			 "matchctl: --color — auto, always или never\n"),
		      stderr);
		return false;
	}
	return true;
}

/*
 * Reads options from argv on; what is not one is moved behind them, or with a leading '+' in
 * `mode` ends the reading. Returns the index of the first operand, or -1 having said what is wrong.
 */
static int
read_options(struct tool *t, const char *mode, int argc, char **argv)
{
	struct option_set s = {.n = 0};
	snprintf(s.letters, sizeof s.letters, "%s:", mode);
	add_options(&s, t->command ? t->command->options : NULL);
	add_options(&s, global_options);

	optind = 0;
	opterr = 0;
	int c;
	while ((c = getopt_long(argc, argv, s.letters, s.longs, NULL)) != -1) {
		if (c == '?' || c == ':') {
			unknown_option(&s, c, argv[optind - 1]);
			return -1;
		}
		const struct option_spec *o = find_option(&s, c);
		if (!apply_at_once(o, optarg))
			return -1;
		t->given = mem_grow(t->given, t->n_given, &t->given_cap, sizeof *t->given);
		t->given[t->n_given++] = (struct given){o, optarg};
	}
	return optind;
}

const char *
tool_context(const struct tool *t, const char *in_use)
{
	const char *typed = tool_option(t, "context"), *set = getenv("MATCHCTL_CONTEXT");
	const char *name = typed ? typed : set && *set ? set : in_use;
	return *name ? name : NULL;
}

/*
 * What was typed goes before the environment, the environment before the context in use, and that
 * before the defaults. A context that was typed counts as typed.
 */
static void
apply_context(struct tool *t, const struct context *c, long long *timeout_s)
{
	bool typed = tool_flag(t, "context");
	const char *runtime = getenv("MATCHD_RUNTIME"), *lang = getenv("MATCHCTL_LANG");
	if (*c->values[CONFIG_ENDPOINT] && (typed || !(runtime && *runtime)))
		t->endpoint =
		    mem_dup(c->values[CONFIG_ENDPOINT], strlen(c->values[CONFIG_ENDPOINT]));
	if (*c->values[CONFIG_TIMEOUT])
		*timeout_s = strtoll(c->values[CONFIG_TIMEOUT], NULL, 10);
	if (*c->values[CONFIG_LANG] && !tool_flag(t, "lang") && (typed || !(lang && *lang)))
		language_set(c->values[CONFIG_LANG]);
	if (*c->values[CONFIG_COLOR] && !tool_flag(t, "color"))
		style_choose(c->values[CONFIG_COLOR]);
}

/* Where the context is none, `c` is NULL. */
static int
name_client(struct tool *t, const struct context *c)
{
	return tool_name_client(t, c ? c->values[CONFIG_CLIENT] : "", tool_flag(t, "context"));
}

static int
read_context(struct tool *t, long long *timeout_s)
{
	char why[CONFIG_WHY];
	struct config config = {0};
	char *path = config_path();
	int code = EXIT_DONE;
	if (path && config_read(path, &config, why)) {
		fprintf(stderr, "matchctl: %s\n", why);
		code = EXIT_INPUT;
	}
	const char *name = code == EXIT_DONE ? tool_context(t, config.use) : NULL;
	const struct context *c = name ? config_find(&config, name) : NULL;
	if (c) {
		apply_context(t, c, timeout_s);
	} else if (name) {
		fprintf(stderr,
			TR("matchctl: there is no context \"%s\"; `matchctl context list` shows "
			   "which there are\n",
			   "matchctl: контекста «%s» нет; `matchctl context list` покажет, какие "
			   "есть\n"),
			name);
		code = EXIT_USAGE;
	}
	if (code == EXIT_DONE)
		code = name_client(t, c);
	config_done(&config);
	free(path);
	return code;
}

/* The commands that mend contexts need none, nor do those that only speak of the tool: building
 * runs them, whatever its user has in his settings. */
static bool
needs_context(const struct command *c)
{
	static const char *const names[] = {"context ", "completion", "manual", "help"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(c->name, names[i], strlen(names[i])) == 0)
			return false;
	return true;
}

/* Takes the global options out of what was given. */
static int
apply_globals(struct tool *t)
{
	long long timeout_s = t->timeout_ms / 1000;
	const char *endpoint = tool_option(t, "endpoint");
	int code = EXIT_DONE;
	if (needs_context(t->command))
		code = read_context(t, &timeout_s);
	if (code == EXIT_DONE)
		code = tool_number(t, "timeout", 1, MAX_TIMEOUT_S, &timeout_s);
	if (endpoint) {
		free(t->endpoint);
		t->endpoint = mem_dup(endpoint, strlen(endpoint));
	}
	t->timeout_ms = (int)timeout_s * 1000;
	t->json = tool_flag(t, "json");
	return code;
}

/* ---- finding the command ---- */

/* The command that the words begin with, and how many words its name has. */
static const struct command *
find_command(int n, char **words, int *ret_words)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *second = strchr(c->name, ' ');
		size_t first = second ? (size_t)(second - c->name) : strlen(c->name);
		if (strlen(words[0]) != first || strncmp(words[0], c->name, first) != 0)
			continue;
		if (second && (n < 2 || strcmp(words[1], second + 1) != 0))
			continue;
		*ret_words = second ? 2 : 1;
		return c;
	}
	return NULL;
}

static int
unknown_command(const char *word)
{
	fprintf(stderr, TR("matchctl: there is no command \"%s\"", "matchctl: нет команды «%s»"),
		word);
	const char *before = TR(", but", ", но есть");
	for (const struct command *c = commands; c->name; c++) {
		size_t n = strlen(word);
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		fprintf(stderr, "%s \"%s\"", before, c->name);
		before = ",";
	}
	fputs(TR("\nTry: matchctl --help\n", "\nПопробуйте: matchctl --help\n"), stderr);
	return EXIT_USAGE;
}

static int
show_help(const struct tool *t, const struct command *c)
{
	FILE *out = pager_open(t);
	help_command(out, c);
	pager_close(out);
	return EXIT_DONE;
}

int
cmd_help(struct tool *t)
{
	int words;
	if (t->n_operands == 0) {
		FILE *out = pager_open(t);
		help_all(out);
		pager_close(out);
		return EXIT_DONE;
	}
	const struct command *c = find_command((int)t->n_operands, (char **)t->operands, &words);
	if (!c)
		return unknown_command(t->operands[0]);
	return show_help(t, c);
}

static int
run_command(struct tool *t)
{
	const struct command *c = t->command;
	if (tool_flag(t, "help")) {
		return show_help(t, c);
	}
	if (t->n_operands < c->least || t->n_operands > c->most) {
		fprintf(stderr,
			TR("matchctl: usage: matchctl %s %s\nTry: matchctl help %s\n",
			   "matchctl: вызов: matchctl %s %s\nПопробуйте: matchctl help %s\n"),
			c->name, c->operands, c->name);
		return EXIT_USAGE;
	}
	return c->run(t);
}

/* The options before the command, the command, the rest. */
static int
run(struct tool *t, int argc, char **argv)
{
	int words;
	int first = read_options(t, "+", argc, argv);
	if (first < 0)
		return EXIT_USAGE;
	if (tool_flag(t, "version")) {
		puts("matchctl " MATCHD_VERSION);
		return EXIT_DONE;
	}
	if (first == argc) {
		bool asked = tool_flag(t, "help");
		help_all(asked ? stdout : stderr);
		return asked ? EXIT_DONE : EXIT_USAGE;
	}
	t->command = find_command(argc - first, argv + first, &words);
	if (!t->command)
		return unknown_command(argv[first]);

	/* getopt takes the place before the first word for the program's name, and begins its
	 * messages with it. */
	int skip = first + words - 1;
	argv[skip] = argv[0];
	int operand = read_options(t, "", argc - skip, argv + skip);
	if (operand < 0)
		return EXIT_USAGE;
	int code = tool_flag(t, "help") ? EXIT_DONE : apply_globals(t);
	if (code != EXIT_DONE)
		return code;
	t->operands = argv + skip + operand;
	t->n_operands = (size_t)(argc - skip - operand);
	return run_command(t);
}

int
main(int argc, char **argv)
{
	struct tool t = {.timeout_ms = 5000};
	language_from_environment();
	style_choose("auto");
	int code = run(&t, argc, argv);
	matchd_close(t.client);
	free(t.given);
	free(t.endpoint);
	free(t.client_name);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_INTERNAL;
	return code;
}
