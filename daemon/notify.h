#pragma once

/*
 * What the service manager is told (sd_notify(3)): ready, stopping, how it goes, and that the loop
 * still turns. Without a NOTIFY_SOCKET in the environment all of it does nothing.
 */

struct event_base;
struct notify;

/* Sends the watchdog's sign of life from the loop, at half the interval that WATCHDOG_USEC asks
 * for. Free with notify_free, which takes NULL. */
struct notify *notify_new(struct event_base *base);
void notify_free(struct notify *n);

void notify_ready(void);
void notify_stopping(void);
/* One line for `systemctl status`; sent only where it differs from the last one. */
void notify_status(struct notify *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
