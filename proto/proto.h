#pragma once

/*
 * What is said on the wire: one table of messages, from which the check of requests,
 * docs/protocol.md, the tool's completion and the golden bytes in the tests all derive.
 *
 * A request is one MessagePack map: "v" (protocol version), "id" (chosen by the client, returned in
 * the reply), "cmd" (a message's name), where wanted "client" (who asks) and "key" (an idempotency
 * key of that client's), and the message's arguments by name. A reply is a map with
 * "v", "id", "ok", and either the message's results by name or "error": {"code", "message",
 * "field", "expected"}.
 *
 * Names are never reused for something else; arguments and results are only ever added.
 */

#include "util/buf.h"
#include "util/mp.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PROTO_VERSION = 1,
	PROTO_MAX_REQUEST = 65536, /* bytes */
	PROTO_MAX_REPLY = 1048576, /* bytes; longer answers are paged */
	PROTO_MAX_DEPTH = 8,
	PROTO_MAX_TOKENS = 20000,
	PROTO_MAX_ARGS = 16,
	PROTO_MAX_NAME = 64, /* bytes of a client's name, and of a key */
};

enum proto_type {
	PROTO_TEXT, /* UTF-8, min..max bytes */
	PROTO_INT,  /* min..max */
	PROTO_BOOL,
	PROTO_MAP,   /* at most `max` entries (0: as below it); read further by its handler */
	PROTO_ARRAY, /* read further likewise */
	PROTO_BIN,
};

enum {
	PROTO_REQUIRED = 1,
	PROTO_NULLABLE = 2, /* nil is a value of its own: "remove it" */
};

struct proto_field {
	const char *name;
	enum proto_type type;
	unsigned flags;
	int64_t min, max;
	const char *help;
};

struct proto_message {
	const char *name;
	bool writes;			   /* goes through the journal */
	const struct proto_field *args;	   /* ends with a NULL name */
	const struct proto_field *results; /* ends with a NULL name */
	const char *help;
};

/* The table; ends with a NULL name. */
extern const struct proto_message proto_messages[];

/* One row per error code: {code, what it means}. Ends with NULL. */
struct proto_error_code {
	const char *code;
	const char *help;
};
extern const struct proto_error_code proto_error_codes[];

/* The kinds of facts that subscribers see, and the keys of their bodies, for the protocol page.
 * Ends with a NULL name. */
extern const struct proto_message proto_facts[];

/* A request that passed the table: arguments as views into the request's bytes, in the order of the
 * message's table. */
struct proto_request {
	const struct proto_message *message;
	uint64_t id;
	struct str client, key; /* STR_NONE: not given; no key without a client */
	struct mp map;		/* the whole request */
	struct proto_value {
		bool present;
		bool nil;
		struct str text; /* PROTO_TEXT, PROTO_BIN */
		int64_t number;	 /* PROTO_INT, PROTO_BOOL */
		struct mp raw;	 /* every type: a cursor at the value */
	} args[PROTO_MAX_ARGS];
};

struct proto_error {
	const char *code; /* one of proto_error_codes */
	char field[160];
	char message[240];
	char expected[240];
};

/*
 * Checks the bytes and reads a request. Returns 0, or 1 with *ret_error filled in; then ret->id is
 * the request's id if it could be read, else 0.
 */
int proto_read(struct str bytes, struct proto_request *ret, struct proto_error *ret_error);
/* The argument of that name of the request's message. A name that the table does not have is our
 * own bug (asserted). */
const struct proto_value *proto_arg(const struct proto_request *r, const char *name);

/* Writes an error reply. */
void proto_write_error(struct buf *out, uint64_t id, const char *code, const char *field,
		       const char *message, const char *expected);
/* Writes the head of a successful reply, whose results follow as `count` pairs. */
void proto_write_ok(struct buf *out, uint64_t id, uint32_t count);

/* Writes a whole reply once more, under another id. */
void proto_write_again(struct buf *out, uint64_t id, struct str reply);

/* Finds a message by name, or NULL. */
const struct proto_message *proto_find(struct str name);

/* Where the two sockets are, in the runtime directory: commands (the gateway's ROUTER) and feed
 * (its XPUB). */
#define PROTO_RUNTIME	      "/run/matchd"
#define PROTO_COMMANDS_SOCKET "commands.sock"
#define PROTO_FEED_SOCKET     "feed.sock"

/*
 * The feed: a multipart ZeroMQ message of three frames: topic, header, body. The header is 32
 * bytes: epoch (16), number (8, big-endian), prev (8, big-endian: the preceding number in the same
 * stream, 0 for none). The topic is
 * "<stream>/<kind>" with stream "x.<exchange>" or "p.<participant>"; "/" cannot stand in either
 * name, so that the prefix "p.acme/" is exactly one stream. The heartbeat has the topic
 * "heartbeat", the head as number, 0 as prev.
 */
enum { PROTO_EPOCH = 16, PROTO_FEED_HEADER = 32, PROTO_HEARTBEAT_MS = 1000 };
#define PROTO_HEARTBEAT "heartbeat"
void proto_feed_header(uint8_t header[PROTO_FEED_HEADER], const uint8_t epoch[PROTO_EPOCH],
		       uint64_t number, uint64_t prev);
/* false if it is not 32 bytes. */
bool proto_feed_read(struct str header, uint8_t epoch[PROTO_EPOCH], uint64_t *number,
		     uint64_t *prev);
