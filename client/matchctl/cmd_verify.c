/* verify: everything that a store, or a backup, holds against everything else; with --live, what the
 * running matchd finds (verify_live.h). */

#include "client/matchctl/data.h"
#include "client/matchctl/json.h"
#include "client/matchctl/style.h"
#include "client/matchctl/times.h"
#include "client/matchctl/verify_live.h"
#include "recovery/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct checking {
	const struct tool *tool;
	struct data_watch watch;
	struct verified said;
	unsigned damage;
};

/* Names that programs read, too. */
static const char *const part_names[VERIFY_PARTS] = {
    [VERIFY_ROWS] = "rows",	[VERIFY_MARKET] = "market",   [VERIFY_ASIDES] = "asides",
    [VERIFY_HEADS] = "heads",	[VERIFY_JOURNAL] = "journal", [VERIFY_STREAMS] = "streams",
    [VERIFY_REPLAY] = "replay",
};

static void __attribute__((format(printf, 5, 6)))
say_line(struct checking *c, const char *check, const char *result, uint64_t count,
	 const char *format, ...)
{
	enum style style = style_of_word(str_of(result));
	char text[500];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	progress_clear(&c->watch.progress);
	if (c->tool->json) {
		json_print_line(stdout,
				json_pack("{s:s, s:s, s:I, s:s}", "check", check, "result", result,
					  "count", (json_int_t)count, "finding", text));
		return;
	}
	printf("%s%-4s%s  %-8s  %s\n", style_begin(stdout, style), result, style_end(stdout, style),
	       check, text);
}

static void
on_finding(void *arg, enum verify_part part, const char *message)
{
	struct checking *c = arg;
	c->damage++;
	say_line(c, part_names[part], "fail", 0, "%s", message);
}

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct checking *c = arg;
	c->watch.watch.progress(c->watch.watch.arg, done, total);
}

/* ---- what was found in order ---- */

static void
say_journal(struct checking *c)
{
	const struct verified *v = &c->said;
	uint64_t trimmed = v->first > 1 ? v->first - 1 : 0;
	say_line(c, "journal", "ok", v->facts,
		 TR("%" PRIu64 " facts, from %" PRIu64 " on, each chained to the one before",
		    "фактов: %" PRIu64 ", с номера %" PRIu64 ", цепь цела"),
		 v->facts, v->first);
	if (trimmed + v->skipped > 0)
		say_line(c, "journal", "ok", trimmed + v->skipped,
			 TR("%" PRIu64 " older facts were dropped (keep-days, keep-size)",
			    "более старых фактов удалено (keep-days, keep-size): %" PRIu64),
			 trimmed + v->skipped);
}

static void
say_replay(struct checking *c)
{
	const struct verified *v = &c->said;
	if (v->replayed)
		say_line(c, "replay", "ok", v->head,
			 TR("all facts applied anew make the same market",
			    "все факты, применённые заново, дают тот же рынок"));
	else if (v->head > 0)
		say_line(c, "replay", "skip", 0, "%s",
			 v->first > 1 ? TR("not done: the first facts were dropped",
					   "не проверялось: первые факты удалены")
				      : TR("not done because of the damage above",
					   "не проверялось из-за повреждений выше"));
}

static void
say_sound(struct checking *c)
{
	const struct verified *v = &c->said;
	const unsigned *f = v->findings;
	if (f[VERIFY_ROWS] == 0)
		say_line(
		    c, "rows", "ok", v->rows,
		    TR("%" PRIu64 " rows, as their checksums and the digest %016" PRIx64 " say",
		       "строк: %" PRIu64 ", как говорят контрольные суммы и дайджест %016" PRIx64),
		    v->rows, v->digest);
	if (f[VERIFY_ROWS] == 0 && f[VERIFY_MARKET] == 0)
		say_line(c, "market", "ok", v->head,
			 TR("the rows make a market as of fact %" PRIu64,
			    "строки дают рынок по состоянию на факт %" PRIu64),
			 v->head);
	if (f[VERIFY_ASIDES] == 0)
		say_line(c, "asides", "ok", v->asides,
			 TR("%" PRIu64 " records of subscriptions and replies",
			    "записей о подписках и ответах: %" PRIu64),
			 v->asides);
	if (f[VERIFY_JOURNAL] == 0)
		say_journal(c);
	if (f[VERIFY_HEADS] == 0 && f[VERIFY_STREAMS] == 0)
		say_line(c, "streams", "ok", v->heads,
			 TR("%" PRIu64 " noted heads of streams, as the facts say",
			    "записанных голов потоков: %" PRIu64 ", как говорят факты"),
			 v->heads);
	if (f[VERIFY_REPLAY] == 0)
		say_replay(c);
}

/* ---- the command ---- */

/* The file as a whole, which proves every bit of it. */
static bool
check_file(struct checking *c, const char *path)
{
	struct store_backup b;
	char message[STORE_MESSAGE] = "", at[TIMES_TEXT];
	if (store_backup_check(path, &c->watch.watch, &b, message) != 0) {
		c->damage++;
		say_line(c, "file", "fail", 0, "%s", message);
		return false;
	}
	times_write(b.made_ms, at);
	say_line(
	    c, "file", "ok", b.length,
	    TR("a backup of %s, up to fact %" PRIu64, "резервная копия от %s, по факт %" PRIu64),
	    at, b.head);
	return true;
}

static int
check(struct checking *c, const char *path)
{
	char message[STORE_MESSAGE] = "";
	struct stat st;
	struct store *store;
	bool file = stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
	if (file && !check_file(c, path))
		return EXIT_REFUSED;
	int rc = store_inspect(path, &store, message);
	if (rc == STORE_E_CORRUPT) {
		say_line(c, "store", "fail", 0, "%s", message);
		return EXIT_REFUSED;
	}
	if (rc)
		return data_failed(c->tool, rc, message);
	const struct verify_watch watch = {on_progress, on_finding, c};
	unsigned findings = verify_store(store, &watch, &c->said);
	store_close(store);
	say_sound(c);
	return findings > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Options that go with one of the two ways to verify only. */
static int
check_options(const struct tool *t)
{
	bool sample = tool_flag(t, "sample"), all = tool_flag(t, "all");
	const char *wrong = NULL;
	if (tool_flag(t, "live") && (t->n_operands > 0 || tool_flag(t, "data")))
		wrong = TR("--live asks the running matchd: leave out FILE and --data",
			   "--live спрашивает работающий matchd: уберите FILE и --data");
	else if (!tool_flag(t, "live") && (sample || all || tool_flag(t, "exchange")))
		wrong = TR("--exchange, --sample and --all go with --live",
			   "--exchange, --sample и --all нужны вместе с --live");
	else if (sample && all)
		wrong = TR("give --sample or --all", "укажите --sample или --all");
	if (wrong)
		fprintf(stderr, "matchctl: %s\n", wrong);
	return wrong ? EXIT_USAGE : EXIT_DONE;
}

int
cmd_verify(struct tool *t)
{
	struct checking c = {.tool = t};
	if (check_options(t) != EXIT_DONE)
		return EXIT_USAGE;
	if (tool_flag(t, "live"))
		return verify_live(t);
	char *directory = t->n_operands > 0 ? NULL : data_directory(t);
	const char *path = directory ? directory : t->operands[0];
	data_guard();
	data_watch_begin(&c.watch);
	int code = check(&c, path);
	data_watch_end(&c.watch);
	if (code == EXIT_REFUSED)
		fprintf(stderr,
			TR("matchctl: %s is damaged: keep it, and restore a backup elsewhere\n",
			   "matchctl: %s: есть повреждения. Сохраните его и восстановите копию в "
			   "другом месте\n"),
			path);
	free(directory);
	return code;
}
