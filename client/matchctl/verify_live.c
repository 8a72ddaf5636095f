/* verify --live: the matches that the running matchd finds against the rule of matching, step by
 * step. */

#include "client/matchctl/verify_live.h"

#include "client/matchctl/ask.h"
#include "client/matchctl/json.h"
#include "client/matchctl/progress.h"
#include "client/matchctl/style.h"
#include "client/matchctl/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 200, FINDING = 500 };

struct live {
	struct tool *tool;
	struct progress progress;
	uint64_t listings, pairs, diverging, printed;
	bool index_wrong, told_wrong;
};

static void
say_line(struct live *v, const char *result, json_t *more, uint64_t count, const char *finding)
{
	enum style style = style_of_word(str_of(result));
	progress_clear(&v->progress);
	if (v->tool->json) {
		json_t *line = json_pack("{s:s, s:s, s:I, s:s}", "check", "index", "result", result,
					 "count", (json_int_t)count, "finding", finding);
		json_object_update(line, more);
		json_print_line(stdout, line);
	} else {
		printf("%s%-4s%s  %-8s  ", style_begin(stdout, style), result,
		       style_end(stdout, style), "index");
		text_print(stdout, str_of(finding));
		putchar('\n');
	}
	json_decref(more);
}

/* ---- what diverges ---- */

/* A score with the variants that have it, or that there is no match. */
static void
write_verdict(struct mp row, const char *key, char text[80])
{
	struct mp at = mp_find(row, str_of(key));
	if (mp_peek(&at) != MP_MAP) {
		snprintf(text, 80, "%s", TR("no match", "не совпадают"));
		return;
	}
	struct mp score = mp_find(at, STR("score")), need = mp_find(at, STR("need_box")),
		  offer = mp_find(at, STR("offer_box"));
	snprintf(text, 80,
		 TR("score %" PRIu64 " (variants %" PRIu64 ", %" PRIu64 ")",
		    "оценка %" PRIu64 " (варианты %" PRIu64 ", %" PRIu64 ")"),
		 mp_get_uint(&score), mp_get_uint(&need), mp_get_uint(&offer));
}

static void
print_divergence(struct live *v, struct mp row)
{
	struct mp at = mp_find(row, STR("kind"));
	struct str kind = mp_get_str(&at);
	bool told = str_eq(kind, STR("told"));
	char said[80], rule[80], finding[FINDING];
	at = mp_find(row, STR("need"));
	struct str need = mp_get_str(&at);
	at = mp_find(row, STR("offer"));
	struct str offer = mp_get_str(&at);

	write_verdict(row, "said", said);
	write_verdict(row, "rule", rule);
	snprintf(finding, sizeof finding,
		 told ? TR("%.*s ~ %.*s, %.*s: told: %s; by the rule: %s",
			   "%.*s ~ %.*s, %.*s: сообщено: %s; по правилам: %s")
		      : TR("%.*s ~ %.*s, %.*s: found: %s; by the rule: %s",
			   "%.*s ~ %.*s, %.*s: найдено: %s; по правилам: %s"),
		 STR_FMT(need), STR_FMT(offer), STR_FMT(kind), said, rule);
	v->told_wrong |= told;
	v->index_wrong |= !told;
	v->printed++;
	say_line(v, "fail", json_from_mp(row), 1, finding);
}

/* ---- step by step ---- */

static uint64_t
number(const struct matchd_reply *r, const char *key)
{
	struct mp at = ask_result(r, key);
	return mp_peek(&at) == MP_INT ? mp_get_uint(&at) : 0;
}

/* Adds what a step found to the rest, and has `args` go on behind it; *ret_more: whether there is
 * more. */
static int
take_step(struct live *v, const struct matchd_reply *r, struct arguments *args, bool *ret_more)
{
	struct mp rows = ask_result(r, "divergences");
	uint64_t next = number(r, "next"), every = number(r, "every");
	uint32_t n = mp_get_array(&rows);
	*ret_more = next > 0;
	v->listings += number(r, "listings");
	v->pairs += number(r, "pairs");
	v->diverging += number(r, "diverging");
	if (rows.failed || (next > 0 && every == 0))
		return ask_failed(v->tool, MATCHD_E_PROTOCOL);
	for (uint32_t i = 0; i < n; i++) {
		print_divergence(v, rows);
		mp_get_raw(&rows);
	}
	if (next > 0)
		progress_step(&v->progress, next, next);
	arguments_free(args);
	*args = ARGUMENTS_EMPTY;
	arguments_text(args, "exchange", tool_option(v->tool, "exchange"));
	arguments_int(args, "every", (int64_t)every);
	arguments_int(args, "from", (int64_t)next);
	arguments_int(args, "from_counterpart", (int64_t)number(r, "next_counterpart"));
	return EXIT_DONE;
}

/* Numbers of listings are counted, which go up to how many there are. */
static int
begin_progress(struct live *v)
{
	struct matchd_reply *r;
	int code = ask(v->tool, "status", NULL, &r);
	if (code != EXIT_DONE)
		return code;
	progress_begin(&v->progress, isatty(STDERR_FILENO), number(r, "listings"), 0, 0);
	v->progress.bare = true;
	matchd_reply_free(r);
	return EXIT_DONE;
}

static int
check_all(struct live *v, long long sample)
{
	struct arguments args = ARGUMENTS_EMPTY;
	bool more = true;
	int code = begin_progress(v);
	arguments_text(&args, "exchange", tool_option(v->tool, "exchange"));
	if (sample > 0)
		arguments_int(&args, "sample", sample);
	while (code == EXIT_DONE && more) {
		struct matchd_reply *r;
		code = ask(v->tool, "index.verify", &args, &r);
		if (code != EXIT_DONE)
			break;
		code = take_step(v, r, &args, &more);
		matchd_reply_free(r);
	}
	progress_clear(&v->progress);
	arguments_free(&args);
	return code;
}

/* ---- what came of it ---- */

static void
say_result(struct live *v)
{
	const char *result = v->diverging > 0 ? "fail" : v->listings > 0 ? "ok" : "skip";
	char finding[FINDING];
	if (v->listings == 0 && v->diverging == 0)
		snprintf(finding, sizeof finding, "%s",
			 TR("no listing is open", "открытых объявлений нет"));
	else if (v->diverging == 0)
		snprintf(
		    finding, sizeof finding,
		    TR("%" PRIu64 " listings, %" PRIu64 " pairs: matches are what the rule says",
		       "объявлений %" PRIu64 ", пар %" PRIu64 ": совпадения отвечают правилам"),
		    v->listings, v->pairs);
	else
		snprintf(finding, sizeof finding,
			 TR("%" PRIu64 " listings, %" PRIu64 " pairs: %" PRIu64
			    " divergences, %" PRIu64 " of them above",
			    "объявлений %" PRIu64 ", пар %" PRIu64 ": расхождений %" PRIu64
			    ", из них выше %" PRIu64),
			 v->listings, v->pairs, v->diverging, v->printed);
	say_line(v, result,
		 json_pack("{s:I, s:I}", "listings", (json_int_t)v->listings, "divergences",
			   (json_int_t)v->diverging),
		 v->pairs, finding);
}

static void
say_what_to_do(const struct live *v)
{
	if (v->index_wrong)
		fputs(TR("matchctl: the index of the running matchd is wrong: restart it "
			 "(systemctl restart matchd), which builds the index anew, and report "
			 "this\n",
			 "matchctl: индекс работающего matchd неверен: перезапустите его "
			 "(systemctl restart matchd), индекс построится заново, и сообщите об "
			 "этом\n"),
		      stderr);
	if (v->told_wrong)
		fputs(TR("matchctl: told matches are not what the rule says: pause and resume one "
			 "listing of each, and report this\n",
			 "matchctl: сообщённые совпадения не отвечают правилам: приостановите и "
			 "возобновите по одному объявлению из пары и сообщите об этом\n"),
		      stderr);
}

int
verify_live(struct tool *t)
{
	struct live v = {.tool = t};
	long long sample = SAMPLE;
	int code = tool_number(t, "sample", 1, UINT32_MAX, &sample);
	if (code == EXIT_DONE)
		code = check_all(&v, tool_flag(t, "all") ? 0 : sample);
	if (code != EXIT_DONE)
		return code;
	say_result(&v);
	say_what_to_do(&v);
	return v.diverging > 0 ? EXIT_REFUSED : EXIT_DONE;
}
