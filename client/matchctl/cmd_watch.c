#include "client/matchctl/ask.h"
#include "client/matchctl/durable.h"
#include "client/matchctl/fact_line.h"

#include <stdio.h>

static void
print_one(const struct tool *t, const struct matchd_fact *fact)
{
	const struct matchd_delivery d = {.number = fact->number,
					  .at_ms = fact->at_ms,
					  .kind = fact->kind,
					  .body = fact->body,
					  .len = fact->len};
	if (t->json)
		json_print_line(stdout, fact_json(&d));
	else
		fact_print(&d);
}

static void
print_lost(const struct tool *t, const struct matchd_follower *f)
{
	uint64_t from, to;
	matchd_follow_lost(f, &from, &to);
	if (t->json)
		json_print_line(stdout, fact_json_lost(from, to));
	else
		fact_say_lost(from, to);
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
			print_one(t, &fact);
			n++;
			break;
		case MATCHD_EPOCH_CHANGED:
			if (t->json)
				json_print_line(stdout, fact_json_epoch(matchd_follow_epoch(f)));
			else
				fact_say_epoch();
			break;
		case MATCHD_LAGGED:
			print_lost(t, f);
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

/* One may follow a stream that is not there yet; whoever types one has more likely mistyped it. No
 * fact is asked for: the oldest may be gone. */
static int
check_stream(struct tool *t, const char *stream)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *r = NULL;
	arguments_int(&args, "from", INT64_MAX);
	arguments_int(&args, "limit", 1);
	arguments_text(&args, "stream", stream);
	int code = ask(t, "facts.read", &args, &r);
	matchd_reply_free(r);
	arguments_free(&args);
	return code;
}

/* Options that go with one of the two ways to watch only. */
static int
check_options(const struct tool *t)
{
	bool durable = tool_flag(t, "durable"), exec = tool_flag(t, "exec");
	bool forward = tool_flag(t, "forward");
	const char *wrong = NULL;
	if (!durable && (exec || forward))
		wrong =
		    TR("--exec and --forward go with --durable, which knows what was dealt with",
		       "--exec и --forward нужны вместе с --durable: подписка помнит, что "
		       "обработано");
	else if (durable && (t->n_operands > 0 || tool_flag(t, "from")))
		wrong = TR("with --durable the subscription says which facts, and from where on",
			   "с --durable какие факты и с какого места, говорит подписка");
	else if (exec && forward)
		wrong = TR("give --exec or --forward", "укажите --exec или --forward");
	if (wrong)
		fprintf(stderr, "matchctl: %s\n", wrong);
	return wrong ? EXIT_USAGE : EXIT_DONE;
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
		code = check_options(t);
	if (code == EXIT_DONE && tool_flag(t, "durable"))
		return durable_watch(t, count);
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
