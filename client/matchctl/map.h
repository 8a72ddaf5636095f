#pragma once

/*
 * Import maps: how a row of a file becomes participants and listings. docs/import.md describes them
 * for those who write them.
 *
 * A map is a closed list of transforms, each bound to what it fills; nothing is computed by
 * expressions. All of it is checked when it is read, with line and key for each mistake.
 */

#include "client/matchctl/amount.h"
#include "client/matchctl/sheet.h"
#include "intake/document.h"
#include "intake/files.h"

enum {
	MAP_COLUMNS = 256, /* that a map names */
	MAP_TARGETS = 128, /* of a participant, a listing, a variant */
	MAP_OBJECTS = 16,  /* of one row */
	MAP_VARIANTS = 16,
	MAP_SKIPS = 64,
	MAP_TABLES = 64,
	MAP_ENTRIES = 20000, /* of a lookup table */
	MAP_KEY = 1000,	     /* bytes of a table's key */
	MAP_GROUPS = 8,	     /* of digits in a code */
	MAP_JOINED = 16,     /* transforms that fill one list */
	MAP_HOLES = 16,	     /* of a template */
	MAP_FORMATS = 16,
	MAP_TEXT = 2000, /* bytes of a text in a map */
};

/* Who is asked for a column, by its place in the map's list. */
typedef unsigned column_ref;

enum verb {
	VERB_COPY,
	VERB_CONSTANT,
	VERB_SPLIT,
	VERB_LOOKUP,
	VERB_NUMBER,
	VERB_DATE,
	VERB_GEO,
	VERB_TEMPLATE,
	VERB_ID,
};

struct condition {
	enum condition_kind { WHEN_IN, WHEN_NOT_IN, WHEN_EMPTY, WHEN_FILLED } kind;
	column_ref column;
	const struct str *values; /* sorted */
	size_t n_values;
};

/* All of them must hold; none at all holds always. */
struct conditions {
	struct condition *list;
	size_t n;
};

struct entry {
	struct str from; /* folded */
	struct str to;	 /* MessagePack, one token or, of a list, several */
	size_t count;	 /* of tokens */
	bool list;
	unsigned line;
};

struct lookup {
	struct str name;       /* STR_NONE for an inline one */
	struct entry *entries; /* sorted */
	size_t n;
};

/* "text {column} text": text before a hole, the hole; the last hole may be none. */
struct hole {
	struct str before;
	bool none, hash;
	column_ref column;
};

struct transform {
	enum verb verb;
	unsigned line;
	column_ref *columns;
	size_t n_columns;
	struct conditions when;
	bool required;	     /* an empty one refuses the row */
	bool leave_out;	     /* a wrong one leaves the field out instead of refusing the row */
	struct str if_empty; /* MessagePack token; STR_NONE: none */
	struct str constant; /* MessagePack token */

	uint8_t groups[MAP_GROUPS];  /* split: digits of each group of a code; 0: as it stands */
	struct str by, code_before;  /* split */
	int64_t most;		     /* split: parts that are taken; 0: all */
	const struct lookup *lookup; /* lookup, split */
	struct str otherwise;	     /* token for what the table lacks; STR_NONE: refuse */
	bool otherwise_out;	     /* what the table lacks is left out */
	struct amount_rule amount;   /* number */
	struct str unit, currency;   /* number, beside the value */
	const char *as; /* number, date: "from", "to", "value", "text"; NULL: as it reads */
	const struct str *formats; /* date, for strptime */
	size_t n_formats;
	int64_t plus_years;
	bool lon_first;	    /* geo */
	struct str radius;  /* geo: kilometres, a MessagePack token; STR_NONE: none */
	struct hole *holes; /* template, id */
	size_t n_holes;
	int64_t cut; /* copy, template: bytes; 0: not */
};

/* What fills a key: a transform, a map of them (a statement such as {any_of: …, prefer: …}), or a
 * list of them, whose values make one list. */
struct target {
	struct str key;
	unsigned line;
	struct transform *one; /* NULL: the parts */
	struct target *parts;
	size_t n_parts;
	bool joined; /* the parts are a list */
};

struct target_list {
	struct target *list;
	size_t n;
	struct conditions when; /* of a whole object or variant */
};

struct object_map {
	bool listing;
	struct conditions when;
	struct target_list keys;   /* of the participant or the listing itself */
	struct target_list fields; /* of a listing */
	struct target_list *variants;
	size_t n_variants;
	struct target participant, key; /* of a listing; `one` NULL: its participant is the row's */
};

struct skip {
	struct conditions when;
	struct str reason;
};

struct map {
	struct doc doc; /* owns all that is pointed to here */
	struct sheet_format format;
	bool format_given; /* else by the file's name */
	struct str columns[MAP_COLUMNS];
	unsigned column_lines[MAP_COLUMNS]; /* where each is named first */
	bool optional[MAP_COLUMNS];	    /* the file may lack it */
	size_t n_columns;
	struct lookup *tables;
	size_t n_tables;
	struct skip skips[MAP_SKIPS];
	size_t n_skips;
	struct object_map objects[MAP_OBJECTS]; /* participants first */
	size_t n_objects;
	uint64_t hash; /* of the text */
};

/* Reads a map. Returns 0, or 1 with all its mistakes; map_free in either case. */
int map_read(struct str yaml, struct map *map, struct mistakes *mistakes);
void map_free(struct map *map);
/* The entry for a cell, compared as keywords are: trimmed, without regard to case. */
const struct entry *lookup_find(const struct lookup *l, struct str text);
