#pragma once

/*
 * Texts by number. Statements name keywords and codes by number, so that comparing sets compares
 * integers; a number depends on the order in which texts came and so never leaves the core, nor
 * decides an order that does.
 */

#include "util/buf.h"

#include <stdint.h>

struct dict;

struct dict *dict_new(void);
void dict_free(struct dict *d);
/* The text's number, from 0; it gets the next one if it is new. */
uint32_t dict_add(struct dict *d, struct str text);
/* The number of a text that is there, or DICT_NONE. */
uint32_t dict_find(const struct dict *d, struct str text);
struct str dict_text(const struct dict *d, uint32_t number);

#define DICT_NONE UINT32_MAX
