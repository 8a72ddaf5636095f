/* import: files of rows, mapped and sent. */

#include "client/clock.h"
#include "client/matchctl/ask.h"
#include "client/matchctl/documents.h"
#include "client/matchctl/json.h"
#include "client/matchctl/mistakes.h"
#include "client/matchctl/settle.h"
#include "util/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW = 256, LOOK_AHEAD = 1000, SAVE_MS = 500, CHECK_ROWS = 256 };

struct import {
	struct tool *tool;
	struct map map;
	struct mapper mapper;
	struct import_file *files;
	struct import_state state;
	const char *state_path;
	int64_t next_save_ms;
	struct settle settle;
	struct row_errors errors;
	struct progress progress;
	uint64_t before, total; /* bytes of the files before this one, and of all */
	json_t *unread;		/* files that could not be read to their end */
	bool dry, interrupted;
};

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

static void
say_unread(const char *path, const char *why)
{
	fprintf(stderr, "matchctl: %s: %s\n", path, why);
}

/* ---- the map ---- */

static void
print_mistakes(const struct tool *t, const char *file, const struct mistakes *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct mistake *m = &found->list[i];
		if (t->json)
			json_print_line(stderr, json_pack("{s:s, s:i, s:s, s:s}", "file", file,
							  "line", (int)m->line, "key", m->field,
							  "message", m->message));
		else
			fprintf(stderr, "%s:%u: %s%s%s\n", file, m->line, m->field,
				*m->field ? ": " : "", m->message);
	}
}

static int
read_map(struct import *in, const char *path)
{
	struct buf text = BUF_EMPTY;
	int rc = documents_slurp(path, &text);
	if (rc != 0) {
		say_unread(path, strerror(rc));
		return EXIT_INPUT;
	}
	struct mistakes *found = mem_zalloc(sizeof *found);
	struct str yaml = {text.data ? (const char *)text.data : "", (uint32_t)text.len};
	found->words = in->tool->json ? NULL : mistake_words_here();
	rc = map_read(yaml, &in->map, found);
	print_mistakes(in->tool, path, found);
	free(found);
	buf_free(&text);
	return rc ? EXIT_INPUT : EXIT_DONE;
}

/* ---- before anything is sent ---- */

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* By the map, else by the file's name. */
static struct sheet_format
format_of(const struct import *in, const char *path)
{
	static const char *const endings[] = {".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"};
	struct sheet_format format = in->map.format;
	for (size_t i = 0; i < 4 && !in->map.format_given; i++)
		format.jsonl = format.jsonl || ends_with(path, endings[i]);
	return format;
}

/* How often each of the map's columns is in the sheet: of CSV by its header, of JSON lines by the
 * first rows. */
static void
count_columns(const struct import *in, struct sheet *sheet, bool jsonl, size_t *counts)
{
	struct sheet_trouble trouble;
	size_t rows = 0;
	do {
		enum sheet_step step = jsonl ? sheet_next(sheet, &trouble) : SHEET_ROW;
		if (step == SHEET_END || step == SHEET_BROKEN)
			return;
		for (size_t i = 0; i < in->map.n_columns; i++) {
			size_t n = sheet_has(sheet, in->map.columns[i]);
			counts[i] = n > counts[i] ? n : counts[i];
		}
	} while (jsonl && ++rows < LOOK_AHEAD);
}

static int
check_columns(const struct import *in, const char *path)
{
	struct both why;
	struct sheet *sheet;
	size_t counts[MAP_COLUMNS] = {0};
	struct sheet_format format = format_of(in, path);
	bool missing = false, twice = false;
	if (sheet_open(path, &format, &sheet, &why)) {
		say_unread(path, both_say(&why));
		return EXIT_INPUT;
	}
	count_columns(in, sheet, format.jsonl, counts);
	sheet_close(sheet);
	for (size_t i = 0; i < in->map.n_columns; i++) {
		const struct map *m = &in->map;
		if (counts[i] == 0 && !m->optional[i]) {
			fprintf(stderr,
				TR("matchctl: %s: there is no column \"%.*s\", which line %u of "
				   "the map names\n",
				   "matchctl: %s: нет столбца «%.*s», который назван в строке %u "
				   "карты\n"),
				path, STR_FMT(m->columns[i]), m->column_lines[i]);
			missing = true;
		} else if (counts[i] > 1) {
			fprintf(stderr,
				TR("matchctl: %s: the column \"%.*s\", which line %u of the map "
				   "names, stands there %zu times\n",
				   "matchctl: %s: столбец «%.*s», который назван в строке %u "
				   "карты, повторяется; сколько раз он есть: %zu\n"),
				path, STR_FMT(m->columns[i]), m->column_lines[i], counts[i]);
			twice = true;
		}
	}
	if (missing && format.jsonl)
		fprintf(stderr,
			TR("matchctl: %s: looked at the first %d rows; a column that is there "
			   "seldom stands under `optional` of the map's `file`\n",
			   "matchctl: %s: просмотрены первые строки (%d); столбец, который есть "
			   "не везде, перечисляется в `optional` раздела `file` карты\n"),
			path, LOOK_AHEAD);
	return missing || twice ? EXIT_INPUT : EXIT_DONE;
}

/* What each file is; all that is wrong with any of them is said. */
static int
look_at_files(struct import *in)
{
	const struct tool *t = in->tool;
	int code = EXIT_DONE;
	in->files = mem_zalloc((t->n_operands + 1) * sizeof *in->files);
	for (size_t i = 0; i < t->n_operands; i++) {
		int rc = import_file_look(t->operands[i], &in->files[i]);
		if (rc != 0)
			say_unread(t->operands[i],
				   rc == EINVAL ? TR("not a regular file", "это не обычный файл")
						: strerror(rc));
		if (rc != 0 || check_columns(in, t->operands[i]))
			code = EXIT_INPUT;
		in->total += in->files[i].size;
	}
	return code;
}

static int
open_state(struct import *in)
{
	char why[IMPORT_WHY];
	in->state = (struct import_state){
	    .map_hash = in->map.hash, .files = in->files, .n_files = in->tool->n_operands};
	in->state_path = in->dry ? NULL : tool_option(in->tool, "resume");
	if (!in->state_path)
		return EXIT_DONE;
	if (import_state_load(in->state_path, &in->state, why)) {
		fprintf(stderr,
			TR("matchctl: %s %s; take another, or remove it to begin anew\n",
			   "matchctl: %s %s; укажите другой файл или удалите этот, чтобы начать "
			   "заново\n"),
			in->state_path, why);
		return EXIT_INPUT;
	}
	if (in->state.done)
		fprintf(stderr,
			TR("matchctl: all of it was imported already; remove %s to import it "
			   "again\n",
			   "matchctl: всё уже загружено; удалите %s, чтобы загрузить снова\n"),
			in->state_path);
	else if (in->state.row > 0)
		fprintf(stderr,
			TR("matchctl: goes on behind row %" PRIu64 " of %s\n",
			   "matchctl: продолжаем после строки данных %" PRIu64 " файла %s\n"),
			in->state.row, in->files[in->state.file].path);
	return EXIT_DONE;
}

/* ---- the run ---- */

static int
save_state(struct import *in)
{
	if (!in->state_path)
		return EXIT_DONE;
	in->state.errors_len = row_errors_flush(&in->errors);
	int rc = import_state_save(in->state_path, &in->state);
	if (rc == 0)
		return EXIT_DONE;
	fprintf(
	    stderr,
	    TR("matchctl: %s cannot be written: %s\n", "matchctl: не удаётся записать %s: %s\n"),
	    in->state_path, strerror(rc));
	return EXIT_INTERNAL;
}

/* What is done now and then. */
static int
tick(struct import *in, const struct sheet *sheet)
{
	int64_t now = clock_ms();
	progress_step(&in->progress, in->before + sheet_position(sheet), in->state.ledger.read);
	if (!in->state_path || now < in->next_save_ms)
		return EXIT_DONE;
	in->next_save_ms = now + SAVE_MS;
	return save_state(in);
}

static void
print_objects(const struct mapper *m)
{
	for (size_t i = 0; i < m->n; i++)
		json_print_line(stdout, json_from_mp(mp_of(buf_str(&m->objects[i].map))));
}

static int
take_row(struct import *in, struct sheet *sheet, size_t file)
{
	enum mapped mapped = mapper_row(&in->mapper, sheet);
	if (in->dry && mapped == MAPPED)
		print_objects(&in->mapper);
	return settle_row(&in->settle, file, sheet_line(sheet), sheet_row(sheet), mapped,
			  &in->mapper);
}

static void
note_broken(struct import *in, const struct sheet *sheet, const struct sheet_trouble *trouble,
	    size_t file)
{
	const char *path = in->files[file].path;
	json_array_append_new(in->unread, json_pack("{s:s, s:i, s:s, s:s}", "file", path, "line",
						    (int)sheet_line(sheet), "code", trouble->code,
						    "reason", trouble->why.en));
	progress_clear(&in->progress);
	fprintf(stderr,
		TR("%s:%u: %s [%s]\nmatchctl: %s was not read further\n",
		   "%s:%u: %s [%s]\nmatchctl: дальше %s не читается\n"),
		path, sheet_line(sheet), both_say(&trouble->why), trouble->code, path);
}

/* Reads on behind the rows that an earlier run dealt with. Returns an exit code. */
static int
read_rows(struct import *in, struct sheet *sheet, size_t file)
{
	struct sheet_trouble trouble;
	uint64_t done = file == in->state.file ? in->state.row : 0;
	int code = EXIT_DONE;
	for (unsigned n = 0; code == EXIT_DONE && !caught; n++) {
		enum sheet_step step = sheet_next(sheet, &trouble);
		if (step == SHEET_END)
			return EXIT_DONE;
		if (step == SHEET_BROKEN) {
			note_broken(in, sheet, &trouble, file);
			return EXIT_DONE;
		}
		if (sheet_row(sheet) <= done)
			continue;
		if (step == SHEET_ROW)
			code = take_row(in, sheet, file);
		else
			code = settle_bad_row(&in->settle, file, sheet_line(sheet),
					      sheet_row(sheet), &trouble);
		if (code == EXIT_DONE && n % CHECK_ROWS == 0)
			code = tick(in, sheet);
	}
	return code;
}

static int
read_files(struct import *in)
{
	struct both why;
	int code = EXIT_DONE;
	for (size_t i = 0; i < in->state.n_files && code == EXIT_DONE && !caught; i++) {
		struct sheet *sheet;
		const struct sheet_format format = format_of(in, in->files[i].path);
		bool before = i < in->state.file;
		if (!before && sheet_open(in->files[i].path, &format, &sheet, &why)) {
			say_unread(in->files[i].path, both_say(&why));
			return EXIT_INPUT;
		}
		if (!before) {
			code = read_rows(in, sheet, i);
			sheet_close(sheet);
		}
		in->before += in->files[i].size;
	}
	if (code == EXIT_DONE)
		code = settle_land(&in->settle);
	return code;
}

/* ---- the end ---- */

static json_t *
summary(const struct import *in, int64_t spent_ms, bool complete)
{
	json_t *json = ledger_json(&in->state.ledger);
	json_object_set_new(json, "dry_run", json_boolean(in->dry));
	json_object_set_new(json, "complete", json_boolean(complete));
	json_object_set(json, "unread", in->unread);
	json_object_set_new(json, "errors_not_kept", json_integer((json_int_t)in->errors.dropped));
	json_object_set_new(json, "seconds", json_real((double)spent_ms / 1000));
	return json;
}

/* The sum goes where the objects do not: to the error stream of a dry run. */
static void
sum_up(const struct import *in, int64_t begun_ms, int code)
{
	FILE *out = in->dry ? stderr : stdout;
	bool complete = code == EXIT_DONE && !in->interrupted;
	if (in->tool->json)
		json_print_line(out, summary(in, clock_ms() - begun_ms, complete));
	else
		ledger_print(&in->state.ledger, in->dry, out);
	if (!complete)
		fputs(
		    TR("matchctl: stopped; what is summed up is dealt with, the rest is not\n",
		       "matchctl: остановлено; то, что подытожено, обработано, остальное — нет\n"),
		    stderr);
	if (!complete && in->state_path)
		fputs(TR("matchctl: the same command goes on from there\n",
			 "matchctl: та же команда продолжит с этого места\n"),
		      stderr);
}

static int
verdict(const struct import *in)
{
	const struct ledger *l = &in->state.ledger;
	uint64_t refused = 0;
	for (size_t i = 0; i < l->n_books; i++)
		refused += tallies_sum(&l->books[i].refused);
	if (json_array_size(in->unread) > 0 || tallies_sum(&l->wrong) > 0)
		return EXIT_INPUT;
	return refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int
finish(struct import *in, int code)
{
	in->interrupted = caught != 0;
	in->state.done = code == EXIT_DONE && !caught && json_array_size(in->unread) == 0;
	int saved = save_state(in);
	return code == EXIT_DONE ? saved : code;
}

static int
run(struct import *in, size_t window)
{
	int64_t begun_ms = clock_ms();
	bool on = tool_flag(in->tool, "progress") ||
		  (isatty(STDERR_FILENO) && !tool_flag(in->tool, "no-progress"));
	int code = row_errors_open(&in->errors, tool_option(in->tool, "errors"),
				   in->state.errors_len, in->tool->json, &in->progress);
	if (code != EXIT_DONE)
		return code;
	mapper_init(&in->mapper, &in->map);
	settle_init(&in->settle, in->tool, &in->map, window, &in->errors, &in->state);
	in->settle.dry = in->dry;
	if (tool_option(in->tool, "validate"))
		in->settle.definitions = exchange_files_new(tool_option(in->tool, "validate"));
	progress_begin(&in->progress, on && !in->state.done, in->total, 0, in->state.ledger.read);
	if (!in->state.done) {
		code = read_files(in);
		progress_clear(&in->progress);
		code = finish(in, code);
	}
	int closed = row_errors_close(&in->errors);
	sum_up(in, begun_ms, code);
	exchange_files_free(in->settle.definitions);
	settle_done(&in->settle);
	mapper_done(&in->mapper);
	if (code == EXIT_DONE)
		code = closed;
	return code == EXIT_DONE ? verdict(in) : code;
}

static int
say_good(const struct tool *t)
{
	if (!t->json)
		printf(TR("%s: a good map\n", "%s: правильная карта\n"), tool_option(t, "map"));
	return EXIT_DONE;
}

/* Ends as the signal would have ended it, so that shells and scripts see that. */
static void
end_by_signal(void)
{
	fflush(stdout);
	signal(caught, SIG_DFL);
	raise(caught);
}

static int
import_files(struct import *in)
{
	long long window = WINDOW;
	int code = tool_number(in->tool, "window", 1, FLIGHT_MOST, &window);
	if (code == EXIT_DONE && in->tool->n_operands == 0) {
		fputs(TR("matchctl: usage: matchctl import --map MAP FILE...\n",
			 "matchctl: вызов: matchctl import --map MAP FILE...\n"),
		      stderr);
		code = EXIT_USAGE;
	}
	if (code == EXIT_DONE && in->tool->n_operands > IMPORT_FILES) {
		fprintf(stderr,
			TR("matchctl: more than %d files at once\n",
			   "matchctl: файлов за один раз больше %d\n"),
			IMPORT_FILES);
		code = EXIT_USAGE;
	}
	if (code == EXIT_DONE)
		code = look_at_files(in);
	if (code == EXIT_DONE && tool_flag(in->tool, "check"))
		return say_good(in->tool);
	if (code == EXIT_DONE)
		code = open_state(in);
	if (code == EXIT_DONE && !in->dry)
		code = ask_connect(in->tool);
	return code == EXIT_DONE ? run(in, (size_t)window) : code;
}

int
cmd_import(struct tool *t)
{
	struct import in = {.tool = t, .dry = tool_flag(t, "dry-run"), .unread = json_array()};
	const char *path = tool_option(t, "map");
	const struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESETHAND};
	int code = EXIT_USAGE;
	if (!path) {
		fputs(TR("matchctl: --map says how rows become objects; see docs/import.md\n",
			 "matchctl: --map говорит, как из строк получаются объекты; см. "
			 "docs/import.md\n"),
		      stderr);
		goto out;
	}
	code = read_map(&in, path);
	if (code == EXIT_DONE && tool_flag(t, "check") && t->n_operands == 0) {
		say_good(t);
		goto out;
	}
	/* The first one ends the reading, and what is in flight is answered; another one kills. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (code == EXIT_DONE)
		code = import_files(&in);
out:
	map_free(&in.map);
	json_decref(in.unread);
	free(in.files);
	if (caught)
		end_by_signal();
	return code;
}
