#include "daemon/clock.h"

#include "daemon/log.h"
#include "util/buf.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-id128.h>
#include <time.h>

/* The file follows in steps: the offset drifts by a little all the time. */
enum { REMEMBER_STEP_MS = 1000 };

static int64_t
read_ms(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_settle(struct clock *c, int64_t wall_ms, int64_t boot_ms)
{
	int64_t offset = wall_ms - boot_ms;

	c->held = c->known && c->limit_ms > 0 && llabs(offset - c->offset_ms) > c->limit_ms;
	if (!c->held) {
		c->offset_ms = offset;
		c->known = true;
	}
	return boot_ms + c->offset_ms;
}

static bool
boot_text(char text[SD_ID128_STRING_MAX])
{
	sd_id128_t boot;

	if (sd_id128_get_boot(&boot) < 0)
		return false;
	sd_id128_to_string(boot, text);
	return true;
}

/* What cannot be read is as if it were not there. */
static void
recall(struct clock *c)
{
	char now[SD_ID128_STRING_MAX], then[SD_ID128_STRING_MAX];
	int64_t offset;
	FILE *in = fopen(c->path, "re");

	if (!in)
		return;
	if (boot_text(now) && fscanf(in, "%32s %" SCNd64, then, &offset) == 2 &&
	    str_eq(str_of(now), str_of(then))) {
		c->offset_ms = offset;
		c->remembered_ms = offset;
		c->known = true;
	}
	fclose(in);
}

/* Written beside and renamed, so that a reader finds the old one or the new one. Without a file the
 * clock is held within this process's life only. */
static void
remember(struct clock *c)
{
	char boot[SD_ID128_STRING_MAX];
	char *fresh = NULL;
	FILE *out;

	if (!boot_text(boot))
		return;
	if (asprintf(&fresh, "%s.new", c->path) < 0)
		mem_failed(strlen(c->path));
	out = fopen(fresh, "we");
	if (out) {
		fprintf(out, "%s %" PRId64 "\n", boot, c->offset_ms);
		if (fclose(out) == 0 && rename(fresh, c->path) == 0)
			c->remembered_ms = c->offset_ms;
	}
	free(fresh);
}

void
clock_init(struct clock *c, int64_t limit_ms, const char *path)
{
	*c = (struct clock){.limit_ms = limit_ms, .remembered_ms = INT64_MAX};
	if (path) {
		c->path = mem_dup(path, strlen(path));
		recall(c);
	}
}

void
clock_done(struct clock *c)
{
	free(c->path);
	c->path = NULL;
}

int64_t
clock_now(struct clock *c)
{
	bool was_held = c->held;
	int64_t wall_ms = read_ms(CLOCK_REALTIME);
	int64_t now_ms = clock_settle(c, wall_ms, read_ms(CLOCK_BOOTTIME));

	if (c->held && !was_held)
		log_write(LOG_ID_CLOCK_HELD,
			  LOG_FIELDS({"jump_ms", .number = wall_ms - now_ms},
				     {"limit_ms", .number = c->limit_ms}),
			  "the system's clock jumped and is not followed: put it right, or, if it "
			  "is right now, restart once with --clock-jump-limit=0");
	else if (was_held && !c->held)
		log_write(LOG_ID_CLOCK_RELEASED, LOG_NONE, "the system's clock is followed again");
	bool stale = c->remembered_ms == INT64_MAX ||
		     llabs(c->offset_ms - c->remembered_ms) > REMEMBER_STEP_MS;
	if (c->path && stale)
		remember(c);
	return now_ms;
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
