#include "intake/document.h"

#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum {
	DEPTH = 12,	  /* an exchange file needs seven */
	NODES = 200000,	  /* a full tree file has 80,000 */
	BLOCK = 64 << 10, /* memory is taken in such pieces */
};

/* ---- memory ---- */

struct doc_block {
	struct doc_block *next;
	size_t used, size;
	max_align_t bytes[];
};

void *
doc_alloc(struct doc *doc, size_t size)
{
	struct doc_block *block = doc->blocks;
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK ? size : BLOCK;
		block = mem_zalloc(sizeof *block + room);
		block->size = room;
		block->next = doc->blocks;
		doc->blocks = block;
	}
	void *p = (char *)block->bytes + block->used;
	block->used += size;
	return p;
}

void
doc_free(struct doc *doc)
{
	while (doc->blocks) {
		struct doc_block *next = doc->blocks->next;
		free(doc->blocks);
		doc->blocks = next;
	}
	doc->root = NULL;
}

/* ---- building ---- */

/* A list or map that is still open. */
struct level {
	struct doc_node *node;
	struct doc_node **end; /* where the next child goes */
	struct str key;	       /* read, its value still to come */
	unsigned key_line;
};

struct builder {
	struct doc *doc;
	struct mistakes *mistakes;
	struct level levels[DEPTH];
	unsigned depth;
	size_t nodes;
	unsigned documents;
};

static struct str
copy_text(struct doc *doc, const yaml_char_t *text, size_t len)
{
	char *copy = doc_alloc(doc, len + 1);
	memcpy(copy, text, len);
	return (struct str){copy, (uint32_t)len};
}

/* Hangs a new node where the next value belongs; NULL where it cannot stand. */
static struct doc_node *
add_node(struct builder *b, enum doc_kind kind, unsigned line)
{
	if (++b->nodes > NODES) {
		mistake_add(b->mistakes, line, "", "the file has too many values");
		return NULL;
	}
	struct doc_node *node = doc_alloc(b->doc, sizeof *node);
	*node = (struct doc_node){.kind = kind, .line = line};
	if (b->depth == 0) {
		b->doc->root = node;
		return node;
	}
	struct level *level = &b->levels[b->depth - 1];
	if (level->node->kind == DOC_MAP) {
		if (!level->key.p) {
			mistake_add(b->mistakes, line, "", "a key has to be a text");
			return NULL;
		}
		node->key = level->key;
		node->line = level->key_line;
		level->key = STR_NONE;
	}
	*level->end = node;
	level->end = &node->next;
	level->node->count++;
	return node;
}

static bool
open_level(struct builder *b, enum doc_kind kind, unsigned line)
{
	if (b->depth == DEPTH) {
		mistake_add(b->mistakes, line, "", "the file is nested too deep");
		return false;
	}
	struct doc_node *node = add_node(b, kind, line);
	if (!node)
		return false;
	b->levels[b->depth++] = (struct level){.node = node, .end = &node->first};
	return true;
}

static bool
add_text(struct builder *b, const yaml_char_t *text, size_t len, unsigned line, bool plain)
{
	struct level *level = b->depth ? &b->levels[b->depth - 1] : NULL;
	if (level && level->node->kind == DOC_MAP && !level->key.p) {
		level->key = copy_text(b->doc, text, len);
		level->key_line = line;
		return true;
	}
	struct doc_node *node = add_node(b, DOC_TEXT, line);
	if (!node)
		return false;
	node->text = copy_text(b->doc, text, len);
	node->plain = plain;
	return true;
}

/* Anchors and tags are reported, and what they adorn is read all the same. */
static void
refuse_adornment(struct builder *b, const yaml_char_t *anchor, const yaml_char_t *tag,
		 unsigned line)
{
	if (anchor)
		mistake_add(b->mistakes, line, "", "anchors (&name) are not allowed");
	if (tag)
		mistake_add(b->mistakes, line, "", "tags (!name) are not allowed");
}

/* Takes one event in; false where reading on makes no sense. */
static bool
take_event(struct builder *b, const yaml_event_t *event)
{
	unsigned line = (unsigned)event->start_mark.line + 1;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++b->documents > 1)
			mistake_add(b->mistakes, line, "", "a file holds one document only");
		return b->documents == 1;
	case YAML_ALIAS_EVENT:
		mistake_add(b->mistakes, line, "", "aliases (*name) are not allowed");
		return add_text(b, (const yaml_char_t *)"", 0, line, true);
	case YAML_SCALAR_EVENT:
		refuse_adornment(b, event->data.scalar.anchor, event->data.scalar.tag, line);
		return add_text(b, event->data.scalar.value, event->data.scalar.length, line,
				event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	case YAML_SEQUENCE_START_EVENT:
		refuse_adornment(b, event->data.sequence_start.anchor,
				 event->data.sequence_start.tag, line);
		return open_level(b, DOC_LIST, line);
	case YAML_MAPPING_START_EVENT:
		refuse_adornment(b, event->data.mapping_start.anchor, event->data.mapping_start.tag,
				 line);
		return open_level(b, DOC_MAP, line);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return true;
	default:
		return event->type != YAML_STREAM_END_EVENT;
	}
}

/* Whether the whole text was read. */
static bool
build(struct builder *b, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			mistake_add(b->mistakes, (unsigned)parser->problem_mark.line + 1, "",
				    "this is not YAML: %s",
				    parser->problem ? parser->problem
						    : mistake_words(b->mistakes, "out of memory"));
			return false;
		}
		bool last = event.type == YAML_STREAM_END_EVENT;
		bool more = take_event(b, &event);
		yaml_event_delete(&event);
		if (!more)
			return last;
	}
}

void
doc_read(struct doc *doc, struct str yaml, struct mistakes *mistakes)
{
	struct builder b = {.doc = doc, .mistakes = mistakes};
	yaml_parser_t parser;

	*doc = (struct doc){0};
	if (yaml.len > FILE_MAX) {
		mistake_add(mistakes, 1, "", "the file is larger than %d bytes", FILE_MAX);
		return;
	}
	if (!yaml_parser_initialize(&parser))
		mem_failed(sizeof parser);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	/* libyaml insists on a pointer, even of an empty file. */
	yaml_parser_set_input_string(&parser, (const unsigned char *)(yaml.p ? yaml.p : ""),
				     yaml.len);
	bool complete = build(&b, &parser);
	yaml_parser_delete(&parser);
	if (!complete)
		doc->root = NULL;
	else if (!doc->root)
		mistake_add(mistakes, 1, "", "the file is empty");
}

const struct doc_node *
doc_find(const struct doc_node *map, const char *key)
{
	for (const struct doc_node *node = map->first; node; node = node->next)
		if (str_eq(node->key, str_of(key)))
			return node;
	return NULL;
}

const char *
mistake_words(const struct mistakes *list, const char *english)
{
	return list->words ? list->words(english) : english;
}

void
mistake_add(struct mistakes *list, unsigned line, const char *field, const char *message, ...)
{
	va_list args;
	if (list->count == FILE_MISTAKES)
		return;
	struct mistake *m = &list->list[list->count++];
	m->line = line;
	snprintf(m->field, sizeof m->field, "%s", field);
	va_start(args, message);
	vsnprintf(m->message, sizeof m->message, mistake_words(list, message), args);
	va_end(args);
}
