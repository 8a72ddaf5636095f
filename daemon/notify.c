#include "daemon/notify.h"

#include "util/mem.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

enum { STATUS_TEXT = 200 };

struct notify {
	struct event *watchdog; /* NULL: nobody watches */
	char status[STATUS_TEXT];
};

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	sd_notify(0, "WATCHDOG=1");
}

struct notify *
notify_new(struct event_base *base)
{
	struct notify *n = mem_zalloc(sizeof(*n));
	uint64_t interval_us;

	if (sd_watchdog_enabled(0, &interval_us) > 0) {
		interval_us /= 2;
		struct timeval every = {(time_t)(interval_us / 1000000),
					(suseconds_t)(interval_us % 1000000)};
		n->watchdog = event_new(base, -1, EV_PERSIST, on_watchdog, NULL);
		event_add(n->watchdog, &every);
	}
	return n;
}

void
notify_free(struct notify *n)
{
	if (!n)
		return;
	if (n->watchdog)
		event_free(n->watchdog);
	free(n);
}

void
notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void
notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void
notify_status(struct notify *n, const char *format, ...)
{
	char text[STATUS_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, n->status) == 0)
		return;
	memcpy(n->status, text, strlen(text) + 1);
	sd_notifyf(0, "STATUS=%s", text);
}
