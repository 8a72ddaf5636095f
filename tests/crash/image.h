#pragma once

/*
 * What a disk may hold after the power went at some moment of a log.
 *
 * All that a sync covers is there. What was written and not yet synced, and the operation that was
 * under way, may be there, lost, or torn: some of a write's sectors. One write's fate says nothing
 * of another's, so a later one may be there without an earlier one. Changes of names are kept or
 * lost in their order, as journals of file systems do. A length counts like a write; a file that
 * grew by a write that was lost may have kept the length, with zeros.
 */

#include "log.h"
#include "random.h"

#include <stdio.h>

/* What became of what was not synced. */
struct fates {
	unsigned kept, lost, torn;
};

/* The operation before which the power goes, drawn so that rare ones are not missed: changes of
 * names and lengths, and the making of the store. */
size_t image_cut(const struct log *log, struct chance *chance);

/*
 * Makes the directory as it may be when operations 0..cut-1 had returned and `cut` was under way.
 * The directory is not there yet; it may not be there afterwards either. Lock files that a killed
 * process leaves may be there, with anything in them. Writes each fate to `tell` if not NULL.
 */
struct fates image_make(const struct log *log, size_t cut, struct chance *chance,
			const char *directory, FILE *tell);
/* Removes the directory with the files in it, if it is there. */
void image_remove(const char *directory);
