#pragma once

/* Answers that are lists: read page by page, printed as a table, or as JSON with one row a line. */

#include "client/matchctl/ask.h"
#include "client/matchctl/table.h"

/* One column of the table and the row's key that fills it; a NULL key ends the list. */
struct row_column {
	const char *key;
	struct column column;
};

struct row_query {
	const char *cmd;
	const char *list; /* the result that holds the rows, maps each */
	const struct row_column *columns;
	long long limit; /* rows of a page; 0: the server's own default */
	bool all;	 /* go on while there are pages */
};

/* `args` without after and limit. Returns an exit code. */
int rows_print(struct tool *t, struct arguments *args, const struct row_query *q);
