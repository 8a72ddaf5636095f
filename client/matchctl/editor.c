#include "client/matchctl/editor.h"

#include "client/matchctl/documents.h"
#include "client/matchctl/language.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *
first_set(const char *const *names, const char *otherwise)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && *value)
			return value;
	}
	return otherwise;
}

int
editor_open(struct editor *e)
{
	static const char *const names[] = {"TMPDIR", NULL};
	int n =
	    snprintf(e->path, sizeof e->path, "%s/matchctl-XXXXXX.yaml", first_set(names, "/tmp"));
	if (n < 0 || (size_t)n >= sizeof e->path)
		return ENAMETOOLONG;
	int fd = mkstemps(e->path, (int)strlen(".yaml"));
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static bool
write_text(const char *path, struct str text)
{
	FILE *out = fopen(path, "w");
	if (!out)
		return false;
	bool good = fwrite(text.p, 1, text.len, out) == text.len;
	return fclose(out) == 0 && good;
}

/* The editor may be a command with arguments; the path is handed over beside it, so that nothing in
 * it means anything to the shell. */
static int
run_editor(const char *path)
{
	static const char *const names[] = {"VISUAL", "EDITOR", NULL};
	const char *editor = first_set(names, "vi");
	char *command;
	if (asprintf(&command, "%s \"$1\"", editor) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
		_exit(127);
	}
	free(command);
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
editor_run(const struct editor *e, struct str text, struct buf *out)
{
	if (!write_text(e->path, text)) {
		fprintf(stderr, "matchctl: %s: %s\n", e->path, strerror(errno));
		return false;
	}
	int status = run_editor(e->path);
	if (status != 0) {
		fprintf(
		    stderr,
		    TR("matchctl: the editor ended with %d; set $VISUAL or $EDITOR to one that "
		       "works here\n",
		       "matchctl: редактор завершился с кодом %d; укажите рабочий в $VISUAL или "
		       "$EDITOR\n"),
		    status);
		return false;
	}
	buf_clear(out);
	int rc = documents_slurp(e->path, out);
	if (rc != 0)
		fprintf(stderr, "matchctl: %s: %s\n", e->path, strerror(rc));
	return rc == 0;
}

void
editor_close(const struct editor *e)
{
	unlink(e->path);
}
