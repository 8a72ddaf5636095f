#include "client/matchctl/ask.h"
#include "client/matchctl/json.h"
#include "client/matchctl/times.h"
#include "client/matchctl/value.h"

#include <inttypes.h>
#include <stdio.h>

/* " key" of the body, if it has it. */
static void
print_key(struct mp body, const char *before, const char *key)
{
	struct buf text = BUF_EMPTY;
	value_put_key(&text, body, key);
	if (text.len > 0)
		printf("%s%.*s", before, STR_FMT(buf_str(&text)));
	buf_free(&text);
}

/* One line: number, time, kind, and what it is about. */
static void
print_fact(const struct matchd_fact *f)
{
	char time[TIMES_TEXT];
	struct mp body = mp_of((struct str){f->body, (uint32_t)f->len});
	times_write(f->at_ms, time);
	printf("%" PRIu64 "  %s  %s", f->number, time, f->kind);
	print_key(body, "  ", "participant");
	print_key(body, "  ", "listing");
	print_key(body, "  ", "need");
	print_key(body, " ~ ", "offer");
	print_key(body, "  ", "status");
	print_key(body, "  ", "exchange");
	print_key(body, " ", "side");
	print_key(body, ", ", "state");
	print_key(body, TR(", score ", ", оценка "), "score");
	print_key(body, ", ", "cause");
	print_key(body, ", until ", "valid_until");
	print_key(body, ", ", "reason");
	print_key(body, "  ", "title");
	print_key(body, "  ", "name");
	putchar('\n');
}

static void
print_epoch(const struct tool *t, const struct matchd_follower *f)
{
	struct buf bytes = BUF_EMPTY;
	mp_put_map(&bytes, 1);
	mp_put_text(&bytes, "epoch_changed");
	mp_put_bin(&bytes, (struct str){(const char *)matchd_follow_epoch(f), MATCHD_EPOCH_SIZE});
	if (t->json)
		json_print_line(stdout, json_from_mp(mp_of(buf_str(&bytes))));
	else
		fputs(TR("matchctl: matchd has a new store; numbers begin anew\n",
			 "matchctl: у matchd новое хранилище, счёт идёт заново\n"),
		      stderr);
	buf_free(&bytes);
}

/* Prints until there were `count` facts; 0: for ever. */
static int
print_facts(struct tool *t, struct matchd_follower *f, long long count)
{
	struct matchd_fact fact;
	struct matchd_error e;
	for (long long n = 0; count == 0 || n < count;) {
		switch (matchd_follow_next(f, -1, &fact)) {
		case MATCHD_OK:
			if (t->json)
				json_print_line(stdout, json_from_mp(mp_of((struct str){
							    fact.body, (uint32_t)fact.len})));
			else
				print_fact(&fact);
			n++;
			break;
		case MATCHD_EPOCH_CHANGED:
			print_epoch(t, f);
			break;
		case MATCHD_TIMEOUT:
			break;
		case MATCHD_REFUSED:
			return matchd_follow_error(f, &e) ? ask_refused(t, NULL, &e) : EXIT_REFUSED;
		case MATCHD_E_USAGE:
			fputs(
			    TR("matchctl: --from is beyond the last fact; `matchctl status` shows "
			       "it as head\n",
			       "matchctl: --from больше номера последнего факта; `matchctl "
			       "status` показывает его как head\n"),
			    stderr);
			return EXIT_USAGE;
		case MATCHD_E_SYSTEM:
			return ask_failed(t, MATCHD_E_SYSTEM);
		default:
			return ask_failed(t, MATCHD_E_PROTOCOL);
		}
		/* Whoever reads this through a pipe wants it now; whoever went away ends it. */
		if (fflush(stdout) != 0)
			return EXIT_INTERNAL;
	}
	return EXIT_DONE;
}

/* One may follow a stream that is not there yet; whoever types one has more likely mistyped it. */
static int
check_stream(struct tool *t, const char *stream)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *r = NULL;
	arguments_int(&args, "from", 1);
	arguments_int(&args, "limit", 1);
	arguments_text(&args, "stream", stream);
	int code = ask(t, "facts.read", &args, &r);
	matchd_reply_free(r);
	arguments_free(&args);
	return code;
}

int
cmd_watch(struct tool *t)
{
	struct matchd_follower *f;
	struct matchd_reply *error = NULL;
	struct matchd_error e;
	long long from = 0, count = 0;
	int code = tool_number(t, "from", 1, INT64_MAX, &from);
	if (code == EXIT_DONE)
		code = tool_number(t, "count", 1, INT64_MAX, &count);
	if (code == EXIT_DONE)
		code = ask_connect(t);
	for (size_t i = 0; i < t->n_operands && code == EXIT_DONE; i++)
		code = check_stream(t, t->operands[i]);
	if (code != EXIT_DONE)
		return code;

	int rc = matchd_follow_open(t->client, (const char *const *)t->operands, t->n_operands,
				    (uint64_t)from, NULL, &f, &error);
	if (rc == MATCHD_REFUSED && matchd_reply_error(error, &e)) {
		code = ask_refused(t, NULL, &e);
		matchd_reply_free(error);
		return code;
	}
	if (rc == MATCHD_E_USAGE) {
		fputs(TR("matchctl: a stream is x.EXCHANGE or p.PARTICIPANT\n",
			 "matchctl: поток — x.EXCHANGE или p.PARTICIPANT\n"),
		      stderr);
		return EXIT_USAGE;
	}
	if (rc != MATCHD_OK)
		return ask_failed(t, rc);
	code = print_facts(t, f, count);
	matchd_follow_close(f);
	return code;
}
