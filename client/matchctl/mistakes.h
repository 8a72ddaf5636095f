#pragma once

/*
 * Mistakes of maps, exchange files and tree files in words for people. Those who read these files
 * say in English what is wrong, for matchd reads them as well; here each of their formats has a
 * Russian one that takes the same arguments.
 */

#include "client/matchctl/language.h"
#include "intake/files.h"

/* A row for each format and phrase (tests look); ends with NULLs. */
extern const struct texts mistake_texts[];
/* What makes a list's messages speak the language of this run; NULL: English. */
mistake_words_fn mistake_words_here(void);
