#pragma once

/*
 * The gateway as a child of the core, where no service manager looks after it.
 *
 * It is started again whenever it ends: at once, or, where it does not live for a second, after a
 * pause that doubles from 50 ms to 2 s. It is a process group of its own, so that Ctrl-C at a
 * terminal reaches the core alone, which lets the gateway pass on the last answers before it stops
 * it. Should the core die without that, the kernel tells the gateway (option `parent`).
 */

struct event_base;
struct options;
struct child;

/* Starts the child and watches it. `options` must outlive it. */
struct child *child_new(struct event_base *base, const struct options *options);
/* Stops the child (SIGTERM, after two seconds SIGKILL) and waits for it. Takes NULL. */
void child_free(struct child *c);
