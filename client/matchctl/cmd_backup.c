/* backup and restore: the store in one file, and back. */

#include "client/matchctl/data.h"
#include "client/matchctl/times.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- backup ---- */

/* A file of that name stays, and whoever meant it says so. */
static int
backup_failed(const struct tool *t, int rc, const char *message)
{
	int code = data_failed(t, rc, message);
	if (!tool_flag(t, "force") && access(t->operands[0], F_OK) == 0)
		fputs(TR("--force replaces it.\n", "С --force он будет заменён.\n"), stderr);
	return code;
}

int
cmd_backup(struct tool *t)
{
	const char *file = t->operands[0];
	char message[STORE_MESSAGE] = "", *directory = data_directory(t);
	struct store_backup b;
	struct data_watch w;
	data_guard();
	data_watch_begin(&w);
	int rc = store_backup(directory, file, tool_flag(t, "force"), &w.watch, &b, message);
	data_watch_end(&w);
	free(directory);
	if (rc)
		return backup_failed(t, rc, message);
	if (t->json)
		data_print_backup("file", file, &b);
	else
		printf(TR("%s: everything up to fact %" PRIu64 ", %" PRIu64
			  " KiB, read back and found sound\n",
			  "%s: всё по факт %" PRIu64 ", %" PRIu64 " КиБ, прочитано и проверено\n"),
		       file, b.head, b.length / 1024);
	return EXIT_DONE;
}

/* ---- restore ---- */

static bool
holds_store(const char *directory)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/data.mdb", directory);
	return n > 0 && n < PATH_MAX && access(path, F_OK) == 0;
}

/* What is in the way is the operator's to move: it may be the only copy. */
static int
restore_failed(const struct tool *t, const char *directory, int rc, const char *message)
{
	int code = data_failed(t, rc, message);
	if (rc == STORE_E_LOCKED)
		fputs(TR("Stop that matchd first: systemctl stop matchd\n",
			 "Сначала остановите этот matchd: systemctl stop matchd\n"),
		      stderr);
	else if (rc == STORE_E_SYSTEM && holds_store(directory))
		fputs(TR("Move its data.mdb away first, and keep it until all is well.\n",
			 "Сначала уберите его data.mdb и храните, пока не убедитесь, что всё "
			 "хорошо.\n"),
		      stderr);
	return code;
}

static void
print_restored(const char *directory, const struct store_backup *b)
{
	char at[TIMES_TEXT], epoch[DATA_EPOCH];
	times_write(b->made_ms, at);
	data_write_epoch(b->epoch, epoch);
	printf(
	    TR("%s: as of %s, up to fact %" PRIu64 "; the new epoch is %s\n"
	       "What happened after the backup is not there. Followers are told when matchd is "
	       "started.\n",
	       "%s: по состоянию на %s, по факт %" PRIu64 "; новая эпоха — %s\n"
	       "Случившегося после копии нет. Подписчики узнают об этом, когда matchd запустят.\n"),
	    directory, at, b->head, epoch);
}

int
cmd_restore(struct tool *t)
{
	char message[STORE_MESSAGE] = "", *directory = data_directory(t);
	struct store_backup b;
	struct data_watch w;
	data_guard();
	data_watch_begin(&w);
	int rc = store_restore(t->operands[0], directory, &w.watch, &b, message);
	data_watch_end(&w);
	if (rc)
		rc = restore_failed(t, directory, rc, message);
	else if (t->json)
		data_print_backup("directory", directory, &b);
	else
		print_restored(directory, &b);
	free(directory);
	return rc;
}
