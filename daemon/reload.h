#pragma once

/*
 * Reading definitions and the market's settings again, while the daemon runs: on SIGHUP and by the
 * command `reload`. The files are read anew with the same command line; what differs becomes
 * commands in the journal, as at start.
 */

#include "daemon/dispatch.h"
#include "daemon/options.h"

struct reload {
	int argc; /* of the process, to read the configuration again */
	char *const *argv;
	struct dispatch *dispatch;
};

/* Gives the market its settings (admitted regions, work) at the clock's time. False where they are
 * refused; *ret_changed says whether they differ from what it had. */
bool reload_settings(const struct options *o, struct dispatch *dispatch, int64_t clock_ms,
		     bool *ret_changed, struct refusal *ret);

/* struct dispatch's `reload`; `arg` is a struct reload. Files with mistakes load nothing. */
bool reload_all(void *arg, int64_t clock_ms, struct buf *list, uint32_t *ret_n,
		struct refusal *ret);
