/* The top of an exchange file; field_file.c reads its fields. */

#include "intake/field_file.h"
#include "intake/files.h"
#include "intake/reader.h"

#include <stdio.h>

static void
read_exchange_name(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_name(r, node, '-', &e->name);
}

static void
read_title(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_titles(r, node, MAX_TITLE, &e->title);
}

static void
read_help(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_titles(r, node, MAX_HELP, &e->help);
}

/* ---- sides ---- */

static void
read_side_title(struct reader *r, const struct doc_node *node, void *target)
{
	read_titles(r, node, MAX_TITLE, target);
}

static void
read_need_title(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_side_title(r, node, &e->side_title[NEED]);
}

static void
read_need_from(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"participant", NULL};
	struct exchange *e = target;
	int word;
	e->standing_needs = read_word(r, node, words, &word);
}

static void
read_need(struct reader *r, const struct doc_node *node, void *target)
{
	static const struct key_rule rules[] = {
	    {"title", EVERY_KIND, EVERY_KIND, read_need_title},
	    {"from", EVERY_KIND, 0, read_need_from},
	    {0},
	};
	read_map(r, node, rules, EVERY_KIND, target);
}

static void
read_offer(struct reader *r, const struct doc_node *node, void *target)
{
	static const struct key_rule rules[] = {
	    {"title", EVERY_KIND, EVERY_KIND, read_side_title},
	    {0},
	};
	struct exchange *e = target;
	read_map(r, node, rules, EVERY_KIND, &e->side_title[OFFER]);
}

/* ---- matches and lifetimes ---- */

static void
read_max_matches(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	int64_t n;
	if (node->kind == DOC_TEXT && str_eq(node->text, STR("all")))
		e->max_matches = 0;
	else if (read_integer(r, node, 1, MAX_MATCHES, &n))
		e->max_matches = (uint32_t)n;
}

static void
read_made_for(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"either", "newcomer", NULL};
	struct exchange *e = target;
	int word;
	if (read_word(r, node, words, &word))
		e->newcomer = word == 1;
}

static void
read_days(struct reader *r, const struct doc_node *node, uint32_t *ret)
{
	int64_t days;
	if (read_integer(r, node, 1, MAX_DAYS, &days))
		*ret = (uint32_t)days;
}

static void
read_default_days(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_days(r, node, &e->default_days);
}

static void
read_max_days(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_days(r, node, &e->max_days);
}

static void
read_notice_days(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	read_days(r, node, &e->notice_days);
}

static void
read_moderated(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"need", "offer", "both", NULL};
	struct exchange *e = target;
	int word;
	if (!read_word(r, node, words, &word))
		return;
	if (e->standing_needs && word != 1)
		wrong(r, node, "needs that stand by themselves are not moderated: expected offer");
	e->moderated[NEED] = word != 1;
	e->moderated[OFFER] = word != 0;
}

static void
read_lifetime(struct reader *r, const struct doc_node *node, void *target)
{
	static const struct key_rule rules[] = {
	    {"default_days", EVERY_KIND, 0, read_default_days},
	    {"max_days", EVERY_KIND, 0, read_max_days},
	    {"notice_days", EVERY_KIND, 0, read_notice_days},
	    {0},
	};
	struct exchange *e = target;
	read_map(r, node, rules, EVERY_KIND, e);
	if (e->max_days && e->default_days > e->max_days)
		wrong_key(r, node, "default_days", "default_days is above max_days");
}

/* ---- fields ---- */

static void
read_fields(struct reader *r, const struct doc_node *node, void *target)
{
	struct exchange *e = target;
	if (!is_map(r, node, MAX_FIELDS))
		return;
	e->fields = doc_alloc(&r->doc, node->count * sizeof *e->fields);
	for (const struct doc_node *field = node->first; field; field = field->next) {
		size_t back = reader_enter(r, field->key);
		struct field *f = &e->fields[e->n_fields++];
		if (!name_is_valid(field->key, '_'))
			wrong(r, field,
			      "expected a name: a small letter, then up to 63 small letters, "
			      "digits and _");
		f->name = field->key;
		field_read(r, field, e->standing_needs, f);
		reader_leave(r, back);
	}
}

static const struct key_rule exchange_rules[] = {
    {"exchange", EVERY_KIND, EVERY_KIND, read_exchange_name},
    {"title", EVERY_KIND, EVERY_KIND, read_title},
    {"help", EVERY_KIND, 0, read_help},
    {"need", EVERY_KIND, EVERY_KIND, read_need},
    {"offer", EVERY_KIND, EVERY_KIND, read_offer},
    {"max_matches", EVERY_KIND, 0, read_max_matches},
    {"made_for", EVERY_KIND, 0, read_made_for},
    {"lifetime", EVERY_KIND, 0, read_lifetime},
    {"moderated", EVERY_KIND, 0, read_moderated},
    {"fields", EVERY_KIND, EVERY_KIND, read_fields},
    {0},
};

int
exchange_read(struct str yaml, struct buf *canonical, struct mistakes *ret)
{
	enum { DEFAULT_MATCHES = 20 };
	struct reader r = {.mistakes = ret};
	struct exchange e = {.max_matches = DEFAULT_MATCHES};
	size_t before = canonical->len;
	int refused = reader_run(&r, yaml, exchange_rules, &e);
	if (!refused)
		exchange_encode(&e, canonical);
	if (canonical->len - before > MAX_DEFINITION) {
		struct mistake *m = &ret->list[ret->count++];
		m->line = 1;
		snprintf(m->message, sizeof m->message,
			 "the exchange takes %zu bytes and at most %d are allowed; shorten titles "
			 "and helps, or "
			 "leave vocabularies open",
			 canonical->len - before, MAX_DEFINITION);
		canonical->len = before;
		refused = 1;
	}
	reader_done(&r);
	return refused;
}
