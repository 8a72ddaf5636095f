#include "client/matchctl/progress.h"

#include "client/clock.h"
#include "client/matchctl/language.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BAR = 24, EVERY_MS = 200 };

void
progress_begin(struct progress *p, bool on, uint64_t total, uint64_t first, uint64_t first_rows)
{
	int64_t now = clock_ms();
	*p = (struct progress){.on = on,
			       .total = total ? total : 1,
			       .first = first,
			       .first_rows = first_rows,
			       .begun_ms = now,
			       .next_ms = now + EVERY_MS};
}

/* "0:07", "1:02:30"; "?" while nothing is known. */
static void
write_left(const struct progress *p, uint64_t done, int64_t spent_ms, char text[24])
{
	if (done <= p->first) {
		strcpy(text, "?");
		return;
	}
	double left = (double)(p->total - done) * (double)spent_ms / (double)(done - p->first);
	unsigned long seconds = (unsigned long)(left / 1000 + 0.5);
	if (seconds >= 3600)
		snprintf(text, 24, "%lu:%02lu:%02lu", seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	else
		snprintf(text, 24, "%lu:%02lu", seconds / 60, seconds % 60);
}

void
progress_step(struct progress *p, uint64_t done, uint64_t rows)
{
	int64_t now = p->on ? clock_ms() : 0;
	char bar[BAR + 1], left[24];
	if (!p->on || now < p->next_ms)
		return;
	done = done < p->total ? done : p->total;
	size_t full = (size_t)(done * BAR / p->total);
	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	int64_t spent = now - p->begun_ms;
	uint64_t rate = spent > 0 ? (rows - p->first_rows) * 1000 / (uint64_t)spent : 0;
	write_left(p, done, spent, left);
	p->next_ms = now + EVERY_MS;
	p->shown = true;
	if (p->bare) {
		fprintf(stderr,
			TR("\r[%s] %3d %%, %s left\033[K", "\r[%s] %3d %%, осталось %s\033[K"), bar,
			(int)(done * 100 / p->total), left);
		return;
	}
	fprintf(stderr,
		TR("\r[%s] %3d %%  %" PRIu64 " rows, %" PRIu64 "/s, %s left\033[K",
		   "\r[%s] %3d %%  строк %" PRIu64 ", %" PRIu64 "/с, осталось %s\033[K"),
		bar, (int)(done * 100 / p->total), rows, rate, left);
}

void
progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
