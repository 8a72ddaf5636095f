#pragma once

/* A line on the terminal that says how far a long work is: share, rows, rate, time left. */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	bool shown;		    /* the line is on the screen now */
	bool bare;		    /* rows are not told: nothing that people count is done */
	uint64_t total;		    /* of whatever is counted, such as bytes */
	uint64_t first, first_rows; /* where this run began */
	int64_t begun_ms, next_ms;
};

/* `on`: whether anything is printed at all. `first` and `first_rows` is what was done before. */
void progress_begin(struct progress *p, bool on, uint64_t total, uint64_t first,
		    uint64_t first_rows);
/* How much is done; prints a few times a second. */
void progress_step(struct progress *p, uint64_t done, uint64_t rows);
/* Takes the line off the screen, so that something else can be printed. */
void progress_clear(struct progress *p);
