/* context list, use, show, set and remove: the user's own settings. */

#include "client/matchctl/command.h"
#include "client/matchctl/config.h"
#include "client/matchctl/json.h"
#include "client/matchctl/table.h"

#include <stdio.h>
#include <stdlib.h>

/* The configuration for the time of one command. */
struct session {
	char *path;
	struct config config;
};

static int
complain(const char *why)
{
	fprintf(stderr, "matchctl: %s\n", why);
	return EXIT_INPUT;
}

static int
begin(struct session *s)
{
	char why[CONFIG_WHY];
	*s = (struct session){.path = config_path()};
	if (!s->path)
		return complain(
		    TR("neither $XDG_CONFIG_HOME nor $HOME says where your settings are",
		       "ни $XDG_CONFIG_HOME, ни $HOME не говорят, где ваши настройки"));
	return config_read(s->path, &s->config, why) ? complain(why) : EXIT_DONE;
}

static int
end(struct session *s, int code, bool write)
{
	char why[CONFIG_WHY];
	if (code == EXIT_DONE && write && config_write(s->path, &s->config, why))
		code = complain(why);
	config_done(&s->config);
	free(s->path);
	return code;
}

static struct context *
wanted(const struct session *s, const char *name)
{
	struct context *c = config_find(&s->config, name);
	if (!c)
		fprintf(
		    stderr,
		    TR("matchctl: there is no context \"%s\"; `matchctl context list` shows all, "
		       "`context set` makes one\n",
		       "matchctl: контекста «%s» нет; `matchctl context list` покажет все, "
		       "`context set` создаст\n"),
		    name);
	return c;
}

static bool
in_use(const struct session *s, const struct context *c)
{
	return strcmp(s->config.use, c->name) == 0;
}

static void
print_json(const struct session *s, const struct context *c)
{
	json_t *line = json_pack("{s:s, s:b}", "name", c->name, "in_use", in_use(s, c));
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (*c->values[i])
			json_object_set_new(line, config_key_names[i], json_string(c->values[i]));
	json_print_line(stdout, line);
}

static void
print_table(const struct session *s)
{
	static const struct column columns[] = {
	    {TEXTS("IN USE", "ВЫБРАН")}, {TEXTS("NAME", "ИМЯ")},  {TEXTS("ENDPOINT", "АДРЕС")},
	    {TEXTS("TIMEOUT", "СРОК")},	 {TEXTS("LANG", "ЯЗЫК")}, {TEXTS("COLOR", "ЦВЕТ")},
	    {TEXTS("CLIENT", "КЛИЕНТ")}, {TEXTS(NULL, NULL)},
	};
	struct table *table = table_new(columns);
	for (size_t i = 0; i < s->config.n; i++) {
		const struct context *c = &s->config.contexts[i];
		table_cell(table, str_of(in_use(s, c) ? "*" : ""));
		table_cell(table, str_of(c->name));
		for (size_t k = 0; k < CONFIG_KEYS; k++)
			table_cell(table, str_of(c->values[k]));
	}
	table_print(table, stdout);
	if (table_is_empty(table))
		puts(TR("(none)", "(пусто)"));
	table_free(table);
}

int
cmd_context_list(struct tool *t)
{
	struct session s;
	int code = begin(&s);
	for (size_t i = 0; code == EXIT_DONE && t->json && i < s.config.n; i++)
		print_json(&s, &s.config.contexts[i]);
	if (code == EXIT_DONE && !t->json)
		print_table(&s);
	return end(&s, code, false);
}

int
cmd_context_use(struct tool *t)
{
	struct session s;
	int code = begin(&s);
	const struct context *c = code == EXIT_DONE ? wanted(&s, t->operands[0]) : NULL;
	if (c)
		memcpy(s.config.use, c->name, sizeof s.config.use);
	else if (code == EXIT_DONE)
		code = EXIT_USAGE;
	return end(&s, code, true);
}

static void
print_context(const struct context *c)
{
	printf("%-8s  %s\n", "name", c->name);
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (*c->values[i])
			printf("%-8s  %s\n", config_key_names[i], c->values[i]);
}

/* The one named, else the one that commands go by. */
int
cmd_context_show(struct tool *t)
{
	struct session s;
	int code = begin(&s);
	if (code != EXIT_DONE)
		return end(&s, code, false);
	const char *name = t->n_operands > 0 ? t->operands[0] : tool_context(t, s.config.use);
	const struct context *c = NULL;
	if (!name)
		fputs(
		    TR("matchctl: no context is in use; `matchctl context use NAME` chooses one\n",
		       "matchctl: контекст не выбран; его выбирает `matchctl context use NAME`\n"),
		    stderr);
	else
		c = wanted(&s, name);
	if (c && t->json)
		print_json(&s, c);
	else if (c)
		print_context(c);
	return end(&s, c ? EXIT_DONE : EXIT_USAGE, false);
}

/* One KEY=VALUE. */
static int
assign(struct context *c, const char *text)
{
	char why[CONFIG_VALUE_WHY];
	const char *equals = strchr(text, '=');
	struct str name = {text, equals ? (uint32_t)(equals - text) : 0};
	int key = equals ? config_key(name) : -1;
	if (key >= 0 && config_set(c, (enum config_key)key, str_of(equals + 1), why) == 0)
		return EXIT_DONE;
	if (key >= 0)
		fprintf(stderr, "matchctl: %s\n", why);
	else
		fprintf(stderr,
			TR("matchctl: %s: expected endpoint=, timeout=, lang=, color= or client=\n",
			   "matchctl: %s: нужно endpoint=, timeout=, lang=, color= или client=\n"),
			text);
	return EXIT_USAGE;
}

int
cmd_context_set(struct tool *t)
{
	struct session s;
	int code = begin(&s);
	struct context *c = NULL;
	if (code == EXIT_DONE) {
		c = config_find(&s.config, t->operands[0]);
		c = c ? c : config_add(&s.config, t->operands[0]);
	}
	if (code == EXIT_DONE && !c) {
		fputs(
		    TR("matchctl: a context's name is 1 to 64 of A-Z a-z 0-9 . _ -, and there are "
		       "100 of them at most\n",
		       "matchctl: имя контекста — 1–64 знака из A-Z a-z 0-9 . _ -, и их не больше "
		       "100\n"),
		    stderr);
		code = EXIT_USAGE;
	}
	for (size_t i = 1; i < t->n_operands && code == EXIT_DONE; i++)
		code = assign(c, t->operands[i]);
	return end(&s, code, true);
}

int
cmd_context_remove(struct tool *t)
{
	struct session s;
	int code = begin(&s);
	struct context *c = code == EXIT_DONE ? wanted(&s, t->operands[0]) : NULL;
	if (c)
		config_remove(&s.config, c);
	else if (code == EXIT_DONE)
		code = EXIT_USAGE;
	return end(&s, code, true);
}
