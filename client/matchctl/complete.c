#include "client/matchctl/complete.h"

#include "client/clock.h"
#include "client/matchctl/config.h"
#include "client/matchctl/definition.h"
#include "client/matchctl/rows.h"
#include "core/exchange.h"
#include "core/fact.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 1000, MAX_CANDIDATES = 2000, PAGE_ROWS = 1000, MAX_OPERANDS = 8, WORD = 200 };

/* The words so far, understood. */
struct line {
	struct tool *tool;
	FILE *out;
	const char *current;		  /* what is being typed, "" for nothing yet */
	struct str before;		  /* "--side=", where that stands in the same word */
	const struct command *command;	  /* NULL: not known yet */
	const char *first;		  /* a first word that is none by itself: "participant" */
	const struct option_spec *option; /* `current` is its value */
	const char *operands[MAX_OPERANDS];
	size_t n_operands;
	const char *exchange; /* that was named by an option */
	int64_t deadline_ms;
	size_t printed;
};

static void
candidate(struct line *l, struct str word, const char *end)
{
	size_t typed = strlen(l->current);
	if (l->printed >= MAX_CANDIDATES || word.len + strlen(end) < typed || word.len > WORD)
		return;
	char text[WORD + 8];
	snprintf(text, sizeof text, "%.*s%s", STR_FMT(word), end);
	if (strncmp(text, l->current, typed) != 0)
		return;
	fprintf(l->out, "%.*s%s\n", STR_FMT(l->before), text);
	l->printed++;
}

/* ---- lists that matchd has ---- */

/* The texts under `key` of all rows, page by page, with something before and behind each. */
static void
ask_rows(struct line *l, const char *cmd, struct arguments *args, const char *list, const char *key,
	 const char *before, const char *end)
{
	bool paged = strcmp(cmd, "exchange.list") != 0;
	uint64_t after = 0;
	do {
		struct matchd_reply *r;
		struct arguments page = {.count = args->count};
		buf_put(&page.pairs, args->pairs.data, args->pairs.len);
		if (paged)
			arguments_int(&page, "limit", PAGE_ROWS);
		if (after > 0)
			arguments_int(&page, "after", (int64_t)after);
		int code = ask(l->tool, cmd, &page, &r);
		arguments_free(&page);
		if (code != EXIT_DONE)
			return;
		struct mp rows = ask_result(r, list), next = ask_result(r, "next");
		uint32_t n = mp_get_array(&rows);
		for (uint32_t i = 0; i < n; i++) {
			char word[WORD];
			struct mp at = mp_find(rows, str_of(key));
			struct str text = mp_get_str(&at);
			snprintf(word, sizeof word, "%s%.*s", before, STR_FMT(text));
			candidate(l, str_of(word), end);
			mp_get_raw(&rows);
		}
		after = mp_peek(&next) == MP_INT ? mp_get_uint(&next) : 0;
		matchd_reply_free(r);
	} while (after > 0 && l->printed < MAX_CANDIDATES && clock_ms() < l->deadline_ms);
}

static void
list_subscriptions(struct line *l)
{
	struct arguments none = ARGUMENTS_EMPTY;
	ask_rows(l, "subscription.list", &none, "subscriptions", "name", "", "");
	arguments_free(&none);
}

static void
list_exchanges(struct line *l, const char *before)
{
	struct arguments none = ARGUMENTS_EMPTY;
	ask_rows(l, "exchange.list", &none, "exchanges", "name", before, "");
	arguments_free(&none);
}

static void
list_participants(struct line *l, const char *before, const char *end)
{
	struct arguments none = ARGUMENTS_EMPTY;
	ask_rows(l, "participant.list", &none, "participants", "id", before, end);
	arguments_free(&none);
}

/* First whose, then which: all ids at once would be too many. */
static void
list_listings(struct line *l, const char *side)
{
	const char *slash = strchr(l->current, '/');
	struct arguments args = ARGUMENTS_EMPTY;
	char participant[80];
	if (!slash) {
		list_participants(l, "", "/");
		return;
	}
	snprintf(participant, sizeof participant, "%.*s", (int)(slash - l->current), l->current);
	arguments_text(&args, "participant", participant);
	arguments_text(&args, "side", side);
	ask_rows(l, "listing.list", &args, "listings", "listing", "", "");
	arguments_free(&args);
}

static void
list_fields_of(struct line *l, const char *name)
{
	struct matchd_reply *exchange = NULL;
	struct mp definition;
	if (definition_ask(l->tool, name, &exchange, &definition) == EXIT_DONE) {
		struct mp fields = mp_find(definition, STR("fields"));
		uint32_t n = mp_get_map(&fields);
		for (uint32_t i = 0; i < n; i++) {
			candidate(l, mp_get_str(&fields), "=");
			mp_get_raw(&fields);
		}
	}
	matchd_reply_free(exchange);
}

/* The fields of the exchange that the listing typed before is in. */
static void
list_fields(struct line *l)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *listing = NULL;
	char name[80] = "";
	if (l->n_operands == 0)
		return;
	arguments_text(&args, "listing", l->operands[0]);
	if (ask(l->tool, "listing.show", &args, &listing) == EXIT_DONE) {
		struct mp at = mp_find(ask_result(listing, "listing"), STR("exchange"));
		struct str text = mp_get_str(&at);
		snprintf(name, sizeof name, "%.*s", STR_FMT(text));
	}
	if (*name)
		list_fields_of(l, name);
	matchd_reply_free(listing);
	arguments_free(&args);
}

/* ---- lists that are known here ---- */

static void
list_words(struct line *l, const char *const *words, const char *end)
{
	for (; *words; words++)
		candidate(l, str_of(*words), end);
}

/* The kinds that a subscription can name; the journal has those before and behind them, too. */
static void
list_facts(struct line *l)
{
	bool journal = strcmp(l->command->name, "facts") == 0;
	unsigned first = journal ? FACT_SETTINGS_CHANGED : FACT_EXCHANGE_REVISED;
	unsigned last = journal ? FACT_QUEUE_WORKED : FACT_MATCH_ENDED;
	for (unsigned kind = first; kind <= last; kind++) {
		const char *name = fact_kind_name((enum fact_kind)kind);
		if (name)
			candidate(l, str_of(name), "");
	}
}

static void
list_contexts(struct line *l)
{
	char why[CONFIG_WHY];
	struct config config = {0};
	char *path = config_path();
	if (path && config_read(path, &config, why) == 0)
		for (size_t i = 0; i < config.n; i++)
			candidate(l, str_of(config.contexts[i].name), "");
	config_done(&config);
	free(path);
}

static void
list_orders(struct line *l)
{
	const struct row_order *o =
	    strcmp(l->command->name, "list") == 0 ? listing_orders : participant_orders;
	for (; o->name; o++)
		candidate(l, str_of(o->name), "");
}

static void
list_names(struct line *l)
{
	static const char *const attributes[] = {
	    "name",	 "kind",    "inn",     "ogrn",	   "region", "okved", "size",
	    "headcount", "revenue", "founded", "contacts", "blocks", NULL};
	if (strcmp(l->command->name, "revise") == 0)
		list_fields(l);
	else if (l->exchange)
		list_fields_of(l, l->exchange);
	else if (strcmp(l->command->name, "participant revise") == 0)
		list_words(l, attributes, "=");
}

static void
list_keys(struct line *l)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		candidate(l, str_of(config_key_names[i]), "=");
}

/* First or second words of commands. */
static void
list_commands(struct line *l, const char *first)
{
	const char *last = "";
	for (const struct command *c = commands; c->name; c++) {
		const char *blank = strchr(c->name, ' ');
		struct str word = {c->name,
				   (uint32_t)(blank ? (size_t)(blank - c->name) : strlen(c->name))};
		if (!c->summary.en)
			continue;
		if (!first) {
			if (strncmp(last, c->name, word.len) != 0 || last[word.len] != ' ')
				candidate(l, word, "");
			last = c->name;
		} else if (blank && str_eq(word, str_of(first))) {
			candidate(l, str_of(blank + 1), "");
		}
	}
}

/* ---- kinds of values ---- */

static void
list_kind(struct line *l, struct str kind)
{
	static const struct {
		const char *kind;
		const char *words[10];
	} fixed[] = {
	    {"KIND", {"legal_entity", "sole_proprietor", "person", "foreign_entity"}},
	    {"FORMAT", {"json", "jsonl", "yaml"}},
	    {"LANGUAGE", {"ru", "en"}},
	    {"WHEN", {"auto", "always", "never"}},
	    {"YES|NO", {"yes", "no"}},
	    {"SHELL", {"bash", "zsh"}},
	    {"START", {"now", "state"}},
	};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (str_eq(kind, str_of(fixed[i].kind))) {
			list_words(l, fixed[i].words, "");
			return;
		}
	if (str_eq(kind, STR("SIDE")))
		list_words(l, side_names, "");
	else if (str_eq(kind, STR("STATE")))
		list_words(l, listing_state_names, "");
	else if (str_eq(kind, STR("STATUS")))
		list_words(l, status_names, "");
	else if (str_eq(kind, STR("FACT")))
		list_facts(l);
	else if (str_eq(kind, STR("EXCHANGE")))
		list_exchanges(l, "");
	else if (str_eq(kind, STR("PARTICIPANT")))
		list_participants(l, "", "");
	else if (str_eq(kind, STR("LISTING")))
		list_listings(l, NULL);
	else if (str_eq(kind, STR("NEED")))
		list_listings(l, "need");
	else if (str_eq(kind, STR("OFFER")))
		list_listings(l, "offer");
	else if (str_eq(kind, STR("SUBSCRIPTION")))
		list_subscriptions(l);
	else if (str_eq(kind, STR("CONTEXT")))
		list_contexts(l);
	else if (str_eq(kind, STR("KEY")))
		list_orders(l);
	else if (str_eq(kind, STR("KEY=VALUE")))
		list_keys(l);
	else if (str_eq(kind, STR("NAME=JSON")))
		list_names(l);
	else if (str_eq(kind, STR("COMMAND")))
		list_commands(l, l->n_operands > 0 ? l->operands[0] : NULL);
	else if (str_eq(kind, STR("STREAM"))) {
		list_exchanges(l, "x.");
		list_participants(l, "p.", "");
	}
}

/* "LISTING|FILE" names two kinds; "YES|NO" is one. */
static void
list_kinds(struct line *l, struct str kinds)
{
	const char *bar = memchr(kinds.p, '|', kinds.len);
	if (bar && !str_eq(kinds, STR("YES|NO")))
		kinds.len = (uint32_t)(bar - kinds.p);
	list_kind(l, kinds);
}

/* The kind of operand number `i` in "EXCHANGE SIDE", "[STREAM...]", "CONTEXT KEY=VALUE...". */
static struct str
operand_kind(const char *operands, size_t i)
{
	struct str kind = STR_NONE;
	for (size_t k = 0; *operands; k++) {
		size_t skip = strspn(operands, " ["), n = strcspn(operands + skip, " ].");
		const char *end = operands + skip + n;
		kind = (struct str){operands + skip, (uint32_t)n};
		if (k == i || strncmp(end, "...", 3) == 0)
			return kind;
		operands = end + strspn(end, "] .");
	}
	return str_eq(kind, STR("COMMAND")) && i == 1 ? kind : STR_NONE;
}

static void
list_options(struct line *l, const struct option_spec *options)
{
	for (; options && options->name; options++) {
		char text[WORD];
		snprintf(text, sizeof text, "--%s", options->name);
		candidate(l, str_of(text), "");
	}
}

/* ---- understanding the words ---- */

static const struct option_spec *
find_in(const struct option_spec *options, const char *word, size_t len)
{
	for (; options && options->name; options++) {
		bool is_long = len > 2 && strncmp(word, "--", 2) == 0 &&
			       strlen(options->name) == len - 2 &&
			       strncmp(options->name, word + 2, len - 2) == 0;
		if (is_long || (len == 2 && word[0] == '-' && word[1] == options->letter))
			return options;
	}
	return NULL;
}

static const struct option_spec *
find_option(const struct line *l, const char *word, size_t len)
{
	const struct option_spec *o = find_in(l->command ? l->command->options : NULL, word, len);
	return o ? o : find_in(global_options, word, len);
}

/* Where to ask, as the words so far say. */
static void
take_value(struct line *l, const struct option_spec *o, const char *value)
{
	struct tool *t = l->tool;
	if (strcmp(o->name, "exchange") == 0)
		l->exchange = value;
	if (strcmp(o->name, "client") == 0 && config_is_name(str_of(value))) {
		free(t->client_name);
		t->client_name = mem_dup(value, strlen(value));
	} else if (strcmp(o->name, "endpoint") == 0) {
		free(t->endpoint);
		t->endpoint = mem_dup(value, strlen(value));
	} else if (strcmp(o->name, "context") == 0) {
		char why[CONFIG_WHY];
		struct config config = {0};
		char *path = config_path();
		bool good = path && config_read(path, &config, why) == 0;
		const struct context *c = good ? config_find(&config, value) : NULL;
		if (c && *c->values[CONFIG_ENDPOINT]) {
			free(t->endpoint);
			t->endpoint =
			    mem_dup(c->values[CONFIG_ENDPOINT], strlen(c->values[CONFIG_ENDPOINT]));
		}
		config_done(&config);
		free(path);
	}
}

/* A word that is no option: of the command's name, or an operand. */
static void
take_word(struct line *l, const char *word)
{
	if (l->command) {
		if (l->n_operands < MAX_OPERANDS)
			l->operands[l->n_operands++] = word;
		return;
	}
	for (const struct command *c = commands; c->name && !l->command; c++) {
		const char *blank = strchr(c->name, ' ');
		if (!blank && !l->first && strcmp(c->name, word) == 0)
			l->command = c;
		else if (blank && l->first && strcmp(blank + 1, word) == 0 &&
			 strlen(l->first) == (size_t)(blank - c->name) &&
			 strncmp(c->name, l->first, strlen(l->first)) == 0)
			l->command = c;
	}
	if (!l->command)
		l->first = word;
}

/* The words before the current one. Shells may split --side=need into three of them. */
static void
take_words(struct line *l, char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(words[i], "=");
		const struct option_spec *o =
		    *words[i] == '-' ? find_option(l, words[i], len) : NULL;
		if (*words[i] != '-') {
			take_word(l, words[i]);
			continue;
		}
		if (!o || !o->value || *o->value == '[' || words[i][len] == '=') {
			if (o && words[i][len] == '=')
				take_value(l, o, words[i] + len + 1);
			continue;
		}
		if (i + 1 < n && strcmp(words[i + 1], "=") == 0)
			i++;
		if (i + 1 < n)
			take_value(l, o, words[++i]);
		else
			l->option = o;
	}
}

/* "--side=o": the value is being typed, and the rest stays before it. */
static void
split_current(struct line *l)
{
	const char *equals = strchr(l->current, '=');
	if (l->option || *l->current != '-' || !equals)
		return;
	size_t len = (size_t)(equals - l->current);
	const struct option_spec *o = find_option(l, l->current, len);
	if (!o || !o->value)
		return;
	l->option = o;
	l->before = (struct str){l->current, (uint32_t)len + 1};
	l->current = equals + 1;
}

void
complete_words(struct tool *t, char *const *words, size_t n, FILE *out)
{
	struct line l = {.tool = t, .out = out, .deadline_ms = clock_ms() + PATIENCE_MS};
	l.current = n > 0 ? words[n - 1] : "";
	take_words(&l, words, n > 0 ? n - 1 : 0);
	t->timeout_ms = PATIENCE_MS;
	t->json = true;
	if (strcmp(l.current, "=") == 0)
		l.current = "";
	split_current(&l);
	if (l.option)
		list_kinds(&l, str_of(l.option->value));
	else if (*l.current == '-') {
		list_options(&l, l.command ? l.command->options : NULL);
		list_options(&l, global_options);
	} else if (!l.command)
		list_commands(&l, l.first);
	else
		list_kinds(&l, operand_kind(l.command->operands, l.n_operands));
}
