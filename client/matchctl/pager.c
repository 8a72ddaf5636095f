#include "client/matchctl/pager.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMAND_NOT_FOUND = 127, FALLBACK_LINES = 24 };

/* What is being gathered; one at a time. */
static struct {
	char *text;
	size_t size;
} page;

static const char *
pager_command(void)
{
	const char *own = getenv("MATCHCTL_PAGER"), *usual = getenv("PAGER");
	return own ? own : usual ? usual : "less -FRX";
}

FILE *
pager_open(const struct tool *t)
{
	if (t->json || tool_flag(t, "no-pager") || !isatty(STDOUT_FILENO) || !*pager_command())
		return stdout;
	FILE *out = open_memstream(&page.text, &page.size);
	return out ? out : stdout;
}

static bool
fits_screen(void)
{
	struct winsize w = {0};
	size_t lines = 0, height = FALLBACK_LINES;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0)
		height = w.ws_row;
	for (size_t i = 0; i < page.size && lines < height; i++)
		lines += page.text[i] == '\n';
	return lines < height;
}

/* False where there is no such command: then nothing was shown. */
static bool
show_by(const char *command)
{
	/* A reader may leave before the end. */
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	setenv("LESSCHARSET", "utf-8", 0);
	fflush(NULL);
	FILE *pipe = popen(command, "w");
	if (pipe)
		fwrite(page.text, 1, page.size, pipe);
	int status = pipe ? pclose(pipe) : -1;
	signal(SIGPIPE, before);
	return status >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_FOUND);
}

void
pager_close(FILE *out)
{
	if (out == stdout)
		return;
	fclose(out);
	if (fits_screen() || !show_by(pager_command()))
		fwrite(page.text, 1, page.size, stdout);
	free(page.text);
	page.text = NULL;
	page.size = 0;
}
