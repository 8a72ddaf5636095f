#pragma once

/*
 * An exchange: a market with two sides, declared by a file, held as a table of fields.
 *
 * docs/exchange-file.md says what each key means; the names here are the file's names. The file is
 * read by src/intake; what comes here are canonical bytes (MessagePack, fixed order), so that the
 * rules that decide reads are the same bytes on every machine.
 */

#include "core/code.h"
#include "core/limits.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum side { NEED, OFFER };
static inline enum side
side_other(enum side side)
{
	return side == NEED ? OFFER : NEED;
}

enum field_type {
	FIELD_KEYWORD,
	FIELD_CODE,
	FIELD_FLAG,
	FIELD_NUMBER,
	FIELD_MONEY,
	FIELD_DATE,
	FIELD_ORDINAL,
	FIELD_DIMENSIONS,
	FIELD_GEO,
};

enum relation { RELATION_OVERLAP, RELATION_NEED_WITHIN_OFFER, RELATION_OFFER_WITHIN_NEED };
enum absent { ABSENT_ANY, ABSENT_NONE, ABSENT_REQUIRED };
enum reading { READING_EXACTLY, READING_AT_LEAST, READING_AT_MOST };
enum visibility { VISIBLE_PUBLIC, VISIBLE_MUTUAL, VISIBLE_MATCH_ONLY };
enum better { BETTER_NONE, BETTER_LOWER, BETTER_HIGHER, BETTER_NEARER };

/* Participant attributes that a side's field can be filled from. */
enum attribute {
	ATTRIBUTE_NONE,
	ATTRIBUTE_KIND,
	ATTRIBUTE_REGION,
	ATTRIBUTE_SIZE,
	ATTRIBUTE_OKVED,
	ATTRIBUTE_HEADCOUNT,
	ATTRIBUTE_REVENUE,
	ATTRIBUTE_FOUNDED,
};

/* Titles in both languages; STR_NONE where the file gives none. */
struct titles {
	struct str ru, en;
};

/* What differs by side in a field. */
struct side_rule {
	struct titles title;
	enum absent absent;
	enum reading reading;
	enum attribute from;
	enum visibility visibility;
	enum better better;
	bool span_own; /* span: own */
	bool has_span;
	uint16_t weight; /* 0: does not count */
	int64_t span;	 /* scaled; days; places; metres */
};

/* One of a closed vocabulary, an ordinal's label, or a unit. */
struct named_value {
	struct str name;
	struct titles title;
	/* units only: one of this is num / den of the field's unit, in lowest terms */
	int64_t num, den;
};

struct field {
	struct str name;
	struct titles title, help;
	enum field_type type;
	enum relation relation;
	bool demanded_by[2]; /* by side */
	uint8_t decimals;
	struct str unit;      /* number, dimensions; STR_NONE: a bare number */
	struct str currency;  /* money */
	struct str tree_name; /* code */
	const struct tree
	    *tree; /* code: set by whoever holds the trees (exchange_bind_trees), never stored */
	int64_t min_overlap;	    /* scaled */
	struct named_value *values; /* keyword: the closed vocabulary, sorted by name; NULL: open */
	size_t n_values;
	struct named_value *labels; /* ordinal, lowest first */
	size_t n_labels;
	struct named_value *units; /* number, dimensions: other units */
	size_t n_units;
	struct side_rule side[2];
};

struct exchange {
	struct str name;
	struct titles title, help;
	struct titles side_title[2];
	bool standing_needs;		 /* need: {from: participant} */
	bool newcomer;			 /* made_for: newcomer */
	uint32_t max_matches;		 /* 0: all */
	uint32_t default_days, max_days; /* of a listing's life; 0: none */
	uint32_t notice_days; /* so long before its end `listing.expiring` tells; 0: never */
	bool moderated[2];    /* by side: the operator approves what is published */
	struct field *fields;
	size_t n_fields;
	uint8_t *by_name;     /* fields' places, in byte order of their names; made on decoding */
	struct str canonical; /* the bytes that all texts above point into; owned */
};

/* The name in canonical bytes of an exchange. */
struct str exchange_name_of(struct str canonical);
/* The field of that name, or NULL. */
const struct field *exchange_field(const struct exchange *e, struct str name);
/* The label's place, or -1. */
int field_label(const struct field *f, struct str label);
/* Whether it has the form of an ordinal's label, and of a currency. */
bool label_is_valid(struct str label);
bool currency_is_valid(struct str currency);
/* Whether the attribute can be read as a statement of the field's type (and currency). */
bool attribute_fits(enum attribute a, const struct field *f);
/* Whether the closed vocabulary holds it (an open one holds everything). */
bool field_allows(const struct field *f, struct str keyword);
/* A field that some side does not show weighs nothing and explains nothing. */
static inline bool
field_is_public(const struct field *f)
{
	return f->side[NEED].visibility == VISIBLE_PUBLIC &&
	       f->side[OFFER].visibility == VISIBLE_PUBLIC;
}
/* Whether the field can earn points for some side. */
static inline bool
field_weighs(const struct field *f)
{
	return (f->side[NEED].weight || f->side[OFFER].weight) && field_is_public(f) &&
	       f->type != FIELD_DIMENSIONS;
}
/* keyword, code, flag */
static inline bool
field_is_set(const struct field *f)
{
	return f->type <= FIELD_FLAG;
}
/* number, money, date, ordinal */
static inline bool
field_is_interval(const struct field *f)
{
	return f->type >= FIELD_NUMBER && f->type <= FIELD_ORDINAL;
}

/* The words of the exchange file for each enum, in enum order, NULL-terminated: the loader,
 * `exchange show` and errors share them. */
extern const char *const field_type_names[];
extern const char *const relation_names[];
extern const char *const absent_names[];
extern const char *const reading_names[];
extern const char *const visibility_names[];
extern const char *const better_names[];    /* "", "lower", "higher", "nearer" */
extern const char *const attribute_names[]; /* "", "kind", "region", … */
extern const char *const side_names[];	    /* "need", "offer" */

/*
 * Canonical bytes. Encode writes every member above but `tree` and `canonical`. Decode copies the
 * bytes, points into the copy, and returns NULL where they do not hold a well-formed exchange
 * (enums in range, counts within limits.h, no field twice). exchange_free takes NULL.
 */
void exchange_encode(const struct exchange *e, struct buf *out);
struct exchange *exchange_decode(struct str canonical);
void exchange_free(struct exchange *e);
/* Sets each code field's tree by `find`; false and the field's name in *ret_missing where one is
 * unknown. */
bool exchange_bind_trees(struct exchange *e, const struct tree *(*find)(void *arg, struct str name),
			 void *arg, struct str *ret_missing);
