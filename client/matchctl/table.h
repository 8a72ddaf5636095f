#pragma once

/* A table for people: columns as wide as what is in them, measured as a terminal shows it. */

#include "client/matchctl/language.h"
#include "client/matchctl/style.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct column {
	struct texts title; /* NULLs end a list of columns */
	bool right;	    /* numbers */
	size_t most;	    /* cells are cut to so many columns; 0: never */
	bool words;	    /* states and the like, shown in their colours */
};

struct table;

/* `columns` must outlive the table. */
struct table *table_new(const struct column *columns);
/* Takes NULL. */
void table_free(struct table *t);
/* The next cell, left to right, row by row; the text is copied, made safe and cut. */
void table_cell(struct table *t, struct str text);
/* Prints titles and rows. A table without rows prints nothing. */
void table_print(const struct table *t, FILE *out);
bool table_is_empty(const struct table *t);
