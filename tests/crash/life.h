#pragma once

/*
 * The life of a store, as a daemon leads it: made, opened and closed, turn after turn, until its
 * map has grown. The seed decides the sizes and the moments, and the store's epoch too.
 */

#include "log.h"
#include "random.h"

/* Lives it in the directory, which is not there yet, noting all that is written. What fails ends
 * the program: on a sound disk nothing may. */
void life_record(struct chance chance, const char *directory, struct log *log);
