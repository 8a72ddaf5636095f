#pragma once

/* A window of requests in flight: sent without waiting, each answered to whoever sent it. */

#include "client/matchctl/command.h"
#include "client/matchd.h"
#include "util/buf.h"

enum { FLIGHT_WINDOW = 64, FLIGHT_MOST = 1000 /* as many as the protocol allows */ };
enum { FLIGHT_TOO_LONG = -1 };

/* Takes an answer. Returns EXIT_DONE, or the exit code with which everything ends. Requests may be
 * sent from here. */
typedef int (*flight_fn)(void *arg, void *who, uint64_t what, const struct matchd_reply *r);

struct flight {
	struct tool *tool;
	struct flying *list;
	size_t window, hint; /* where the oldest is likely to be */
	flight_fn answered;
	void *arg;
};

/* To send, the tool must be connected. */
void flight_init(struct flight *f, struct tool *tool, size_t window, flight_fn answered, void *arg);
/* Sends a request; `who` and `what` come back with its answer. Where the window is full, answers
 * are taken first. Returns EXIT_DONE, FLIGHT_TOO_LONG (not sent: beyond a message's length), or an
 * exit code, having said why. */
int flight_send(struct flight *f, const char *cmd, struct str args, void *who, uint64_t what);
/* Takes answers until nothing is in flight. Returns an exit code. */
int flight_land(struct flight *f);
void flight_done(struct flight *f);
