#include "daemon/options_file.h"

#include "daemon/option.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* libyaml's time grows with the square of the nesting. */
enum { NESTING_MAX = 16 };

/* One pass over the events. The map is flat, so the whole state is where in it we are. */
struct reader {
	struct options *options;
	struct mistakes *mistakes;
	enum { BEFORE, IN_MAP, AT_VALUE, IN_LIST, BEHIND } at;
	char name[64];		  /* the key whose value comes */
	const struct option *row; /* its row; NULL: the value is passed over */
	const struct option **seen;
	size_t n_seen, cap_seen;
	unsigned depth; /* of a nested value that is passed over */
	bool hopeless;	/* nothing sensible can follow */
};

static void
take_key(struct reader *r, const char *key, unsigned line)
{
	r->at = AT_VALUE;
	snprintf(r->name, sizeof(r->name), "%s", key);
	r->row = option_find(str_of(key));
	if (!r->row) {
		option_mistake(r->mistakes, line, r->name, "there is no such option");
		return;
	}
	for (size_t i = 0; i < r->n_seen; i++) {
		if (r->seen[i] == r->row) {
			option_mistake(r->mistakes, line, r->name, "is given twice");
			r->row = NULL;
			return;
		}
	}
	r->seen = mem_grow(r->seen, r->n_seen, &r->cap_seen, sizeof(*r->seen));
	r->seen[r->n_seen++] = r->row;
}

static void
take_value(struct reader *r, const char *value, bool plain, unsigned line)
{
	char why[200];
	bool empty = plain && (value[0] == 0 || strcmp(value, "~") == 0 || !strcmp(value, "null"));

	if (r->at == AT_VALUE)
		r->at = IN_MAP;
	if (!r->row)
		return;
	if (empty)
		option_mistake(r->mistakes, line, r->name, "has no value");
	else if (r->at == IN_LIST ? !option_append(r->options, r->row, value, why, sizeof(why))
				  : !option_set(r->options, r->row, value, why, sizeof(why)))
		option_mistake(r->mistakes, line, r->name, "%s", why);
}

static void
take_scalar(struct reader *r, const yaml_event_t *e, unsigned line)
{
	const char *text = (const char *)e->data.scalar.value;

	if (e->data.scalar.anchor || e->data.scalar.tag)
		option_mistake(r->mistakes, line, "", "anchors and tags are not used here");
	if (strlen(text) != e->data.scalar.length)
		option_mistake(r->mistakes, line, "", "a zero byte");
	else if (r->at == IN_MAP)
		take_key(r, text, line);
	else if (r->at == AT_VALUE || r->at == IN_LIST)
		take_value(r, text, e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, line);
}

/* A map or sequence begins: the outermost map, a list's value, or one nesting too many. */
static void
take_start(struct reader *r, const yaml_event_t *e, unsigned line)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;

	if (r->at == BEFORE && map) {
		r->at = IN_MAP;
	} else if (r->at == AT_VALUE && !map && r->row && r->row->type == OPTION_LIST) {
		r->at = IN_LIST;
	} else if (r->at == AT_VALUE || r->at == IN_LIST) {
		r->depth = 1;
		if (r->row)
			option_mistake(r->mistakes, line, r->name, "expected %s",
				       r->row->type == OPTION_LIST ? "a list of values"
								   : "one value");
	} else {
		option_mistake(r->mistakes, line, "", "expected a map from option names to values");
		r->hopeless = true;
	}
}

static void
take_end(struct reader *r)
{
	r->at = r->at == IN_LIST ? IN_MAP : BEHIND;
}

/* Inside a value that is wrong as a whole only its end is of interest. */
static void
pass_over(struct reader *r, const yaml_event_t *e)
{
	if (e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT)
		r->depth++;
	else if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT)
		r->depth--;
	if (r->depth == 0 && r->at == AT_VALUE)
		r->at = IN_MAP;
	r->hopeless = r->hopeless || r->depth > NESTING_MAX;
}

static void
take_event(struct reader *r, const yaml_event_t *e)
{
	unsigned line = (unsigned)e->start_mark.line + 1;

	if (r->depth > 0) {
		pass_over(r, e);
		return;
	}
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->at == BEHIND) {
			option_mistake(r->mistakes, line, "", "a second document");
			r->hopeless = true;
		}
		break;
	case YAML_SCALAR_EVENT:
		if (r->at == BEFORE && e->data.scalar.length > 0) {
			option_mistake(r->mistakes, line, "",
				       "expected a map from option names to values");
			r->hopeless = true;
		} else {
			take_scalar(r, e, line);
		}
		break;
	case YAML_ALIAS_EVENT:
		option_mistake(r->mistakes, line, "", "aliases are not used here");
		r->hopeless = true;
		break;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		take_start(r, e, line);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		take_end(r);
		break;
	default:
		break;
	}
}

void
options_file_read(struct options *o, struct str yaml, struct mistakes *ret)
{
	struct reader r = {.options = o, .mistakes = ret};
	yaml_parser_t parser;
	yaml_event_t event;
	bool ended = false;

	if (yaml.len > OPTIONS_FILE_MAX) {
		option_mistake(ret, 1, "", "the file is longer than 1 MiB");
		return;
	}
	if (!yaml_parser_initialize(&parser))
		mem_failed(sizeof(parser));
	/* libyaml insists on a pointer, even of an empty file. */
	yaml_parser_set_input_string(&parser, (const unsigned char *)(yaml.p ? yaml.p : ""),
				     yaml.len);
	while (!ended && !r.hopeless) {
		if (!yaml_parser_parse(&parser, &event)) {
			option_mistake(ret, (unsigned)parser.problem_mark.line + 1, "", "%s",
				       parser.problem ? parser.problem : "not YAML");
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		take_event(&r, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	free(r.seen);
}
