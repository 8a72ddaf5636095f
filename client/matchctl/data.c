#include "client/matchctl/data.h"

#include "client/matchctl/documents.h"
#include "client/matchctl/json.h"
#include "recovery/recovery.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG	  "/etc/matchd/matchd.yaml"
#define DIRECTORY "/var/lib/matchd"

/* ---- where it is ---- */

static int
take_option(void *arg, const struct document *d)
{
	char **directory = arg;
	struct mp at = mp_find(mp_of(d->map), STR("data-directory"));
	struct str text = mp_get_str_or_nil(&at);
	if (!at.failed && text.len > 0)
		*directory = mem_dup(text.p, text.len);
	return 1; /* there is one document */
}

/* matchd says what is wrong with its configuration. */
static void
ignore_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	(void)arg, (void)file, (void)line, (void)message;
}

char *
data_directory(const struct tool *t)
{
	const char *given = tool_option(t, "data");
	char *configured = NULL;
	const struct document_reader reader = {take_option, ignore_mistake, &configured};
	if (given)
		return mem_dup(given, strlen(given));
	documents_read(CONFIG, FORMAT_YAML, &reader);
	return configured ? configured : mem_dup(DIRECTORY, strlen(DIRECTORY));
}

/* ---- what went wrong ---- */

/* Whether it is about a directory that nobody named and that is not there. */
static bool
is_usual_place(const struct tool *t, const char *message)
{
	char *directory = data_directory(t);
	bool usual =
	    !tool_flag(t, "data") && strstr(message, directory) && access(directory, F_OK) != 0;
	free(directory);
	return usual;
}

int
data_failed(const struct tool *t, int code, const char *message)
{
	fprintf(stderr, "matchctl: %s\n", message);
	if (is_usual_place(t, message))
		fputs(TR("--data DIRECTORY says where the store is.\n",
			 "Где хранилище, говорит --data DIRECTORY.\n"),
		      stderr);
	return code == STORE_E_SYSTEM ? EXIT_INPUT : EXIT_REFUSED;
}

/* What LMDB says of it, a line of its own code, helps nobody who restores a backup. */
static void __attribute__((noreturn)) give_up(int code, const char *words)
{
	(void)code, (void)words;
	const char *text = TR("matchctl: the store's pages are damaged: reading them failed\n",
			      "matchctl: страницы хранилища повреждены: прочитать их не удалось\n");
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(EXIT_INTERNAL);
	_exit(EXIT_REFUSED);
}

static void
on_signal(int signal)
{
	(void)signal;
	give_up(0, NULL);
}

void
data_guard(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE};
	const struct sigaction act = {.sa_handler = on_signal};
	store_lost = give_up;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &act, NULL);
}

/* ---- who looks on ---- */

static void
step(void *arg, uint64_t done, uint64_t total)
{
	struct data_watch *w = arg;
	if (done < w->done) { /* something else begins */
		progress_clear(&w->progress);
		progress_begin(&w->progress, w->progress.on, total, 0, 0);
		w->progress.bare = true;
	}
	w->done = done;
	w->progress.total = total ? total : 1; /* it grows where matchd runs */
	progress_step(&w->progress, done, done);
}

static bool
is_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg;
	return recovery_is_row(table, key, bytes, checksum);
}

void
data_watch_begin(struct data_watch *w)
{
	progress_begin(&w->progress, isatty(STDERR_FILENO), 0, 0, 0);
	w->progress.bare = true;
	w->done = 0;
	w->watch = (struct store_watch){step, is_row, w};
}

void
data_watch_end(struct data_watch *w)
{
	progress_clear(&w->progress);
}

/* ---- saying it ---- */

void
data_write_epoch(const uint8_t epoch[STORE_EPOCH], char ret[DATA_EPOCH])
{
	for (size_t i = 0; i < STORE_EPOCH; i++)
		snprintf(ret + 2 * i, 3, "%02x", epoch[i]);
}

void
data_print_backup(const char *key, const char *place, const struct store_backup *b)
{
	char epoch[DATA_EPOCH], digest[17];
	data_write_epoch(b->epoch, epoch);
	snprintf(digest, sizeof digest, "%016" PRIx64, b->digest);
	json_print_line(stdout, json_pack("{s:s, s:I, s:s, s:s, s:i, s:I, s:I}", key, place, "head",
					  (json_int_t)b->head, "digest", digest, "epoch", epoch,
					  "format", (int)b->format, "at", (json_int_t)b->made_ms,
					  "bytes", (json_int_t)b->length));
}
