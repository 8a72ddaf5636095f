#include "client/matchctl/documents.h"

#include "client/matchctl/json.h"
#include "client/matchctl/language.h"
#include "client/matchctl/yaml_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

bool
documents_format(const char *name, const char *path, enum document_format *ret)
{
	static const struct {
		const char *name;
		const char *endings[2];
		enum document_format format;
	} formats[] = {
	    {"json", {".json", ".json"}, FORMAT_JSON},
	    {"jsonl", {".jsonl", ".ndjson"}, FORMAT_JSONL},
	    {"yaml", {".yaml", ".yml"}, FORMAT_YAML},
	};
	*ret = FORMAT_JSON;
	for (size_t i = 0; i < 3; i++) {
		bool this = name ? strcmp(name, formats[i].name) == 0
				 : ends_with(path, formats[i].endings[0]) ||
				       ends_with(path, formats[i].endings[1]);
		if (this) {
			*ret = formats[i].format;
			return true;
		}
	}
	return !name;
}

int
documents_slurp(const char *path, struct buf *out)
{
	char chunk[65536];
	size_t n;
	int rc = 0;
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (!in)
		return errno;
	while (rc == 0 && (n = fread(chunk, 1, sizeof chunk, in)) > 0) {
		if (out->len + n > DOCUMENTS_MAX)
			rc = EFBIG;
		else
			buf_put(out, chunk, n);
	}
	if (ferror(in))
		rc = errno ? errno : EIO;
	if (in != stdin)
		fclose(in);
	return rc;
}

/* ---- JSON ---- */

/* Where the reading of a JSON text is. */
struct place {
	const struct document_reader *reader;
	const char *file;
	const char *start, *at, *end;
	unsigned line;
};

static void
advance(struct place *p, const char *to)
{
	for (; p->at < to; p->at++)
		if (*p->at == '\n')
			p->line++;
}

static void
skip_blanks(struct place *p)
{
	while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
		advance(p, p->at + 1);
}

/* Hands one parsed value to the reader. */
static int
give_value(struct place *p, const json_t *value)
{
	char why[JSON_WHY];
	struct buf map = BUF_EMPTY;
	int rc = 0;
	if (!json_is_object(value))
		p->reader->mistake(p->reader->arg, p->file, p->line,
				   TR("not an object", "это не объект"));
	else if (json_to_mp(value, &map, why))
		p->reader->mistake(p->reader->arg, p->file, p->line, why);
	else
		rc = p->reader->document(p->reader->arg,
					 &(struct document){p->file, p->line, buf_str(&map),
							    (size_t)(p->at - p->start)});
	buf_free(&map);
	return rc;
}

/* Reads one value; a syntax error is told with its own line and ends the text. */
static int
read_value(struct place *p)
{
	json_error_t error;
	json_t *value =
	    json_loadb(p->at, (size_t)(p->end - p->at),
		       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
	if (!value) {
		unsigned line = p->line + (error.line > 1 ? (unsigned)error.line - 1 : 0);
		p->reader->mistake(p->reader->arg, p->file, line, error.text);
		p->at = p->end;
		return 0;
	}
	int rc = give_value(p, value);
	json_decref(value);
	advance(p, p->at + error.position);
	return rc;
}

static void
expected(struct place *p, const char *what)
{
	p->reader->mistake(p->reader->arg, p->file, p->line, what);
	p->at = p->end;
}

/* Elements are read one at a time, for jansson does not say on which line each begins. */
static int
read_array(struct place *p)
{
	int rc = 0;
	advance(p, p->at + 1);
	skip_blanks(p);
	if (p->at < p->end && *p->at == ']') {
		advance(p, p->at + 1);
		return 0;
	}
	while (rc == 0) {
		skip_blanks(p);
		if (p->at == p->end) {
			expected(p, TR("the array does not end", "массив не закончен"));
			break;
		}
		rc = read_value(p);
		if (p->at == p->end)
			break;
		skip_blanks(p);
		bool more = p->at < p->end && *p->at == ',';
		if (!more && (p->at == p->end || *p->at != ']')) {
			expected(p, TR("',' or ']' expected", "нужно ',' или ']'"));
			break;
		}
		advance(p, p->at + 1);
		if (!more)
			break;
	}
	return rc;
}

static int
read_json(struct place *p)
{
	int rc = 0;
	for (skip_blanks(p); rc == 0 && p->at < p->end; skip_blanks(p))
		rc = *p->at == '[' ? read_array(p) : read_value(p);
	return rc;
}

static int
read_jsonl(struct place *p)
{
	int rc = 0;
	const char *end = p->end;
	while (rc == 0 && p->at < end) {
		const char *newline = memchr(p->at, '\n', (size_t)(end - p->at));
		struct place line = *p;
		line.end = newline ? newline : end;
		skip_blanks(&line);
		if (line.at < line.end) {
			rc = read_value(&line);
			skip_blanks(&line);
			if (rc == 0 && line.at < line.end)
				expected(&line, TR("more than one value in the line",
						   "в строке больше одного значения"));
		}
		advance(p, newline ? newline + 1 : end);
	}
	return rc;
}

/* ---- all of them ---- */

int
documents_read(const char *path, enum document_format format, const struct document_reader *reader)
{
	struct buf text = BUF_EMPTY;
	const char *file = strcmp(path, "-") == 0 ? "(stdin)" : path;
	int rc = documents_slurp(path, &text);
	if (rc != 0) {
		reader->mistake(reader->arg, file, 0, strerror(rc));
		buf_free(&text);
		return 0;
	}
	const char *start = text.data ? (const char *)text.data : "";
	struct place p = {reader, file, start, start, start + text.len, 1};
	switch (format) {
	case FORMAT_JSON:
		rc = read_json(&p);
		break;
	case FORMAT_JSONL:
		rc = read_jsonl(&p);
		break;
	case FORMAT_YAML:
		rc = yaml_read(file, (struct str){start, (uint32_t)text.len}, reader);
		break;
	}
	buf_free(&text);
	return rc;
}
