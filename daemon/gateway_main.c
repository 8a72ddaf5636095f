/* matchd-gateway: the core's face towards clients (gateway.h). */

#include "daemon/gateway.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "util/mem.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { EXIT_MISTAKE = 2 }; /* in the configuration: starting again would not help */

static void
on_terminate(evutil_socket_t signal, short what, void *arg)
{
	(void)what;
	log_write(LOG_ID_STOPPING, LOG_FIELDS({"signal", .number = signal}), "stopping");
	notify_stopping();
	event_base_loopbreak(arg);
}

/* libzmq numbers clients from rand(), which begins the same in every process. */
static void
seed(void)
{
	unsigned value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		abort();
	srand(value);
}

/* Whether the parent is still there, once its end will reach us as a signal. */
static bool
follow_parent(pid_t parent)
{
	return parent == 0 || (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent);
}

static int
run(const struct options *options)
{
	log_open((enum log_target)options->log_target,
		 (enum log_level)options->log_level + LEVEL_ERROR);
	if (!follow_parent((pid_t)options->parent))
		return EXIT_FAILURE;
	seed();
	struct event_base *base = event_base_new();
	if (!base)
		return EXIT_FAILURE;
	struct event *terminate = evsignal_new(base, SIGTERM, on_terminate, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_terminate, base);
	event_add(terminate, NULL);
	event_add(interrupt, NULL);
	struct gateway *gateway = gateway_new(base, options);
	if (gateway)
		event_base_dispatch(base);
	gateway_free(gateway);
	event_free(terminate);
	event_free(interrupt);
	event_base_free(base);
	return gateway ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void __attribute__((noreturn)) out_of_memory(size_t size)
{
	log_write(LOG_ID_MEMORY, LOG_FIELDS({"bytes", .number = (int64_t)size}), "out of memory");
	_Exit(EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	static struct options options;
	static struct mistakes mistakes;
	enum options_wish wish;
	int status = EXIT_SUCCESS;

	mem_failed = out_of_memory;
	/* Of libevent's calls hardly any says that memory ran out. */
	event_set_mem_functions(mem_alloc, mem_realloc, free);
	signal(SIGPIPE, SIG_IGN);
	if (options_read(&options, PROGRAM_GATEWAY, argc, argv, &wish, &mistakes)) {
		options_print_mistakes(stderr, &options, &mistakes);
		status = EXIT_MISTAKE;
	} else if (wish == WISH_RUN) {
		status = run(&options);
	} else {
		options_answer(stdout, PROGRAM_GATEWAY, wish);
	}
	options_done(&options);
	return status;
}
