#pragma once

/*
 * Answers that are lists: read page by page, printed as a table, or as JSON with one row a line.
 * matchd filters and gives rows in its own order; sorting and searching in texts are done here over
 * all pages, so that they cost the daemon nothing but the pages.
 */

#include "client/matchctl/ask.h"
#include "client/matchctl/table.h"

/* One column of the table and the row's key that fills it; a NULL key ends the list. */
struct row_column {
	const char *key;
	struct column column;
};

/* A name that --sort takes, and the row's key that it sorts by. */
struct row_order {
	const char *name, *key;
};

struct row_query {
	const char *cmd;
	const char *list; /* the result that holds the rows, maps each */
	const struct row_column *columns;
	long long limit;		/* rows to show, unless --limit or --all say otherwise */
	const struct row_order *orders; /* ends with a NULL name; NULL: no sorting */
	const char *const *searched;	/* keys that --text looks into; NULL: none */
};

enum { ROWS_DEFAULT = 100 };

/* What --sort takes in `list` and in `participant list`. */
extern const struct row_order listing_orders[];
extern const struct row_order participant_orders[];

/* `args` without after and limit. Takes --limit, --after, --all, --sort, --reverse, --text and
 * --watch where the command has them. Returns an exit code. */
int rows_print(struct tool *t, struct arguments *args, const struct row_query *q);
