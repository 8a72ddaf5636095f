#include "intake/field_file.h"

#include "intake/keyword.h"
#include "intake/where.h"

#include <stdlib.h>

/* Kinds of fields, as bits. */
enum {
	KEYWORD = 1 << FIELD_KEYWORD,
	CODE = 1 << FIELD_CODE,
	FLAG = 1 << FIELD_FLAG,
	NUMBER = 1 << FIELD_NUMBER,
	MONEY = 1 << FIELD_MONEY,
	DATE = 1 << FIELD_DATE,
	ORDINAL = 1 << FIELD_ORDINAL,
	DIMENSIONS = 1 << FIELD_DIMENSIONS,
	GEO = 1 << FIELD_GEO,
	INTERVAL = NUMBER | MONEY | DATE | ORDINAL,
	MEASURED = NUMBER | DIMENSIONS,
};

/* ---- keys of the field ---- */

static void
read_type(struct reader *r, const struct doc_node *node, void *target)
{
	/* field_read has looked at it already, to know which keys fit; here it is reported */
	int type;
	(void)target;
	read_word(r, node, field_type_names, &type);
}

static void
read_title(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	read_titles(r, node, MAX_TITLE, &f->title);
}

static void
read_help(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	read_titles(r, node, MAX_HELP, &f->help);
}

static void
read_relation(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	int relation;
	if (!read_word(r, node, relation_names, &relation))
		return;
	f->relation = (enum relation)relation;
	if (f->type == FIELD_GEO && f->relation != RELATION_OVERLAP)
		wrong(r, node, "a geo field has the relation overlap only");
}

static void
read_demanded_by(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"need", "offer", "both", NULL};
	struct field *f = target;
	int by;
	if (!read_word(r, node, words, &by))
		return;
	f->demanded_by[NEED] = by != OFFER;
	f->demanded_by[OFFER] = by != NEED;
}

static void
read_visibility(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	int visibility;
	if (read_word(r, node, visibility_names, &visibility))
		f->side[NEED].visibility = f->side[OFFER].visibility = (enum visibility)visibility;
}

static int
by_name(const void *a, const void *b)
{
	return str_cmp(((const struct named_value *)a)->name,
		       ((const struct named_value *)b)->name);
}

/* A value of the vocabulary is folded as the keywords of listings are. */
static bool
fold_name(struct reader *r, const struct doc_node *node, struct str *ret)
{
	char *folded = doc_alloc(&r->doc, MAX_KEYWORD);
	enum text_problem problem = keyword_fold(node->key, folded, &ret->len);
	if (problem)
		wrong(r, node, "the value %s",
		      mistake_words(r->mistakes, text_problem_name(problem)));
	ret->p = folded;
	return !problem;
}

static void
read_values(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	if (!is_map(r, node, MAX_VALUES))
		return;
	f->values = doc_alloc(&r->doc, node->count * sizeof *f->values);
	for (const struct doc_node *value = node->first; value; value = value->next) {
		size_t back = reader_enter(r, value->key);
		struct named_value *v = &f->values[f->n_values];
		if (fold_name(r, value, &v->name))
			f->n_values++;
		read_titles(r, value, MAX_TITLE, &v->title);
		reader_leave(r, back);
	}
	qsort(f->values, f->n_values, sizeof *f->values, by_name);
	for (size_t i = 1; i < f->n_values; i++)
		if (str_eq(f->values[i - 1].name, f->values[i].name))
			wrong(r, node, "two values are the same word: %.*s",
			      STR_FMT(f->values[i].name));
}

static void
read_tree_name(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	read_name(r, node, '-', &f->tree_name);
}

static void
read_unit(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	read_text(r, node, MAX_NAME, &f->unit);
}

static void
read_units(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	if (!is_map(r, node, MAX_UNITS))
		return;
	f->units = doc_alloc(&r->doc, node->count * sizeof *f->units);
	for (const struct doc_node *unit = node->first; unit; unit = unit->next) {
		size_t back = reader_enter(r, unit->key);
		struct ratio ratio = RATIO_ONE;
		if (text_check(unit->key, MAX_NAME, false))
			wrong(r, unit, "expected a unit's name of 1 to %d bytes", MAX_NAME);
		if (f->unit.p && str_eq(f->unit, unit->key))
			wrong(r, unit, "this is the field's own unit");
		if (unit->kind != DOC_TEXT || !number_ratio(unit->text, &ratio))
			wrong(r, unit,
			      "expected how many of the field's unit it is: a decimal above 0, at "
			      "most 9 decimals");
		f->units[f->n_units++] =
		    (struct named_value){.name = unit->key, .num = ratio.num, .den = ratio.den};
		reader_leave(r, back);
	}
}

static void
read_currency(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	if (node->kind != DOC_TEXT || !currency_is_valid(node->text))
		wrong(r, node, "expected three capital letters, like RUB");
	else
		f->currency = node->text;
}

static void
read_decimals(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	int64_t decimals;
	if (read_integer(r, node, 0, MAX_DECIMALS, &decimals))
		f->decimals = (uint8_t)decimals;
}

/* One label: of a list an element, of a map a key with titles. */
static void
add_label(struct reader *r, const struct doc_node *node, bool of_map, struct field *f)
{
	struct named_value *label = &f->labels[f->n_labels];
	struct str name = of_map ? node->key : node->text;
	size_t back = reader_enter(r, name);
	if ((!of_map && node->kind != DOC_TEXT) || !label_is_valid(name))
		wrong(r, node, "expected a label of 1 to %d small letters, digits and _ + . -",
		      MAX_LABEL);
	else if (!of_map && field_label(f, name) >= 0)
		wrong(r, node, "the label repeats");
	else
		f->n_labels++;
	label->name = name;
	if (of_map)
		read_titles(r, node, MAX_TITLE, &label->title);
	reader_leave(r, back);
}

static void
read_labels(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	bool of_map = node->kind == DOC_MAP;
	if (node->kind == DOC_TEXT || node->count < 2 || node->count > MAX_LABELS) {
		wrong(r, node, "expected 2 to %d labels, from lowest to highest", MAX_LABELS);
		return;
	}
	if (of_map && !is_map(r, node, MAX_LABELS))
		return;
	/* one more, for a label that does not fit and is not kept */
	f->labels = doc_alloc(&r->doc, (node->count + 1) * sizeof *f->labels);
	for (const struct doc_node *label = node->first; label; label = label->next)
		add_label(r, label, of_map, f);
}

/* A distance between two values of the field; of an unknown type, nothing. */
static bool
read_distance(struct reader *r, const struct doc_node *node, const struct field *f, int64_t *ret)
{
	if (r->kind == EVERY_KIND)
		return false;
	bool scaled = f->type == FIELD_NUMBER || f->type == FIELD_MONEY;
	return read_decimal(r, node, scaled ? f->decimals : 0, ret);
}

static void
read_min_overlap(struct reader *r, const struct doc_node *node, void *target)
{
	struct field *f = target;
	if (f->relation != RELATION_OVERLAP)
		wrong(r, node, "min_overlap goes with the relation overlap only");
	read_distance(r, node, f, &f->min_overlap);
}

/* ---- keys of a side ---- */

struct side_target {
	struct field *field;
	struct side_rule *rule;
};

static void
read_side_title(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	read_titles(r, node, MAX_TITLE, &t->rule->title);
}

static void
read_absent(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	int absent;
	if (read_word(r, node, absent_names, &absent))
		t->rule->absent = (enum absent)absent;
}

static void
read_reading(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	int reading;
	if (read_word(r, node, reading_names, &reading))
		t->rule->reading = (enum reading)reading;
}

static void
read_from(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {
	    "",
	    "participant.kind",
	    "participant.region",
	    "participant.size",
	    "participant.okved",
	    "participant.headcount",
	    "participant.revenue",
	    "participant.founded",
	    NULL,
	};
	struct side_target *t = target;
	int from;
	if (!read_word(r, node, words, &from))
		return;
	t->rule->from = (enum attribute)from;
	if (r->kind != EVERY_KIND && !attribute_fits(t->rule->from, t->field))
		wrong(r, node,
		      t->field->type == FIELD_MONEY
			  ? "the participant's %s does not fit this field's type and currency"
			  : "the participant's %s does not fit this field's type",
		      attribute_names[from]);
}

static void
read_side_visibility(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	int visibility;
	if (read_word(r, node, visibility_names, &visibility))
		t->rule->visibility = (enum visibility)visibility;
}

static void
read_weight(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	int64_t weight;
	if (read_integer(r, node, 1, MAX_WEIGHT, &weight))
		t->rule->weight = (uint16_t)weight;
}

static void
read_better(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"", "lower", "higher", NULL};
	struct side_target *t = target;
	int better;
	if (read_word(r, node, words, &better))
		t->rule->better = (enum better)better;
}

static void
read_nearer(struct reader *r, const struct doc_node *node, void *target)
{
	static const char *const words[] = {"true", NULL};
	struct side_target *t = target;
	int word;
	if (t->rule->better != BETTER_NONE)
		wrong(r, node, "nearer cannot stand beside better");
	else if (read_word(r, node, words, &word))
		t->rule->better = BETTER_NEARER;
}

static void
read_span(struct reader *r, const struct doc_node *node, void *target)
{
	struct side_target *t = target;
	struct side_rule *rule = t->rule;
	if (node->kind == DOC_TEXT && str_eq(node->text, STR("own"))) {
		rule->span_own = true;
		if (rule->better != BETTER_LOWER && rule->better != BETTER_HIGHER)
			wrong(r, node, "the span own goes with better only");
		return;
	}
	if (!read_distance(r, node, t->field, &rule->span))
		return;
	rule->has_span = rule->span > 0;
	if (!rule->has_span)
		wrong(r, node,
		      field_is_interval(t->field) ? "expected a span above 0, or own"
						  : "expected a span above 0");
}

/* ---- what has to stand together ---- */

/* Keys that make sense only beside another one. */
static void
check_beside(struct reader *r, const struct doc_node *map, const char *key, const char *needed)
{
	if (doc_find(map, key) && !doc_find(map, needed))
		wrong_key(r, map, key, "%s needs %s beside it", key, needed);
}

static void
check_side(struct reader *r, const struct doc_node *map, const struct field *f,
	   const struct side_rule *rule)
{
	bool scored = doc_find(map, "better") || doc_find(map, "nearer");
	check_beside(r, map, "better", "span");
	check_beside(r, map, "nearer", "span");
	check_beside(r, map, "better", "weight");
	check_beside(r, map, "nearer", "weight");
	check_beside(r, map, "span", "weight");
	if (field_is_interval(f) && doc_find(map, "weight") && !scored)
		wrong_key(r, map, "weight", "on this type weight needs better or nearer beside it");
	if (field_is_interval(f) && doc_find(map, "span") && !scored)
		wrong_key(r, map, "span", "on this type span needs better or nearer beside it");
	if (rule->weight && !field_is_public(f))
		wrong_key(r, map, "weight", "a field that some side does not show has no weight");
	if (rule->from && doc_find(map, "reading"))
		wrong_key(r, map, "reading", "a value from the participant is read exactly");
}

static void
read_side(struct reader *r, const struct doc_node *map, struct field *f, enum side side,
	  unsigned kind)
{
	static const struct key_rule rules[] = {
	    {"title", EVERY_KIND, 0, read_side_title},
	    {"absent", EVERY_KIND, 0, read_absent},
	    {"reading", INTERVAL | DIMENSIONS, 0, read_reading},
	    {"from", KEYWORD | CODE | INTERVAL, 0, read_from},
	    {"visibility", EVERY_KIND, 0, read_side_visibility},
	    {"weight", EVERY_KIND & ~DIMENSIONS, 0, read_weight},
	    {"better", INTERVAL, 0, read_better},
	    {"nearer", INTERVAL, 0, read_nearer},
	    {"span", INTERVAL | GEO, 0, read_span},
	    {0},
	};
	struct side_target target = {f, &f->side[side]};
	size_t back = reader_enter(r, map->key);
	read_map(r, map, rules, kind, &target);
	reader_leave(r, back);
}

/* Both sides' keys first: whether a weight fits depends on what the other side shows. */
static void
read_sides(struct reader *r, const struct doc_node *map, struct field *f, unsigned kind)
{
	const struct doc_node *sides[] = {doc_find(map, side_names[NEED]),
					  doc_find(map, side_names[OFFER])};
	for (int side = NEED; side <= OFFER; side++)
		if (sides[side])
			read_side(r, sides[side], f, (enum side)side, kind);
	for (int side = NEED; side <= OFFER; side++) {
		if (!sides[side] || sides[side]->kind != DOC_MAP || kind == EVERY_KIND)
			continue;
		size_t back = reader_enter(r, sides[side]->key);
		check_side(r, sides[side], f, &f->side[side]);
		reader_leave(r, back);
	}
}

/* In the table for its name only; read_sides reads both at the end. */
static void
read_later(struct reader *r, const struct doc_node *node, void *target)
{
	(void)r;
	(void)node;
	(void)target;
}

static const struct key_rule field_rules[] = {
    {"type", EVERY_KIND, EVERY_KIND, read_type},
    {"title", EVERY_KIND, EVERY_KIND, read_title},
    {"help", EVERY_KIND, 0, read_help},
    {"relation", EVERY_KIND, 0, read_relation},
    {"demanded_by", EVERY_KIND, 0, read_demanded_by},
    {"visibility", EVERY_KIND, 0, read_visibility},
    {"values", KEYWORD, 0, read_values},
    {"tree", CODE, CODE, read_tree_name},
    {"unit", MEASURED, 0, read_unit},
    {"units", MEASURED, 0, read_units},
    {"currency", MONEY, MONEY, read_currency},
    {"decimals", MEASURED | MONEY, 0, read_decimals},
    {"labels", ORDINAL, ORDINAL, read_labels},
    {"min_overlap", INTERVAL, 0, read_min_overlap},
    {"need", EVERY_KIND, 0, read_later},
    {"offer", EVERY_KIND, 0, read_later},
    {0},
};

/* The bit of the type that is written, or EVERY_KIND where none can be made out. */
static unsigned
find_kind(const struct doc_node *map, struct field *f)
{
	const struct doc_node *type = doc_find(map, "type");
	for (int i = 0; type && type->kind == DOC_TEXT && field_type_names[i]; i++) {
		if (str_eq(str_of(field_type_names[i]), type->text)) {
			f->type = (enum field_type)i;
			return 1u << i;
		}
	}
	return EVERY_KIND;
}

void
field_read(struct reader *r, const struct doc_node *map, bool standing, struct field *ret)
{
	if (map->kind != DOC_MAP) {
		wrong(r, map, "expected a map");
		return;
	}
	unsigned kind = find_kind(map, ret);
	ret->demanded_by[NEED] = ret->demanded_by[OFFER] = true;
	ret->decimals = kind == MONEY ? 2 : 0;
	read_map(r, map, field_rules, kind, ret);
	if (kind & MEASURED)
		check_beside(r, map, "units", "unit");
	read_sides(r, map, ret, kind);
	if (standing && ret->side[NEED].from == ATTRIBUTE_NONE &&
	    ret->side[NEED].absent == ABSENT_REQUIRED)
		wrong_key(r, map, side_names[NEED],
			  "in an exchange of standing needs a field that is required needs from");
}
