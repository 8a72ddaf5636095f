#pragma once

/*
 * The life of a store, as a daemon leads it: made, opened and closed, turn after turn. The seed decides the sizes and the moments, and the store's epoch too.
 */

#include "log.h"
#include "random.h"

/*
 * Lives it in the directory, which is not there yet, noting all that is written. Returns whether
 * the map has grown, which that of a long life does. What fails ends the program: on a sound disk
 * nothing may.
 */
bool life_record(struct chance chance, bool is_long, const char *directory, struct log *log);
