#include "client/matchctl/flight.h"

#include "client/matchctl/ask.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct flying {
	uint64_t id;
	bool used;
	void *who;
	uint64_t what;
};

void
flight_init(struct flight *f, struct tool *tool, size_t window, flight_fn answered, void *arg)
{
	*f = (struct flight){.tool = tool, .window = window, .answered = answered, .arg = arg};
	f->list = mem_zalloc(window * sizeof *f->list);
}

void
flight_done(struct flight *f)
{
	free(f->list);
	f->list = NULL;
}

/* Answers mostly come in the order of the requests, so each search is a step. */
static struct flying *
find(struct flight *f, uint64_t id)
{
	for (size_t i = 0; i < f->window; i++) {
		size_t at = (f->hint + i) % f->window;
		if (!f->list[at].used || f->list[at].id != id)
			continue;
		f->hint = at + 1;
		return &f->list[at];
	}
	return NULL;
}

/* Takes one answer. MATCHD_TIMEOUT where none is there within the time. */
static int
receive(struct flight *f, int timeout_ms, int *ret_code)
{
	struct matchd_reply *r;
	int rc = matchd_receive(f->tool->client, timeout_ms, &r);
	if (rc != MATCHD_OK && rc != MATCHD_REFUSED)
		return rc;
	struct flying *one = find(f, matchd_reply_id(r));
	if (one) {
		/* Its place is free before the answer is taken, which may send again. */
		one->used = false;
		*ret_code = f->answered(f->arg, one->who, one->what, r);
	}
	matchd_reply_free(r);
	return MATCHD_OK;
}

/* Waits for an answer. Returns an exit code. */
static int
receive_one(struct flight *f)
{
	int code = EXIT_DONE;
	int rc = receive(f, f->tool->timeout_ms, &code);
	if (rc == MATCHD_OK)
		return code;
	fprintf(stderr,
		TR("matchctl: %zu requests were not answered\n",
		   "matchctl: запросов без ответа: %zu\n"),
		matchd_in_flight(f->tool->client));
	return ask_failed(f->tool, rc);
}

/* Takes what is there already, so that many places become free at once and the next turn of the
 * core has many requests to take. */
static int
receive_more(struct flight *f)
{
	int code = EXIT_DONE;
	while (code == EXIT_DONE && matchd_in_flight(f->tool->client) > 0 &&
	       receive(f, 0, &code) == MATCHD_OK)
		;
	return code;
}

int
flight_send(struct flight *f, const char *cmd, struct str args, void *who, uint64_t what)
{
	while (matchd_in_flight(f->tool->client) >= f->window) {
		int code = receive_one(f);
		if (code == EXIT_DONE)
			code = receive_more(f);
		if (code != EXIT_DONE)
			return code;
	}
	struct flying *one = f->list;
	for (size_t i = 0; i < f->window; i++) {
		one = &f->list[(f->hint + f->window - 1 + i) % f->window];
		if (!one->used)
			break;
	}
	int rc = matchd_send(f->tool->client, cmd, args.p, args.len, &one->id);
	if (rc == MATCHD_E_USAGE)
		return FLIGHT_TOO_LONG;
	if (rc != MATCHD_OK)
		return ask_failed(f->tool, rc);
	one->used = true;
	one->who = who;
	one->what = what;
	return EXIT_DONE;
}

int
flight_land(struct flight *f)
{
	int code = EXIT_DONE;
	while (code == EXIT_DONE && f->tool->client && matchd_in_flight(f->tool->client) > 0)
		code = receive_one(f);
	return code;
}
