#pragma once

/*
 * One end of the channel between core and gateway: a connected AF_UNIX socket in the event loop.
 *
 * A bufferevent would read 4,096 bytes per turn of the loop and so cap how many requests one commit
 * can hold; a stream reads until the socket is empty (or its buffer is full, when it leaves the
 * rest to the kernel and so to the peer). What is sent and not yet taken by the kernel waits in
 * memory: its owner looks at stream_backlog and decides.
 *
 * Callbacks come from the loop, never from within a call of the owner's. The owner may free the
 * stream in them.
 */

#include "daemon/channel.h"

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct stream;

/* Bytes that were received and not yet read as frames, at most about so many. */
enum { STREAM_INPUT_MAX = 4 << 20 };

struct stream_events {
	void (*input)(void *arg);  /* something came: read frames */
	void (*closed)(void *arg); /* the peer has gone, after all that it had sent was reported */
};

/* Takes over the non-blocking socket. */
struct stream *stream_new(struct event_base *base, int fd, const struct stream_events *events,
			  void *arg);
/* Closes the socket; what is not sent is lost. Takes NULL. */
void stream_free(struct stream *s);

/* Receives what is there without waiting for the loop. */
void stream_fill(struct stream *s);
/*
 * The next frame that was received. Returns 1, and the frame is valid until the next call; 0: none
 * whole yet; -1: what came is no frame, for the reason in *ret_reason (channel.h).
 */
int stream_next(struct stream *s, struct channel_frame *ret, enum channel_reason *ret_reason);

/* Sends, as far as the socket takes it now; the rest goes when the loop finds it can. */
void stream_send(struct stream *s, struct str frames);
/* Has the socket take what it takes now of the rest, without waiting for the loop. */
void stream_flush(struct stream *s);
/* Bytes that wait to be sent. */
size_t stream_backlog(const struct stream *s);
