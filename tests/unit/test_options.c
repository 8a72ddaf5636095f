/* An operator's mistake that is not reported, or is reported without its place, costs an evening.
 */

#include "daemon/log.h"
#include "daemon/option.h"
#include "daemon/options_file.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The whole path from arguments to options, without the usual configuration file. */
struct outcome {
	struct options options;
	struct mistakes mistakes;
	enum options_wish wish;
	int failed;
};

static struct outcome *
read_arguments(enum program program, char *const arguments[])
{
	struct outcome *r = mem_zalloc(sizeof(*r));
	char *argv[16] = {"matchd", "--config="};
	int argc = 2;

	while (arguments[argc - 2]) {
		argv[argc] = arguments[argc - 2];
		argc++;
	}
	r->failed = options_read(&r->options, program, argc, argv, &r->wish, &r->mistakes);
	return r;
}

static void
done(struct outcome *r)
{
	options_done(&r->options);
	free(r);
}

#define READ(...) read_arguments(PROGRAM_CORE, (char *const[]){__VA_ARGS__, NULL})

static void
assert_mistake(const struct mistakes *m, size_t index, unsigned line, const char *field,
	       const char *part)
{
	assert_true(index < m->count);
	assert_int_equal(m->list[index].line, line);
	assert_string_equal(m->list[index].field, field);
	if (!strstr(m->list[index].message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, m->list[index].message);
}

/* ---- defaults ---- */

static void
defaults_follow_the_environment(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/srv/a:/srv/b", 1);
	setenv("RUNTIME_DIRECTORY", "/run/somewhere", 1);
	struct outcome *r = READ("--work=7");
	assert_int_equal(r->failed, 0);
	assert_string_equal(r->options.data_directory, "/srv/a");
	assert_string_equal(r->options.core_socket, "/run/somewhere/core.sock");
	assert_string_equal(r->options.commands, "ipc:///run/somewhere/commands.sock");
	assert_string_equal(r->options.feed, "ipc:///run/somewhere/feed.sock");
	assert_int_equal(r->options.work, 7);
	assert_in_range(r->options.workers, 0, 4);
	assert_int_equal(r->options.socket_mode, 0660);
	assert_int_equal(r->options.max_commands, 1024);
	assert_int_equal(r->options.log_level + LEVEL_ERROR, LEVEL_INFO);
	assert_int_equal(r->options.admitted_regions.n, 0);
	done(r);
	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	r = READ("--runtime-directory=/tmp/r", "--feed=tcp://[::1]:7071");
	assert_string_equal(r->options.data_directory, "/var/lib/matchd");
	assert_string_equal(r->options.core_socket, "/tmp/r/core.sock");
	assert_string_equal(r->options.feed, "tcp://[::1]:7071");
	done(r);
}

static void
a_manager_starts_the_gateway_itself(void **state)
{
	char pid[32];

	(void)state;
	struct outcome *r = READ("--runtime-directory=/tmp/r");
	unsetenv("NOTIFY_SOCKET");
	setenv("INVOCATION_ID", "a shell of a desktop session has one too", 1);
	assert_true(options_spawns(&r->options));
	setenv("SYSTEMD_EXEC_PID", "1", 1);
	assert_true(options_spawns(&r->options));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("SYSTEMD_EXEC_PID", pid, 1);
	assert_false(options_spawns(&r->options));
	unsetenv("SYSTEMD_EXEC_PID");
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
	assert_false(options_spawns(&r->options));
	r->options.spawn_gateway = SPAWN_YES;
	assert_true(options_spawns(&r->options));
	unsetenv("NOTIFY_SOCKET");
	r->options.spawn_gateway = SPAWN_NO;
	assert_false(options_spawns(&r->options));
	done(r);
}

/* A gateway that reads the arguments made for it has the same options. */
static void
a_gateway_gets_the_same_options(void **state)
{
	struct options again;
	struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));
	enum options_wish wish;
	int argc = 0;

	(void)state;
	struct outcome *r = READ("--runtime-directory=/tmp/r", "--socket-mode=0600",
				 "--max-in-flight=5", "--log-level=debug",
				 "--commands=tcp://127.0.0.1:7070", "--gateway-path=/x/gateway");
	assert_int_equal(r->failed, 0);
	char **argv = options_gateway_arguments(&r->options, 4711);
	assert_string_equal(argv[0], "/x/gateway");
	while (argv[argc])
		argc++;
	assert_int_equal(options_read(&again, PROGRAM_GATEWAY, argc, argv, &wish, mistakes), 0);
	assert_int_equal(again.parent, 4711);
	assert_int_equal(again.socket_mode, 0600);
	assert_int_equal(again.max_in_flight, 5);
	assert_int_equal(again.log_level, r->options.log_level);
	assert_string_equal(again.commands, "tcp://127.0.0.1:7070");
	assert_string_equal(again.feed, r->options.feed);
	assert_string_equal(again.core_socket, r->options.core_socket);
	options_free_arguments(argv);
	options_done(&again);
	free(mistakes);
	done(r);
}

/* ---- the command line ---- */

static void
arguments_come_with_and_without_equals(void **state)
{
	(void)state;
	struct outcome *r =
	    READ("--work", "12", "--admitted-regions=77, 50", "--initial-map=2M", "--work=13");
	assert_int_equal(r->failed, 0);
	assert_int_equal(r->options.work, 13);
	assert_int_equal(r->options.admitted_regions.n, 2);
	assert_string_equal(r->options.admitted_regions.texts[1], "50");
	assert_int_equal(r->options.initial_map, 2 << 20);
	done(r);
	r = READ("--help");
	assert_int_equal(r->failed, 0);
	assert_int_equal(r->wish, WISH_HELP);
	done(r);
	r = READ("--version");
	assert_int_equal(r->wish, WISH_VERSION);
	done(r);
}

static void
each_wrong_argument_is_reported(void **state)
{
	static const struct {
		char *argument;
		const char *field, *part;
	} wrong[] = {
	    {"--nonsense=1", "nonsense", "no such option"},
	    {"work=1", "", "expected --name=value"},
	    {"--work", "work", "has no value"},
	    {"--work=0", "work", "from 1 to 100000"},
	    {"--work=100001", "work", "from 1 to 100000"},
	    {"--work=1x", "work", "not \"1x\""},
	    {"--work=-1", "work", "not \"-1\""},
	    {"--work= 1", "work", "not \" 1\""},
	    {"--work=99999999999999999999999", "work", "from 1"},
	    {"--workers=17", "workers", "from 0 to 16"},
	    {"--parent=1", "parent", "not an option of this program"},
	    {"--socket-mode=0888", "socket-mode", "octal"},
	    {"--socket-mode=1777", "socket-mode", "octal"},
	    {"--initial-map=1T", "initial-map", "not \"1T\""},
	    {"--initial-map=99999999999999999G", "initial-map", "expected"},
	    {"--log-level=loud", "log-level", "error warning notice info debug"},
	    {"--spawn-gateway=perhaps", "spawn-gateway", "auto yes no"},
	    {"--data-directory=var", "data-directory", "absolute"},
	    {"--core-socket=core.sock", "core-socket", "absolute"},
	    {"--core-group=", "core-group", "has no value"},
	    {"--admitted-regions=77,,50", "admitted-regions", "1 to 64 bytes"},
	    {"--config=/nowhere/matchd.yaml", "config", "No such file"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome *r = READ("--runtime-directory=/tmp/r", wrong[i].argument);
		assert_int_equal(r->failed, 1);
		assert_int_equal(r->mistakes.count, 1);
		assert_mistake(&r->mistakes, 0, 0, wrong[i].field, wrong[i].part);
		done(r);
	}
}

/* ---- endpoints: the connection is not encrypted ---- */

static void
tcp_stays_on_loopback(void **state)
{
	static char *const right[] = {"--feed=tcp://127.0.0.1:1", "--feed=tcp://127.8.9.10:65535",
				      "--feed=tcp://[::1]:7070", "--feed=ipc:///run/x.sock"};
	static const struct {
		char *argument;
		const char *part;
	} wrong[] = {
	    {"--feed=tcp://0.0.0.0:7070", "not encrypted"},
	    {"--feed=tcp://10.0.0.1:7070", "not encrypted"},
	    {"--feed=tcp://*:7070", "not encrypted"},
	    {"--feed=tcp://eth0:7070", "not encrypted"},
	    {"--feed=tcp://localhost:7070", "as numbers"},
	    {"--feed=tcp://[::]:7070", "not encrypted"},
	    {"--feed=tcp://[::ffff:10.0.0.1]:7070", "not encrypted"},
	    {"--feed=tcp://127.0.0.1", "tcp://ADDRESS:PORT"},
	    {"--feed=tcp://127.0.0.1:", "a port"},
	    {"--feed=tcp://127.0.0.1:0", "a port"},
	    {"--feed=tcp://127.0.0.1:65536", "a port"},
	    {"--feed=tcp://127.0.0.1:*", "a port"},
	    {"--feed=ipc://@abstract", "absolute path"},
	    {"--feed=ipc://relative", "absolute path"},
	    {"--feed=inproc://feed", "expected ipc:///PATH or tcp://"},
	    {"--feed=", "expected ipc:///PATH or tcp://"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct outcome *r = READ("--runtime-directory=/tmp/r", right[i]);
		assert_int_equal(r->failed, 0);
		assert_string_equal(r->options.feed, strchr(right[i], '=') + 1);
		done(r);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome *r = READ("--runtime-directory=/tmp/r", wrong[i].argument);
		assert_int_equal(r->mistakes.count, 1);
		assert_mistake(&r->mistakes, 0, 0, "feed", wrong[i].part);
		done(r);
	}
}

static void
socket_paths_have_an_end(void **state)
{
	char directory[200] = "--runtime-directory=/";
	size_t prefix = strlen(directory);

	(void)state;
	/* "/ddd…/commands.sock" of 107 bytes is the longest */
	memset(directory + prefix, 'd', 107 - strlen("/") - strlen("/commands.sock"));
	struct outcome *r = READ(directory);
	assert_int_equal(r->failed, 0);
	assert_int_equal(strlen(r->options.commands), strlen("ipc://") + 107);
	done(r);
	strcat(directory, "d");
	r = READ(directory);
	assert_int_equal(r->mistakes.count, 1);
	assert_mistake(&r->mistakes, 0, 0, "runtime-directory",
		       "commands: the path has 108 bytes, a socket's may have 107");
	done(r);
}

/* ---- the file ---- */

static void
a_file_sets_options(void **state)
{
	static const char yaml[] = "# the cluster's\n"
				   "work: 512\n"
				   "admitted-regions: [\"77\", '50']\n"
				   "commands: tcp://127.0.0.1:7070\n"
				   "socket-mode: 0600\n";
	struct options o = {0};
	struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));

	(void)state;
	options_file_read(&o, STR(yaml), mistakes);
	assert_int_equal(mistakes->count, 0);
	assert_int_equal(o.work, 512);
	assert_int_equal(o.socket_mode, 0600);
	assert_int_equal(o.admitted_regions.n, 2);
	assert_string_equal(o.admitted_regions.texts[0], "77");
	assert_string_equal(o.commands, "tcp://127.0.0.1:7070");
	options_file_read(&o, STR(""), mistakes);
	assert_int_equal(mistakes->count, 0);
	options_done(&o);
	free(mistakes);
}

static void
arguments_go_before_the_file(void **state)
{
	char path[] = "/tmp/test_options.XXXXXX";
	char config[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "work: 5\nmax-commands: 6\n", 24), 24);
	close(fd);
	snprintf(config, sizeof(config), "--config=%s", path);
	struct outcome *r = READ("--work=7", config, "--runtime-directory=/tmp/r");
	assert_int_equal(r->failed, 0);
	assert_int_equal(r->options.work, 7);
	assert_int_equal(r->options.max_commands, 6);
	assert_string_equal(r->options.config, path);
	done(r);
	unlink(path);
}

/* All of a file's mistakes at once, each with its line. */
static void
a_file_tells_all_its_mistakes(void **state)
{
	static const char yaml[] = "work: 0\n"			     /* 1 */
				   "wrok: 5\n"			     /* 2 */
				   "work: 6\n"			     /* 3 */
				   "max-commands: [1, 2]\n"	     /* 4 */
				   "admitted-regions: [77, [50]]\n"  /* 5 */
				   "core-group:\n"		     /* 6 */
				   "feed: {a: b}\n"		     /* 7 */
				   "commands: tcp://10.0.0.1:7070\n" /* 8 */
				   "nested: {a: [b]}\n"		     /* 9 */
				   "socket-mode: &m 0600\n"	     /* 10 */
				   "clock-jump-limit: *m\n";	     /* 11 */
	static const struct {
		unsigned line;
		const char *field, *part;
	} expected[] = {
	    {1, "work", "from 1"},
	    {2, "wrok", "no such option"},
	    {3, "work", "given twice"},
	    {4, "max-commands", "one value"},
	    {5, "admitted-regions", "a list of values"},
	    {6, "core-group", "has no value"},
	    {7, "feed", "one value"},
	    {8, "commands", "loopback"},
	    {9, "nested", "no such option"},
	    {10, "", "anchors and tags"},
	    {11, "", "aliases"},
	};
	struct options o = {0};
	struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));

	(void)state;
	options_file_read(&o, STR(yaml), mistakes);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_mistake(mistakes, i, expected[i].line, expected[i].field, expected[i].part);
	assert_int_equal(mistakes->count, sizeof(expected) / sizeof(expected[0]));
	options_done(&o);
	free(mistakes);
}

static void
what_is_no_map_is_refused(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line;
		const char *part;
	} wrong[] = {
	    {"- work\n", 1, "a map"},
	    {"work\n", 1, "a map"},
	    {"work: 1\n---\nwork: 2\n", 2, "a second document"},
	    {"core-group: x\n  feed: 2\n", 2, "not allowed"},
	    {"work: \"1\n", 2, "end of stream"},
	    {"work: !!int 5\n", 1, "anchors and tags"},
	    {"a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", 1, "no such option"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct options o = {0};
		struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));
		options_file_read(&o, str_of(wrong[i].yaml), mistakes);
		assert_true(mistakes->count >= 1);
		if (mistakes->list[0].line != wrong[i].line ||
		    !strstr(mistakes->list[0].message, wrong[i].part))
			fail_msg("%s: line %u, %s", wrong[i].yaml, mistakes->list[0].line,
				 mistakes->list[0].message);
		options_done(&o);
		free(mistakes);
	}
}

/* ---- the table ---- */

static void
rows_are_whole(void **state)
{
	(void)state;
	for (const struct option *row = options_table; row->name; row++) {
		assert_ptr_equal(option_find(str_of(row->name)), row);
		assert_non_null(row->help);
		assert_true(row->fallback || row->shown);
		assert_true(row->programs != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_follow_the_environment),
	    cmocka_unit_test(a_manager_starts_the_gateway_itself),
	    cmocka_unit_test(a_gateway_gets_the_same_options),
	    cmocka_unit_test(arguments_come_with_and_without_equals),
	    cmocka_unit_test(each_wrong_argument_is_reported),
	    cmocka_unit_test(tcp_stays_on_loopback),
	    cmocka_unit_test(socket_paths_have_an_end),
	    cmocka_unit_test(a_file_sets_options),
	    cmocka_unit_test(arguments_go_before_the_file),
	    cmocka_unit_test(a_file_tells_all_its_mistakes),
	    cmocka_unit_test(what_is_no_map_is_refused),
	    cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
