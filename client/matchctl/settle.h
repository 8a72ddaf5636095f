#pragma once

/*
 * An import's rows between reading and the books. Their objects are sent and answered with many in
 * flight; the rows are settled (counted, their errors written) strictly in the order of the file,
 * so that at any moment "all rows up to this one" is a true sentence.
 */

#include "client/matchctl/exchange_files.h"
#include "client/matchctl/flight.h"
#include "client/matchctl/import_state.h"
#include "client/matchctl/mapper.h"
#include "client/matchctl/row_errors.h"

enum { SETTLE_ROWS = 4096 /* read and not settled yet */ };

struct settle {
	struct tool *tool;
	const struct map *map;
	struct flight flight;
	struct row_errors *errors;
	struct import_state *state; /* holds the ledger, and moves on with each row settled */
	struct open_row *rows;	    /* a ring */
	size_t first, n;
	bool away;			    /* matchd said that it cannot take requests now */
	bool dry;			    /* nothing is sent: objects count as stored */
	struct exchange_files *definitions; /* check objects by these before; NULL: do not */
};

void settle_init(struct settle *s, struct tool *tool, const struct map *map, size_t window,
		 struct row_errors *errors, struct import_state *state);
/* Takes what the mapper made of the row `row` of file number `file`, and sends its objects. Returns
 * an exit code. */
int settle_row(struct settle *s, size_t file, unsigned line, uint64_t row, enum mapped mapped,
	       const struct mapper *mapper);
/* Takes a row that could not be read. */
int settle_bad_row(struct settle *s, size_t file, unsigned line, uint64_t row,
		   const struct sheet_trouble *trouble);
/* Waits until all is answered. */
int settle_land(struct settle *s);
void settle_done(struct settle *s);
