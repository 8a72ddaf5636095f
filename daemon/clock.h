#pragma once

/*
 * The time that commands are stamped with.
 *
 * Deadlines follow the system's wall clock, and a wall clock that jumps (a wrong time server, a
 * mistyped date) could expire every listing in one turn, for good. So the wall clock is compared
 * with the time since boot, which nobody sets: where the two part by more than a limit the wall
 * clock is *held*, which means that time goes on from before the jump at the pace of the other, and
 * the operator is told. When the wall clock comes back, or the operator raises the limit, it is
 * followed again.
 *
 * What was last believed is remembered in a file beside the sockets, so that a restart within one
 * boot is not the moment at which a wrong clock slips in. A reboot forgets it.
 */

#include <stdbool.h>
#include <stdint.h>

struct clock {
	int64_t limit_ms;      /* 0: follow the wall clock whatever it does */
	int64_t offset_ms;     /* wall clock minus time since boot, as last believed */
	int64_t remembered_ms; /* the offset that the file has */
	char *path;	       /* of the file; owned; NULL: remember nothing */
	bool known;	       /* offset_ms is set */
	bool held;
};

/* Takes back what the file at `path` remembers, if it is of this boot. Free with clock_done. */
void clock_init(struct clock *c, int64_t limit_ms, const char *path);
void clock_done(struct clock *c);

/* The time now, in ms of Unix time. Logs when the wall clock begins to be held or to be followed
 * again. */
int64_t clock_now(struct clock *c);

/* Time that nobody sets, in ms, for measuring how long something takes. */
int64_t clock_monotonic_ms(void);

/* The time from readings of both clocks, both in ms; sets `held`. Pure. */
int64_t clock_settle(struct clock *c, int64_t wall_ms, int64_t boot_ms);
