#include "client/matchctl/row_errors.h"

#include "client/matchctl/json.h"
#include "client/matchctl/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void
say_cannot(const char *path)
{
	fprintf(stderr,
		TR("matchctl: cannot write %s: %s\n", "matchctl: не удаётся записать %s: %s\n"),
		path, strerror(errno));
}

int
row_errors_open(struct row_errors *e, const char *path, uint64_t keep, bool json,
		struct progress *progress)
{
	*e = (struct row_errors){.json = json, .progress = progress};
	if (!path)
		return EXIT_DONE;
	e->out = fopen(path, keep ? "r+" : "w");
	if (e->out && keep &&
	    (ftruncate(fileno(e->out), (off_t)keep) || fseek(e->out, 0, SEEK_END))) {
		fclose(e->out);
		e->out = NULL;
	}
	if (e->out)
		return EXIT_DONE;
	say_cannot(path);
	return EXIT_INPUT;
}

static json_t *
error_json(const struct row_error *r)
{
	json_t *json = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s}", "file", r->file, "line",
				 (json_int_t)r->line, "row", (json_int_t)r->row, "column",
				 r->column, "code", r->code, "reason", r->reason);
	if (*r->object)
		json_object_set_new(json, "object", json_string(r->object));
	if (*r->field)
		json_object_set_new(json, "field", json_string(r->field));
	return json;
}

/* "a.csv:12: price: \"x\": there is no number [no_number]" */
static void
print_error(const struct row_error *r)
{
	char where[512];
	struct buf line = BUF_EMPTY;
	snprintf(where, sizeof where, "%s:%u: ", r->file, r->line);
	const char *const parts[] = {where,
				     r->object,
				     *r->object ? ": " : "",
				     *r->column ? r->column : r->field,
				     *r->column || *r->field ? ": " : "",
				     r->said,
				     " [",
				     r->code,
				     "]"};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_put(&line, parts[i], strlen(parts[i]));
	text_print(stderr, buf_str(&line));
	fputc('\n', stderr);
	buf_free(&line);
}

void
row_errors_add(struct row_errors *e, const struct row_error *error)
{
	if (e->written == (e->out ? ERRORS_KEPT : ERRORS_SHOWN)) {
		e->dropped++;
		return;
	}
	e->written++;
	if (e->out) {
		json_print_line(e->out, error_json(error));
		return;
	}
	progress_clear(e->progress);
	if (e->json)
		json_print_line(stderr, error_json(error));
	else
		print_error(error);
}

uint64_t
row_errors_flush(struct row_errors *e)
{
	if (!e->out || fflush(e->out) != 0)
		return 0;
	long at = ftell(e->out);
	return at > 0 ? (uint64_t)at : 0;
}

int
row_errors_close(struct row_errors *e)
{
	int code = EXIT_DONE;
	if (e->dropped > 0 && e->out)
		fprintf(stderr,
			TR("matchctl: the errors' file holds %d errors; %" PRIu64
			   " more are counted only\n",
			   "matchctl: файл ошибок вместил %d; ещё %" PRIu64 " только сосчитаны\n"),
			ERRORS_KEPT, e->dropped);
	else if (e->dropped > 0)
		fprintf(stderr,
			TR("matchctl: %" PRIu64
			   " more errors are not shown; --errors FILE writes all of them\n",
			   "matchctl: ещё ошибок, которые не показаны: %" PRIu64
			   "; --errors FILE запишет все\n"),
			e->dropped);
	if (e->out && (ferror(e->out) | fclose(e->out))) {
		say_cannot("--errors");
		code = EXIT_INTERNAL;
	}
	e->out = NULL;
	return code;
}
