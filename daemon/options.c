#include "daemon/options.h"

#include "daemon/endpoint.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/option.h"
#include "daemon/options_file.h"
#include "util/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define USUAL_CONFIG "/etc/matchd/matchd.yaml"

/* ---- the defaults that depend on something ---- */

#define NOT_GIVEN UINT64_MAX /* a number that no row of the table allows */

/* A format and what it leaves out, as an owned text. */
static char *
text_of(const char *format, const char *value)
{
	char *text;

	if (asprintf(&text, format, value) < 0)
		mem_failed(strlen(format) + strlen(value));
	return text;
}

/* systemd separates several directories with colons; ours is the first. */
static char *
first_directory(const char *list)
{
	return mem_dup(list, strcspn(list, ":"));
}

static char *
default_runtime(void)
{
	const char *given = getenv("RUNTIME_DIRECTORY");
	const char *session = getenv("XDG_RUNTIME_DIR");

	if (given && given[0] == '/')
		return first_directory(given);
	if (geteuid() != 0 && session && session[0] == '/')
		return text_of("%s/matchd", session);
	return text_of("%s", "/run/matchd");
}

/* Beside this program, as it is in a build directory; else where it is installed. */
static char *
default_gateway(void)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *beside = NULL;

	if (len > 0) {
		self[len] = 0;
		*strrchr(self, '/') = 0;
		beside = text_of("%s/matchd-gateway", self);
		if (access(beside, X_OK) == 0)
			return beside;
	}
	free(beside);
	return text_of("%s", MATCHD_GATEWAY);
}

/* One processor is the core's own thread's. */
static uint64_t
default_workers(void)
{
	enum { MOST = 4 };
	cpu_set_t may;

	if (sched_getaffinity(0, sizeof(may), &may) != 0)
		return 0; /* more processors than the set can name, or a sandbox */
	int n = CPU_COUNT(&may) - 1;
	return n < 0 ? 0 : n > MOST ? MOST : (uint64_t)n;
}

/* What follows from the runtime directory is checked as if it had been written. */
static void
fill_in_socket(struct options *o, const char *name, const char *format, struct mistakes *ret)
{
	const struct option *row = option_find(str_of(name));
	char why[200];

	if (*(char **)((char *)o + row->offset))
		return;
	char *text = text_of(format, o->runtime_directory);
	if (!option_set(o, row, text, why, sizeof(why)))
		option_mistake(ret, 0, "runtime-directory", "%s: %s", name, why);
	free(text);
}

static void
fill_in(struct options *o, struct mistakes *ret)
{
	const char *state = getenv("STATE_DIRECTORY");

	if (!o->data_directory)
		o->data_directory =
		    first_directory(state && state[0] == '/' ? state : "/var/lib/matchd");
	if (!o->runtime_directory)
		o->runtime_directory = default_runtime();
	if (!o->gateway_path)
		o->gateway_path = default_gateway();
	if (o->workers == NOT_GIVEN)
		o->workers = default_workers();
	fill_in_socket(o, "core-socket", "%s/core.sock", ret);
	fill_in_socket(o, "commands", "ipc://%s/commands.sock", ret);
	fill_in_socket(o, "feed", "ipc://%s/feed.sock", ret);
}

/* ---- the command line ---- */

/* What it said, before anything is done about it. */
struct command_line {
	enum options_wish wish;
	const char *config; /* NULL: not given */
	struct given {
		const struct option *row;
		const char *value;
	} * given;
	size_t n_given, cap_given;
};

static bool
take_flag(struct command_line *line, const char *name)
{
	static const struct {
		const char *name;
		enum options_wish wish;
	} flags[] = {{"help", WISH_HELP},
		     {"version", WISH_VERSION},
		     {"print-options", WISH_TABLE},
		     {"print-man", WISH_MAN},
		     {"print-file-man", WISH_FILE_MAN},
		     {"print-events", WISH_EVENTS}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(name, flags[i].name) == 0) {
			line->wish = flags[i].wish;
			return true;
		}
	}
	return false;
}

static void
take_option(struct command_line *line, enum program program, const char *name, const char *value,
	    struct mistakes *ret)
{
	const struct option *row = option_find(str_of(name));
	bool config = strcmp(name, "config") == 0;

	if (!row && !config) {
		option_mistake(ret, 0, name, "there is no such option; --help lists them");
	} else if (!value) {
		option_mistake(ret, 0, name, "has no value");
	} else if (config) {
		line->config = value;
	} else if (!(row->programs & program)) {
		option_mistake(ret, 0, name, "is not an option of this program");
	} else {
		line->given =
		    mem_grow(line->given, line->n_given, &line->cap_given, sizeof(*line->given));
		line->given[line->n_given++] = (struct given){row, value};
	}
}

static void
read_command_line(struct command_line *line, enum program program, int argc, char *const argv[],
		  struct mistakes *ret)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			option_mistake(ret, 0, "", "expected --name=value, not \"%s\"", argv[i]);
			continue;
		}
		char *name = mem_dup(argv[i] + 2, strlen(argv[i] + 2));
		char *equals = strchr(name, '=');
		if (equals) {
			*equals = 0;
			take_option(line, program, name, strchr(argv[i], '=') + 1, ret);
		} else if (!take_flag(line, name)) {
			bool follows = i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0;
			take_option(line, program, name, follows ? argv[i + 1] : NULL, ret);
			i += follows;
		}
		free(name);
	}
}

/* ---- all together ---- */

static void
set_fallbacks(struct options *o)
{
	char why[200];

	for (const struct option *row = options_table; row->name; row++)
		if (row->fallback && !option_set(o, row, row->fallback, why, sizeof(why)))
			abort(); /* a mistake in our own table */
}

static void
read_file(struct options *o, const char *given, struct mistakes *ret)
{
	const char *path = given ? given : USUAL_CONFIG;
	struct buf yaml = BUF_EMPTY;

	if (given && given[0] == 0)
		return;
	if (!given && access(path, F_OK) != 0)
		return;
	o->config = mem_dup(path, strlen(path));
	errno = 0;
	if (file_read(path, OPTIONS_FILE_MAX, &yaml))
		options_file_read(o, buf_str(&yaml), ret);
	else
		option_mistake(ret, 0, "config", "%s: %s", path, strerror(errno));
	buf_free(&yaml);
}

int
options_read(struct options *o, enum program program, int argc, char *const argv[],
	     enum options_wish *ret_wish, struct mistakes *ret)
{
	struct command_line line = {.wish = WISH_RUN};
	char why[200];

	*o = (struct options){.workers = NOT_GIVEN};
	ret->count = 0;
	read_command_line(&line, program, argc, argv, ret);
	if (line.wish == WISH_RUN) {
		set_fallbacks(o);
		read_file(o, line.config, ret);
		for (size_t i = 0; i < line.n_given; i++)
			if (!option_set(o, line.given[i].row, line.given[i].value, why,
					sizeof(why)))
				option_mistake(ret, 0, line.given[i].row->name, "%s", why);
		fill_in(o, ret);
	}
	free(line.given);
	*ret_wish = line.wish;
	return ret->count > 0;
}

void
options_done(struct options *o)
{
	for (const struct option *row = options_table; row->name; row++)
		option_clear(o, row);
	free(o->config);
	*o = (struct options){0};
}

/* SYSTEMD_EXEC_PID names the very process that the manager started; INVOCATION_ID would also be
 * set in every shell of a desktop session. */
bool
options_spawns(const struct options *o)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");
	bool managed = getenv("NOTIFY_SOCKET") || (pid && atol(pid) == (long)getpid());

	return o->spawn_gateway == SPAWN_YES || (o->spawn_gateway == SPAWN_AUTO && !managed);
}

/* ---- the gateway's command line ---- */

static char *
argument(const char *name, const char *value)
{
	char *text;

	if (asprintf(&text, "--%s=%s", name, value) < 0)
		mem_failed(strlen(name) + strlen(value));
	return text;
}

char **
options_gateway_arguments(const struct options *o, int parent_pid)
{
	size_t rows = 0, n = 0;

	while (options_table[rows].name)
		rows++;
	char **argv = mem_zalloc((rows + 3) * sizeof(*argv));
	struct options child = *o; /* a view: only `parent` differs */
	child.parent = (uint64_t)parent_pid;
	argv[n++] = mem_dup(o->gateway_path, strlen(o->gateway_path));
	argv[n++] = argument("config", "");
	for (const struct option *row = options_table; row->name; row++) {
		if (!(row->programs & PROGRAM_GATEWAY))
			continue;
		char *value = option_text(&child, row);
		argv[n++] = argument(row->name, value);
		free(value);
	}
	return argv;
}

void
options_free_arguments(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* ---- for people ---- */

void
options_print_mistakes(FILE *out, const struct options *o, const struct mistakes *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct mistake *one = &m->list[i];
		if (one->line > 0)
			fprintf(out, "%s:%u: ", o->config, one->line);
		else if (one->field[0])
			fprintf(out, "--");
		if (one->field[0])
			fprintf(out, "%s: ", one->field);
		fprintf(out, "%s\n", one->message);
	}
}

static const char *const program_names[] = {
    [PROGRAM_CORE] = "matchd",
    [PROGRAM_GATEWAY] = "matchd-gateway",
    [PROGRAM_CORE | PROGRAM_GATEWAY] = "both",
};

static const char *
shown_default(const struct option *row)
{
	if (!row->fallback)
		return row->shown;
	return row->fallback[0] ? row->fallback : "empty";
}

static void
print_help(FILE *out, enum program program)
{
	fprintf(out,
		"Usage: %s [--config=FILE] [--OPTION=VALUE...]\n\n%s\n\n"
		"  --config FILE\n      the configuration file (default: " USUAL_CONFIG
		", if it is there)\n",
		program_names[program],
		program == PROGRAM_CORE ? "Finds who suits whom, and tells."
					: "Stands between matchd and its clients.");
	for (const struct option *row = options_table; row->name; row++)
		if (row->programs & program)
			fprintf(out, "  --%s\n      %s (default: %s%s%s)\n", row->name, row->help,
				shown_default(row), row->unit ? " " : "",
				row->unit ? row->unit : "");
	fprintf(out, "  --print-options\n      print all options as a table\n  --print-events\n    "
		     "  print all events of the log as a table\n  --print-man\n      "
		     "print the manual page for scdoc\n  --print-file-man\n      print that of the "
		     "configuration file\n"
		     "  --version\n  --help\n");
}

static void
print_table(FILE *out)
{
	fprintf(out, "| option | program | default | meaning |\n|---|---|---|---|\n");
	for (const struct option *row = options_table; row->name; row++)
		fprintf(out, "| `%s` | %s | %s%s%s | %s |\n", row->name,
			program_names[row->programs], shown_default(row), row->unit ? " " : "",
			row->unit ? row->unit : "", row->help);
}

/* scdoc takes * and _ for emphasis. */
static void
print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void
print_man_option(FILE *out, const struct option *row, const char *before)
{
	fprintf(out, "*%s%s*\n\t", before, row->name);
	print_escaped(out, row->help);
	fprintf(out, " (default: ");
	print_escaped(out, shown_default(row));
	fprintf(out, "%s%s)\n\n", row->unit ? " " : "", row->unit ? row->unit : "");
}

/* The manual page of the file, as scdoc reads it. */
static void
print_file_man(FILE *out)
{
	fprintf(
	    out,
	    "matchd.conf(5)\n\n# NAME\n\nmatchd.conf - the configuration of matchd and its "
	    "gateway\n\n"
	    "# SYNOPSIS\n\n" USUAL_CONFIG "\n\n# DESCRIPTION\n\n"
	    "One YAML map of _option: value_, without aliases, anchors and tags. *matchd*(8) and "
	    "*matchd-gateway*(8) read the same file, and each takes its own part. What stands on "
	    "the command line goes before the file. A mistake anywhere is named with its line, "
	    "and nothing starts.\n\n"
	    "*admitted-regions* and *work* are read again on reload (*SIGHUP*, *matchctl reload*); "
	    "the others wait for a restart.\n\n# OPTIONS\n\n");
	for (const struct option *row = options_table; row->name; row++)
		print_man_option(out, row, "");
	fprintf(out, "# EXAMPLE\n\n```\nadmitted-regions: ['77', '50']\nwork: 512\nlog-level: "
		     "notice\n```\n\n"
		     "# SEE ALSO\n\n*matchd*(8), *matchd-gateway*(8), *matchd-exchange*(5)\n");
}

/* The manual page, as scdoc reads it. */
static void
print_man(FILE *out, enum program program)
{
	bool core = program == PROGRAM_CORE;
	fprintf(out,
		"%s(8)\n\n# NAME\n\n%s - %s\n\n# SYNOPSIS\n\n*%s* [--config=_FILE_] "
		"[--_OPTION_=_VALUE_...]\n\n",
		program_names[program], program_names[program],
		core ? "finds who suits whom, and tells" : "stands between matchd and its clients",
		program_names[program]);
	fprintf(out, "# DESCRIPTION\n\n%s\n\n",
		core ? "Holds participants, needs and offers, and tells subscribing services the "
		       "moment two sides suit "
		       "each other. Stores every turn before it answers. Where no service manager "
		       "started it, it starts "
		       "*matchd-gateway*(8) itself. SIGTERM finishes the turn and answers."
		     : "Takes commands and gives out the feed over ZeroMQ, on behalf of "
		       "*matchd*(8). Holds nothing: it may "
		       "be restarted at any time.");
	fprintf(out, "# OPTIONS\n\nEach may stand in the configuration file (" USUAL_CONFIG
		     ", or the one that *--config* names) as _name: value_, or on the command "
		     "line, which goes first.\n\n");
	for (const struct option *row = options_table; row->name; row++)
		if (row->programs & program)
			print_man_option(out, row, "--");
	fprintf(
	    out,
	    "*--print-options*, *--print-man*, *--print-file-man*, *--print-events*, *--version*, "
	    "*--help*\n\tprint and exit\n\n"
	    "# EXIT STATUS\n\n0 after SIGTERM; 1 where something failed, in the log; 2 where "
	    "the options are mistaken.\n\n"
	    "# SEE ALSO\n\n*%s*(8), *matchd.conf*(5), *matchd-exchange*(5), *matchctl*(1), "
	    "*matchd-protocol*(7), *matchd-semantics*(7)\n",
	    core ? "matchd-gateway" : "matchd");
}

void
options_answer(FILE *out, enum program program, enum options_wish wish)
{
	if (wish == WISH_HELP)
		print_help(out, program);
	else if (wish == WISH_TABLE)
		print_table(out);
	else if (wish == WISH_MAN)
		print_man(out, program);
	else if (wish == WISH_FILE_MAN)
		print_file_man(out);
	else if (wish == WISH_EVENTS)
		log_print_events(out);
	else
		fprintf(out, "%s %s\n", program_names[program], MATCHD_VERSION);
}
