#pragma once

/*
 * The log of both processes: one line per event, each event with a stable id.
 *
 * Under journald (stderr is its stream) an event becomes a structured entry: MESSAGE_ID is the
 * event's 128-bit id, its fields are MATCHD_<KEY>, so that `journalctl MESSAGE_ID=…` finds every
 * occurrence whatever the words are. Elsewhere it is one line on stderr:
 *
 *   level event "message" key=value key="value with spaces"
 *
 * The process logs on one thread; the target is process-wide state, as stderr itself is.
 */

#include <stdint.h>
#include <stdio.h>

/* The rows of the table in log.c. An event keeps its meaning for ever. */
enum log_id {
	LOG_ID_READY,
	LOG_ID_STOPPING,
	LOG_ID_STOPPED,
	LOG_ID_START_REFUSED,
	LOG_ID_STORE_FAILED,
	LOG_ID_FILE_MISTAKE,
	LOG_ID_DEFINITION_LOADED,
	LOG_ID_CLOCK_HELD,
	LOG_ID_CLOCK_RELEASED,
	LOG_ID_CLOCK_BEHIND,
	LOG_ID_SESSION_OPENED,
	LOG_ID_SESSION_CLOSED,
	LOG_ID_SESSION_REFUSED,
	LOG_ID_GATEWAY_STARTED,
	LOG_ID_GATEWAY_ENDED,
	LOG_ID_CORE_FOUND,
	LOG_ID_CORE_LOST,
	LOG_ID_CORE_REFUSED,
	LOG_ID_PEER_SLOW,
	LOG_ID_TOPIC_REFUSED,
	LOG_ID_DEFINITION_REFUSED,
	LOG_ID_RELOADED,
	LOG_ID_MEMORY,
	LOG_ID_STORE_UPGRADED,
	LOG_ID_STORE_DAMAGED,
	LOG_ID_JOURNAL_UNREADABLE,
	LOG_ID_STORAGE_FULL,
	LOG_ID_STORAGE_ROOM,
	LOG_ID_INDEX_DIVERGED,
	LOG_IDS
};

/* As syslog counts them. */
enum log_level { LEVEL_ERROR = 3, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG };
enum log_target { LOG_TO_AUTO, LOG_TO_JOURNAL, LOG_TO_STDERR };

/* `text`, or the number where text is NULL. Keys are lower-case words. */
struct log_field {
	const char *key;
	const char *text;
	int64_t number;
};

enum { LOG_FIELDS_MAX = 8, LOG_MESSAGE = 512 };

#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {NULL, NULL, 0}})
#define LOG_NONE	((const struct log_field[]){{NULL, NULL, 0}})

/*
 * Events less urgent than `level` are dropped. LOG_TO_AUTO is the journal if stderr is connected to
 * it. Until the first call the log goes to stderr, from LEVEL_NOTICE on.
 */
void log_open(enum log_target target, enum log_level level);
/* Writes the event. `fields` ends with a NULL key (the macros see to it); at most LOG_FIELDS_MAX
 * are written. What cannot be written is lost: a daemon does not stop for its log. */
void log_write(enum log_id id, const struct log_field *fields, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The event's name ("core_lost") and its id as 32 hex digits. */
const char *log_name(enum log_id id);
const char *log_message_id(enum log_id id);
/* For people: every event as a row of a Markdown table, with what it means. */
void log_print_events(FILE *out);
