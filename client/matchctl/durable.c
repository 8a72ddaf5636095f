#include "client/matchctl/durable.h"

#include "client/matchctl/ask.h"
#include "client/matchctl/fact_line.h"
#include "client/matchctl/hand_over.h"
#include "client/matchctl/text.h"
#include "util/mem.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	LOOK_MS = 1000,	      /* how long a signal that came between two steps may stay unseen */
	HANDED_CREDIT = 100,  /* facts at a time that are handed over one by one */
	PAUSE_MS = 250,	      /* after the first failure, */
	PAUSE_MAX_MS = 60000, /* and after many */
};

struct durable {
	struct tool *tool;
	struct matchd_subscription *sub;
	struct hand_over *to; /* NULL: stdout */
};

static volatile sig_atomic_t stopped;

static void
on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* ---- handing over ---- */

static void
say_failed(const struct both *why, int pause_ms)
{
	char seconds[32];
	snprintf(seconds, sizeof seconds, "%g", pause_ms / 1000.0);
	fputs("matchctl: ", stderr);
	text_print(stderr, str_of(both_say(why)));
	fprintf(stderr, TR("; trying again in %s s\n", "; повтор через %s с\n"), seconds);
}

/* Less where we are to stop: a signal comes during the pause or not at all. */
static void
pause_for(int ms)
{
	const struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
	sigset_t stopping, before;
	sigemptyset(&stopping);
	sigaddset(&stopping, SIGINT);
	sigaddset(&stopping, SIGTERM);
	sigprocmask(SIG_BLOCK, &stopping, &before);
	if (!stopped)
		ppoll(NULL, 0, &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Until it is dealt with. False where we are to stop before that. */
static bool
hand_until_done(struct durable *d, struct str line)
{
	struct both why;
	int pause_ms = PAUSE_MS;
	while (!hand_over(d->to, line, &why)) {
		if (stopped)
			return false;
		say_failed(&why, pause_ms);
		pause_for(pause_ms);
		if (stopped)
			return false;
		pause_ms = pause_ms < PAUSE_MAX_MS / 2 ? 2 * pause_ms : PAUSE_MAX_MS;
	}
	return true;
}

/* Takes the reference. */
static bool
hand_json(struct durable *d, json_t *object)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		mem_failed(size);
	json_print_line(out, object);
	fclose(out);
	bool done = hand_until_done(d, (struct str){text, (uint32_t)size});
	free(text);
	return done;
}

/* ---- what comes ---- */

/* All of these: whether it has been dealt with, so that it may be acknowledged. Whoever reads this
 * through a pipe wants it now; whoever went away ends it. */

static bool
take_fact(struct durable *d, const struct matchd_delivery *fact)
{
	if (d->to)
		return hand_json(d, fact_json(fact));
	if (d->tool->json)
		json_print_line(stdout, fact_json(fact));
	else
		fact_print(fact);
	return fflush(stdout) == 0;
}

static bool
take_lost(struct durable *d, const struct matchd_delivery *lost)
{
	if (!d->tool->json || d->to)
		fact_say_lost(lost->lost_from, lost->lost_to);
	if (d->to)
		return hand_json(d, fact_json_lost(lost->lost_from, lost->lost_to));
	if (d->tool->json)
		json_print_line(stdout, fact_json_lost(lost->lost_from, lost->lost_to));
	return fflush(stdout) == 0;
}

static bool
take_epoch(struct durable *d)
{
	const uint8_t *epoch = matchd_subscription_epoch(d->sub);
	if (!d->tool->json || d->to)
		fact_say_epoch();
	if (d->to)
		return hand_json(d, fact_json_epoch(epoch));
	if (d->tool->json)
		json_print_line(stdout, fact_json_epoch(epoch));
	return fflush(stdout) == 0;
}

/* ---- consuming ---- */

static int
refused(const struct durable *d)
{
	struct matchd_error e;
	return matchd_subscription_error(d->sub, &e) ? ask_refused(d->tool, NULL, &e)
						     : EXIT_REFUSED;
}

/* What was dealt with; what is handed over takes its time, so matchd hears of each at once. */
static void
acknowledge(struct durable *d)
{
	matchd_subscription_ack(d->sub);
	if (d->to)
		matchd_subscription_flush(d->sub, 0);
}

/* Takes the next of whatever comes. Returns EXIT_DONE also where nothing came; *ret_facts counts. */
static int
take_next(struct durable *d, long long *ret_facts)
{
	struct matchd_delivery fact;
	bool done = true;
	int rc = matchd_subscription_next(d->sub, LOOK_MS, &fact);
	switch (rc) {
	case MATCHD_TIMEOUT:
		return EXIT_DONE;
	case MATCHD_OK:
		done = take_fact(d, &fact);
		*ret_facts += done;
		break;
	case MATCHD_LAGGED:
		done = take_lost(d, &fact);
		break;
	case MATCHD_EPOCH_CHANGED:
		done = take_epoch(d);
		if (done)
			matchd_subscription_confirm(d->sub);
		break;
	case MATCHD_REFUSED:
		return refused(d);
	default:
		return ask_failed(d->tool, rc);
	}
	if (done)
		acknowledge(d);
	return done || stopped ? EXIT_DONE : EXIT_INTERNAL;
}

static int
consume(struct durable *d, long long count)
{
	long long facts = 0;
	int code = EXIT_DONE;
	while (code == EXIT_DONE && !stopped && (count == 0 || facts < count))
		code = take_next(d, &facts);
	int rc = matchd_subscription_flush(d->sub, d->tool->timeout_ms);
	if (code != EXIT_DONE || rc == MATCHD_OK)
		return code;
	return rc == MATCHD_REFUSED ? refused(d) : ask_failed(d->tool, rc);
}

static int
open_receiver(struct durable *d)
{
	const char *command = tool_option(d->tool, "exec"),
		   *where = tool_option(d->tool, "forward");
	if (command)
		d->to = hand_over_to_command(command);
	if (where)
		d->to = hand_over_to_socket(where);
	if (!where || d->to)
		return EXIT_DONE;
	fputs(TR("matchctl: --forward takes unix: and the path of a socket, less than 108 bytes\n",
		 "matchctl: --forward — это unix: и путь сокета короче 108 байт\n"),
	      stderr);
	return EXIT_USAGE;
}

/* Whether there is such a subscription, so that a mistyped name is told in the way of every
 * command. */
static int
check_subscription(struct tool *t, const char *name)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *r = NULL;
	arguments_text(&args, "name", name);
	int code = ask(t, "subscription.show", &args, &r);
	matchd_reply_free(r);
	arguments_free(&args);
	return code;
}

int
durable_watch(struct tool *t, long long count)
{
	const struct sigaction act = {.sa_handler = on_stop};
	struct durable d = {.tool = t};
	const char *name = tool_option(t, "durable");
	int code = open_receiver(&d);
	if (code == EXIT_DONE)
		code = check_subscription(t, name);
	if (code == EXIT_DONE) {
		const struct matchd_subscription_options o = {.credit = d.to ? HANDED_CREDIT : 0};
		int rc = matchd_subscription_open(t->client, name, &o, &d.sub);
		sigaction(SIGINT, &act, NULL);
		sigaction(SIGTERM, &act, NULL);
		code = rc == MATCHD_OK ? consume(&d, count) : ask_failed(t, rc);
	}
	matchd_subscription_close(d.sub);
	hand_over_close(d.to);
	return code;
}
