#include "client/matchctl/bulk.h"

#include "client/matchctl/ask.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/json.h"
#include "client/matchctl/objects.h"
#include "client/matchctl/progress.h"
#include "client/matchctl/refusals.h"
#include "client/matchctl/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Enough to keep a core busy that commits what is there in one go. */
enum { WINDOW = 64, MAX_HINTS = 8 };

struct item {
	uint64_t id; /* 0: free */
	const char *file;
	unsigned line;
};

struct bulk {
	struct tool *tool;
	const char *cmd;
	bulk_fn convert;
	bool dry_run;
	struct item flying[WINDOW];
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
print_json_result(const struct item *item, const struct matchd_reply *r)
{
	json_t *line = json_from_mp(ask_map(r));
	json_object_del(line, "v");
	json_object_del(line, "id");
	json_object_set_new(line, "file", json_string(item->file));
	json_object_set_new(line, "line", json_integer(item->line));
	json_print_line(stdout, line);
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

static void
take_reply(struct bulk *b, struct item *item, const struct matchd_reply *r)
{
	struct matchd_error e;
	if (matchd_reply_error(r, &e)) {
		say_refused(b, item->file, item->line, &e);
		return;
	}
	struct mp at = ask_result(r, "result");
	if (str_eq(mp_get_str(&at), STR("unchanged")))
		b->unchanged++;
	else
		b->stored++;
	if (b->tool->json)
		print_json_result(item, r);
	else
		describe(b, r);
}

static struct item *
find_item(struct bulk *b, uint64_t id)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (b->flying[i].id == id)
			return &b->flying[i];
	return NULL;
}

/* Waits for one reply. Returns EXIT_DONE, or an exit code after which nothing can go on. */
static int
receive_one(struct bulk *b)
{
	struct matchd_reply *r;
	int rc = matchd_receive(b->tool->client, b->tool->timeout_ms, &r);
	if (rc != MATCHD_OK && rc != MATCHD_REFUSED) {
		fprintf(stderr,
			TR("matchctl: %zu requests were not answered\n",
			   "matchctl: запросов без ответа: %zu\n"),
			matchd_in_flight(b->tool->client));
		return ask_failed(b->tool, rc);
	}
	struct item *item = find_item(b, matchd_reply_id(r));
	if (item) {
		take_reply(b, item, r);
		item->id = 0;
	}
	matchd_reply_free(r);
	return b->failed;
}

/* ---- what goes out ---- */

static void
refuse_here(struct bulk *b, const struct document *d, const char *why)
{
	say_refused(b, d->file, d->line,
		    &(struct matchd_error){
			.code = "bad_value", .field = "", .message = why, .expected = ""});
}

static int
send_one(struct bulk *b, const struct document *d, struct arguments *args)
{
	struct item *item = find_item(b, 0);
	while (!item) {
		b->failed = receive_one(b);
		if (b->failed)
			return 1;
		item = find_item(b, 0);
	}
	struct str map = arguments_map(args);
	int rc = matchd_send(b->tool->client, b->cmd, map.p, map.len, &item->id);
	if (rc == MATCHD_OK) {
		item->file = d->file;
		item->line = d->line;
		return 0;
	}
	item->id = 0;
	if (rc == MATCHD_E_USAGE) {
		refuse_here(b, d,
			    TR("longer than a message may be (65536 bytes)",
			       "длиннее, чем может быть сообщение (65536 байт)"));
		return 0;
	}
	b->failed = ask_failed(b->tool, rc);
	return 1;
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

static int
take_document(void *arg, const struct document *d)
{
	struct bulk *b = arg;
	struct arguments args = ARGUMENTS_EMPTY;
	char why[BULK_WHY];
	int stop = 0;
	if (b->dry_run)
		prepare_dry_run(b, mp_of(d->map), &args);
	if (b->convert(b->tool, mp_of(d->map), &args, why))
		refuse_here(b, d, why);
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
	while (!b->failed && matchd_in_flight(t->client) > 0)
		b->failed = receive_one(b);
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
}

static int
run(struct bulk *b)
{
	int code = ask_connect(b->tool);
	if (code != EXIT_DONE)
		return code;
	begin_progress(b);
	code = read_all(b);
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
