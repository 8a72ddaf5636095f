#include "client/matchctl/bulk.h"

#include "client/matchctl/ask.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/flight.h"
#include "client/matchctl/json.h"
#include "client/matchctl/objects.h"
#include "client/matchctl/progress.h"
#include "client/matchctl/refusals.h"
#include "client/matchctl/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_HINTS = 8 };

struct bulk {
	struct tool *tool;
	const char *cmd;
	bulk_fn convert;
	bool dry_run;
	struct flight flight;
	uint64_t taken; /* objects so far */
	uint64_t stored, unchanged, refused, mistaken;
	struct progress progress;
	uint64_t before;    /* bytes of the files that are done */
	int failed;	    /* an exit code that ended it all, or EXIT_DONE */
	struct buf summary; /* of the last one stored, in words */
	const struct refusal_words *hints[MAX_HINTS]; /* what to do about refusals, each once */
	size_t n_hints;
};

/* ---- what came back ---- */

/* "acme/turning: changed, open, revision 2, 3 matches told" */
static void
describe(struct bulk *b, const struct matchd_reply *r)
{
	const struct {
		const char *before, *key, *after;
	} parts[] = {
	    {"", "listing", ": "},
	    {"", "result", ""},
	    {", ", "state", ""},
	    {", ", "status", ""},
	    {TR(", revision ", ", ревизия "), "revision", ""},
	    {TR(", ", ", сообщено "), "told", TR(" told", "")},
	    {" (", "note", ")"},
	};
	buf_clear(&b->summary);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct mp at = ask_result(r, parts[i].key);
		if (mp_peek(&at) == MP_END)
			continue;
		buf_put(&b->summary, parts[i].before, strlen(parts[i].before));
		value_put(&b->summary, NULL, at);
		buf_put(&b->summary, parts[i].after, strlen(parts[i].after));
	}
}

static void
print_json_result(const char *file, unsigned line, const struct matchd_reply *r)
{
	json_t *result = json_from_mp(ask_map(r));
	json_object_del(result, "v");
	json_object_del(result, "id");
	json_object_set_new(result, "file", json_string(file));
	json_object_set_new(result, "line", json_integer(line));
	json_print_line(stdout, result);
}

/* A thousand refusals of one kind need one hint, at the end. */
static void
keep_hint(struct bulk *b, const char *code)
{
	const struct refusal_words *w = refusals_find(code);
	for (size_t i = 0; i < b->n_hints; i++)
		if (b->hints[i] == w)
			return;
	if (w && b->n_hints < MAX_HINTS)
		b->hints[b->n_hints++] = w;
}

static void
say_refused(struct bulk *b, const char *file, unsigned line, const struct matchd_error *e)
{
	char where[512];
	progress_clear(&b->progress);
	snprintf(where, sizeof where, "%s:%u", file, line);
	if (ask_refused(b->tool, where, e) == EXIT_CONNECTION)
		b->failed = EXIT_CONNECTION;
	b->refused++;
	keep_hint(b, e->code);
}

/* `who` is the file's name, `what` the line. */
static int
take_reply(void *arg, void *who, uint64_t what, const struct matchd_reply *r)
{
	struct bulk *b = arg;
	const char *file = who;
	struct matchd_error e;
	if (matchd_reply_error(r, &e)) {
		say_refused(b, file, (unsigned)what, &e);
		return b->failed;
	}
	struct mp at = ask_result(r, "result");
	if (str_eq(mp_get_str(&at), STR("unchanged")))
		b->unchanged++;
	else
		b->stored++;
	if (b->tool->json)
		print_json_result(file, (unsigned)what, r);
	else
		describe(b, r);
	return b->failed;
}

/* ---- what goes out ---- */

static void
refuse_here(struct bulk *b, const struct document *d, const struct both *why)
{
	say_refused(b, d->file, d->line,
		    &(struct matchd_error){.code = "bad_value",
					   .field = "",
					   .message = b->tool->json ? why->en : both_say(why),
					   .expected = ""});
}

const struct both bulk_too_long = TEXTS("longer than a message may be (65536 bytes)",
					"длиннее, чем может быть сообщение (65536 байт)");

static int
send_one(struct bulk *b, const struct document *d, struct arguments *args)
{
	int code = flight_send(&b->flight, b->cmd, arguments_map(args), (void *)d->file, d->line);
	if (code == FLIGHT_TOO_LONG) {
		refuse_here(b, d, &bulk_too_long);
		return 0;
	}
	b->failed = code;
	return code != EXIT_DONE;
}

/* A file to be checked holds what publish or what participant register takes. */
static void
prepare_dry_run(struct bulk *b, struct mp object, struct arguments *args)
{
	struct mp listing = mp_find(object, STR("listing")), id = mp_find(object, STR("id"));
	bool participant = mp_peek(&listing) == MP_END && mp_peek(&id) != MP_END;
	b->cmd = participant ? "participant.register" : "listing.publish";
	b->convert = participant ? object_register : object_listing;
	mp_put_bool(arguments_key(args, "dry_run"), true);
}

/* One key for many requests would make conflicts of all but the first. */
static void
add_key(const struct bulk *b, struct mp object, struct arguments *args)
{
	const char *given = tool_option(b->tool, "key");
	struct mp own = mp_find(object, STR("key"));
	char key[128];
	if (!given || mp_peek(&own) != MP_END)
		return;
	snprintf(key, sizeof key, "%s:%" PRIu64, given, b->taken);
	arguments_text(args, "key", key);
}

static int
take_document(void *arg, const struct document *d)
{
	struct bulk *b = arg;
	struct arguments args = ARGUMENTS_EMPTY;
	struct both why;
	int stop = 0;
	b->taken++;
	add_key(b, mp_of(d->map), &args);
	if (b->dry_run)
		prepare_dry_run(b, mp_of(d->map), &args);
	if (b->convert(b->tool, mp_of(d->map), &args, &why))
		refuse_here(b, d, &why);
	else
		stop = send_one(b, d, &args);
	progress_step(&b->progress, b->before + d->at, b->stored + b->unchanged + b->refused);
	arguments_free(&args);
	return stop;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	struct bulk *b = arg;
	b->mistaken++;
	progress_clear(&b->progress);
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", file, line, message);
	else
		fprintf(stderr, "%s: %s\n", file, message);
}

/* ---- all of it ---- */

static uint64_t
size_of(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode)
		   ? (uint64_t)st.st_size
		   : 0;
}

/* At a terminal, where what is printed as it comes would not be mixed into it, and where all of it
 * is known beforehand. */
static void
begin_progress(struct bulk *b)
{
	const struct tool *t = b->tool;
	uint64_t total = 0;
	bool known = true;
	for (size_t i = 0; i < t->n_operands; i++) {
		uint64_t size = size_of(t->operands[i]);
		known &= size > 0;
		total += size;
	}
	bool on = known && !t->json && isatty(STDERR_FILENO);
	progress_begin(&b->progress, on, total, 0, 0);
}

static int
read_all(struct bulk *b)
{
	const struct tool *t = b->tool;
	const struct document_reader reader = {take_document, take_mistake, b};
	for (size_t i = 0; i < t->n_operands && !b->failed; i++) {
		enum document_format format;
		if (!documents_format(tool_option(t, "format"), t->operands[i], &format)) {
			fputs(TR("matchctl: --format takes json, jsonl or yaml\n",
				 "matchctl: --format — json, jsonl или yaml\n"),
			      stderr);
			return EXIT_USAGE;
		}
		documents_read(t->operands[i], format, &reader);
		b->before += size_of(t->operands[i]);
	}
	if (!b->failed)
		b->failed = flight_land(&b->flight);
	return b->failed;
}

static void
print_counts(const struct bulk *b, FILE *out)
{
	if (b->dry_run)
		fprintf(out,
			TR("good %" PRIu64 ", refused %" PRIu64 "; nothing was stored\n",
			   "годится %" PRIu64 ", отклонено %" PRIu64 "; ничего не сохранено\n"),
			b->stored + b->unchanged, b->refused);
	else
		fprintf(out,
			TR("stored %" PRIu64 ", unchanged %" PRIu64 ", refused %" PRIu64 "\n",
			   "сохранено %" PRIu64 ", без изменений %" PRIu64 ", отклонено %" PRIu64
			   "\n"),
			b->stored, b->unchanged, b->refused);
}

static void
sum_up(const struct bulk *b)
{
	bool single = b->stored + b->unchanged == 1 && b->refused + b->mistaken == 0 && !b->dry_run;
	if (single && !b->tool->json)
		printf("%.*s\n", STR_FMT(buf_str(&b->summary)));
	else
		print_counts(b, b->tool->json ? stderr : stdout);
	if (b->mistaken > 0)
		fprintf(stderr,
			TR("not sent: %" PRIu64 " with mistakes in the file\n",
			   "не отправлено: %" PRIu64 " с ошибками в файле\n"),
			b->mistaken);
	for (size_t i = 0; i < b->n_hints; i++)
		ask_hint(b->tool, b->hints[i]->code);
	bool again = b->cmd && strcmp(b->cmd, "listing.publish") == 0 && !b->dry_run;
	if (again && b->stored > 0 && b->refused + b->mistaken > 0 && !b->tool->json)
		fputs(
		    TR("The rest is stored. Mend these and give the whole file again: what has not "
		       "changed makes no difference.\n",
		       "Остальное сохранено. Исправьте это и подайте файл снова целиком: без "
		       "изменений он ничего не меняет.\n"),
		    stderr);
}

static int
run(struct bulk *b)
{
	int code = ask_connect(b->tool);
	if (code != EXIT_DONE)
		return code;
	begin_progress(b);
	flight_init(&b->flight, b->tool, FLIGHT_WINDOW, take_reply, b);
	code = read_all(b);
	flight_done(&b->flight);
	progress_clear(&b->progress);
	if (code != EXIT_USAGE)
		sum_up(b);
	buf_free(&b->summary);
	if (code != EXIT_DONE)
		return code;
	return b->mistaken ? EXIT_INPUT : b->refused ? EXIT_REFUSED : EXIT_DONE;
}

int
bulk_send(struct tool *t, const char *cmd, bulk_fn convert)
{
	return run(&(struct bulk){.tool = t, .cmd = cmd, .convert = convert});
}

int
bulk_validate(struct tool *t)
{
	return run(&(struct bulk){.tool = t, .dry_run = true});
}
