#include "client/matchctl/yaml_file.h"

#include "client/matchctl/language.h"
#include "proto/proto.h"
#include "util/mp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum {
	MAX_SCALAR = PROTO_MAX_REQUEST,
	MAX_ENTRIES = 1024, /* of one map or list, as in the protocol; also bounds the search for
			       repeated keys */
	WHY = 200,
	INT_DIGITS = 18,
};

struct yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	bool has_event;
	unsigned mistake_line;
	char why[WHY]; /* empty: no mistake so far */
};

static int __attribute__((format(printf, 3, 4)))
mistaken(struct yaml *y, size_t line, const char *message, ...)
{
	va_list args;
	va_start(args, message);
	vsnprintf(y->why, sizeof y->why, message, args);
	va_end(args);
	y->mistake_line = (unsigned)line + 1;
	return 1;
}

/* Steps to the next event. */
static int
next(struct yaml *y)
{
	if (y->has_event)
		yaml_event_delete(&y->event);
	y->has_event = yaml_parser_parse(&y->parser, &y->event);
	if (!y->has_event)
		return mistaken(y, y->parser.problem_mark.line, "%s",
				y->parser.problem ? y->parser.problem
						  : TR("not YAML", "это не YAML"));
	return 0;
}

static size_t
line_of(const struct yaml *y)
{
	return y->event.start_mark.line;
}

/* ---- scalars ---- */

static bool
is_int(struct str text)
{
	uint32_t i = text.len > 0 && (*text.p == '-' || *text.p == '+');
	uint32_t digits = text.len - i;
	for (; i < text.len; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	/* A longer one, or one with leading zeros, is a code of some sort and stays text. */
	struct str number = {text.p + (text.len - digits), digits};
	return digits > 0 && digits <= INT_DIGITS && (digits == 1 || *number.p != '0');
}

static bool
is_one_of(struct str text, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(text, str_of(*names)))
			return true;
	return false;
}

static void
put_plain(struct buf *out, struct str text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};
	if (is_one_of(text, nulls))
		mp_put_nil(out);
	else if (is_one_of(text, trues))
		mp_put_bool(out, true);
	else if (is_one_of(text, falses))
		mp_put_bool(out, false);
	else if (is_int(text))
		mp_put_int(out, strtoll(text.p, NULL, 10));
	else
		mp_put_str(out, text);
}

void
yaml_put_scalar(struct buf *out, struct str text, bool plain)
{
	if (plain)
		put_plain(out, text);
	else
		mp_put_str(out, text);
}

static struct str
scalar_text(const struct yaml *y)
{
	return (struct str){(const char *)y->event.data.scalar.value,
			    (uint32_t)y->event.data.scalar.length};
}

static int
put_scalar(struct yaml *y, struct buf *out)
{
	if (y->event.data.scalar.length > MAX_SCALAR)
		return mistaken(y, line_of(y),
				TR("a text of more than %d bytes", "текст длиннее %d байт"),
				MAX_SCALAR);
	yaml_put_scalar(out, scalar_text(y), y->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	return 0;
}

/* ---- nodes: each appends one token and leaves the event behind the node as the current one ----
 */

static int put_node(struct yaml *y, struct buf *out, unsigned depth);

static bool
stands_in(const struct buf *pairs, uint32_t n, struct str key)
{
	struct mp in = mp_of(buf_str(pairs));
	for (uint32_t i = 0; i < n; i++) {
		if (str_eq(mp_get_str(&in), key))
			return true;
		mp_get_raw(&in);
	}
	return false;
}

static int
put_pair(struct yaml *y, struct buf *pairs, uint32_t n, unsigned depth)
{
	if (y->event.type != YAML_SCALAR_EVENT)
		return mistaken(y, line_of(y), TR("a key that is not a text", "ключ — не текст"));
	if (stands_in(pairs, n, scalar_text(y)))
		return mistaken(
		    y, line_of(y),
		    TR("the key \"%s\" stands here twice", "ключ «%s» стоит здесь дважды"),
		    (const char *)y->event.data.scalar.value);
	mp_put_str(pairs, scalar_text(y));
	return next(y) || put_node(y, pairs, depth);
}

/* A count comes before what it counts, so what is inside is gathered first. */
static int
put_collection(struct yaml *y, struct buf *out, unsigned depth)
{
	bool is_map = y->event.type == YAML_MAPPING_START_EVENT;
	yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	struct buf inside = BUF_EMPTY;
	uint32_t n = 0;
	if (depth == 0)
		return mistaken(y, line_of(y), TR("nested deeper than %d", "вложенность глубже %d"),
				PROTO_MAX_DEPTH);
	int rc = next(y);
	for (; rc == 0 && y->event.type != end; n++) {
		if (n == MAX_ENTRIES)
			rc = mistaken(y, line_of(y),
				      TR("more than %d entries", "больше %d элементов"),
				      MAX_ENTRIES);
		else
			rc = is_map ? put_pair(y, &inside, n, depth - 1)
				    : put_node(y, &inside, depth - 1);
	}
	if (rc == 0) {
		if (is_map)
			mp_put_map(out, n);
		else
			mp_put_array(out, n);
		mp_put_raw(out, buf_str(&inside));
		rc = next(y);
	}
	buf_free(&inside);
	return rc;
}

static int
put_node(struct yaml *y, struct buf *out, unsigned depth)
{
	const yaml_event_t *e = &y->event;
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		if (e->data.scalar.anchor || e->data.scalar.tag)
			return mistaken(
			    y, line_of(y),
			    TR("anchors and tags are not taken", "якоря и теги не принимаются"));
		return put_scalar(y, out) || next(y);
	case YAML_SEQUENCE_START_EVENT:
		if (e->data.sequence_start.anchor || e->data.sequence_start.tag)
			return mistaken(
			    y, line_of(y),
			    TR("anchors and tags are not taken", "якоря и теги не принимаются"));
		return put_collection(y, out, depth);
	case YAML_MAPPING_START_EVENT:
		if (e->data.mapping_start.anchor || e->data.mapping_start.tag)
			return mistaken(
			    y, line_of(y),
			    TR("anchors and tags are not taken", "якоря и теги не принимаются"));
		return put_collection(y, out, depth);
	default:
		return mistaken(y, line_of(y),
				TR("aliases are not taken", "псевдонимы не принимаются"));
	}
}

/* ---- documents ---- */

/* One map for the reader. *ret_stop is what the reader said. */
static int
give_map(struct yaml *y, const char *file, const struct document_reader *reader, int *ret_stop)
{
	struct buf map = BUF_EMPTY;
	unsigned line = (unsigned)line_of(y) + 1;
	size_t at = y->event.start_mark.index;
	int rc = y->event.type == YAML_MAPPING_START_EVENT
		     ? put_node(y, &map, PROTO_MAX_DEPTH)
		     : mistaken(y, line_of(y), "%s", TR("not a map", "это не словарь"));
	if (rc == 0)
		*ret_stop = reader->document(reader->arg,
					     &(struct document){file, line, buf_str(&map), at});
	buf_free(&map);
	return rc;
}

/* A document's root: a map, or a list of maps. */
static int
give_root(struct yaml *y, const char *file, const struct document_reader *reader, int *ret_stop)
{
	if (y->event.type != YAML_SEQUENCE_START_EVENT)
		return give_map(y, file, reader, ret_stop);
	int rc = next(y);
	while (rc == 0 && *ret_stop == 0 && y->event.type != YAML_SEQUENCE_END_EVENT)
		rc = give_map(y, file, reader, ret_stop);
	return rc ? rc : *ret_stop ? 0 : next(y);
}

static int
give_all(struct yaml *y, const char *file, const struct document_reader *reader, int *ret_stop)
{
	int rc = next(y);
	while (rc == 0 && *ret_stop == 0 && y->event.type != YAML_STREAM_END_EVENT) {
		bool root = y->event.type == YAML_DOCUMENT_START_EVENT;
		rc = next(y);
		if (rc == 0 && root)
			rc = give_root(y, file, reader, ret_stop);
	}
	return rc;
}

int
yaml_read(const char *file, struct str text, const struct document_reader *reader)
{
	struct yaml y = {.has_event = false};
	int stop = 0;
	if (!yaml_parser_initialize(&y.parser)) {
		reader->mistake(reader->arg, file, 0, TR("out of memory", "не хватило памяти"));
		return 0;
	}
	yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)text.p, text.len);
	if (give_all(&y, file, reader, &stop))
		reader->mistake(reader->arg, file, y.mistake_line, y.why);
	if (y.has_event)
		yaml_event_delete(&y.event);
	yaml_parser_delete(&y.parser);
	return stop;
}
