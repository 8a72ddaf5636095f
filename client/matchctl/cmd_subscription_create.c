/* subscription create: a filter from options, and from a file for what they do not say. */

#include "client/matchctl/ask.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/objects.h"
#include "client/matchctl/times.h"

#include <stdio.h>

/* ---- options ---- */

static void
add_kinds(const struct tool *t, struct arguments *args)
{
	uint32_t n = 0;
	for (size_t i = 0; i < t->n_given; i++)
		n += strcmp(t->given[i].option->name, "kind") == 0;
	if (n == 0)
		return;
	struct buf *kinds = arguments_key(args, "kinds");
	mp_put_array(kinds, n);
	for (size_t i = 0; i < t->n_given; i++)
		if (strcmp(t->given[i].option->name, "kind") == 0)
			mp_put_text(kinds, t->given[i].value);
}

static int
add_from(const struct tool *t, struct arguments *args)
{
	long long number = 0;
	int code = tool_number(t, "start", 1, INT64_MAX, &number);
	arguments_int(args, "from", number);
	return code;
}

/* A word, the number of a fact, or a time. */
static int
add_start(const struct tool *t, struct arguments *args)
{
	const char *start = tool_option(t, "start");
	int64_t since_ms;
	if (!start)
		return EXIT_DONE;
	if (strcmp(start, "now") == 0 || strcmp(start, "state") == 0) {
		arguments_text(args, "start", start);
		return EXIT_DONE;
	}
	if (*start && !start[strspn(start, "0123456789")])
		return add_from(t, args);
	if (!times_read(str_of(start), false, &since_ms)) {
		fputs(TR("matchctl: --start takes now, state, the number of a fact, a day "
			 "(YYYY-MM-DD) or a time (RFC 3339)\n",
			 "matchctl: --start — это now, state, номер факта, день (ГГГГ-ММ-ДД) или "
			 "время (RFC 3339)\n"),
		      stderr);
		return EXIT_USAGE;
	}
	arguments_int(args, "since", since_ms);
	return EXIT_DONE;
}

static int
add_options(const struct tool *t, struct arguments *args)
{
	static const char *const texts[] = {"exchange", "side", "participant", "listing"};
	long long score = -1, seconds = 0;
	int code = tool_number(t, "min-score", 0, 1000, &score);
	if (code == EXIT_DONE)
		code = tool_number(t, "ack-timeout", 1, 3600, &seconds);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		arguments_text(args, texts[i], tool_option(t, texts[i]));
	add_kinds(t, args);
	if (score >= 0)
		arguments_int(args, "min_score", score);
	if (seconds > 0)
		arguments_int(args, "ack_timeout_ms", seconds * 1000);
	if (code == EXIT_DONE)
		code = object_assignments(t, "field", "fields", args);
	if (code == EXIT_DONE)
		code = add_start(t, args);
	return code;
}

/* ---- the file ---- */

struct filter_file {
	struct arguments *args;
	unsigned maps, mistakes;
};

static bool
is_given(struct arguments *args, struct str key)
{
	struct mp at = mp_find(mp_of(arguments_map(args)), key);
	return mp_peek(&at) != MP_END;
}

/* Where it is to begin is said by one of three keys. */
static bool
begins(struct str key)
{
	return str_eq(key, STR("start")) || str_eq(key, STR("from")) || str_eq(key, STR("since"));
}

static int
take_document(void *arg, const struct document *d)
{
	struct filter_file *f = arg;
	struct mp map = mp_of(d->map);
	bool begun = is_given(f->args, STR("start")) || is_given(f->args, STR("from")) ||
		     is_given(f->args, STR("since"));
	uint32_t n = f->maps++ == 0 ? mp_get_map(&map) : 0;
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&map), value = mp_get_raw(&map);
		if (is_given(f->args, key) || (begun && begins(key)))
			continue;
		mp_put_str(&f->args->pairs, key);
		mp_put_raw(&f->args->pairs, value);
		f->args->count++;
	}
	return 0;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	struct filter_file *f = arg;
	f->mistakes++;
	fprintf(stderr, "%s:%u: %s\n", file, line, message);
}

/* What the options do not say. */
static int
add_file(const struct tool *t, struct arguments *args)
{
	const char *path = tool_option(t, "file");
	struct filter_file f = {.args = args};
	const struct document_reader reader = {take_document, take_mistake, &f};
	enum document_format format;
	if (!path)
		return EXIT_DONE;
	documents_format(NULL, path, &format);
	documents_read(path, format, &reader);
	if (f.mistakes == 0 && f.maps != 1) {
		fprintf(
		    stderr,
		    TR("matchctl: %s: expected one map\n", "matchctl: %s: нужен один словарь\n"),
		    path);
		f.mistakes++;
	}
	return f.mistakes > 0 ? EXIT_INPUT : EXIT_DONE;
}

int
cmd_subscription_create(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "name", t->operands[0]);
	int code = add_options(t, &args);
	if (code == EXIT_DONE)
		code = add_file(t, &args);
	if (code == EXIT_DONE)
		code = ask_and_print(t, "subscription.create", &args, NULL);
	arguments_free(&args);
	return code;
}
