#include "daemon/option.h"

#include "daemon/endpoint.h"
#include "util/mem.h"
#include "util/workers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const targets[] = {"auto", "journal", "stderr", NULL};
static const char *const levels[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const spawns[] = {"auto", "yes", "no", NULL};

#define BOTH   (PROGRAM_CORE | PROGRAM_GATEWAY)
#define AT(m)  offsetof(struct options, m)
#define NO_MAX UINT64_MAX

const struct option options_table[] = {
    {"data-directory", OPTION_PATH, PROGRAM_CORE, AT(data_directory), NULL,
     "$STATE_DIRECTORY, else /var/lib/matchd", 0, 0, NULL, NULL,
     "where the journal and the market's state are kept"},
    {"runtime-directory", OPTION_PATH, BOTH, AT(runtime_directory), NULL,
     "$RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/matchd (not for root), else /run/matchd", 0, 0,
     NULL, NULL, "where sockets are made"},
    {"exchanges-directory", OPTION_PATH, PROGRAM_CORE, AT(exchanges_directory), MATCHD_EXCHANGES,
     NULL, 0, 0, NULL, NULL, "exchange files (*.yaml), and code trees in trees/"},
    {"admitted-regions", OPTION_LIST, PROGRAM_CORE, AT(admitted_regions), "", NULL, 0, 128, NULL,
     NULL, "regions whose participants are admitted; empty: any"},
    {"work", OPTION_INT, PROGRAM_CORE, AT(work), "256", NULL, 1, 100000, "units", NULL,
     "telling work done with each command (W in the rules of matching)"},
    {"workers", OPTION_INT, PROGRAM_CORE, AT(workers), NULL,
     "one less than the processors it may run on, at most 4", 0, WORKERS_MOST, NULL, NULL,
     "threads beside the core's own that share in finding one listing's matches where that takes "
     "long; 0: none. They change no result"},
    {"core-socket", OPTION_SOCKET, BOTH, AT(core_socket), NULL, "<runtime-directory>/core.sock", 0,
     0, NULL, NULL, "the socket between core and gateway"},
    {"core-group", OPTION_WORD, PROGRAM_CORE, AT(core_group), NULL, "none", 0, 0, NULL, NULL,
     "a group whose members may connect to the core's socket, beside its own user and root"},
    {"commands", OPTION_ENDPOINT, BOTH, AT(commands), NULL,
     "ipc://<runtime-directory>/commands.sock", 0, 0, NULL, NULL,
     "endpoint of commands (ROUTER); tcp on loopback addresses alone"},
    {"feed", OPTION_ENDPOINT, BOTH, AT(feed), NULL, "ipc://<runtime-directory>/feed.sock", 0, 0,
     NULL, NULL, "endpoint of the feed (XPUB); tcp on loopback addresses alone"},
    {"socket-mode", OPTION_MODE, BOTH, AT(socket_mode), "0660", NULL, 0, 0777, NULL, NULL,
     "mode of the socket files: who may write to one may connect"},
    {"log-target", OPTION_CHOICE, BOTH, AT(log_target), "auto", NULL, 0, 0, NULL, targets,
     "auto: the journal where stderr is connected to it"},
    {"log-level", OPTION_CHOICE, BOTH, AT(log_level), "info", NULL, 0, 0, NULL, levels,
     "the least urgent events that are logged"},
    {"spawn-gateway", OPTION_CHOICE, PROGRAM_CORE, AT(spawn_gateway), "auto", NULL, 0, 0, NULL,
     spawns, "start a gateway as a child; auto: unless a service manager started the core"},
    {"gateway-path", OPTION_PATH, PROGRAM_CORE, AT(gateway_path), NULL,
     "matchd-gateway beside matchd, else " MATCHD_GATEWAY, 0, 0, NULL, NULL,
     "the gateway's program"},
    {"max-commands", OPTION_INT, PROGRAM_CORE, AT(max_commands), "1024", NULL, 1, 65536, NULL, NULL,
     "commands taken into one turn, which is one commit"},
    {"max-in-flight", OPTION_INT, BOTH, AT(max_in_flight), "1024", NULL, 1, 65536, NULL, NULL,
     "requests of one client that may wait for their answers"},
    {"clock-jump-limit", OPTION_INT, PROGRAM_CORE, AT(clock_jump_limit_s), "3600", NULL, 0,
     UINT64_C(1000000000), "s", NULL,
     "a greater jump of the system's clock is not followed; 0: follow any"},
    {"initial-map", OPTION_SIZE, PROGRAM_CORE, AT(initial_map), "0", NULL, 0, UINT64_C(1) << 46,
     "bytes", NULL, "size of the store's map to begin with (K, M, G); 0: as needed"},
    {"storage-reserve", OPTION_SIZE, PROGRAM_CORE, AT(storage_reserve), "16M", NULL, 8 << 20,
     UINT64_C(1) << 40, "bytes", NULL,
     "taken from the disk ahead of need, 8M at least, so that a full disk refuses what grows and "
     "loses nothing"},
    {"storage-limit", OPTION_SIZE, PROGRAM_CORE, AT(storage_limit), "0", NULL, 0, UINT64_C(1) << 46,
     "bytes", NULL, "that the store may take in all, reserve included; 0: what the disk has"},
    {"keep-days", OPTION_INT, PROGRAM_CORE, AT(keep_days), "0", NULL, 0, 36500, "days", NULL,
     "older facts are dropped from the journal; 0: they are kept"},
    {"keep-size", OPTION_SIZE, PROGRAM_CORE, AT(keep_size), "0", NULL, 0, UINT64_C(1) << 46,
     "bytes", NULL, "of facts that the journal keeps, the oldest go first; 0: all"},
    {"parent", OPTION_INT, PROGRAM_GATEWAY, AT(parent), "0", NULL, 0, INT32_MAX, NULL, NULL,
     "end when this process ends; the core gives it to the gateway it starts; 0: none"},
    {NULL},
};

void
option_mistake(struct mistakes *m, unsigned line, const char *name, const char *format, ...)
{
	va_list args;

	if (m->count == FILE_MISTAKES)
		return;
	struct mistake *one = &m->list[m->count++];
	one->line = line;
	snprintf(one->field, sizeof(one->field), "%s", name);
	va_start(args, format);
	vsnprintf(one->message, sizeof(one->message), format, args);
	va_end(args);
}

const struct option *
option_find(struct str name)
{
	for (const struct option *row = options_table; row->name; row++)
		if (str_eq(name, str_of(row->name)))
			return row;
	return NULL;
}

/* ---- one value ---- */

static void *
place(const struct options *o, const struct option *row)
{
	return (char *)o + row->offset;
}

/* Digits in the base; with `units`, K, M or G behind them. */
static bool
read_number(const char *text, int base, bool units, uint64_t *ret)
{
	static const char letters[] = "KMG";
	char *end;

	errno = 0;
	uint64_t value = strtoull(text, &end, base);
	const char *letter = units && *end ? strchr(letters, *end) : NULL;
	if (letter) {
		int shift = 10 * (int)(letter - letters + 1);
		if (value > UINT64_MAX >> shift)
			return false;
		value <<= shift;
		end++;
	}
	if (*text < '0' || *text > '9' || *end || errno)
		return false;
	*ret = value;
	return true;
}

static bool
set_number(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	bool mode = row->type == OPTION_MODE;
	uint64_t value;

	if (read_number(text, mode ? 8 : 10, row->type == OPTION_SIZE, &value) &&
	    value >= row->min && value <= row->max) {
		*(uint64_t *)place(o, row) = value;
		return true;
	}
	if (mode)
		snprintf(why, size, "expected an octal number up to %" PRIo64 ", not \"%s\"",
			 row->max, text);
	else
		snprintf(why, size, "expected a number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
			 row->min, row->max, text);
	return false;
}

static bool
set_choice(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	int at = snprintf(why, size, "expected one of");

	for (uint64_t i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*(uint64_t *)place(o, row) = i;
			return true;
		}
		at += snprintf(why + at, size - (size_t)at, " %s", row->choices[i]);
	}
	snprintf(why + at, size - (size_t)at, ", not \"%.60s\"", text);
	return false;
}

static bool
set_text(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	char **out = place(o, row);

	if (row->type == OPTION_PATH && text[0] != '/') {
		snprintf(why, size, "expected an absolute path, not \"%s\"", text);
		return false;
	}
	if (row->type == OPTION_SOCKET && !endpoint_check_path(text, why, size))
		return false;
	if (row->type == OPTION_ENDPOINT && !endpoint_check(text, why, size))
		return false;
	if (row->type == OPTION_WORD && text[0] == 0) {
		snprintf(why, size, "has no value");
		return false;
	}
	free(*out);
	*out = mem_dup(text, strlen(text));
	return true;
}

static void
clear_list(struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct text_list){NULL, 0};
}

bool
option_append(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	struct text_list *list = place(o, row);

	if (text[0] == 0 || strlen(text) > MAX_NAME) {
		snprintf(why, size, "an entry has 1 to %d bytes", MAX_NAME);
		return false;
	}
	if (list->n == row->max) {
		snprintf(why, size, "has more than %" PRIu64 " entries", row->max);
		return false;
	}
	list->texts = mem_realloc(list->texts, (list->n + 1) * sizeof(*list->texts));
	list->texts[list->n++] = mem_dup(text, strlen(text));
	return true;
}

/* "77, 50": replaces the list. */
static bool
set_list(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	char *copy = mem_dup(text, strlen(text));
	char *rest = copy;
	bool fine = true;

	clear_list(place(o, row));
	for (char *entry; fine && *text && (entry = strsep(&rest, ","));) {
		entry += strspn(entry, " ");
		size_t len = strlen(entry);
		while (len > 0 && entry[len - 1] == ' ')
			entry[--len] = 0;
		fine = option_append(o, row, entry, why, size);
	}
	free(copy);
	return fine;
}

bool
option_set(struct options *o, const struct option *row, const char *text, char *why, size_t size)
{
	switch (row->type) {
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_MODE:
		return set_number(o, row, text, why, size);
	case OPTION_CHOICE:
		return set_choice(o, row, text, why, size);
	case OPTION_LIST:
		return set_list(o, row, text, why, size);
	default:
		return set_text(o, row, text, why, size);
	}
}

char *
option_text(const struct options *o, const struct option *row)
{
	char text[64];
	const void *at = place(o, row);
	const char *shown = text;

	switch (row->type) {
	case OPTION_INT:
	case OPTION_SIZE:
		snprintf(text, sizeof(text), "%" PRIu64, *(const uint64_t *)at);
		break;
	case OPTION_MODE:
		snprintf(text, sizeof(text), "%04" PRIo64, *(const uint64_t *)at);
		break;
	case OPTION_CHOICE:
		shown = row->choices[*(const uint64_t *)at];
		break;
	default:
		shown = *(char *const *)at;
	}
	return mem_dup(shown, strlen(shown));
}

void
option_clear(struct options *o, const struct option *row)
{
	if (row->type == OPTION_LIST)
		clear_list(place(o, row));
	else if (row->type <= OPTION_WORD)
		free(*(char **)place(o, row));
}
