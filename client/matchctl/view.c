#include "client/matchctl/view.h"

#include "client/matchctl/json.h"
#include "client/matchctl/pager.h"
#include "client/matchctl/style.h"
#include "client/matchctl/times.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_S = 2, MAX_S = 3600 };

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static int64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The text over what is on the screen, cut at its end: what scrolls cannot be drawn over. */
static void
draw(const char *text, bool first)
{
	struct winsize w = {0};
	size_t left = SIZE_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 1)
		left = w.ws_row - 1u;
	fputs(first ? "\x1b[2J\x1b[H" : "\x1b[H", stdout);
	for (; *text && left > 0; left--) {
		size_t n = strcspn(text, "\n");
		fwrite(text, 1, n, stdout);
		fputs("\x1b[K\n", stdout);
		text += n + (text[n] == '\n');
	}
	fputs("\x1b[J", stdout);
}

static void
print_time(const struct tool *t, FILE *out)
{
	char time[TIMES_TEXT];
	if (t->json) {
		json_print_line(out, json_pack("{s:I}", "at", (json_int_t)now_ms()));
		return;
	}
	times_write(now_ms(), time);
	fprintf(out, "%s%s%s\n", style_begin(out, STYLE_FAINT), time, style_end(out, STYLE_FAINT));
}

/* One round; false where the reader is gone. */
static bool
show_round(struct tool *t, view_fn view, void *arg, bool first, int *ret_code)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return false;
	print_time(t, out);
	*ret_code = view(t, out, arg);
	fclose(out);
	if (*ret_code == EXIT_DONE && isatty(STDOUT_FILENO) && !t->json)
		draw(text, first);
	else if (*ret_code == EXIT_DONE)
		fwrite(text, 1, size, stdout);
	free(text);
	return fflush(stdout) == 0;
}

static int
watch(struct tool *t, view_fn view, void *arg, long long seconds)
{
	const struct sigaction act = {.sa_handler = on_interrupt};
	bool first = true;
	int code;
	sigaction(SIGINT, &act, NULL);
	while (!interrupted) {
		if (!show_round(t, view, arg, first, &code))
			return EXIT_INTERNAL;
		if (code != EXIT_DONE && code != EXIT_CONNECTION && !interrupted)
			return code;
		first = code != EXIT_DONE;
		if (!interrupted)
			poll(NULL, 0, (int)seconds * 1000);
	}
	return EXIT_DONE;
}

int
view_show(struct tool *t, view_fn view, void *arg)
{
	long long seconds = DEFAULT_S;
	if (tool_number(t, "watch", 1, MAX_S, &seconds))
		return EXIT_USAGE;
	if (tool_flag(t, "watch"))
		return watch(t, view, arg, seconds);
	FILE *out = pager_open(t);
	int code = view(t, out, arg);
	pager_close(out);
	return code;
}
