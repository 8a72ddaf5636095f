#pragma once

/*
 * The channel between core and gateway: what they say on the AF_UNIX stream that joins them.
 *
 * A frame is a length (4 bytes, big-endian, of what follows), a kind (1 byte) and a payload:
 *
 *   hello      version, role           first from either end; the core answers the gateway's
 *   request    envelope, bytes         gateway to core
 *   reply      envelope, bytes         core to gateway: the request's envelope as it came
 *   fact       epoch, number, kind,    core to gateway, for the feed (proto/proto.h): once,
 *              streams, body           whatever the number of streams that it concerns
 *   heartbeat  header                  likewise, every second
 *   bye        reason                  the last from either end
 *
 * Envelope, kind and a stream's name have a byte of length before them. Streams are their number (1
 * byte), and for each its name and the number of the fact before in it (8 bytes, big-endian, as the
 * fact's own). The envelope is the gateway's own (it holds the client's routing id); the core gives
 * it back unread. Both ends are versions of one program,
 * so a frame that does not fit ends the connection with a reason instead of being passed over.
 *
 * Reading takes bytes and touches no socket: tests and fuzzers call it as the processes do.
 */

#include "util/buf.h"

#include <stdint.h>

enum {
	CHANNEL_VERSION = 2,
	CHANNEL_HEAD = 5,		 /* bytes: length and kind */
	CHANNEL_MAX_ENVELOPE = 255,	 /* as ZeroMQ bounds routing ids */
	CHANNEL_MAX_BYTES = 1024 * 1024, /* of a request, reply, or fact's body */
	CHANNEL_MAX_FRAME = 1026 * 1024, /* of kind and payload */
	CHANNEL_MAX_STREAMS = 3,	 /* of a fact */
};

/* Numbers are said on the wire: never reuse one. */
enum channel_kind {
	CHANNEL_HELLO = 1,
	CHANNEL_REQUEST = 2,
	CHANNEL_REPLY = 3,
	CHANNEL_FACT = 4,
	CHANNEL_HEARTBEAT = 5,
	CHANNEL_BYE = 6,
};

enum channel_role { CHANNEL_CORE = 1, CHANNEL_GATEWAY = 2 };

/* Why an end says bye. */
enum channel_reason {
	CHANNEL_STOPPING = 1,	 /* it ends or restarts */
	CHANNEL_VERSION_UNKNOWN, /* the hello names another version */
	CHANNEL_MALFORMED,	 /* a frame that does not fit its kind */
	CHANNEL_KIND_UNKNOWN,	 /* a kind that the version does not have */
	CHANNEL_TOO_LARGE,	 /* a length beyond its limit */
	CHANNEL_OUT_OF_TURN,	 /* a kind that this end does not expect, or not now */
	CHANNEL_NOT_ALLOWED,	 /* the peer's user may not connect */
	CHANNEL_TOO_SLOW,	 /* too much waits to be read */
};
/* "stopping", …; "unknown" for numbers that are none. */
const char *channel_reason_name(enum channel_reason reason);

/* A fact for each of its streams: the number before it in that stream is another in each. */
struct channel_fact {
	struct str epoch; /* PROTO_EPOCH bytes */
	uint64_t number;
	struct str kind; /* "match.made" */
	size_t n_streams;
	struct channel_stream {
		struct str name; /* "x.patents" */
		uint64_t prev;
	} streams[CHANNEL_MAX_STREAMS];
	struct str body;
};

/* A frame that was read; texts are views into the bytes. Only the kind's members are set. */
struct channel_frame {
	enum channel_kind kind;
	enum channel_role role;	    /* hello */
	enum channel_reason reason; /* bye */
	struct str envelope;	    /* request, reply */
	struct str bytes;	    /* request, reply */
	struct str header;	    /* heartbeat: PROTO_FEED_HEADER bytes */
	struct channel_fact fact;
};

/*
 * How many bytes the frame at the beginning of `bytes` has in all; 0: not yet to be seen. Never
 * more than 4 + CHANNEL_MAX_FRAME, whatever the length claims: reading so much finds the mistake.
 */
size_t channel_size(struct str bytes);

/*
 * Reads the frame at the beginning of the bytes. Returns 1 and how many bytes it has in all; 0: it
 * is not there whole; -1: it does not fit, for the reason in *ret_reason, and nothing after it can
 * be read either.
 */
int channel_read(struct str bytes, struct channel_frame *ret, size_t *ret_size,
		 enum channel_reason *ret_reason);

/* Each appends one frame. Lengths beyond the limits are our own bugs (asserted). */
void channel_put_hello(struct buf *out, enum channel_role role);
void channel_put_request(struct buf *out, struct str envelope, struct str request);
void channel_put_reply(struct buf *out, struct str envelope, struct str reply);
void channel_put_fact(struct buf *out, const struct channel_fact *f);
void channel_put_heartbeat(struct buf *out, struct str header);
void channel_put_bye(struct buf *out, enum channel_reason reason);
