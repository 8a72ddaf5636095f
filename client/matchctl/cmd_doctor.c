/*
 * doctor: looks at everything between this tool and the store, in the order in which one depends on
 * the other, and says for each what to do where it is not well.
 */

#include "client/clock.h"
#include "client/matchctl/ask.h"
#include "client/matchctl/json.h"
#include "client/matchctl/style.h"
#include "client/matchctl/times.h"
#include "proto/proto.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IPC "ipc://"

enum {
	MANY_WAITING = 100000, /* units of telling work */
	CLOCK_SLACK_MS = 5000,
};
static const uint64_t mib = 1 << 20;
/* Of the disk: below the first it is nearly full, below the second it will be. */
static const uint64_t least_free = 64 << 20, wished_free = 512 << 20;

enum verdict { OK, WARN, FAIL };

struct doctor {
	struct tool *tool;
	struct matchd_reply *status;
	int code;
};

/* ---- saying it ---- */

/* One finding; `todo` NULL where there is nothing to do. */
static void __attribute__((format(printf, 5, 6)))
say_finding(struct doctor *d, enum verdict verdict, const char *check, const char *todo,
	    const char *format, ...)
{
	static const char *const words[] = {"ok", "warn", "fail"};
	const char *word = words[verdict];
	enum style style = style_of_word(str_of(word));
	char finding[500];
	va_list args;
	va_start(args, format);
	vsnprintf(finding, sizeof finding, format, args);
	va_end(args);
	if (verdict == FAIL && d->code == EXIT_DONE)
		d->code = EXIT_REFUSED;
	if (verdict == OK)
		todo = NULL;
	if (d->tool->json) {
		json_print_line(stdout, json_pack("{s:s, s:s, s:s, s:s*}", "check", check, "result",
						  word, "finding", finding, "todo", todo));
		return;
	}
	printf("%s%-4s%s  %-8s  %s\n", style_begin(stdout, style), word, style_end(stdout, style),
	       check, finding);
	if (todo)
		printf("                → %s\n", todo);
}

/* ---- the sockets ---- */

static void
say_not_there(struct doctor *d, const char *check, const char *path, int why)
{
	const char *todo =
	    why == EACCES
		? TR("join the group that may use it: sudo usermod -aG matchd $USER, then log in "
		     "again",
		     "вступите в группу с доступом: sudo usermod -aG matchd $USER, затем "
		     "перезайдите")
		: TR("start it: systemctl start matchd matchd-gateway; or say where it is by "
		     "--endpoint, $MATCHD_RUNTIME or a context",
		     "запустите: systemctl start matchd matchd-gateway; или укажите место через "
		     "--endpoint, $MATCHD_RUNTIME или контекст");
	say_finding(d, FAIL, check, todo, "%s: %s", path, strerror(why));
	d->code = EXIT_CONNECTION;
}

/* Whether somebody listens there and lets us in: 0 or an errno code. */
static int
knock(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = 0;
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		rc = errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool
check_socket(struct doctor *d, const char *check, const char *path)
{
	struct stat st;
	int rc = stat(path, &st) == 0 ? knock(path) : errno;
	if (rc != 0) {
		say_not_there(d, check, path, rc);
		return false;
	}
	const struct passwd *user = getpwuid(st.st_uid);
	const struct group *group = getgrgid(st.st_gid);
	const char *owner = user ? user->pw_name : "?", *of_group = group ? group->gr_name : "?";
	bool open_to_all = st.st_mode & S_IWOTH;
	say_finding(
	    d, open_to_all ? WARN : OK, check,
	    TR("everybody on this machine may publish: set the gateway's socket-mode or group",
	       "публиковать может любой на этой машине: задайте шлюзу режим или группу "
	       "сокета"),
	    "%s, %s:%s %03o", path, owner, of_group, (unsigned)st.st_mode & 0777);
	return true;
}

static bool
check_sockets(struct doctor *d)
{
	static const char *const names[][2] = {{"commands", PROTO_COMMANDS_SOCKET},
					       {"feed", PROTO_FEED_SOCKET}};
	const char *endpoint = matchd_endpoint(d->tool->client);
	size_t len = strlen(endpoint), tail = strlen(PROTO_COMMANDS_SOCKET);
	bool good = true;
	if (strncmp(endpoint, IPC, strlen(IPC)) != 0 || len < tail ||
	    strcmp(endpoint + len - tail, PROTO_COMMANDS_SOCKET) != 0) {
		say_finding(d, OK, "commands", NULL, "%s", endpoint);
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		char path[200];
		snprintf(path, sizeof path, "%.*s%s", (int)(len - tail - strlen(IPC)),
			 endpoint + strlen(IPC), names[i][1]);
		good &= check_socket(d, names[i][0], path);
	}
	return good;
}

/* ---- the processes ---- */

static bool
check_answer(struct doctor *d)
{
	int64_t before = clock_ms();
	struct matchd_error e;
	int rc = matchd_call(d->tool->client, "status", NULL, 0, &d->status);
	if (rc == MATCHD_OK) {
		say_finding(d, OK, "gateway", NULL, TR("passes requests on", "передаёт запросы"));
		say_finding(d, OK, "core", NULL, TR("answered in %d ms", "ответило за %d мс"),
			    (int)(clock_ms() - before));
		return true;
	}
	d->code = EXIT_CONNECTION;
	if (rc == MATCHD_REFUSED && matchd_reply_error(d->status, &e)) {
		say_finding(d, OK, "gateway", NULL, TR("answers", "отвечает"));
		say_finding(d, FAIL, "core",
			    TR("look why: systemctl status matchd; journalctl -u matchd",
			       "узнайте почему: systemctl status matchd; journalctl -u matchd"),
			    "%s", e.message);
		d->code = EXIT_CONNECTION;
		return false;
	}
	say_finding(d, FAIL, "gateway",
		    TR("look why: systemctl status matchd-gateway; journalctl -u matchd-gateway",
		       "узнайте почему: systemctl status matchd-gateway; journalctl -u "
		       "matchd-gateway"),
		    "%s", ask_words(rc));
	d->code = EXIT_CONNECTION;
	return false;
}

static void
check_versions(struct doctor *d)
{
	struct mp server = ask_result(d->status, "server");
	struct str text = mp_get_str(&server);
	bool same = str_eq(text, STR("matchd " MATCHD_VERSION));
	say_finding(d, same ? OK : WARN, "versions",
		    TR("install both from one build, and restart matchd and matchd-gateway",
		       "поставьте обе программы из одной сборки и перезапустите matchd и "
		       "matchd-gateway"),
		    "matchctl %s, %.*s", MATCHD_VERSION, STR_FMT(text));
}

/* ---- what the core says of itself ---- */

static bool
number(const struct doctor *d, const char *key, uint64_t *ret)
{
	struct mp at = ask_result(d->status, key);
	if (mp_peek(&at) != MP_INT)
		return false;
	*ret = mp_get_uint(&at);
	return true;
}

static void
check_store(struct doctor *d)
{
	uint64_t head = 0, size = 0, map = 0;
	struct mp at = ask_result(d->status, "digest");
	struct str digest = mp_get_str(&at);
	number(d, "head", &head);
	number(d, "store_bytes", &size);
	number(d, "map_bytes", &map);
	say_finding(d, OK, "store", NULL,
		    TR("head %" PRIu64 ", %" PRIu64 " MiB of a map of %" PRIu64
		       " MiB (it grows), digest %.*s",
		       "факт %" PRIu64 ", %" PRIu64 " МиБ из карты в %" PRIu64
		       " МиБ (она растёт), отпечаток %.*s"),
		    head, size / mib, map / mib, STR_FMT(digest));
}

static void
check_space(struct doctor *d)
{
	uint64_t size = 0, left = 0;
	if (!number(d, "free_bytes", &left))
		return;
	number(d, "store_bytes", &size);
	uint64_t wished = size / 4 > wished_free ? size / 4 : wished_free;
	say_finding(
	    d,
	    left < least_free ? FAIL
	    : left < wished   ? WARN
			      : OK,
	    "space",
	    TR("make room on the disk of the data directory: matchd stops when it is full",
	       "освободите диск каталога данных: когда он полон, matchd останавливается"),
	    TR("%" PRIu64 " MiB free for the store", "для хранилища свободно %" PRIu64 " МиБ"),
	    left / mib);
}

static void
check_clock(struct doctor *d)
{
	struct mp held = ask_result(d->status, "clock_held"), at = ask_result(d->status, "stamp");
	int64_t stamp_ms = mp_get_int(&at);
	struct timespec now;
	char text[TIMES_TEXT];
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t ahead_ms = stamp_ms - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	times_write(stamp_ms, text);
	if (mp_peek(&held) == MP_BOOL && mp_get_bool(&held))
		say_finding(
		    d, FAIL, "clock",
		    TR("set the machine's time right; if it is, start matchd once with "
		       "--clock-jump-limit=0",
		       "поправьте время машины; если оно верно, запустите matchd один раз с "
		       "--clock-jump-limit=0"),
		    TR("the system's time has jumped and is not followed",
		       "системные часы перескочили, и matchd им не следует"));
	else
		say_finding(
		    d, ahead_ms > CLOCK_SLACK_MS ? WARN : OK, "clock",
		    TR("compare the time of both machines: time stands still for matchd until "
		       "it is later",
		       "сверьте время машин: для matchd оно стоит, пока не станет больше"),
		    TR("the last fact is of %s", "последний факт от %s"), text);
}

static void
check_queue(struct doctor *d)
{
	uint64_t queue = 0;
	number(d, "queue", &queue);
	say_finding(
	    d, queue > MANY_WAITING ? WARN : OK, "queue",
	    TR("it is worked off as time allows; look again, and raise `work` if it grows",
	       "она разбирается понемногу; посмотрите снова и увеличьте `work`, если растёт"),
	    TR("%" PRIu64 " units of telling work wait", "ждёт единиц работы: %" PRIu64), queue);
}

static void
check_index(struct doctor *d)
{
	uint64_t pairs = 0, divergences = 0;
	if (!number(d, "divergences", &divergences))
		return;
	number(d, "verified_pairs", &pairs);
	say_finding(d, divergences > 0 ? FAIL : OK, "index",
		    TR("restart matchd, which builds the index anew, and report it",
		       "перезапустите matchd: индекс построится заново, и сообщите об этом"),
		    TR("%" PRIu64 " pairs verified since the start, %" PRIu64 " divergences",
		       "со старта проверено пар: %" PRIu64 ", расхождений: %" PRIu64),
		    pairs, divergences);
}

int
cmd_doctor(struct tool *t)
{
	struct doctor d = {.tool = t};
	int code = ask_connect(t);
	if (code != EXIT_DONE)
		return code;
	if (check_sockets(&d) && check_answer(&d)) {
		check_versions(&d);
		check_store(&d);
		check_space(&d);
		check_clock(&d);
		check_queue(&d);
		check_index(&d);
	}
	matchd_reply_free(d.status);
	return d.code;
}
