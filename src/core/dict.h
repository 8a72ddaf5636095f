#pragma once

/*
 * Texts by number. Statements name keywords and codes by number, so that comparing sets compares
 * integers; a number depends on the order in which texts came and so never leaves the core, nor
 * decides an order that does.
 *
 * A text is there as long as somebody holds it; then its number goes to another.
 */

#include "util/buf.h"

#include <stddef.h>
#include <stdint.h>

struct dict;

struct dict *dict_new(void);
/* Whoever holds what. Takes NULL. */
void dict_free(struct dict *d);
/* The text's number, held once more: until dict_drop was called as often as this and dict_hold. */
uint32_t dict_add(struct dict *d, struct str text);
void dict_hold(struct dict *d, uint32_t number);
void dict_drop(struct dict *d, uint32_t number);
/* The number of a text that is there, or DICT_NONE. */
uint32_t dict_find(const struct dict *d, struct str text);
/* Of a number that is held; good as long as it is. */
struct str dict_text(const struct dict *d, uint32_t number);
/* How many texts there are. */
size_t dict_count(const struct dict *d);

#define DICT_NONE UINT32_MAX
