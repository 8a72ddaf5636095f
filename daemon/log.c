#include "daemon/log.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

/* Names and identifiers are what people search for and programs wait for: never changed. */
static const struct {
	const char *name;
	const char *message_id;
	enum log_level level;
	const char *meaning; /* and what to do about it */
} events[LOG_IDS] = {
    [LOG_ID_READY] = {"ready", "673c24ccf719422dab6fcfeaa6239101", LEVEL_NOTICE, "It serves."},
    [LOG_ID_STOPPING] = {"stopping", "4ceb907d353b436685bcce670fdb5fad", LEVEL_NOTICE,
			 "It was asked to stop; the turn is finished and answered first."},
    [LOG_ID_STOPPED] = {"stopped", "c190e913e3d640f092d20561d8328450", LEVEL_NOTICE,
			"It has stopped; everything answered is stored."},
    [LOG_ID_START_REFUSED] = {"start_refused", "4b15722df2654ace80dcde928c0d4fa6", LEVEL_ERROR,
			      "It cannot start, and says why: mend that."},
    [LOG_ID_STORE_FAILED] =
	{"store_failed", "453c1fe0de6846c88b71c73e4d09b1af", LEVEL_ERROR,
	 "A turn could not be stored (a full disk, a failing one): nothing of it was answered, and "
	 "the core stops. Make room, or look at the disk."},
    [LOG_ID_FILE_MISTAKE] =
	{"file_mistake", "cefa16343cfc411a8af2dc23a2a12b8f", LEVEL_ERROR,
	 "An exchange or tree file has a mistake: `matchctl exchange check FILE`."},
    [LOG_ID_DEFINITION_LOADED] = {"definition_loaded", "9ca1896d2180463c9d3d9f9f36ed057b",
				  LEVEL_NOTICE, "An exchange or tree is new or has changed."},
    [LOG_ID_CLOCK_HELD] =
	{"clock_held", "04fa52323e9e4e459bb53bbd0fde189b", LEVEL_ERROR,
	 "The clock jumped by more than `clock-jump-limit` and is not followed: no deadline fires. "
	 "Set the clock right, or start once with `clock-jump-limit: 0`."},
    [LOG_ID_CLOCK_RELEASED] = {"clock_released", "be10b7b807484e619d5b2a37a8525b56", LEVEL_NOTICE,
			       "The clock is followed again."},
    [LOG_ID_CLOCK_BEHIND] =
	{"clock_behind", "545464c53f324ad786511b4edef8f49b", LEVEL_WARNING,
	 "The clock is behind the last fact: time stands still until it has caught up."},
    [LOG_ID_SESSION_OPENED] = {"session_opened", "7a748bfb2ab34d3f89e70e06ebfe0b8c", LEVEL_INFO,
			       "A gateway has connected."},
    [LOG_ID_SESSION_CLOSED] = {"session_closed", "43a13cdba8ad4e6f880f98794ebbe26e", LEVEL_INFO,
			       "A gateway has gone."},
    [LOG_ID_SESSION_REFUSED] = {"session_refused", "85eb1cea6a4d48c7b876614569ab8818",
				LEVEL_WARNING,
				"Somebody who may not, or one too many, tried the core's socket."},
    [LOG_ID_GATEWAY_STARTED] = {"gateway_started", "3e717c05d44c4ce29029d3c930962a32", LEVEL_INFO,
				"The core has started its gateway."},
    [LOG_ID_GATEWAY_ENDED] = {"gateway_ended", "a16e2e9ca24143938d52f1b18fedb4b9", LEVEL_WARNING,
			      "The gateway ended and is started again. Now and then that is "
			      "harmless; look into it if it repeats."},
    [LOG_ID_CORE_FOUND] = {"core_found", "1ab2e2f982544ad784cb427a48a3365d", LEVEL_NOTICE,
			   "The gateway has found the core."},
    [LOG_ID_CORE_LOST] =
	{"core_lost", "b997a95787234f988655f53db9228f66", LEVEL_WARNING,
	 "The core is gone: clients are told `core_unavailable` until it is back."},
    [LOG_ID_CORE_REFUSED] =
	{"core_refused", "c9c89ad04fdf4c1b890d26f960e5adae", LEVEL_ERROR,
	 "The core does not let this gateway in: look at users, groups and versions."},
    [LOG_ID_PEER_SLOW] =
	{"peer_slow", "b335f88cc64642068fdf5bb3ef836253", LEVEL_WARNING,
	 "A client does not read its replies; some were dropped, and it will ask again."},
    [LOG_ID_TOPIC_REFUSED] = {"topic_refused", "1e38e3e68a37491bb6bbbc196beacd76", LEVEL_WARNING,
			      "A subscriber asked for more topics than allowed."},
    [LOG_ID_DEFINITION_REFUSED] = {"definition_refused", "723fd45abbad4e50bbb8a3d7c986b326",
				   LEVEL_ERROR,
				   "A changed exchange or tree does not fit what is stored, or "
				   "there is no room to store it; the one "
				   "in force stays."},
    [LOG_ID_RELOADED] = {"reloaded", "0a661d945d7f4ae6a85d3df244d88c29", LEVEL_NOTICE,
			 "Definitions and settings were read again."},
    [LOG_ID_MEMORY] = {"out_of_memory", "6c8e3bd8122c43359c211e855834266c", LEVEL_ERROR,
		       "Memory ran out: nothing of the turn is kept, and it is started again."},
    [LOG_ID_STORE_UPGRADED] = {"store_upgraded", "1571248f575f49dd96a9e23347ab4710", LEVEL_NOTICE,
			       "The store was of an older format and is of the present one now; "
			       "an older matchd does not read it any more."},
    [LOG_ID_STORE_DAMAGED] =
	{"store_damaged", "5599825a39584da091fdb7fd741383f4", LEVEL_ERROR,
	 "The data file is damaged (`matchctl verify` says where): nothing wrong "
	 "was served. Restore a backup."},
    [LOG_ID_JOURNAL_UNREADABLE] = {"journal_unreadable", "e51277ed9f5c403b8bec98dac9124f20",
				   LEVEL_ERROR,
				   "Old facts are damaged, or could not be read; they are given to "
				   "nobody, and all else goes on. "
				   "`matchctl verify` says where; restore a backup."},
    [LOG_ID_STORAGE_FULL] = {"storage_full", "5884295398544b60b43e77e820a7ff29", LEVEL_ERROR,
			     "The disk, or `storage-limit`, is reached: what would grow is refused "
			     "with `storage_full`, reads "
			     "and withdrawals go on. Make room; matchd notices by itself."},
    [LOG_ID_STORAGE_ROOM] = {"storage_room", "39f54fb04a6b4f42a35885437e6c22b9", LEVEL_NOTICE,
			     "There is room again, and everything is taken."},
    [LOG_ID_INDEX_DIVERGED] =
	{"index_diverged", "f9352014a133474c9907fdaa22ba0c13", LEVEL_ERROR,
	 "`matchctl verify --live` found matches that are not what the rule says. Restart matchd, "
	 "which builds the index anew, and report it."},
};

static const char *const level_names[] = {
    [LEVEL_ERROR] = "error", [LEVEL_WARNING] = "warning", [LEVEL_NOTICE] = "notice",
    [LEVEL_INFO] = "info",   [LEVEL_DEBUG] = "debug",
};

static struct {
	bool journal;
	enum log_level level;
} target = {false, LEVEL_NOTICE};

/* journald tells a service by device and inode which stream it gave it; stderr may since have been
 * sent elsewhere. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void
log_open(enum log_target where, enum log_level level)
{
	target.journal = where == LOG_TO_JOURNAL || (where == LOG_TO_AUTO && stderr_is_journal());
	target.level = level;
}

static void
write_journal(enum log_id id, const struct log_field *fields, const char *message)
{
	enum { FIXED = 4, VALUE = LOG_MESSAGE + 64 };
	char texts[FIXED + LOG_FIELDS_MAX][VALUE];
	struct iovec io[FIXED + LOG_FIELDS_MAX];
	int n = 0;

	snprintf(texts[n++], VALUE, "MESSAGE=%s", message);
	snprintf(texts[n++], VALUE, "MESSAGE_ID=%s", events[id].message_id);
	snprintf(texts[n++], VALUE, "PRIORITY=%d", (int)events[id].level);
	snprintf(texts[n++], VALUE, "MATCHD_EVENT=%s", events[id].name);
	for (const struct log_field *f = fields; f->key && n < FIXED + LOG_FIELDS_MAX; f++) {
		char *out = texts[n++];
		int at = snprintf(out, VALUE, "MATCHD_");
		for (const char *k = f->key; *k && at < 64; k++)
			out[at++] = (char)(*k >= 'a' && *k <= 'z' ? *k - 'a' + 'A' : *k);
		if (f->text)
			snprintf(out + at, VALUE - (size_t)at, "=%s", f->text);
		else
			snprintf(out + at, VALUE - (size_t)at, "=%" PRId64, f->number);
	}
	for (int i = 0; i < n; i++)
		io[i] = (struct iovec){texts[i], strlen(texts[i])};
	sd_journal_sendv(io, n);
}

/* What could break the line is shown as "?". */
static void
put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc((unsigned char)*p < ' ' || *p == 127 ? '?' : *p, out);
	}
	fputc('"', out);
}

/* Quoted where it would not stay one word. */
static void
put_value(FILE *out, const char *text)
{
	bool plain = *text != 0;

	for (const char *p = text; *p; p++)
		plain = plain && (unsigned char)*p > ' ' && *p != '"' && *p != '=' && *p != 127;
	if (plain)
		fputs(text, out);
	else
		put_quoted(out, text);
}

/* Put together first and written at once: lines of two processes do not mix. */
static void
write_stderr(enum log_id id, const struct log_field *fields, const char *message)
{
	char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);
	int left = LOG_FIELDS_MAX;

	if (!out)
		return;
	fprintf(out, "%s %s ", level_names[events[id].level], events[id].name);
	put_quoted(out, message);
	for (const struct log_field *f = fields; f->key && left > 0; f++, left--) {
		fprintf(out, " %s=", f->key);
		if (f->text)
			put_value(out, f->text);
		else
			fprintf(out, "%" PRId64, f->number);
	}
	fputc('\n', out);
	if (fclose(out) == 0 && write(STDERR_FILENO, line, len) < 0) {
		/* Nowhere left to say so. */
	}
	free(line);
}

void
log_write(enum log_id id, const struct log_field *fields, const char *format, ...)
{
	char message[LOG_MESSAGE];
	va_list args;

	if (events[id].level > target.level)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (target.journal)
		write_journal(id, fields, message);
	else
		write_stderr(id, fields, message);
}

const char *
log_name(enum log_id id)
{
	return events[id].name;
}

const char *
log_message_id(enum log_id id)
{
	return events[id].message_id;
}

void
log_print_events(FILE *out)
{
	fprintf(out, "| event | level | meaning | `MESSAGE_ID` |\n|---|---|---|---|\n");
	for (int i = 0; i < LOG_IDS; i++)
		fprintf(out, "| `%s` | %s | %s | `%s` |\n", events[i].name,
			level_names[events[i].level], events[i].meaning, events[i].message_id);
}
